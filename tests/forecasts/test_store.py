"""Opening, migrating and protecting the database, and the one clear line for everything that can be wrong with it."""

import os
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from forecasts import ledger, logins, migrations, people, reading_list, runs, schema, snapshots, visits
from forecasts.alerts import outbox, subscribers
from forecasts.alerts.sealing import Address, new_key, new_secret
from forecasts.errors import StoreError
from forecasts.people import JOBS, LOCAL_OWNER
from forecasts.runs import Run
from forecasts.store import open_store, plain_errors
from tests.forecasts.records import evidence, snapshot

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]


def fill(store) -> None:
    """Put at least one row into every table."""
    people.add(store, "Ada", actor=LOCAL_OWNER, now=NOW, email="ada@example.org")
    ledger.append(store, [evidence("E1"), evidence("E2")], board="b", actor=LOCAL_OWNER, now=NOW)
    snapshots.write(store, snapshot(as_of=NOW), actor=JOBS)
    runs.append(store, Run("b", "live", NOW, NOW, NOW, "published", "ok", {}), actor=JOBS)
    reading_list.add(store, [reading_list.Pasted("https://example.org", "")], board="b", actor=LOCAL_OWNER, now=NOW)
    visits.note(store, "b", actor=LOCAL_OWNER, now=NOW)
    logins.end(store, "a" * 64, now=NOW)
    address = Address("https://hooks.example.org/x", new_secret(), private=False)
    told = {"kind": "webhook", "address": address, "rules": (), "seen": {}, "key": new_key()}
    one = subscribers.add(store, "desk", board="b", actor=LOCAL_OWNER, now=NOW, **told)
    outside = {"source": "s", "outside": "1", "version": 1, "record": "{}", "added_by": "owner", "added_at": NOW}
    with store.writing() as connection:
        assert outbox.queue(connection, {}, subscriber=one.id, board="b", occasion="first", now=NOW)
        connection.execute(schema.outside_questions.insert().values(board="b", **outside))


def counts(store) -> dict[str, int]:
    with store.reading() as connection:
        tables = schema.metadata.sorted_tables
        return {t.name: connection.execute(sa.select(sa.func.count()).select_from(t)).scalar_one() for t in tables}


def test_a_new_database_gets_the_schema_that_the_code_describes(database_url):
    with open_store(database_url) as store, store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
        assert context.get_current_revision() == schema.SCHEMA
    assert ScriptDirectory.from_config(migrations.config()).get_heads() == [schema.SCHEMA]


def test_revisions_are_ordered_as_text():
    revisions = [r.revision for r in ScriptDirectory.from_config(migrations.config()).walk_revisions()]
    assert revisions == sorted(revisions, reverse=True)
    assert all(len(r) == len(schema.SCHEMA) and r.isdigit() for r in revisions)


def test_opening_again_keeps_every_row_and_needs_no_migration(database_url):
    with open_store(database_url) as store:
        fill(store)
        before = counts(store)
    assert min(before.values()) > 0
    with open_store(database_url, migrate=False) as store:
        assert counts(store) == before
        assert ledger.verify(store, "b").position == 2


def test_a_start_that_needs_no_migration_does_not_load_the_migration_tool(tmp_path):
    url = f"sqlite:///{tmp_path / 'twixt.sqlite'}"
    open_store(url).close()
    code = f"""
import sys
from forecasts import ledger, runs, snapshots, dump
from forecasts.store import open_store
open_store({url!r}).close()
print(sorted({{'alembic', 'mako', 'psycopg', 'numba', 'pymc', 'pandas'}} & set(sys.modules)))"""
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_sqlite_is_in_wal_mode_with_foreign_keys_and_full_durability(tmp_path):
    url = f"sqlite:///{tmp_path / 'deep' / 'er' / 'twixt.sqlite'}"
    open_store(url).close()
    with open_store(url, migrate=False) as store, store.reading() as connection:
        connection.execute(sa.text("SELECT * FROM boards"))
        found = {
            p: connection.exec_driver_sql(f"PRAGMA {p}").scalar()
            for p in ("journal_mode", "foreign_keys", "synchronous")
        }
    assert found == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2}


