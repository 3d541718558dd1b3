"""Two versions of the program at one record: an older one that is running, one that starts, and two models at work."""

import subprocess
import sys

import pytest

from forecasts import ledger, migrations, refit, snapshots, store
from forecasts.errors import StoreError
from forecasts.schema import SCHEMA
from forecasts.store import open_store
from tests.cli.conftest import ROOT, Place
from tests.faults import homes
from tests.faults.homes import BOARD
from tests.faults.streams import Stream

OLDER = "0003"


@pytest.fixture
def older_store(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give the URL of a store as the older program made it."""
    with monkeypatch.context() as patch:
        patch.setattr(store, "SCHEMA", OLDER)
        open_store(database_url).close()
    return database_url


@pytest.mark.slow
def test_an_older_program_that_is_running_goes_on_writing_through_the_upgrade(older_store: str) -> None:
    running = [Stream(older_store, OLDER, board=BOARD, count=150) for _ in range(3)]
    for one in running:
        one.read(20)
    with open_store(older_store) as upgraded:
        for one in running:
            assert one.finish() == 0, one.complaint
        told = {entry for one in running for entry in one.acknowledged}
        rows = ledger.history(upgraded, BOARD)
        assert len(rows) == len(told) == 450
        assert {row.entry for row in rows} == told
        ledger.verify(upgraded, BOARD)


def test_an_older_program_that_starts_after_the_upgrade_is_refused_in_one_line(database_url: str) -> None:
    with open_store(database_url) as newest:
        late = Stream(database_url, OLDER, board=BOARD)
        assert late.finish() == 2
        assert f"schema {SCHEMA} is newer than this program's {OLDER}; upgrade twixt" in late.complaint
        assert ledger.known_boards(newest) == ()


def test_the_newer_program_changes_no_older_record_unasked(older_store: str) -> None:
    with pytest.raises(StoreError, match=f"schema {OLDER}, {SCHEMA} is needed; `twixt init` brings it up to date"):
        open_store(older_store, migrate=False)


def test_an_upgrade_that_fails_leaves_the_record_to_the_older_program(
    older_store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(migrations, "upgrade", broken)
    with pytest.raises(StoreError, match="the disk is full"):
        open_store(older_store)
    again = Stream(older_store, OLDER, board=BOARD, count=2)
    assert again.finish() == 0, again.complaint


@pytest.mark.slow
def test_many_that_start_at_once_upgrade_once(older_store: str) -> None:
    code = "import sys; from forecasts.store import open_store; open_store(sys.argv[1], busy_seconds=60).close()"
    words = [sys.executable, "-W", "error", "-c", code, older_store]
    at_once = [subprocess.Popen(words, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [one.communicate()[1] for one in at_once] == [""] * 3
    with open_store(older_store, migrate=False):
        pass


@pytest.mark.slow
@pytest.mark.parametrize("template", ["sqlite"], indirect=True)
def test_two_versions_of_the_model_publish_once_each(hurt: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def published() -> list[str]:
        with homes.opened(hurt) as (opened, _):
            return list(snapshots.index(opened, BOARD)["id"])

    before = len(published())
    newer = refit.model_version()
    for version in ("older", newer, "older", newer):
        monkeypatch.setattr(refit, "model_version", lambda version=version: version)
        homes.run(hurt, "refit")
    after = published()
    assert len(after) == before + 2, "each version's numbers of one input are published once, however they take turns"
    homes.state(hurt)
