"""Fixtures of the site's tests: a home with two runs of the shipped board, made-up numbers, and the site of it."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from app.site import building
from forecasts.settings import Home, open_workspace
from tests.app import publishing

BOARD = "indivisible-security"
NOW = publishing.NOW + timedelta(hours=2)


def opened(root: Path):
    """Open a home."""
    return open_workspace(Home.from_environment({"TWIXT_HOME": str(root), "TWIXT_CACHE": str(root / "cache")}))


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """Give a home with ten retrospective weeks and two live runs; nobody may write to it."""
    root = tmp_path_factory.mktemp("made") / "home"
    workspace = opened(root)
    board = publishing.enter(workspace)
    publishing.publish_history(workspace, board, weeks=10)
    publishing.publish(workspace, board, on=publishing.NOW, mode="live", step=10)
    publishing.publish(workspace, board, on=publishing.NOW + timedelta(hours=1), mode="live", step=13)
    workspace.store.close()
    return root


@pytest.fixture
def home(made, tmp_path) -> Path:
    """Give a copy of the home, of one test alone."""
    root = tmp_path / "home"
    shutil.copytree(made, root)
    return root


@pytest.fixture(scope="session")
def files(made, tmp_path_factory) -> dict[str, bytes]:
    """Give the files of the home's site."""
    workspace = opened(made)
    found = building.files(workspace, [BOARD], now=NOW, drawings=tmp_path_factory.mktemp("drawings"))
    workspace.store.close()
    return found
