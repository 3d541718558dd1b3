"""Backups: a record goes into one file and comes back, from either database into either; damage is never silent."""

import json
import random
import threading
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from forecasts import ledger, migrations, runs, schema, snapshots, verification
from forecasts.artefacts import Artefacts
from forecasts.backups import checking, moving, reading, restoring, table_lines, writing
from forecasts.errors import BackupError, CorruptArtefactError, ForbiddenError
from forecasts.people import ANONYMOUS, JOBS, LOCAL_OWNER
from forecasts.runs import Run
from forecasts.store import Store, open_store
from tests.forecasts import full_store
from tests.forecasts.full_store import NOW
from tests.forecasts.records import evidence
from tests.postgres import KINDS

FUTURES = b"simulated futures" * 100


@dataclass(frozen=True)
class Home:
    """A filled store and the files beside it."""

    store: Store
    artefacts: Artefacts
    boards: Path

    def backup(self, target: Path, **choices: object):
        return writing.write(self.store, self.artefacts, self.boards, target, now=NOW, **choices)


@pytest.fixture
def home(store_url: str, tmp_path: Path):
    """Give a home whose store has rows in every table, once on each kind of database."""
    with open_store(store_url) as store:
        full_store.fill(store)
        yield Home(store, *files(tmp_path / "home"))


def files(root: Path) -> tuple[Artefacts, Path]:
    artefacts, boards = Artefacts(root / "artefacts"), root / "boards"
    for content in (full_store.DEFINITION, full_store.DETAIL):
        artefacts.put(content)
    artefacts.bind("what-if \N{SNOWMAN}\nof two lines", artefacts.put(FUTURES))
    (boards / "mine").mkdir(parents=True)
    (boards / "mine" / "board.toml").write_text('name = "\N{SNOWMAN}"\n', encoding="utf-8")
    return artefacts, boards


