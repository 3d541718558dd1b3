"""Parameter draws of the shipped board: everything cold, compile cache warm, and read from an artefact.

Each figure but the last is a whole new process, start included, as a person meets it. The bars are those of a whole
refit (150 s cold, 20 s warm, 5 s cached), of which this is one part.
"""

import os
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
from forecasts.parameters import Parameters
from forecasts.settings import SHIPPED_BOARDS
from models.world import NEVER, Start

BOARD = SHIPPED_BOARDS / "indivisible-security"
DRAWS = 20_000
CHILD = """
import os, pathlib, sys
from forecasts.settings import Home, prepare_caches
prepare_caches(Home.from_environment(os.environ), os.environ)
from forecasts.artefacts import Artefacts
from forecasts.board import load
from forecasts.catalogue import parameter_draws
found = parameter_draws(load(pathlib.Path(sys.argv[1]))[0], Artefacts(pathlib.Path(sys.argv[2])))
assert found.sampled == (sys.argv[3] == "sampled"), found
"""


def seconds(cache: Path, artefacts: Path, expected: str) -> float:
    """Return the wall time of a new process that gets the draws, and check where it got them from."""
    environment = {k: v for k, v in os.environ.items() if k not in {"PYTENSOR_FLAGS", "NUMBA_CACHE_DIR"}}
    command = [sys.executable, "-c", CHILD, str(BOARD), str(artefacts), expected]
    started = time.perf_counter()
    subprocess.run(command, env=environment | {"TWIXT_CACHE": str(cache)}, check=True)
    return time.perf_counter() - started


def encoding(artefacts: Path) -> tuple[float, float]:
    """Return the seconds that encoding the board's joint draws takes here (best of five), and the draws file's kB."""
    board, _ = load(BOARD)
    assert board is not None
    found = parameter_draws(board, Artefacts(artefacts))
    never = np.full(len(board.questions), NEVER, np.int16)
    times = []
    for seed in range(5):
        started = time.perf_counter()
        encode.draws(
            board, Parameters(found.rates), Start(501, never, never), as_of=date(2026, 7, 1), count=DRAWS, seed=seed
        )
        times.append(time.perf_counter() - started)
    return min(times), len(Artefacts(artefacts).get(found.artefact)) / 1000


def rows() -> list[dict[str, object]]:
    """Return the benchmark's rows."""
    with tempfile.TemporaryDirectory() as folder:
        cache, first, second = Path(folder, "cache"), Path(folder, "first"), Path(folder, "second")
        cold = seconds(cache, first, "sampled")
        warm = seconds(cache, second, "sampled")
        kept = seconds(cache, second, "kept")
        encoded, size = encoding(second)
    return [
        _row("class rates of 18 questions, compile cache empty", cold, "s", 150.0),
        _row("class rates, compile cache warm, new process", warm, "s", 20.0),
        _row("class rates, draws at hand, new process", kept, "s", 5.0),
        _row(f"joint draws encoded ({DRAWS} of 21 questions, 50 edges)", encoded, "s", None),
        _row("draws file of 18 rates", size, "kB", None),
    ]


def _row(name: str, value: float, unit: str, bar: float | None) -> dict[str, object]:
    return {"name": name, "value": value, "unit": unit, "bar": bar, "ok": None if bar is None else value <= bar}
