"""Plain pools of many people's forecasts of resolved questions: what a crowd would have scored.

Axes: P = voice (one forecaster's last forecast of one question), Q = question.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecasts.scoring import CLIP
from models.budgets import scramble
from models.pool_rules import SCALE_MEDIAN, SCALE_SD, expit

Float = NDArray[np.float64]
Int = NDArray[np.int64]

FOLDS = 10
SCALE = (SCALE_MEDIAN, SCALE_SD)
"""Median and log sd of the recalibrating factor's prior, as in the pool of a board's people."""
NAMES = ("median", "mean", "geo_odds", "recalibrated")


@dataclass(frozen=True, slots=True)
class Pooled:
    """One pooled probability for each question, in the order of the questions' codes."""

    question: Int
    """(Q,) codes, rising."""
    probability: Mapping[str, Float]
    """Pool -> (Q,)."""


def pool(question: Int, p: Float, *, outcome: Float, cluster: Int) -> Pooled:
    """Return the pools of every question.

    Parameters
    ----------
    question, p
        (P,) code of the question and probability of each voice.
    outcome, cluster
        (P,) outcome of the question and code of its cluster, which cross-validation keeps together.
    """
    safe = np.clip(p, *CLIP)
    voices = pl.DataFrame({"q": question, "p": p, "logit": np.log(safe / (1 - safe)), "y": outcome, "c": cluster})
    means = [pl.col("p").mean().alias("mean"), pl.col("p").median().alias("median"), pl.col("logit").mean()]
    table = voices.group_by("q").agg(*means, pl.col("y", "c").first()).sort("q")
    logit = table["logit"].to_numpy()
    found = {
        "median": table["median"].to_numpy(),
        "mean": table["mean"].to_numpy(),
        "geo_odds": expit(logit),
        "recalibrated": cross_validated(logit, table["y"].to_numpy(), cluster=table["c"].to_numpy()),
    }
    return Pooled(table["q"].to_numpy(), found)


def cross_validated(logit: Float, y: Float, *, cluster: Int) -> Float:
    """Return the recalibrated pool (Q,), each question by a factor and a base rate from the other folds' questions."""
    units, unit = np.unique(cluster, return_inverse=True)
    fold = (scramble(unit.astype(np.uint64)) % np.uint64(FOLDS)).astype(np.int64)
    fold = fold if units.size > FOLDS else unit
    found = np.empty(logit.size)
    for k in np.unique(fold):
        test = fold == k
        found[test] = _recalibrated(logit[test], *fit_scale(logit[~test], y[~test]))
    return found


def _recalibrated(logit: Float, scale: float, base: float) -> Float:
    return expit(base + scale * (logit - base))


def fit_scale(logit: Float, y: Float) -> tuple[float, float]:
    """Return the factor a (posterior mode) and the base rate's log-odds b of `b + a (logit - b)`.

    b is the log-odds of (hits + 1/2) / (n + 1); a has the prior `SCALE`, so that without questions it is 1.2. The mode
    is found by Newton steps in log a on a concave neighbourhood, halved until the objective rises.
    """
    rate = (y.sum() + 0.5) / (y.size + 1)
    base, centre, spread = float(np.log(rate / (1 - rate))), np.log(SCALE[0]), SCALE[1]
    lean = logit - base

    def objective(log_a: float) -> float:
        eta = base + np.exp(log_a) * lean
        return float((y * eta - np.logaddexp(0, eta)).sum() - (log_a - centre) ** 2 / (2 * spread**2))

    log_a = float(centre)
    for _ in range(50):
        scale = float(np.exp(log_a))
        p = expit(base + scale * lean)
        slope = scale * float((lean * (y - p)).sum()) - (log_a - centre) / spread**2
        bend = scale**2 * float((lean**2 * p * (1 - p)).sum()) + 1 / spread**2
        step, now = slope / bend, objective(log_a)
        while abs(step) > 1e-10 and objective(log_a + step) < now:
            step /= 2
        log_a += step
        if abs(step) < 1e-9:
            break
    return float(np.exp(log_a)), base