@pytest.fixture(params=KINDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of a database without tables, once on each kind."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path / 'restored' / 'twixt.sqlite'}"


@pytest.fixture
def other_url(home: Home, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of a database without tables, of the other kind than the home's."""
    if home.store.engine.dialect.name == "sqlite":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path / 'moved' / 'twixt.sqlite'}"


def lines(store: Store) -> dict[str, list[bytes]]:
    """Return every row of every table."""
    with store.reading() as connection:
        tables = table_lines.tables(connection, schema.SCHEMA)
        return {table.name: list(table_lines.read(connection, table)) for table in tables}


def contents(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


# --- there and back ---


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


def test_a_move_proves_that_every_row_and_snapshot_is_equal(home, other_url):
    told = []
    proof = moving.move(home.store, other_url, actor=LOCAL_OWNER, tell=told.append)
    assert told == [*told[:-1], "proof"]
    assert set(told[:-1]) == set(schema.metadata.tables) == set(proof.tables)
    assert (proof.snapshots, list(proof.boards)) == (2, ["b"])
    assert proof.boards["b"] == ledger.tail(home.store, "b").digest
    with open_store(other_url, migrate=False) as moved:
        assert lines(moved) == lines(home.store)
    with pytest.raises(BackupError, match="there is a record already"):
        moving.move(home.store, other_url, actor=LOCAL_OWNER, tell=told.append)


@pytest.mark.slow
def test_a_difference_is_named_with_its_table_and_row(home, other_url):
    moving.move(home.store, other_url, actor=LOCAL_OWNER, tell=lambda _: None)
    with open_store(other_url) as moved:
        with moved.writing() as connection:
            connection.execute(schema.people.update().where(schema.people.c.name.like("Ada%")).values(name="Eve"))
        with pytest.raises(BackupError, match=r"table people: row \d differs: .*Ada.* here, .*Eve.* there"):
            moving.prove_equal(home.store, moved)
        with moved.writing() as connection:
            connection.execute(schema.people.delete())
        with pytest.raises(BackupError, match=r"table people: row 1 differs: .* here, b'nothing' there"):
            moving.prove_equal(home.store, moved)


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


# --- nothing is overwritten ---


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


def test_a_damaged_home_can_be_backed_up_when_asked_and_the_backup_says_what_it_lacks(home, tmp_path):
    name, damage = full_store_detail(home), []
    home.artefacts.remove(name)
    home.backup(tmp_path / "b.zip", damage=lambda error: damage.append(str(error)))
    assert len(damage) == 1
    assert name in damage[0]
    assert checking.check(tmp_path / "b.zip")[1].problems == [
        f"{tmp_path / 'b.zip'}: artefact {name[:12]} is missing: a definition or a snapshot needs it"
    ]


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Path:
    """Return a backup made of SQLite; copy it, never write to it."""
    root = tmp_path_factory.mktemp("kept")
    with open_store(f"sqlite:///{root / 'twixt.sqlite'}") as store:
        full_store.fill(store)
        Home(store, *files(root / "home")).backup(root / "b.zip")
    return root / "b.zip"


def restore(path: Path, root: Path) -> None:
    url = f"sqlite:///{root / 'twixt.sqlite'}"
    restoring.restore(path, url, Artefacts(root / "artefacts"), root / "boards", actor=LOCAL_OWNER)


@pytest.mark.slow
def test_a_restore_into_a_home_with_anything_else_is_refused(kept, tmp_path):
    for number, spoil in enumerate(
        [
            lambda root: (root / "twixt.sqlite").touch(),
            lambda root: Artefacts(root / "artefacts").put(b"of another record"),
            other_key,
            other_definition,
        ]
    ):
        root = tmp_path / str(number)
        root.mkdir()
        spoil(root)
        before = contents(root)
        with pytest.raises(BackupError, match=r"already|empty home"):
            restore(kept, root)
        assert before.items() <= contents(root).items()
        assert not [p for p in root.iterdir() if p.name.startswith("twixt.sqlite") and p.stat().st_size]


def other_key(root: Path) -> None:
    artefacts = Artefacts(root / "artefacts")
    artefacts.bind("what-if \N{SNOWMAN}\nof two lines", artefacts.put(full_store.DETAIL))


def other_definition(root: Path) -> None:
    (root / "boards" / "mine").mkdir(parents=True)
    (root / "boards" / "mine" / "board.toml").write_text("other")


def test_a_restore_that_was_cut_off_is_done_again(kept, tmp_path):
    files(tmp_path)  # everything but the record, as a restore leaves it that was killed before its last step
    (tmp_path / ".twixt.sqlite.writing-0123abcd").write_bytes(b"torn")
    restore(kept, tmp_path)
    with open_store(f"sqlite:///{tmp_path / 'twixt.sqlite'}", migrate=False) as store:
        assert verification.verify(store, Artefacts(tmp_path / "artefacts")).problems == []


def test_only_who_may_load_restores_and_moves(kept, tmp_path):
    with pytest.raises(ForbiddenError):
        restoring.restore(kept, f"sqlite:///{tmp_path / 'x'}", Artefacts(tmp_path), tmp_path, actor=ANONYMOUS)
    with open_store(f"sqlite:///{tmp_path / 'a'}") as store, pytest.raises(ForbiddenError):
        moving.move(store, f"sqlite:///{tmp_path / 'b'}", actor=JOBS, tell=lambda _: None)


@pytest.mark.postgres
def test_a_restore_leaves_a_postgresql_database_with_tables_alone(kept, store_url, tmp_path):
    if store_url.startswith("sqlite"):
        return
    with pytest.raises(BackupError, match=r"there is a record already \(table .*\)"):
        restoring.restore(kept, store_url, Artefacts(tmp_path / "a"), tmp_path / "b", actor=LOCAL_OWNER)
    assert list(tmp_path.iterdir()) == []


# --- backups of strangers, and damaged ones ---


def read_all(path: Path) -> object:
    """Read whatever is in a backup, as a restore does."""
    with reading.opened(path) as backup:
        found = [list(backup.table(name)) for name in backup.manifest.tables]
        found += [backup.artefact(*row) for row in backup.rows("artefacts")]
        found += [backup.definition(*row) for row in backup.rows("definitions")]
        return backup.manifest, found, list(backup.rows("keys"))


def complaint(path: Path, expected: object) -> str:
    """Return what is said of a backup; empty where it holds what it should, such as after a change of a date in it."""
    try:
        found = read_all(path)
    except BackupError as error:
        return str(error)
    assert found == expected
    return ""


@pytest.mark.slow
def test_a_changed_or_lost_byte_is_found_wherever_it_is(kept, tmp_path):
    whole, chosen = kept.read_bytes(), random.Random(1)
    expected, noticed = read_all(kept), 0
    for number in range(400):
        place = chosen.randrange(len(whole))
        torn = (
            whole[:place]
            if number % 10 == 0
            else whole[:place] + bytes([whole[place] ^ 1 << number % 8]) + whole[place + 1 :]
        )
        (tmp_path / "b.zip").write_bytes(torn)
        message = complaint(tmp_path / "b.zip", expected)
        assert message == "" or message.startswith(str(tmp_path / "b.zip"))
        assert "\n" not in message
        noticed += bool(message)
    assert noticed > 250


def changed(path: Path, target: Path, **members: bytes | None) -> Path:
    """Copy a backup with other members: name -> bytes, or None to leave one out; `__` stands for `/` in a name."""
    new = {name.replace("__", "/"): content for name, content in members.items()}
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in old.namelist():
            if name not in new:
                copy.writestr(name, old.read(name))
        for name, content in new.items():
            if content is not None:
                copy.writestr(name, content)
    return target


def with_manifest(path: Path, target: Path, **changes: object) -> Path:
    manifest = json.loads(zipfile.ZipFile(path).read("manifest.json")) | changes
    return changed(path, target, **{"manifest.json": json.dumps(manifest).encode()})


@pytest.mark.slow
def test_backups_of_another_kind_are_refused_in_one_line(kept, tmp_path):
    deep = b'{"format":1,"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    target = tmp_path / "b.zip"
    cases = {
        "no backup of twixt, or damaged": lambda: target.write_bytes(b"not a zip file"),
        "no backup of twixt: it has no manifest": lambda: changed(kept, target, **{"manifest.json": None}),
        r"schema 9999 is newer than this program's \d+; upgrade": lambda: with_manifest(kept, target, schema="9999"),
        "schema 0000 is unknown; allowed: 0001": lambda: with_manifest(kept, target, schema="0000"),
        "format 2 is unknown; this program reads 1": lambda: with_manifest(kept, target, format=2),
        "its tables are not those of schema": lambda: with_manifest(kept, target, tables={}),
        "unknown field 'color'": lambda: with_manifest(kept, target, color="red"),
        "manifest cannot be read": lambda: changed(kept, target, **{"manifest.json": deep}),
        "has more than": lambda: changed(kept, target, **{"manifest.json": b" " * 5_000_000}),
        "extra.txt is missing, or no list names it": lambda: changed(kept, target, **{"extra.txt": b""}),
        "ledger.jsonl is missing": lambda: changed(kept, target, **{"tables/ledger.jsonl": None}),
        "rows with another hash": lambda: changed(kept, target, **{"tables/people.jsonl": b"[]\n"}),
        "a line is cut off": lambda: changed(kept, target, **{"tables/people.jsonl": b"[]"}),
        "cut off or longer than 67108864 bytes": lambda: changed(kept, target, **{"keys.jsonl": b"a" * 70_000_000}),
    }
    for message, make in cases.items():
        make()
        with pytest.raises(BackupError, match=message) as caught:
            read_all(target)
        assert str(caught.value).startswith(str(target))
        assert "\n" not in str(caught.value)
        with pytest.raises(BackupError):
            restore(target, tmp_path / "home")
        assert not (tmp_path / "home" / "twixt.sqlite").exists()
    with pytest.raises(BackupError, match="there is no such file"):
        read_all(tmp_path / "absent.zip")
    with pytest.raises(BackupError, match="cannot be read"):
        read_all(tmp_path)


@pytest.mark.parametrize(
    "path",
    ["../evil", "/etc/passwd", "a/../../b", "a\\b", "C:x", "", ".", "a//b", "a/./b", "a\nb", "x" * 501, "a/"],
)
def test_a_board_file_whose_path_leads_out_is_refused(path):
    with pytest.raises(ValueError, match=r"is no path of a board file|leads out of the directory"):
        reading.check_path(path)


@pytest.mark.slow
def test_rows_that_do_not_fit_their_table_are_refused_and_nothing_is_there(kept, tmp_path):
    """A forged backup whose manifest fits its rows, but whose rows are none of the table's."""
    for number, line in enumerate([b'["b",1]', b"[1]", b'{"id":"b"}', b"[NaN]", b'["\xff"]']):
        target = tmp_path / f"{number}.zip"
        manifest = json.loads(zipfile.ZipFile(kept).read("manifest.json"))
        forged = table_lines.Counted(("id",), [line])
        list(forged)
        manifest["tables"]["boards"] = {"columns": ["id"], "rows": 1, "sha256": forged.tally.sha256}
        members = {"manifest.json": json.dumps(manifest).encode(), "tables/boards.jsonl": line + b"\n"}
        changed(kept, target, **members)
        with pytest.raises(BackupError, match=r"table boards: .* is not one of its rows"):
            restore(target, tmp_path / f"home{number}")
        assert not (tmp_path / f"home{number}" / "twixt.sqlite").exists()


def test_a_forged_row_is_found_by_the_chain_of_digests(kept, tmp_path):
    manifest = json.loads(zipfile.ZipFile(kept).read("manifest.json"))
    rows = (
        zipfile.ZipFile(kept)
        .read("tables/ledger.jsonl")
        .replace(b"Something was reported.", b"Something was forged!..")
    )
    forged = table_lines.Counted(manifest["tables"]["ledger"]["columns"], rows.splitlines())
    list(forged)
    manifest["tables"]["ledger"]["sha256"] = forged.tally.sha256
    target = changed(
        kept, tmp_path / "b.zip", **{"manifest.json": json.dumps(manifest).encode(), "tables/ledger.jsonl": rows}
    )
    assert read_all(target)
    problems = checking.check(target)[1].problems
    assert any("b: ledger position 2 holds a digest that does not match" in problem for problem in problems)
