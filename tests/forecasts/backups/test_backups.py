"""A record goes into one file and comes back from it, from either database into either; nothing is overwritten."""

import threading
from dataclasses import replace
from datetime import UTC

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasts import ledger, migrations, runs, schema, snapshots, verification
from forecasts.artefacts import Artefacts
from forecasts.backups import checking, restoring, table_lines
from forecasts.errors import BackupError, CorruptArtefactError
from forecasts.people import JOBS, LOCAL_OWNER
from forecasts.runs import Run
from forecasts.store import open_store
from tests.forecasts.backups.homes import Home, contents, lines
from tests.forecasts.full_store import NOW
from tests.forecasts.records import evidence


def test_a_backup_is_restored_to_the_byte_on_either_database(home, empty_url, tmp_path):
    written = home.backup(tmp_path / "b.zip")
    artefacts, boards = Artefacts(tmp_path / "again" / "artefacts"), tmp_path / "again" / "boards"
    assert restoring.restore(tmp_path / "b.zip", empty_url, artefacts, boards, actor=LOCAL_OWNER) == written
    with open_store(empty_url, migrate=False) as restored:
        assert lines(restored) == lines(home.store)
        assert min(len(rows) for rows in lines(restored).values()) >= 1
        assert verification.verify(restored, artefacts).problems == []
        again = Home(restored, artefacts, boards).backup(tmp_path / "c.zip")
        assert again.record == written.record
        assert (again.tables, again.lists) == (written.tables, written.lists)
    assert contents(artefacts.root) == contents(home.artefacts.root)
    assert contents(boards) == contents(home.boards)


@pytest.mark.slow
def test_a_restored_record_goes_on_where_it_stood(home, other_url, tmp_path):
    home.backup(tmp_path / "b.zip")
    artefacts, boards = Artefacts(tmp_path / "again"), tmp_path / "boards"
    restoring.restore(tmp_path / "b.zip", other_url, artefacts, boards, actor=LOCAL_OWNER)
    with open_store(other_url) as restored:
        before = runs.read(restored, "b")[0].number
        run = runs.append(restored, Run("b", "live", NOW, NOW, NOW, "refused", "", {}), actor=JOBS)
        assert run.number == before + 1
        assert ledger.append(restored, [evidence("E9")], board="b", actor=LOCAL_OWNER, now=NOW)[0].position == 6
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), restored.engine.begin() as connection:
            connection.execute(sa.text("DELETE FROM ledger"))


@pytest.mark.slow
def test_a_table_that_nobody_knew_when_this_was_written_is_backed_up_too(home, other_url, tmp_path, monkeypatch):
    later = sa.Table(
        "later",
        schema.metadata,
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("share", sa.Double),
        sa.Column("at", schema.Instant),
        sa.Column("day", sa.Date),
        sa.Column("flag", sa.Boolean),
        sa.Column("raw", sa.LargeBinary),
        sa.Column("tree", sa.JSON),
    )
    upgrade = migrations.upgrade

    def upgrade_and_more(connection: sa.Connection, revision: str) -> None:
        upgrade(connection, revision)
        later.create(connection)

    monkeypatch.setattr(migrations, "upgrade", upgrade_and_more)
    whole = {
        "share": -0.0,
        "at": NOW,
        "day": NOW.date(),
        "flag": True,
        "raw": b"\0\xff",
        "tree": {"a": [1, None, "\n"]},
    }
    rows = [{"name": "Z", "number": 2} | whole, {"name": "a", "number": 1} | whole | {"share": 5e-324, "raw": b""}]
    try:
        with home.store.writing() as connection:
            later.create(connection)
            connection.execute(later.insert(), rows)
        written = home.backup(tmp_path / "b.zip")
        assert written.tables["later"].rows == 2
        restoring.restore(tmp_path / "b.zip", other_url, Artefacts(tmp_path / "x"), tmp_path / "y", actor=LOCAL_OWNER)
        with open_store(other_url) as restored:
            assert lines(restored)["later"] == lines(home.store)["later"]
            with restored.reading() as connection:
                found = [dict(row) for row in connection.execute(sa.select(later).order_by(later.c.number)).mappings()]
        assert found == list(reversed(rows))
    finally:
        schema.metadata.remove(later)
        with home.store.engine.begin() as connection:
            later.drop(connection, checkfirst=True)


def test_futures_can_be_left_out(home, tmp_path):
    name = home.artefacts.bound("what-if \N{SNOWMAN}\nof two lines")
    whole = home.backup(tmp_path / "whole.zip")
    last = snapshots.latest(home.store, "b", mode="live")
    snapshots.write(home.store, replace(last, id="with-futures", futures_hash=name), actor=JOBS)
    less = home.backup(tmp_path / "less.zip", with_futures=False)
    assert (whole.left_out, less.left_out) == (0, 1)
    assert (whole.lists["artefacts"].rows, less.lists["artefacts"].rows) == (3, 2)
    assert less.lists["keys"].rows == 0
    assert checking.check(tmp_path / "less.zip")[1].problems == []


