"""A home that nobody may write to: what reads goes on, what writes is refused in one line, nothing changes."""

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


@pytest.mark.slow
@pytest.mark.parametrize("template", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", ["refit", "backfill"])
def test_what_writes_is_refused_in_one_line(locked, name: str) -> None:
    place, _ = locked
    refused = run_process(place, list(DEEDS[name].arguments), without_privileges)
    assert refused.returncode == 2, refused.stderr
    line = complaint(refused)
    assert str(place.root) in line
    assert "read-only" in line or "cannot be" in line
