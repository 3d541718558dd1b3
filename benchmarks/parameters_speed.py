"""Parameter draws of the shipped board: at a first start (shipped), kept in the home, and encoded for a run.

Fits that sample are measured by `fits_speed`. The first two figures are of a whole new process, start included, as a
person meets it; their bar is that of a whole refit with cached draws, of which this is one part.
"""

import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np

from forecasts import encode
from forecasts.artefacts import Artefacts
from forecasts.board import load
from forecasts.catalogue import parameter_draws
from forecasts.settings import SHIPPED_BOARDS
from forecasts.shipped import MOST_BYTES, SHIPPED
from models.world import NEVER, Start
from scripts.draws import days, moment

BOARD = SHIPPED_BOARDS / "indivisible-security"
CHILD = """
import pathlib, sys
from forecasts.artefacts import Artefacts
from forecasts.board import load
from forecasts.catalogue import parameter_draws
from scripts.draws import days, moment
board, _ = load(pathlib.Path(sys.argv[1]))
found = parameter_draws(moment(board, days(board)[-1]), Artefacts(pathlib.Path(sys.argv[2])))
assert {one.origin for one in found.kept.values()} == {sys.argv[3]}, found.receipt
"""


def seconds(artefacts: Path, expected: str) -> float:
    """Return the wall time of a new process that gets the draws, and check where it got them from."""
    command = [sys.executable, "-c", CHILD, str(BOARD), str(artefacts), expected]
    started = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - started


def encoding(artefacts: Path) -> tuple[float, int]:
    """Return the seconds in which the board's joint draws are made (best of three after a first), and how many."""
    board, _ = load(BOARD)
    assert board is not None
    found = parameter_draws(moment(board, days(board)[-1]), Artefacts(artefacts))
    never = np.full(len(board.questions), NEVER, np.int16)
    count, times = board.settings.draws, []
    for seed in range(4):
        started = time.perf_counter()
        start = Start(501, never, never)
        encode.draws(board, found.all, start, as_of=date(2026, 7, 1), count=count, seed=seed)
        times.append(time.perf_counter() - started)
    return min(times[1:]), count


def rows() -> list[dict[str, object]]:
    """Return the benchmark's rows."""
    with tempfile.TemporaryDirectory() as folder:
        first = seconds(Path(folder), "shipped")
        kept = seconds(Path(folder), "kept")
        encoded, count = encoding(Path(folder))
    size = sum(p.stat().st_size for p in SHIPPED.folder.iterdir())
    return [
        _row("draws of all models at a first start, new process", first, "s", 5.0),
        _row("draws of all models kept in the home, new process", kept, "s", 5.0),
        _row(f"{count} joint draws encoded from those of all models", encoded, "s", 1.0),
        _row("shipped draws with their receipts", size / 1000, "kB", MOST_BYTES / 1000),
    ]


def _row(name: str, value: float, unit: str, bar: float | None) -> dict[str, object]:
    return {"name": name, "value": value, "unit": unit, "bar": bar, "ok": None if bar is None else value <= bar}