@pytest.mark.slow
def test_a_backup_is_consistent_while_others_write(home, tmp_path):
    stop, errors = threading.Event(), []

    def write(name: str) -> None:
        count = 0
        while not stop.is_set() and count < 400:
            try:
                ledger.append(home.store, [evidence(f"{name}-{count}")], board="b", actor=LOCAL_OWNER, now=NOW)
            except Exception as error:  # noqa: BLE001
                errors.append(error)
            count += 1

    writers = [threading.Thread(target=write, args=(name,)) for name in ("W1", "W2")]
    for writer in writers:
        writer.start()
    rows = []
    try:
        for number in range(3):
            home.backup(tmp_path / f"{number}.zip")
            manifest, found = checking.check(tmp_path / f"{number}.zip")
            assert found.problems == []
            rows.append(manifest.tables["ledger"].rows)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert errors == []
    assert rows == sorted(rows)
    assert rows[-1] > 5, "nobody wrote meanwhile"


VALUES = st.fixed_dictionaries(
    {
        "text": st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30),
        "number": st.none() | st.integers(-(2**31), 2**31 - 1),
        "share": st.none() | st.floats(allow_nan=False, allow_infinity=False).map(lambda v: v + 0.0),
        "day": st.none() | st.dates(),
        "at": st.none() | st.datetimes(timezones=st.just(UTC)),
    }
)


@pytest.mark.slow
@given(rows=st.lists(VALUES, min_size=1, max_size=8))
@settings(max_examples=120)
def test_any_values_come_back_from_their_lines(rows):
    metadata = sa.MetaData()
    kinds = {"text": sa.Text, "number": sa.Integer, "share": sa.Double, "day": sa.Date, "at": schema.Instant}
    columns = [sa.Column(name, kind) for name, kind in kinds.items()]
    table = sa.Table("anything", metadata, sa.Column("id", sa.Integer, primary_key=True), *columns)
    given_rows = [{"id": number} | row for number, row in enumerate(rows)]
    engines = [sa.create_engine("sqlite://") for _ in range(2)]
    try:
        with engines[0].begin() as one, engines[1].begin() as other:
            metadata.create_all(one)
            metadata.create_all(other)
            one.execute(table.insert(), given_rows)
            there = sa.MetaData()
            there.reflect(one)
            lines = list(table_lines.read(one, there.tables["anything"]))
            table_lines.insert(other, there.tables["anything"], lines)
            found = [dict(row) for row in other.execute(sa.select(table).order_by(table.c.id)).mappings()]
            assert found == given_rows
            assert list(table_lines.read(other, there.tables["anything"])) == lines
    finally:
        for engine in engines:
            engine.dispose()


def test_a_backup_never_replaces_a_file_and_leaves_nothing_when_it_fails(home, tmp_path):
    target = tmp_path / "out" / "b.zip"
    home.backup(target)
    before = target.read_bytes()
    assert target.stat().st_mode & 0o777 == 0o600, "it holds names and addresses"
    with pytest.raises(BackupError, match="there is a file of this name already"):
        home.backup(target)
    home.artefacts.remove(full_store_detail(home))
    with pytest.raises(CorruptArtefactError, match="is missing; restore it from a backup"):
        home.backup(tmp_path / "out" / "c.zip")
    assert [p.name for p in target.parent.iterdir()] == ["b.zip"]
    assert target.read_bytes() == before


def full_store_detail(home: Home) -> str:
    with home.store.reading() as connection:
        return connection.execute(sa.select(schema.snapshots.c.detail_hash)).scalars().first()


@pytest.mark.slow
def test_a_damaged_home_can_be_backed_up_when_asked_and_the_backup_says_what_it_lacks(home, tmp_path):
    name, damage = full_store_detail(home), []
    home.artefacts.remove(name)
    home.backup(tmp_path / "b.zip", damage=lambda error: damage.append(str(error)))
    assert len(damage) == 1
    assert name in damage[0]
    assert checking.check(tmp_path / "b.zip")[1].problems == [
        f"{tmp_path / 'b.zip'}: artefact {name[:12]} is missing: a definition or a snapshot needs it"
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("bound", "expected"), [("LONGEST_LINE", "a row of"), ("LARGEST_FILE", "artefact")])
def test_what_could_not_be_read_again_is_not_written(home, tmp_path, monkeypatch, bound, expected):
    monkeypatch.setattr(f"forecasts.backups.writing.{bound}", 20)
    with pytest.raises(BackupError, match=expected):
        home.backup(tmp_path / "b.zip")
    assert not (tmp_path / "b.zip").exists()
