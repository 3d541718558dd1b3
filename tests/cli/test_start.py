"""A start is quick because of what it does not import; no clock is asked."""

import os
import subprocess
import sys

import pytest

from app.cli import COMMANDS
from tests.cli.conftest import ROOT, Place

HEAVY = {
    "pymc",
    "pytensor",
    "arviz",
    "arviz_stats",
    "arviz_base",
    "streamlit",
    "altair",
    "pandas",
    "scipy",
    "xarray",
    "numba",
}


def imported(*arguments: str, place: Place | None = None) -> set[str]:
    """Return the top-level modules that a fresh process has imported when the command has ended."""
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "app.cli", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **(place.environment if place else {})},
        check=False,
    )
    names = {line.rpartition("|")[2].strip().partition(".")[0] for line in run.stderr.splitlines() if "|" in line}
    assert "click" in names, run.stderr[-500:]
    return names


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["-h"], ["evidence", "--help"], ["refit", "--help"]])
def test_help_loads_nothing_but_click(arguments: list[str]) -> None:
    names = imported(*arguments)
    assert not names & (HEAVY | {"polars", "sqlalchemy", "alembic", "numpy"}), names & HEAVY


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_the_help_of_every_command_loads_no_heavy_library(command: str) -> None:
    assert not imported(command, "--help") & (HEAVY | {"alembic", "polars", "sqlalchemy"})


@pytest.mark.parametrize(
    "arguments",
    [["status"], ["status", "--json"], ["evidence", "list"], ["check"], ["evidence", "retract", "E1", "--reason", "x"]],
)
def test_reading_the_record_loads_no_heavy_library(home: Place, arguments: list[str]) -> None:
    names = imported(*arguments, place=home)
    assert "sqlalchemy" in names or arguments == ["check"]
    assert not names & (HEAVY | {"alembic"})
