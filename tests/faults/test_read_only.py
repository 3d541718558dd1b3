"""A home that nobody may write to: every command is refused in one line, nothing changes."""

import shutil

import pytest

from tests.cli.conftest import Place, complaint
from tests.cli.test_faults import run_process, set_writable, without_privileges
from tests.faults import homes
from tests.faults.test_kills import DEEDS


@pytest.fixture
def locked(template: Place, tmp_path):
    """Give a home in files that was made read-only, and what it holds."""
    if template.database:
        pytest.skip("a home in files only")
    root = tmp_path / "home"
    shutil.copytree(template.root, root)
    before = homes.state(Place(root))
    set_writable(root, writable=False)
    yield Place(root), before
    set_writable(root, writable=True)
    homes.check_equal(homes.state(Place(root)), before)


WORDS = {name: DEEDS[name].arguments for name in ("evidence", "refit", "backfill")}
WORDS |= {"status": ("status",), "backup": ("backup",), "publish": ("publish", "{root}/site")}


@pytest.mark.slow
@pytest.mark.parametrize("template", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", WORDS)
def test_every_command_is_refused_in_one_line(locked, name: str) -> None:
    """Also those that only read: SQLite keeps beside the file who reads it, so that a writer does not cut it short."""
    place, _ = locked
    words = [word.format(root=place.root) for word in WORDS[name]]
    refused = run_process(place, words, without_privileges)
    assert refused.returncode == 2, refused.stderr
    line = complaint(refused)
    assert str(place.root) in line
    assert "read-only" in line
