"""Verification finds what is wrong with a record, all of it at once, and finds nothing where nothing is."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from forecasts import schema, verification
from forecasts.artefacts import Artefacts
from forecasts.store import Store, address_of, open_store
from tests.forecasts import full_store
from tests.forecasts.backups.homes import files


@pytest.fixture
def filled(database_url: str, tmp_path: Path):
    """Give a filled store that a test may damage, and its artefacts."""
    with open_store(database_url) as store:
        full_store.fill(store)
        yield store, files(tmp_path / "home")[0], database_url


def meddle(url: str, *statements: str) -> None:
    """Change a database as somebody would who knows how to get around its protection."""
    engine = sa.create_engine(address_of(url), poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def unprotected(url: str, table: str, *statements: str) -> None:
    """Change an insert-only table: take its protection off, change it, put the protection back."""
    if url.startswith("sqlite"):
        path = str(address_of(url).database)
        with closing(sqlite3.connect(path)) as connection:
            triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        drop = [f"DROP TRIGGER {name}" for name, _ in triggers]
        meddle(url, *drop, *statements, *(text for _, text in triggers))
    else:
        meddle(
            url, f"ALTER TABLE {table} DISABLE TRIGGER USER", *statements, f"ALTER TABLE {table} ENABLE TRIGGER USER"
        )


def problems(store: Store, artefacts: Artefacts | None = None) -> list[str]:
    return verification.verify(store, artefacts).problems


def test_a_whole_record_has_no_problem_and_says_what_was_looked_at(filled):
    store, artefacts, _ = filled
    found = verification.verify(store, artefacts)
    assert found.problems == []
    assert found.checked == {
        "tables": len(schema.metadata.tables),
        "triggers": len(schema.triggers(store.engine.dialect.name)),
        "boards": 1,
        "entries": 5,
        "snapshots": 2,
        "people": 2,
        "artefacts": 3,
        "keys": 1,
    }


@pytest.mark.slow
def test_a_missing_trigger_is_found_and_can_be_mended(filled):
    store, _, url = filled
    for trigger in schema.triggers(store.engine.dialect.name):
        place = "" if url.startswith("sqlite") else f" ON {trigger.table}"
        meddle(url, f"DROP TRIGGER {trigger.name}{place}")
        (found,) = problems(store)
        assert f"trigger {trigger.name} is missing or switched off: rows of {trigger.table} are not protected" in found
        assert "`twixt verify --mend`" in found
        verification.mend_triggers(store)
        assert problems(store) == []


@pytest.mark.slow
def test_a_trigger_that_does_nothing_is_found(filled):
    store, _, url = filled
    if url.startswith("sqlite"):
        toothless = "CREATE TRIGGER ledger_forbid_delete BEFORE DELETE ON ledger BEGIN SELECT 1; END"
        meddle(url, "DROP TRIGGER ledger_forbid_delete", toothless)
        expected = "trigger ledger_forbid_delete is not as it should be"
    else:
        body = "LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$"
        meddle(url, f"CREATE OR REPLACE FUNCTION twixt_forbid_change() RETURNS trigger {body}")
        expected = "function twixt_forbid_change is missing or changed"
    assert [p for p in problems(store) if expected in p] == problems(store) != []
    verification.mend_triggers(store)
    assert problems(store) == []


@pytest.mark.postgres
def test_a_trigger_that_is_switched_off_is_found(postgres_url):
    with open_store(postgres_url) as store:
        meddle(postgres_url, "ALTER TABLE snapshots DISABLE TRIGGER snapshots_forbid_change")
        assert ["snapshots_forbid_change is missing or switched off" in p for p in problems(store)] == [True]


@pytest.mark.slow
def test_tables_that_are_not_those_of_the_schema_are_found(filled):
    store, _, url = filled
    meddle(url, "DROP INDEX ix_runs_board_mode_number", "ALTER TABLE visits ADD COLUMN extra TEXT")
    found = problems(store)
    assert len(found) == 2
    assert any("ix_runs_board_mode_number" in p for p in found)
    assert any("visits" in p and "extra" in p for p in found)
    meddle(url, "CREATE TABLE somebody_elses (x INTEGER)")
    assert problems(store) == found


@pytest.mark.slow
def test_a_row_that_was_changed_behind_the_programs_back_is_found(filled):
    store, _, url = filled
    unprotected(url, "ledger", "UPDATE ledger SET recorded_by = 'somebody' WHERE position = 3")
    assert "b: ledger position 3 holds a digest that does not match" in problems(store)
    unprotected(url, "snapshot_rows", "UPDATE snapshot_rows SET value = 1.5 WHERE snapshot = 2")
    found = problems(store)
    assert any(p.startswith("b: snapshot ") and "1.5" in p for p in found)


@pytest.mark.slow
def test_a_snapshot_of_another_ledger_is_found(filled):
    store, _, url = filled
    unprotected(url, "snapshots", "UPDATE snapshots SET ledger_position = 4, board_version = 'x' WHERE number = 1")
    unprotected(url, "snapshots", "UPDATE snapshots SET ledger_position = 4 WHERE number = 2")
    found = problems(store)
    assert len(found) == 2
    assert "its definition x was never entered" in found[0]
    assert "its ledger digest is not that of position 4" in found[1]


@pytest.mark.slow
def test_missing_and_damaged_files_are_all_named(filled):
    store, artefacts, _ = filled
    names = sorted(artefacts.hashes())
    for name in names:
        (artefacts.root / name[:2] / name).write_bytes(b"damaged")
    found = problems(store, artefacts)
    assert len(found) == 3
    assert all(any(name in p and "damaged" in p for p in found) for name in names)
    for name in names:
        artefacts.remove(name)
    key = next((artefacts.root / "keys").rglob("?" * 64))
    key.write_bytes(b"torn")
    found = problems(store, artefacts)
    assert len([p for p in found if "is missing" in p]) == 3
    assert any(str(key) in p for p in found)


def test_a_sqlite_file_with_a_damaged_page_is_found(tmp_path):
    path = tmp_path / "twixt.sqlite"
    with open_store(f"sqlite:///{path}") as store:
        full_store.fill(store)
    content = bytearray(path.read_bytes())
    page = int.from_bytes(content[16:18], "big")
    for number in range(2, len(content) // page):
        content[number * page + 8 : number * page + 40] = b"\xff" * 32
    path.write_bytes(content)
    try:
        with open_store(f"sqlite:///{path}", migrate=False) as store:
            found = problems(store)
    except Exception as error:  # noqa: BLE001
        found = [str(error)]
    assert found
    assert all("\n" not in problem for problem in found)
    assert any("damaged" in problem for problem in found)
