"""Fixtures of the command line's tests: a home with the shipped board, and two ways to run a command in it.

`home` is new for every test; `twixt` runs in this process at a fixed instant, `shell` as a process of its own.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import cli
from app.session import Session
from forecasts import ledger, people, runs, snapshots
from forecasts.settings import Home
from forecasts.store import open_store

ROOT = Path(__file__).resolve().parents[2]
BOARD = "indivisible-security"
NOW = datetime(2026, 7, 2, 12, tzinfo=UTC)
"""A day after the one through which the shipped board is known: the same deadlines lie ahead for ever."""


@dataclass(frozen=True)
class Place:
    """A home on disk and what is in it."""

    root: Path
    database: str = ""
    """URL of the database, where it is not in the home."""

    @property
    def environment(self) -> dict[str, str]:
        return {"TWIXT_HOME": str(self.root), "TWIXT_DB": self.database, "TWIXT_CACHE": os.environ["TWIXT_CACHE"]}

    def contents(self) -> tuple[object, ...]:
        """Return everything that a command could have changed: rows, people, attempts, snapshots, artefact names."""
        home = Home.from_environment(self.environment)
        with open_store(home.database, migrate=False) as store:
            boards = ledger.known_boards(store)
            tails = tuple(ledger.verify(store, board) for board in boards)
            heads = tuple(tuple(snapshots.index(store, board)["id"]) for board in boards)
            attempts = tuple(len(runs.read(store, board)) for board in boards)
            persons = people.everyone(store)
        files = tuple(sorted(p.name for p in home.artefacts.rglob("*") if p.is_file()))
        return boards, tails, heads, attempts, persons, files


def run_at(place: Place, *arguments: str, now: datetime = NOW, input: str | None = None) -> Result:  # noqa: A002
    """Run a command in this process."""
    session = Session(place.environment, now)
    return CliRunner().invoke(cli, arguments, obj=session, input=input)


@pytest.fixture(scope="session")
def entered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home that holds the shipped board as `twixt init` enters it; copy it, never write to it."""
    root = tmp_path_factory.mktemp("entered")
    result = run_at(Place(root), "init")
    assert result.exit_code == 0, result.output
    return root


@pytest.fixture
def home(entered: Path, tmp_path: Path) -> Place:
    """Give a home with the shipped board, of this test alone."""
    root = tmp_path / "home"
    shutil.copytree(entered, root)
    return Place(root)


@pytest.fixture
def twixt(home: Place) -> Callable[..., Result]:
    """Give `twixt(*arguments, now=..., input=...)`, run in this process."""

    def run(*arguments: str, now: datetime = NOW, input: str | None = None) -> Result:  # noqa: A002
        return run_at(home, *arguments, now=now, input=input)

    return run


@pytest.fixture
def shell(home: Place) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Give `shell(*arguments, **environment)`, run as a process of its own."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return process(home, *arguments, **environment)

    return run


def process(place: Place, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **place.environment, **environment},
        check=False,
    )


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return a home whose only board, `garden`, is published for real; copy it, never write to it.

    Made once for all workers of a run: the first one samples, the others wait for it.
    """
    base = tmp_path_factory.getbasetemp()
    root = (base if worker_id == "master" else base.parent) / "published"
    with root.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            making = Place(root.with_suffix(".making"))
            for arguments in (["board", "new", "garden"], ["init", "--board", "garden"], ["refit"]):
                run = process(making, *arguments)
                assert run.returncode == 0, run.stderr
            making.root.rename(root)
    return root


def complaint(result: Result | subprocess.CompletedProcess[str]) -> str:
    """Return the one line on stderr of a command that refused, having checked that it is one and no traceback."""
    stderr = result.stderr
    assert stderr.count("\n") == 1, stderr
    assert "Traceback" not in stderr
    assert stderr.strip().isprintable()
    return stderr.strip()
