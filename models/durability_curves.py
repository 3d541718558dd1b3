"""The arithmetic of durations without a sampler: what is known of each case, survival curves, likelihood, replicas.

Years are of 365.25 days. Axes: C = case, K = effect, D = draw, T = time.

Every case is known as an interval: it ended after `lower` and no later than `upper` years. A dated end is the day it
fell on, a return within a month (0, 30 days], a case still in force (its length, infinity). One formula serves all:
log likelihood = log(S(lower) - S(upper)) (Lindsey and Ryan 1998, Statistics in Medicine 17:219).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

HORIZON = 5.0
"""Years at which the level of the hazard is stated: within what the literature's figures speak of."""
INSTANT = 1e-30
"""Years: stands for zero, whose logarithm a clock with an uncertain shape would ask for."""
SMALLEST = 1e-300
"""Stands for a hazard of zero, where (1 - exp(-h)) / h is 1."""


@dataclass(frozen=True, slots=True)
class Durations:
    """How long cases held, and what they had.

    Raises
    ------
    ValueError
        When shapes differ, an interval is empty or negative, an effect is not finite, or a weight lies outside (0, 1].
    """

    effects: tuple[str, ...]
    """(K,) names."""
    lower: Float
    """(C,) years through which the case is known to have held; 0 or more."""
    upper: Float
    """(C,) years by which it had ended; infinity while in force."""
    design: Float
    """(C, K) what multiplies each effect: 0 or 1, or centred."""
    weight: Float
    """(C,) comparability omega in (0, 1]."""

    def __post_init__(self) -> None:
        shapes = (self.lower.shape, self.upper.shape, self.weight.shape, self.design.shape)
        cases = self.lower.size
        if shapes != ((cases,), (cases,), (cases,), (cases, len(self.effects))) or not cases:
            raise ValueError(f"lower, upper, weight, design have shapes {shapes}: (C,), (C,), (C,), (C, K) are needed")
        if (wrong := ~(np.isfinite(self.lower) & (self.lower >= 0) & (self.upper > self.lower))).any():
            found = f"({self.lower[wrong][0]}, {self.upper[wrong][0]}]"
            raise ValueError(f"interval {found}: 0 <= lower < upper is needed")
        if not np.isfinite(self.design).all():
            raise ValueError("an effect of a case is not a finite number")
        if (wrong := ~((self.weight > 0) & (self.weight <= 1))).any():
            raise ValueError(f"weight {self.weight[wrong][0]}: a number above 0 and at most 1 is needed")

    @property
    def ended(self) -> NDArray[np.bool_]:
        """(C,) whether the case has ended."""
        return np.isfinite(self.upper)

    @property
    def years(self) -> Float:
        """(C,) how long each was seen: to its end, or to the end of observation."""
        return np.where(self.ended, self.upper, self.lower)


@dataclass(frozen=True, slots=True)
class Hazard:
    """Draws of the law of durations: cumulative hazard exp(log_level + design . log_hr) g(t), with g(5 years) = 1.

    `g(t) = (t / 5)^shape` (Weibull), or with a settling time s the bounded `1 - exp(-(t / s)^shape)` over its value at
    five years: what has held much longer than s will hold. All draws of the law, (D,) or (D, K).
    """

    log_level: Float
    """(D,) log cumulative hazard of the first five years where the design is zero."""
    shape: Float
    """(D,) below 1 the hazard falls with time."""
    log_hr: Float
    """(D, K) log hazard ratios of the effects."""
    settling: Float | None
    """(D,) years, or None for a Weibull clock."""

    @property
    def rate(self) -> Float:
        """(D,) cumulative hazard of the first year of a Weibull clock: H(t) = rate * t**shape."""
        return np.asarray(np.exp(self.log_level) * HORIZON**-self.shape, float)

    def clock(self, years: Float) -> Float:
        """Return g at the times given, (D, T)."""
        t = np.maximum(years, INSTANT)[None, :]
        if self.settling is None:
            return np.asarray((t / HORIZON) ** self.shape[:, None], float)
        s, k = self.settling[:, None], self.shape[:, None]
        return np.asarray(np.expm1(-((t / s) ** k)) / np.expm1(-((HORIZON / s) ** k)), float)

    def log_step(self, lower: Float, upper: Float) -> Float:
        """Return log(g(upper) - g(lower)), (D, T), which a day late in a long clock must not lose to rounding."""
        k, start = self.shape[:, None], np.maximum(lower, INSTANT)[None, :]
        s = HORIZON if self.settling is None else self.settling[:, None]
        rise = k * np.log(start / s) + np.log(np.expm1(k * np.log(upper[None, :] / start)))
        if self.settling is None:
            return np.asarray(rise, float)
        step = np.maximum(np.exp(rise), SMALLEST)
        share = np.log(-np.expm1(-step) / step) - np.log(-np.expm1(-((HORIZON / s) ** k)))
        return np.asarray(rise - (start / s) ** k + share, float)

    def shift(self, design: Float) -> Float:
        """Return the log hazard ratio of each case, (D, C), for a (C, K) design."""
        return np.asarray(self.log_hr @ design.T, float)


