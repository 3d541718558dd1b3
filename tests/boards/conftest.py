"""Fixtures of the board tests: `shipped` and `small` (loaded boards), `small_copy` (a directory to spoil)."""

import shutil
from pathlib import Path

import pytest

from forecasts import board
from forecasts.settings import SHIPPED_BOARDS

SMALL = Path(__file__).parent / "data" / "river-levy"
SHIPPED = SHIPPED_BOARDS / "indivisible-security"


@pytest.fixture(scope="session")
def shipped():
    """Return the board that comes with twixt."""
    loaded, problems = board.load(SHIPPED)
    assert problems == []
    return loaded


@pytest.fixture(scope="session")
def small():
    """Return a small board with another body and another series."""
    loaded, problems = board.load(SMALL)
    assert problems == []
    return loaded


@pytest.fixture
def small_copy(tmp_path):
    """Return a copy of the small board's directory."""
    return Path(shutil.copytree(SMALL, tmp_path / "river-levy"))
