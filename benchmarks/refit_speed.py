"""A refit of the shipped board as a user meets it: whole processes, from nothing, with caches, and the weekly history.

Every run is `twixt` in a process of its own, on a home of its own and, for the cold figure, on an empty compile cache.
The preview is measured on the futures that the last refit stored, so its ratio to a refit that samples is of the same
board, machine and minute.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from forecasts.domain import Evidence
from forecasts.preview import Previewer
from forecasts.settings import Home, open_workspace

BOARD = "indivisible-security"
REPEATS = 3
FIRST_DAY = "2025-02-15"
MEGABYTE = 1024.0


def rows() -> list[dict[str, object]]:
    """Measure refit, backfill, memory and preview, in the order in which a new user causes them."""
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ, TWIXT_HOME=f"{folder}/home", TWIXT_DB="", TWIXT_CACHE=f"{folder}/cache")
        for name in ("NUMBA_CACHE_DIR", "PYTENSOR_FLAGS"):
            environment.pop(name, None)
        _run(["init"], environment)
        cold, _ = _run(["refit"], environment)
        cached = [_run(["refit", "--seed", str(seed)], environment)[0] for seed in range(1, REPEATS + 1)]
        _, memory = _run(["refit", "--futures", "200000", "--seed", "9"], environment)
        cold_sampled, _ = _run(["refit", "--resample"], environment)
        sampled = [_run(["refit", "--resample"], environment)[0] for _ in range(REPEATS)]
        history, _ = _run(["backfill", "--from", FIRST_DAY, "--every", "7d"], environment)
        preview = _preview_seconds(environment)
    again, sampling = statistics.median(cached), statistics.median(sampled)
    return [
        _row("refit, parameter draws cached, whole process", again, "s", 5.0),
        _row("refit, all models sampled again, compile cache warm, whole process", sampling, "s", 45.0),
        _row("refit, all models sampled again, nothing of them compiled, whole process", cold_sampled, "s", 365.0),
        _row("refit, everything cold, whole process", cold, "s", 150.0),
        _row("peak memory of a refit with 200,000 futures", memory / 1000, "GB", 1.5),
        _row("backfill of 72 weekly snapshots", history, "s", 240.0),
        _row("preview on the refit's futures, warm", preview, "s", 0.2),
        {
            "name": "preview, times faster than a refit that samples",
            "value": sampling / preview,
            "unit": "times",
            "bar": 100.0,
            "ok": sampling / preview >= 100.0,
        },
    ]


def _row(name: str, value: float, unit: str, bar: float) -> dict[str, object]:
    return {"name": name, "value": value, "unit": unit, "bar": bar, "ok": value <= bar}


def _run(arguments: Sequence[str], environment: dict[str, str]) -> tuple[float, float]:
    """Return wall seconds and peak memory (MB) of a command; a command that fails has neither."""
    command = [str(Path(sys.executable).with_name("twixt")), *arguments, *([] if arguments[0] == "init" else _BOARD)]
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return seconds, usage.ru_maxrss / MEGABYTE


_BOARD = ("--board", BOARD)


def _preview_seconds(environment: dict[str, str]) -> float:
    """Return the best of several previews of one more item, after one that warms up."""
    workspace = open_workspace(Home.from_environment(environment))
    with workspace.store as store:
        previewer = Previewer.load(store, workspace.artefacts, BOARD, now=datetime.now(UTC))
    found = []
    for item in _drafts(previewer.moment.evidence):
        began = time.perf_counter()
        previewer.preview([item])
        found.append(time.perf_counter() - began)
    return min(found[1:])


def _drafts(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return items as a person might add them: those of the record that still speak, under other ids."""
    return [replace(e, id=f"draft-{e.id}") for e in evidence if e.effects][-8:]


def main() -> int:
    """Print the figures."""
    found = rows()
    for row in found:
        print(f"{row['name']:<66} {row['value']:>9.3f} {row['unit']:<6} bar {row['bar']:<7} {row['ok']}")
    return int(not all(row["ok"] for row in found))


if __name__ == "__main__":
    sys.exit(main())
