"""Scores of forecasts of how long something lasts, watched until a known day: censored log score, restricted CRPS.

A forecast is a survival curve. Both scores are proper for outcomes that are cut off on a day that does not depend on
them, and smaller is better.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

EDGES = (0.0, 30 / 365.25, 90 / 365.25, 0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 50.0, np.inf)
"""Years between which an end is scored: curves of steps have no density, and no record is exact to the day."""
CLIPPED = (0.001, 0.999)
"""Probabilities of the log score are moved into this range, as everywhere in twixt."""
_CUTS = np.linspace(0.0, 1.0, 241) ** 3
"""Points of the integral over the time watched: close together early, where curves are steep."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A forecast of one duration."""

    survival: Callable[[Float], Float]
    """Probability of lasting longer than the years given, (T,) to (T,)."""
    knots: Float
    """Years at which it jumps; empty where it is smooth."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came."""

    years: float
    """Years it lasted, or was seen to last."""
    ended: bool
    followed: float
    """Years through which it was watched, ended or not."""


@dataclass(frozen=True, slots=True)
class DurationScores:
    """How forecasts did; all (F,)."""

    log: Float
    """Nats."""
    crps: Float
    """Years."""
    clipped: NDArray[np.bool_]
    """Whether the log score was limited."""


def score(curves: Sequence[Curve], outcomes: Sequence[Outcome]) -> DurationScores:
    """Score one curve for each outcome."""
    probability = np.array([_probability(c, o) for c, o in zip(curves, outcomes, strict=True)])
    inside = np.clip(probability, *CLIPPED)
    crps = np.array([restricted_crps(c, o) for c, o in zip(curves, outcomes, strict=True)])
    return DurationScores(-np.log(inside), crps, probability != inside)


def _probability(curve: Curve, outcome: Outcome) -> float:
    """Return what the forecast gave to what was seen: an end between two edges, or lasting through the time watched."""
    if not outcome.ended:
        return float(curve.survival(np.array([outcome.followed]))[0])
    upper = int(np.searchsorted(EDGES, outcome.years, side="left"))
    low, high = EDGES[max(upper - 1, 0)], min(EDGES[max(upper, 1)], outcome.followed)
    before, after = curve.survival(np.array([low, max(high, outcome.years)]))
    return float(before - after)


def restricted_crps(curve: Curve, outcome: Outcome) -> float:
    """Return the integral of (S(t) - 1[T > t])^2 over the years watched (Graf and others 1999, Stat. Med. 18:2529).

    The Brier score of "still in force", summed over all deadlines until the outcome is no longer known.
    """
    own = [outcome.years] if outcome.ended else []
    inner = [k for k in (*curve.knots, *own) if 0 < k < outcome.followed]
    cuts = np.unique(np.concatenate([_CUTS * outcome.followed, inner]))
    middle = (cuts[1:] + cuts[:-1]) / 2
    holds = middle < outcome.years if outcome.ended else np.ones(middle.size, bool)
    return float((curve.survival(middle) - holds) ** 2 @ np.diff(cuts))


def steps(times: Float, values: Float) -> Curve:
    """Return a curve of steps (Kaplan and Meier): 1 before the first time, flat after the last."""
    levels = np.concatenate([[1.0], values])
    return Curve(lambda t: levels[np.searchsorted(times, t, side="right")], times)


def constant(rate: float) -> Curve:
    """Return the curve of a constant hazard per year."""
    return Curve(lambda t: np.exp(-rate * t), np.array([]))
