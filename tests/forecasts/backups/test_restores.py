"""A restore needs an empty place, and leaves a whole record or none, however it ends."""

import random
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from forecasts import verification
from forecasts.artefacts import Artefacts
from forecasts.backups import moving, reading, restoring
from forecasts.errors import BackupError, ForbiddenError, StoreError
from forecasts.people import ANONYMOUS, JOBS, LOCAL_OWNER
from forecasts.store import open_store
from tests.forecasts import full_store
from tests.forecasts.backups.homes import contents, files, lines, restore

ROOT = Path(__file__).parents[3]


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
        with pytest.raises(BackupError, match=r"already|is needed"):
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


KILLED = """
import sys
from pathlib import Path
from forecasts.artefacts import Artefacts
from forecasts.backups import restoring
from forecasts.people import LOCAL_OWNER
print("ready", flush=True)
root = Path(sys.argv[3])
restoring.restore(Path(sys.argv[1]), sys.argv[2], Artefacts(root / "artefacts"), root / "boards", actor=LOCAL_OWNER)
print("done", flush=True)
"""


@pytest.mark.slow
def test_a_restore_that_is_killed_leaves_no_record_or_a_whole_one(kept, empty_url, tmp_path):
    command = [sys.executable, "-c", KILLED, str(kept), empty_url, str(tmp_path / "home")]
    chosen, done, killed = random.Random(3), False, 0
    for wait in (0.0, *(chosen.uniform(0.0, 0.2) for _ in range(7))):
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as process:
            assert process.stdout.readline() == "ready\n"
            with suppress(subprocess.TimeoutExpired):
                process.wait(wait)
            process.kill()
            done = process.stdout.read() == "done\n"
            killed += not done
        if done or is_whole(empty_url, kept):
            break
    if not done and not is_whole(empty_url, kept):
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    assert is_whole(empty_url, kept)
    assert killed


def is_whole(url: str, path: Path) -> bool:
    """Tell whether there is a record at a URL, having checked that it is that of a backup."""
    try:
        with open_store(url, migrate=False) as store:
            with reading.opened(path) as backup:
                assert lines(store) == {name: list(backup.table(name)) for name in backup.manifest.tables}
            assert verification.verify(store, None).problems == []
            return True
    except StoreError as error:
        if "there is no record yet" in str(error) or "schema none" in str(error):
            return False
        raise