def test_many_who_open_a_new_database_at_once_all_succeed(database_url):
    start = threading.Barrier(8)

    def work(_):
        start.wait()
        with open_store(database_url) as store:
            return counts(store)

    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(work, range(8)))) == 8


# --- nothing is ever changed or removed ---

ATTEMPTS = {
    table: [
        f"UPDATE {table} SET {column} = {column}",
        f"UPDATE {table} SET {column} = NULL WHERE 1 = 0",
        f"DELETE FROM {table}",
    ]
    for table, column in {
        "ledger": "record",
        "snapshots": "receipt",
        "snapshot_lines": "subject",
        "snapshot_rows": "value",
    }.items()
}
SQLITE_ONLY = {
    table: [
        f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
        f"REPLACE INTO {table} SELECT * FROM {table}",
    ]
    for table in ATTEMPTS
}
POSTGRESQL_ONLY = {table: [f"TRUNCATE {table} CASCADE"] for table in ATTEMPTS}
UPSERT = (
    "INSERT INTO ledger SELECT * FROM ledger WHERE position = 2 "
    "ON CONFLICT (board, position) DO UPDATE SET record = 'changed'"
)


def attempt(url: str, statement: str) -> None:
    """Run a statement as a stranger's tool would: with none of our connection's settings."""
    address = sa.make_url(url)
    if address.get_backend_name() == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    engine = sa.create_engine(address, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text(statement))


def refused(url: str, statement: str) -> bool:
    """Tell whether a statement is refused by one of our triggers."""
    try:
        attempt(url, statement)
    except sa.exc.DBAPIError as error:
        return "append-only" in str(error) or "no gaps" in str(error)
    return False


@pytest.mark.parametrize("table", ATTEMPTS)
def test_raw_sql_cannot_change_or_remove_a_row(store_url, table):
    own = POSTGRESQL_ONLY if store_url.startswith("postgres") else SQLITE_ONLY
    with open_store(store_url) as store:
        fill(store)
        before = counts(store)
        for statement in [*ATTEMPTS[table], *own[table]]:
            harmless = "1 = 0" in statement and store_url.startswith("sqlite")
            assert refused(store_url, statement) or harmless, statement
        assert counts(store) == before
        assert ledger.verify(store, "b").position == 2


def test_raw_sql_cannot_overwrite_by_upsert_leave_a_gap_or_repeat_a_version(store_url):
    rest = "kind, target, published_on, recorded_at, recorded_by, record, digest"
    row = f"SELECT board, {{position}}, entry, {{version}}, {rest}"
    columns = f"board, position, entry, version, {rest}"
    with open_store(store_url) as store:
        fill(store)
        before = ledger.history(store, "b")
        assert refused(store_url, UPSERT)
        for position, version in ((4, 2), (0, 2), (2, 2)):
            values = row.format(position=position, version=version)
            assert refused(store_url, f"INSERT INTO ledger ({columns}) {values} FROM ledger WHERE position = 1")
        again = row.format(position=3, version=1)
        with pytest.raises(sa.exc.DBAPIError, match=r"append-only|unique|UNIQUE"):
            attempt(store_url, f"INSERT INTO ledger ({columns}) {again} FROM ledger WHERE position = 1")
        if store_url.startswith("sqlite"):
            assert refused(
                store_url, f"INSERT OR REPLACE INTO ledger ({columns}) {again} FROM ledger WHERE position = 1"
            )
        assert ledger.history(store, "b") == before


def test_the_triggers_survive_a_rebuild_of_their_tables(database_url):
    """A batch migration on SQLite copies a table, drops it and its triggers, and renames the copy."""
    with open_store(database_url) as store:
        fill(store)
        before = ledger.history(store, "b")
    address = sa.make_url(database_url)
    if address.get_backend_name() == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    engine = sa.create_engine(address, poolclass=sa.NullPool)
    with engine.begin() as connection:
        operations = Operations(MigrationContext.configure(connection))
        for table in schema.PROTECTED:
            with operations.batch_alter_table(
                table, recreate="always" if connection.dialect.name == "sqlite" else "auto"
            ) as batch:
                batch.add_column(sa.Column("added_later", sa.Text))
        if connection.dialect.name == "sqlite":
            left = connection.execute(sa.text("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'")).scalar_one()
            assert left == 0, "the rebuild is expected to lose the triggers, or this test shows nothing"
        schema.protect(connection)
    for table, statements in ATTEMPTS.items():
        assert refused(database_url, statements[0]), table
        assert refused(database_url, statements[2]), table
    with open_store(database_url) as store:
        assert ledger.history(store, "b") == before


