"""A record is moved to another database, its files to another place, and both are proved to be the same there."""

import pytest

from forecasts import ledger, schema
from forecasts.artefacts import Artefacts
from forecasts.backups import moving
from forecasts.errors import BackupError, CorruptArtefactError, ForbiddenError
from forecasts.people import JOBS, LOCAL_OWNER
from forecasts.store import open_store
from tests.forecasts import full_store
from tests.forecasts.backups.homes import contents, files, lines


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


def test_files_are_moved_with_their_keys_and_read_back_there(tmp_path):
    source, target = files(tmp_path / "home")[0], Artefacts(tmp_path / "shared")
    target.put(full_store.DETAIL)  # a move that was cut off
    for _ in range(2):
        assert moving.move_files(source, target, actor=LOCAL_OWNER) == (3, 1)
    assert contents(target.root) == contents(source.root)
    target.put(b"of another record")
    with pytest.raises(BackupError, match="files already that do not belong to it"):
        moving.move_files(source, target, actor=LOCAL_OWNER)
    other = Artefacts(tmp_path / "other")
    damaged = next(iter(source.hashes()))
    (source.root / damaged[:2] / damaged).write_bytes(b"torn")
    with pytest.raises(CorruptArtefactError, match=f"{damaged}: damaged"):
        moving.move_files(source, Artefacts(tmp_path / "third"), actor=LOCAL_OWNER)
    with pytest.raises(ForbiddenError):
        moving.move_files(source, other, actor=JOBS)
    assert not other.root.exists()


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
