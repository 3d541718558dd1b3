"""What the doctor finds of the record: its database, its clock, its boards, what waits."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.doctor import waiting
from app.doctor.finding import Finding, State
from forecasts import ledger, runs, snapshots
from forecasts.artefacts import Artefacts
from forecasts.errors import StoreError
from forecasts.schema import SCHEMA
from forecasts.schema import ledger as ledger_table
from forecasts.schema_check import wrong_triggers
from forecasts.store import Store, open_store

if TYPE_CHECKING:
    from forecasts.settings import Home

CLOCKS_DIFFER = timedelta(seconds=5)
"""How far two clocks may be apart before it is worth a word."""
_SLOW_SECONDS = 0.5
_NAMED = 5


def look(home: Home, now: datetime) -> list[Finding]:
    """Return what was found of the record of a home, without creating or changing anything."""
    try:
        with open_store(home.database, migrate=False, busy_seconds=2) as store:
            found = [_database(store), *_triggers(store), *_clock(store, now), *_boards(store), *_files(home)]
            found += [waiting.messages(store, now), *waiting.tasks(store)]
    except StoreError as error:
        return [Finding("database", "fail", str(error))]
    return found + _left_aside(home)


def _database(store: Store) -> Finding:
    started = perf_counter()
    with store.reading() as connection:
        if connection.dialect.name == "sqlite":
            version = f"SQLite {connection.exec_driver_sql('SELECT sqlite_version()').scalar_one()}"
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            size = pages * connection.exec_driver_sql("PRAGMA page_size").scalar_one()
        else:
            version = f"PostgreSQL {connection.exec_driver_sql('SHOW server_version').scalar_one()}"
            size = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()
            encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
            if encoding != "UTF8":
                return Finding("database", "fail", f"{store.label}: encoding {encoding}; UTF8 is needed for every word")
    took = perf_counter() - started
    state: State = "warn" if took > _SLOW_SECONDS else "ok"
    text = f"{store.label}: {version}, schema {SCHEMA}, {size / 1e6:.1f} MB, answers in {took * 1000:.0f} ms"
    return Finding("database", state, text)


def _triggers(store: Store) -> list[Finding]:
    with store.reading() as connection:
        wrong = list(wrong_triggers(connection))
    if wrong:
        return [Finding("protection", "fail", line) for line in wrong]
    return [Finding("protection", "ok", "all triggers stand: no row of the record can be changed or removed")]


def _clock(store: Store, now: datetime) -> list[Finding]:
    """Compare this machine's clock with the newest row and with the database's own."""
    with store.reading() as connection:
        newest = connection.execute(sa.select(sa.func.max(ledger_table.c.recorded_at))).scalar()
        apart = timedelta(0)
        if connection.dialect.name == "postgresql":
            theirs = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
            apart = abs(theirs.astimezone(UTC) - now)
    if newest is not None and newest > now + CLOCKS_DIFFER:
        text = f"{now:%Y-%m-%d %H:%M:%S} UTC is before the record's newest row, {newest:%Y-%m-%d %H:%M:%S} UTC: set it"
        return [Finding("clock", "fail", text)]
    if apart > CLOCKS_DIFFER:
        return [Finding("clock", "warn", f"{apart.total_seconds():.0f} seconds apart from the database server's clock")]
    return [Finding("clock", "ok", f"{now:%Y-%m-%d %H:%M:%S} UTC, not before the record's newest row")]


def _boards(store: Store) -> list[Finding]:
    boards = ledger.known_boards(store)
    if not boards:
        return [Finding("boards", "warn", "the record has none; `twixt init` enters a definition")]
    stale = [board for board in boards if runs.stale(store, board) is not None]
    never = [board for board in boards if snapshots.index(store, board, mode="live").is_empty()]
    text = f"{len(boards)} in the record"
    for words, named in (("stale (their last run did not pass)", stale), ("never published", never)):
        if named:
            more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
            text += f"; {len(named)} {words}: {', '.join(named[:_NAMED])}{more}"
    return [Finding("boards", "warn" if stale or never else "ok", text)]


def _files(home: Home) -> list[Finding]:
    artefacts = Artefacts(home.artefacts)
    if isinstance(artefacts.root, Path) and artefacts.root.exists() and not os.access(artefacts.root, os.W_OK):
        return [Finding("artefacts", "fail", f"{artefacts.label}: cannot be written by this user")]
    return [Finding("artefacts", "ok", f"{len(artefacts.hashes())} in {artefacts.label}; `twixt verify` hashes each")]


def _left_aside(home: Home) -> list[Finding]:
    """Tell of a record in the home that TWIXT_DB passes by: right after a move, otherwise a surprise."""
    own = home.root / "twixt.sqlite"
    if own.exists() and home.database != f"sqlite:///{own}":
        return [Finding("database", "warn", f"{own} is not used, because TWIXT_DB names another database")]
    return []