def test_every_migration_ends_with_the_triggers_in_place(database_url):
    """Going through the migrations again from the start of the schema's history restores what was dropped."""
    with open_store(database_url) as store:
        fill(store)
        with store.writing() as connection:
            for name in schema.PROTECTED:
                if connection.dialect.name == "sqlite":
                    connection.execute(sa.text(f"DROP TRIGGER {name}_forbid_delete"))
                else:
                    connection.execute(sa.text(f"DROP TRIGGER {name}_forbid_change ON {name}"))
        with store.writing() as connection:
            migrations.upgrade(connection, "head")
    for table, statements in ATTEMPTS.items():
        assert refused(database_url, statements[2]), table


# --- one clear line ---


def check_line(error: pytest.ExceptionInfo[StoreError], *said: str) -> None:
    line = str(error.value)
    assert "\n" not in line
    assert len(line) < 500
    assert "Traceback" not in line
    for part in said:
        assert part in line


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://u:secret@h/d", "mysql: unknown database; allowed: sqlite:///FILE, postgresql://USER@HOST/NAME"),
        ("nonsense", "the database URL cannot be read; allowed: sqlite:///FILE"),
        ("", "the database URL cannot be read"),
        ("sqlite://", "a record in memory would be lost; name a file"),
        ("sqlite:///:memory:", "a record in memory would be lost"),
    ],
)
def test_a_url_of_another_kind_is_refused(url, said):
    with pytest.raises(StoreError) as caught:
        open_store(url)
    check_line(caught, said)
    assert "secret" not in str(caught.value)


def test_without_leave_to_migrate_nothing_is_created(tmp_path):
    path = tmp_path / "none" / "twixt.sqlite"
    with pytest.raises(StoreError) as caught:
        open_store(f"sqlite:///{path}", migrate=False)
    check_line(caught, str(path), "there is no record yet; `twixt init` creates it")
    assert not path.parent.exists()


@pytest.mark.postgres
def test_without_leave_to_migrate_an_empty_server_database_stays_empty(postgres_url):
    with pytest.raises(StoreError) as caught:
        open_store(postgres_url, migrate=False)
    check_line(caught, f"schema none, {schema.SCHEMA} is needed; `twixt init`")


def test_a_newer_schema_is_refused_and_left_alone(database_url):
    with open_store(database_url) as store:
        fill(store)
        with store.writing() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = '0099'"))
    for migrate in (True, False):
        with pytest.raises(StoreError) as caught:
            open_store(database_url, migrate=migrate)
        check_line(caught, f"schema 0099 is newer than this program's {schema.SCHEMA}; upgrade twixt")


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "twixt.sqlite"
    path.write_bytes(b"not a database at all\n" * 100)
    with pytest.raises(StoreError) as caught:
        open_store(f"sqlite:///{path}")
    check_line(caught, str(path), "is not a database of twixt")
    assert path.read_bytes() == b"not a database at all\n" * 100


def test_a_directory_in_place_of_the_file_is_refused(tmp_path):
    (tmp_path / "twixt.sqlite").mkdir()
    with pytest.raises(StoreError) as caught:
        open_store(f"sqlite:///{tmp_path / 'twixt.sqlite'}")
    check_line(caught, "cannot be opened")


def test_a_home_below_a_file_is_refused(tmp_path):
    (tmp_path / "home").write_text("a file")
    with pytest.raises(StoreError) as caught:
        open_store(f"sqlite:///{tmp_path / 'home' / 'sub' / 'twixt.sqlite'}")
    check_line(caught, "cannot be created")


