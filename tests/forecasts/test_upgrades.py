"""Stores of every schema that there ever was are brought up to date: every row stays as it was, a backup comes first.

`tests/fixtures/stores` holds a filled store of each schema as it was made by the code of its time
(`tests/forecasts/full_store.py`). Whoever adds a migration writes the fixture of the schema before it first.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from forecasts import ledger, migrations, schema, snapshots, verification
from forecasts.artefacts import Artefacts
from forecasts.backups import checking, restoring, table_lines
from forecasts.errors import StoreError
from forecasts.people import LOCAL_OWNER
from forecasts.settings import Home, open_workspace
from forecasts.store import Store, address_of, engine_of, open_store
from tests.forecasts.full_store import NOW
from tests.forecasts.records import evidence
from tests.postgres import KINDS

FIXTURES = Path(__file__).parents[1] / "fixtures" / "stores"
OLDER = [revision for revision in migrations.revisions() if revision < schema.SCHEMA]


@dataclass(frozen=True)
class Old:
    """A store of an older schema, in a home of its own."""

    home: Home
    revision: str

    def lines(self) -> dict[str, list[dict[str, object]]]:
        """Return the rows of the tables of its schema: each as column -> value, whatever the schema is by now."""
        engine = engine_of(address_of(self.home.database), 15)
        with Store(engine, "old").reading() as connection:
            metadata = sa.MetaData()
            metadata.reflect(connection, only=sorted(migrations.table_names(self.revision)))
            found = {table.name: rows(connection, table) for table in metadata.sorted_tables}
        engine.dispose()
        return found


def rows(connection: sa.Connection, table: sa.Table) -> list[dict[str, object]]:
    return sorted((dict(row) for row in connection.execute(sa.select(table)).mappings()), key=str)


@pytest.fixture(params=OLDER)
def revision(request) -> str:
    return request.param


@pytest.fixture(params=KINDS)
def old(request: pytest.FixtureRequest, revision: str, tmp_path: Path) -> Old:
    """Give a store of each older schema on each kind of database."""
    text = (FIXTURES / f"schema-{revision}.{request.param}.sql").read_text(encoding="utf-8")
    root = tmp_path / "home"
    root.mkdir()
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
        engine = sa.create_engine(address_of(url), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(text.replace("%", "%%"))
        engine.dispose()
    else:
        url = f"sqlite:///{root / 'twixt.sqlite'}"
        with closing(sqlite3.connect(root / "twixt.sqlite")) as connection:
            connection.executescript(text)
    return Old(Home.from_environment({"TWIXT_HOME": str(root), "TWIXT_DB": url, "TWIXT_CACHE": str(root)}), revision)


def test_every_schema_before_this_one_has_a_fixture_on_both_databases():
    assert OLDER
    wanted = {f"schema-{revision}.{kind}.sql" for revision in OLDER for kind in ("sqlite", "postgresql")}
    assert wanted <= {path.name for path in FIXTURES.iterdir()}


def test_every_row_stays_as_it_was_and_a_backup_comes_first(old):
    before = old.lines()
    assert min(len(found) for found in before.values()) >= 1
    opened = open_workspace(old.home)
    try:
        assert old.lines() == before
        assert verification.verify(opened.store, None).problems == []
        assert ledger.verify(opened.store, "b").position == 5
        assert [s.rows.height for s in snapshots.every(opened.store, "b")] == [4, 4]
        assert ledger.append(opened.store, [evidence("E9")], board="b", actor=LOCAL_OWNER, now=NOW)
        assert opened.backup is not None
        manifest, found = checking.check(opened.backup)
    finally:
        opened.store.close()
    assert (manifest.schema, found.problems) == (old.revision, [])
    assert {name: tally.rows for name, tally in manifest.tables.items()} == {n: len(r) for n, r in before.items()}


@pytest.mark.slow
def test_the_backup_before_a_migration_brings_the_old_rows_back(old, tmp_path):
    before = old.lines()
    opened = open_workspace(old.home)
    opened.store.close()
    url = f"sqlite:///{tmp_path / 'again.sqlite'}"
    restoring.restore(opened.backup, url, Artefacts(tmp_path / "a"), tmp_path / "b", actor=LOCAL_OWNER)
    assert lines_of(url) == lines_of(old.home.database)
    assert {name: len(found) for name, found in lines_of(url).items() if found} == {
        n: len(r) for n, r in before.items()
    }


def lines_of(url: str) -> dict[str, list[bytes]]:
    with open_store(url, migrate=False) as store, store.reading() as connection:
        tables = table_lines.tables(connection, schema.SCHEMA)
        return {table.name: list(table_lines.read(connection, table)) for table in tables}


@pytest.mark.slow
def test_a_second_start_makes_no_second_backup(old):
    open_workspace(old.home).store.close()
    again = open_workspace(old.home)
    again.store.close()
    assert again.backup is None
    assert len(list(old.home.backups.iterdir())) == 1


@pytest.mark.slow
def test_without_room_for_the_backup_nothing_is_migrated(old):
    before = old.lines()
    old.home.backups.write_text("a file where the directory should be")
    with pytest.raises(StoreError, match="cannot be written") as caught:
        open_workspace(old.home)
    assert "\n" not in str(caught.value)
    with pytest.raises(StoreError, match=f"schema {old.revision}, {schema.SCHEMA} is needed"):
        open_store(old.home.database, migrate=False)
    assert old.lines() == before


@pytest.mark.slow
def test_an_older_program_does_not_touch_a_newer_store(old, monkeypatch):
    open_workspace(old.home).store.close()
    before = old.lines()
    monkeypatch.setattr("forecasts.store.SCHEMA", old.revision)
    for migrate in (True, False):
        with pytest.raises(
            StoreError, match=f"schema {schema.SCHEMA} is newer than this program's {old.revision}"
        ) as it:
            open_store(old.home.database, migrate=migrate)
        assert "\n" not in str(it.value)
    assert old.lines() == before