def survival(hazard: Hazard, years: Float, design: Float) -> Float:
    """Return the share of cases with one design, (K,), that are in force after the years given, (D, T)."""
    level = hazard.log_level + hazard.shift(design[None, :])[:, 0]
    return np.asarray(np.exp(-np.exp(level)[:, None] * hazard.clock(years)), float)


def log_likelihood(hazard: Hazard, cases: Durations) -> Float:
    """Return the log likelihood of each case in each draw, unweighted, (D, C)."""
    log_level = hazard.log_level[:, None] + hazard.shift(cases.design)
    log_step = hazard.log_step(cases.lower, np.where(cases.ended, cases.upper, 2 * cases.lower + 1))
    within = np.maximum(np.exp(log_level + log_step), SMALLEST)
    log_end = log_level + log_step + np.log(-np.expm1(-within) / within)
    return np.asarray(np.where(cases.ended, log_end, 0.0) - np.exp(log_level) * hazard.clock(cases.lower), float)


def replicate(hazard: Hazard, cases: Durations, *, observed: Float, rng: np.random.Generator) -> Float:
    """Return durations that the cases might have had, (D, C), cut off at `observed` years, (C,), for each case.

    Found by inverting the cumulative hazard; a case that never ends (bounded hazard) is cut off like the others.
    """
    level = np.exp(hazard.log_level[:, None] + hazard.shift(cases.design))
    reading = rng.exponential(size=level.shape) / level
    if hazard.settling is None:
        years = HORIZON * reading ** (1 / hazard.shape[:, None])
    else:
        s, k = hazard.settling[:, None], hazard.shape[:, None]
        share = np.minimum(-reading * np.expm1(-((HORIZON / s) ** k)), 1.0)
        with np.errstate(divide="ignore"):
            years = s * (-np.log1p(-share)) ** (1 / k)
    return np.asarray(np.minimum(years, observed[None, :]), float)


def days_known(years: Float, *, ended: NDArray[np.bool_], coarse: float) -> tuple[Float, Float]:
    """Return the interval (lower, upper] in years that a length of whole days stands for.

    Parameters
    ----------
    years
        (C,) length to the end or to the end of observation.
    ended
        (C,) whether the case has ended.
    coarse
        Years below which an end is only known to lie between 0 and this: what counts as an end so early is moot.
    """
    day = 1 / 365.25
    early = ended & (years <= coarse)
    lower = np.where(early, 0.0, np.where(ended, np.maximum(years - day, 0.0), years))
    return lower, np.where(early, max(coarse, day), np.where(ended, np.maximum(years, day), np.inf))


def kaplan_meier(years: Float, ended: NDArray[np.bool_], *, weight: Float | None = None) -> tuple[Float, Float]:
    """Return the times at which the estimate steps down and its value from then on, both (number of steps,).

    Kaplan and Meier (1958, JASA 53:457); an end and a censoring on the same day count as the end first. Weights, where
    given, count cases in part.
    """
    omega = np.ones(years.size) if weight is None else weight
    times = np.unique(years[ended])
    at_risk = np.array([omega[years >= t].sum() for t in times])
    ends = np.array([omega[(years == t) & ended].sum() for t in times])
    return times, np.cumprod(1 - ends / at_risk)