def test_a_locked_sqlite_file_gives_one_line_and_nothing_is_written(tmp_path):
    path = tmp_path / "twixt.sqlite"
    with open_store(f"sqlite:///{path}", busy_seconds=0.1) as store:
        fill(store)
        before = counts(store)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError) as caught:
            ledger.append(store, [evidence("E3")], board="b", actor=LOCAL_OWNER, now=NOW)
        check_line(caught, str(path), "is locked by another process; try again")
        assert counts(store) == before  # and readers did not wait
        other.close()
        assert ledger.append(store, [evidence("E3")], board="b", actor=LOCAL_OWNER, now=NOW)[0].position == 3


@pytest.mark.postgres
def test_a_locked_postgresql_board_gives_one_line_and_nothing_is_written(postgres_url):
    with open_store(postgres_url, busy_seconds=0.1) as store, open_store(postgres_url) as other:
        fill(store)
        before = counts(store)
        with other.writing() as connection:
            connection.execute(sa.text("SELECT * FROM boards FOR UPDATE"))
            with pytest.raises(StoreError) as caught:
                ledger.append(store, [evidence("E3")], board="b", actor=LOCAL_OWNER, now=NOW)
            check_line(caught, "is locked by another session; try again")
        assert counts(store) == before


def test_a_file_that_is_not_yet_in_wal_mode_is_switched_once_its_writer_has_finished(tmp_path, monkeypatch):
    path = tmp_path / "twixt.sqlite"
    open_store(f"sqlite:///{path}").close()
    other = sqlite3.connect(path, isolation_level=None)
    assert other.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
    other.execute("BEGIN IMMEDIATE")
    waited = []

    def while_waiting(seconds):
        waited.append(seconds)
        if len(waited) == 2:
            other.execute("ROLLBACK")

    monkeypatch.setattr("forecasts.store.time.sleep", while_waiting)
    open_store(f"sqlite:///{path}", busy_seconds=0.01).close()
    assert len(waited) == 2
    assert path.read_bytes()[18:20] == b"\x02\x02"
    other.close()


def test_a_file_whose_writer_never_finishes_is_not_waited_for_forever(tmp_path, monkeypatch):
    path = tmp_path / "twixt.sqlite"
    open_store(f"sqlite:///{path}").close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        assert other.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
        other.execute("BEGIN IMMEDIATE")
        monkeypatch.setattr("forecasts.store.time.sleep", lambda _: None)
        with pytest.raises(StoreError) as caught:
            open_store(f"sqlite:///{path}", busy_seconds=0.001)
    check_line(caught, "is locked by another process")


def test_a_program_that_uses_all_its_connections_is_told_so():
    with pytest.raises(StoreError, match="home: too many connections of this program are in use"), plain_errors("home"):
        raise sa.exc.TimeoutError


@pytest.mark.postgres
def test_the_short_name_of_postgresql_is_understood(postgres_url):
    with open_store(postgres_url.replace("postgresql://", "postgres://")) as store:
        assert store.label.startswith("postgresql://")
        assert store.engine.dialect.driver == "psycopg"


@pytest.mark.postgres
def test_a_server_that_is_not_there_gives_one_line_without_the_password(tmp_path):
    with pytest.raises(StoreError) as caught:
        open_store(f"postgresql://ada:secret@/nothing?host={tmp_path}")
    check_line(caught, "cannot be reached")
    assert "secret" not in str(caught.value)


@pytest.mark.postgres
def test_a_database_that_is_not_there_gives_one_line(postgres_server):
    with pytest.raises(StoreError) as caught:
        open_store(postgres_server("no_such_database"))
    check_line(caught, 'database "no_such_database" does not exist')


