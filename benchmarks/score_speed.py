"""Scoring a million forecasts on 100,000 questions: the whole command, its core, and the decomposition beside a rival.

The command reads CSV (and Parquet) with forecasters and four columns of times, as a process of its own from start to
end. The core is scores and the CORP decomposition with 1,000 null resamples, from arrays. The rival decomposes the same
forecasts in the same run: `model-diagnostics`, also isotonic regression on unique values.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from forecasts import score_summary, scoring
from models.reliability import decompose, fit

FORECASTS, QUESTIONS, FORECASTERS = 1_000_000, 100_000, 2000
DAY = 86_400 * 10**6
REPEATS = 3
COMMAND_BAR, MEMORY_BAR, CORE_BAR = 6.0, 2.0, 1.5


def table(*, digits: int | None) -> pl.DataFrame:
    """Return forecasts of questions that open, close and sometimes resolve early; probabilities as people give them."""
    rng = np.random.default_rng(1)
    question = rng.integers(0, QUESTIONS, FORECASTS)
    chance = rng.beta(1, 2, QUESTIONS)
    opened = rng.integers(0, 300, QUESTIONS) * DAY
    resolved = opened + rng.integers(110, 210, QUESTIONS) * DAY
    p = np.clip(chance[question] + rng.normal(0, 0.1, FORECASTS), 0, 1)
    return pl.DataFrame(
        {
            "question": question,
            "forecaster": rng.integers(0, FORECASTERS, FORECASTS),
            "at": opened[question] + rng.integers(0, 100 * DAY, FORECASTS),
            "probability": p if digits is None else p.round(digits),
            "outcome": (rng.random(QUESTIONS) < chance)[question].astype(np.int8),
            "opened_at": opened[question],
            "closes_at": opened[question] + 200 * DAY,
            "resolved_at": resolved[question],
        }
    ).with_columns(
        pl.format("question-{}", "question").alias("question"),
        pl.format("person-{}", "forecaster").alias("forecaster"),
        *(pl.col(name).cast(pl.Datetime("us", "UTC")) for name in ("at", "opened_at", "closes_at", "resolved_at")),
    )


def command(file: Path) -> tuple[float, float]:
    """Return seconds and peak memory in GB of `twixt score FILE --json`, median and highest of several processes."""
    script = Path(sys.executable).with_name("twixt")
    found = [_process([str(script), "score", str(file), "--json"]) for _ in range(REPEATS + 1)][1:]
    return statistics.median(seconds for seconds, _ in found), max(memory for _, memory in found)


def _process(arguments: list[str]) -> tuple[float, float]:
    began = time.perf_counter()
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{arguments} ended with {process.returncode}")
    return time.perf_counter() - began, used.ru_maxrss / 1024**2


def core(p: np.ndarray, y: np.ndarray, cluster: np.ndarray) -> object:
    """Score every forecast and decompose them with the null."""
    losses = scoring.brier(p, y).mean(), scoring.log_loss(p, y).mean(), scoring.clipped(p)
    everything = np.ones(p.size, bool)
    threads = os.cpu_count() or 1
    return losses, score_summary.calibration(p, y, cluster=cluster, joins=everything, threads=threads)


def best(action: Callable[[], object]) -> float:
    """Return the best wall time of an action in seconds, after one run that compiles and fills caches."""
    action()
    found = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        action()
        found.append(time.perf_counter() - began)
    return min(found)


def rows() -> list[dict[str, object]]:
    """Measure the command on both formats, the core on round and on continuous forecasts, and the rival."""
    from model_diagnostics.scoring import SquaredError
    from model_diagnostics.scoring import decompose as rival

    found: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        people = table(digits=2)
        for kind in ("csv", "parquet"):
            file = Path(folder) / f"forecasts.{kind}"
            (people.write_csv if kind == "csv" else people.write_parquet)(file)
            seconds, memory = command(file)
            name = f"twixt score, a million forecasts, {kind}, whole process"
            found += [row(name, seconds, "s", COMMAND_BAR), row(f"{name}, peak memory", memory, "GB", MEMORY_BAR)]
    for digits, words in ((2, "two digits"), (None, "all different")):
        chosen = table(digits=digits)
        p, y = chosen["probability"].to_numpy(), chosen["outcome"].to_numpy().astype(float)
        cluster = chosen["question"].cast(pl.Categorical).to_physical().to_numpy().astype(np.int64)
        name = f"scores and CORP with 1,000 resamples, {words}"
        found.append(row(name, best(lambda p=p, y=y, c=cluster: core(p, y, c)), "s", CORE_BAR))  # type: ignore[misc]
        ours = best(lambda p=p, y=y: decompose(fit(p, y)))  # type: ignore[misc]
        theirs = best(lambda p=p, y=y: rival(y_obs=y, y_pred=p, scoring_function=SquaredError()))  # type: ignore[misc]
        agreed(p, y, rival(y_obs=y, y_pred=p, scoring_function=SquaredError()))
        found.append(row(f"CORP decomposition, {words}, beside model-diagnostics", ours, "s", theirs))
    return found


def agreed(p: np.ndarray, y: np.ndarray, theirs: pl.DataFrame) -> None:
    """Raise where the rival's decomposition of the same forecasts is another one: then the times do not compare."""
    mine = decompose(fit(p, y))
    other = [float(theirs[name][0]) for name in ("miscalibration", "discrimination", "uncertainty", "score")]
    if not np.allclose([mine.mcb, mine.dsc, mine.unc, mine.brier], other, rtol=0, atol=1e-12):
        raise RuntimeError(f"{mine} is not {other}")


def row(name: str, value: float, unit: str, bar: float) -> dict[str, object]:
    """Return one line of the record."""
    return {"name": name, "value": round(value, 4), "unit": unit, "bar": round(bar, 4), "ok": value <= bar}


if __name__ == "__main__":
    for line in rows():
        print(line)
