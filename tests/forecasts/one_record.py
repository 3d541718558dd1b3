"""Scores over a question's life by their definitions, one record at a time: the oracle of the compiled sweep."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasts import scoring

Float = NDArray[np.float64]


def peer_scores(p: Float, y: float) -> Float:
    """Return each forecaster's peer score on one question: 100 times the mean over the others of ln(p(y) / p_j(y)).

    `p` (F,) holds one forecast of each forecaster. With n forecasters and their geometric mean g this is
    100 n / (n - 1) ln(p / g), as Metaculus computes it; 0 for somebody alone. Scores on a question sum to 0.
    """
    logs = np.log(scoring.given(p, np.full(p.size, y)))
    if p.size < 2:
        return np.zeros(p.size)
    return np.asarray(100 * (logs - (logs.sum() - logs) / (p.size - 1)))


@dataclass(frozen=True, slots=True)
class Standing:
    """One forecaster's record on one question over its scheduled life, in the order of the rows that made it."""

    at: Float
    """(F,) seconds at which each was issued, rising."""
    p: Float
    """(F,) probability; NaN withdraws."""


@dataclass(frozen=True, slots=True)
class Life:
    """A question's scheduled life in seconds, and when its outcome was settled."""

    opened: float
    closes: float
    resolved: float
    """At or after `closes` for a question that ran to its end."""

    def __post_init__(self) -> None:
        if not self.opened < self.closes:
            raise ValueError(f"opened {self.opened}, closes {self.closes}: a question opens before it closes")


@dataclass(frozen=True, slots=True)
class TimeAverage:
    """Scores over a scheduled life."""

    brier: float
    log: float
    """Mean losses over the time in which a forecast stood; NaN where none ever did."""
    baseline: float
    """Mean over the whole scheduled life; time without a forecast and time after the resolution count 0."""
    coverage: float
    """Part of the scheduled life in which a forecast stood."""


def time_average(record: Standing, y: float, life: Life) -> TimeAverage:
    """Score a record over the scheduled life, carried forward between updates, with zero loss after a resolution.

    The divisor never knows the outcome: a forecast that stood when the question resolved counts as standing to the
    scheduled close. Dividing by the actual life instead would reward forecasts that make an early end look likely
    (it is improper).
    """
    begin = np.clip(record.at, life.opened, life.closes)
    end = np.append(begin[1:], life.closes)
    stood = ~np.isnan(record.p)
    settled = min(life.resolved, life.closes)
    scheduled = ((end - begin) * stood).sum()
    actual = np.maximum(np.minimum(end, settled) - np.minimum(begin, settled), 0.0) * stood
    p = np.where(stood, record.p, 0.5)
    whole = life.closes - life.opened
    outcome = np.full(p.size, y)
    return TimeAverage(
        brier=_ratio((scoring.brier(p, outcome) * actual).sum(), scheduled),
        log=_ratio((scoring.log_loss(p, outcome) * actual).sum(), scheduled),
        baseline=float((scoring.baseline_score(p, outcome) * actual).sum() / whole),
        coverage=float(scheduled / whole),
    )


def _ratio(top: float, bottom: float) -> float:
    return float(top / bottom) if bottom > 0 else float("nan")


def spot(record: Standing, at: float) -> float:
    """Return the probability that stood at an instant (seconds), NaN where none did."""
    before = np.flatnonzero(record.at <= at)
    return float(record.p[before[-1]]) if before.size else float("nan")
