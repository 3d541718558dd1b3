"""Process start to end of the two commands that people type most, against their bars.

The home holds the shipped board with 72 weekly retrospective snapshots and one live one. Wall time of whole processes,
median of several after one to warm the file cache; no byte code is written, as in a read-only installation.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from forecasts.settings import Home, open_workspace
from tests.app import publishing

REPEATS = 7
BARS = {"--help": 0.4, "status": 1.0, "status --json": 1.0}
FORBIDDEN = ("pymc", "arviz", "streamlit")


def rows() -> list[dict[str, object]]:
    """Measure each command; a command that fails or loads what it must not has no time."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "TWIXT_HOME": folder, "TWIXT_DB": "", "PYTHONDONTWRITEBYTECODE": "1"}
        _publish(environment)
        return [_row(name, bar, environment) for name, bar in BARS.items()]


def _publish(environment: dict[str, str]) -> None:
    workspace = open_workspace(Home.from_environment(environment))
    board = publishing.enter(workspace)
    publishing.publish_history(workspace, board, weeks=72)
    publishing.publish(workspace, board, on=datetime(2026, 7, 20, tzinfo=UTC), mode="live")
    workspace.store.close()


def _row(name: str, bar: float, environment: dict[str, str]) -> dict[str, object]:
    command = [str(Path(sys.executable).with_name("twixt")), *name.split()]
    loaded = _loaded(name.split(), environment)
    if loaded:
        raise RuntimeError(f"twixt {name} imports {loaded}")
    seconds = [_seconds(command, environment) for _ in range(REPEATS + 1)][1:]
    median = statistics.median(seconds)
    return {"name": f"twixt {name}, whole process", "value": median, "unit": "s", "bar": bar, "ok": median <= bar}


def _seconds(command: list[str], environment: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def _loaded(arguments: list[str], environment: dict[str, str]) -> list[str]:
    """Return which of the forbidden libraries a process of the command imports."""
    command = [sys.executable, "-X", "importtime", "-m", "app.cli", *arguments]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    names = {line.rpartition("|")[2].strip().partition(".")[0] for line in run.stderr.splitlines()}
    return sorted(names & set(FORBIDDEN))


if __name__ == "__main__":
    for row in rows():
        print(row)