@pytest.mark.postgres
def test_a_connection_that_the_server_closed_is_replaced(postgres_url):
    with open_store(postgres_url) as store:
        fill(store)
        with store.reading() as connection:
            connection.execute(sa.text("SELECT 1"))
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        attempt(postgres_url, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
        assert ledger.append(store, [evidence("E3")], board="b", actor=LOCAL_OWNER, now=NOW)[0].position == 3


@pytest.mark.postgres
def test_a_connection_lost_within_a_transaction_gives_one_line_and_nothing_is_written(postgres_url):
    with open_store(postgres_url) as store:
        fill(store)
        before = counts(store)

        def cut_off():
            with store.writing() as connection:
                connection.execute(schema.people.insert().values(id="p9", name="x", role="viewer", added_at=NOW))
                pid = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
                attempt(postgres_url, f"SELECT pg_terminate_backend({pid})")
                connection.execute(sa.text("SELECT 1"))

        with pytest.raises(StoreError) as caught:
            cut_off()
        check_line(caught, "terminat")
        assert counts(store) == before


@pytest.fixture
def unprivileged():
    """Be an ordinary user for a while: root may write everywhere."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    yield
    os.seteuid(0)


@pytest.fixture
def read_only_home(tmp_path):
    """A home with a filled store that nobody may write."""
    home = tmp_path / "home"
    home.mkdir()
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() == Path("/").owner() and folder.stat().st_mode & 0o777 == 0o700:
            folder.chmod(0o711)
    url = f"sqlite:///{home / 'twixt.sqlite'}"
    with open_store(url) as store:
        fill(store)
    for path in home.iterdir():
        path.chmod(0o444)
    home.chmod(0o555)
    yield home
    home.chmod(0o755)


def test_a_read_only_home_gives_one_line_and_nothing_is_written(read_only_home, unprivileged):
    before = {p.name: p.read_bytes() for p in read_only_home.iterdir()}
    with pytest.raises(StoreError) as caught, open_store(f"sqlite:///{read_only_home / 'twixt.sqlite'}") as store:
        ledger.append(store, [evidence("E3")], board="b", actor=LOCAL_OWNER, now=NOW)
    check_line(caught, str(read_only_home), "writable")
    assert {p.name: p.read_bytes() for p in read_only_home.iterdir()} == before


def test_a_new_store_in_a_read_only_home_gives_one_line(read_only_home, unprivileged):
    for path in (read_only_home / "new.sqlite", read_only_home / "sub" / "new.sqlite"):
        with pytest.raises(StoreError) as caught:
            open_store(f"sqlite:///{path}")
        check_line(caught, str(read_only_home))


FULL_DISK = """
import resource, signal, sys
from datetime import UTC, datetime
from forecasts import ledger
from forecasts.errors import StoreError
from forecasts.people import LOCAL_OWNER
from forecasts.store import open_store
from tests.forecasts.records import evidence

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
now = datetime(2026, 7, 1, 12, tzinfo=UTC)
with open_store(sys.argv[1]) as store:
    written = ledger.tail(store, "b").position
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
    try:
        while True:
            item = evidence(f"F{written}", statement="x" * 5000)
            ledger.append(store, [item], board="b", actor=LOCAL_OWNER, now=now)
            written += 1
    except StoreError as error:
        print(written, error)
"""


def test_a_disk_that_fills_up_gives_one_line_and_keeps_what_was_acknowledged(tmp_path):
    """No file may grow beyond 400 kB in the writing process, as if the disk were full."""
    url = f"sqlite:///{tmp_path / 'twixt.sqlite'}"
    with open_store(url) as store:
        fill(store)
    command = [sys.executable, "-W", "error", "-c", FULL_DISK, url, "400000"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    written, _, line = run.stdout.strip().partition(" ")
    assert run.returncode == 0, run.stderr
    assert "disk" in line
    assert "\n" not in line
    with open_store(url) as store:
        assert ledger.verify(store, "b").position == int(written) > 10
        assert ledger.append(store, [evidence("E3")], board="b", actor=LOCAL_OWNER, now=NOW)


# --- the type of instants ---


def test_instants_come_back_in_utc_to_the_microsecond(store):
    kyiv = datetime(2026, 7, 1, 15, 0, 0, 1, tzinfo=timezone(timedelta(hours=3)))
    person = people.add(store, "Ada", actor=LOCAL_OWNER, now=kyiv)
    found = people.find(store, person.id)
    assert found.added_at == datetime(2026, 7, 1, 12, 0, 0, 1, tzinfo=UTC)
    assert found.added_at.tzinfo is UTC


def test_an_instant_without_a_zone_never_reaches_the_database(store):
    with pytest.raises(sa.exc.StatementError, match="has no time zone"):
        people.add(store, "Ada", actor=LOCAL_OWNER, now=datetime(2026, 7, 1))
