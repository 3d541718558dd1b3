"""Pools of people's forecasts: a recency-weighted mean, recalibrated, and the hierarchical one given draws of its fit.

All work in log-odds. Three rungs, each with its own line:

* mean: sum w_f x_f, weights 2^(-age / half-life), normalised (older forecasts count for less: Ungar and others 2012,
  AAAI Fall Symposium).
* recalibrated: b + a (mean - b) around the base rate b, a ~ LogNormal(log 1.2, .25) until resolved questions teach it
  (Baron and others 2014, Decision Analysis 11:133; Satopaa and others 2014, Int. J. Forecasting 30:344): people who
  share some but not all of what is known are not bold enough on average.
* hierarchical: each forecaster has a bias, a scale and a noise, all share an error (`models.pooling`).

A market's or crowd's price is never made bolder: it is a pool already, and on resolved public questions its slope was
1.0. In the first two rungs it joins after the recalibration, with its weight and as it is; in the third it has scale 1
and no bias. Axes: F voices, Q questions, D draws.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Flags = NDArray[np.bool_]

CLIP = 0.001
"""Nearest to 0 and 1 that a probability counts for in log-odds."""
SCALE_MEDIAN, SCALE_SD = 1.2, 0.25
"""Prior of the recalibrating factor a: LogNormal(log 1.2, .25) (METHODS 8)."""
GRID = 601
"""Points of the factor's posterior, over six prior standard deviations to each side."""
NODES = 15
"""Points of Gauss and Hermite's rule for the probability of a normal log-odds."""

UNITS = {
    "bias": "log-odds",
    "scale": "1",
    "noise": "log-odds",
    "new_bias": "log-odds",
    "bias_sd": "log-odds",
    "new_scale": "1",
    "new_noise": "log-odds",
    "shared": "log-odds",
    "truth_sd": "log-odds",
}
"""Quantities of `models.pooling` that `PoolDraws` reads, with their units."""


@dataclass(frozen=True, slots=True)
class Voices:
    """What is in force on one question at one instant. All arrays are (F,)."""

    log_odds: Float
    age_days: Float
    """Days since each forecast was issued."""
    market: Flags
    """A crowd or market: never made bolder."""

    def __post_init__(self) -> None:
        if not self.log_odds.shape == self.age_days.shape == self.market.shape or self.log_odds.ndim != 1:
            raise ValueError("log_odds, age_days and market need one shape (F,)")
        if not self.log_odds.size:
            raise ValueError("no voice: there is nothing to pool")
        if not np.isfinite(self.log_odds).all() or not (self.age_days >= 0).all():
            raise ValueError("log-odds must be finite and ages not negative")


@dataclass(frozen=True, slots=True)
class Factor:
    """Posterior of the recalibrating factor a on a grid."""

    value: Float
    """(GRID,) rising."""
    weight: Float
    """(GRID,) sums to 1."""

    @property
    def mean(self) -> float:
        """Posterior mean of a."""
        return float((self.value * self.weight).sum())


def log_odds(p: Float) -> Float:
    """Return log-odds of probabilities, clipped to `CLIP` from 0 and 1."""
    safe = np.clip(p, CLIP, 1 - CLIP)
    return np.asarray(np.log(safe / (1 - safe)))


def recency(age_days: Float, *, half_life: float) -> Float:
    """Return (F,) weights 2^(-age / half-life), normalised; the newest forecast sets the scale, so none vanish."""
    weight = np.exp2(-(age_days - age_days.min()) / half_life)
    return np.asarray(weight / weight.sum())


def mean(voices: Voices, *, half_life: float) -> float:
    """Return the recency-weighted mean of the log-odds."""
    return float((recency(voices.age_days, half_life=half_life) * voices.log_odds).sum())


def recalibrated(voices: Voices, factor: Factor, *, base: float, half_life: float) -> float:
    """Return the recalibrated pool as a probability, averaged over the factor's posterior.

    Parameters
    ----------
    voices
        What is in force.
    factor
        Posterior of a; applied to the people's part of the mean only.
    base
        Log-odds of the question's base rate.
    half_life
        Days after which half of a forecast's weight is gone.
    """
    weight = recency(voices.age_days, half_life=half_life)
    people = float(weight[~voices.market].sum())
    fixed = float((weight * voices.log_odds)[voices.market].sum())
    lean = float((weight * (voices.log_odds - base))[~voices.market].sum())
    return float((factor.weight * expit(fixed + people * base + factor.value * lean)).sum())


def factor_posterior(lean: Float, base: Float, outcome: Float, *, weight: Float | None = None) -> Factor:
    """Return the posterior of the factor a from resolved questions, by quadrature in log a.

    Parameters
    ----------
    lean
        (Q,) mean log-odds of the people minus the base rate's.
    base
        (Q,) log-odds of the base rate.
    outcome
        (Q,) 1 or 0.
    weight
        (Q,) share of a question's likelihood that counts: deadlines of one underlying question share one luck.
    """
    share = np.ones(lean.size) if weight is None else weight
    z = np.linspace(-6, 6, GRID)
    value = SCALE_MEDIAN * np.exp(SCALE_SD * z)
    eta = base[:, None] + value * lean[:, None]
    fit = (share[:, None] * (outcome[:, None] * eta - np.logaddexp(0, eta))).sum(axis=0)
    log_weight = fit - z**2 / 2
    density = np.exp(log_weight - log_weight.max())
    return Factor(value, density / density.sum())


@dataclass(frozen=True, slots=True)
class PoolDraws:
    """Posterior draws of the hierarchical pool (`models.pooling`)."""

    bias: Float
    """(D, F) by forecaster, in log-odds ..."""
    scale: Float
    """(D, F) ... how far each moves where the truth moves by one ..."""
    noise: Float
    """(D, F) ... and the standard deviation of each one's own error."""
    new_bias: Float
    """(D,) bias of a forecaster that nobody has seen yet ..."""
    new_bias_sd: Float
    new_scale: Float
    new_noise: Float
    shared: Float
    """(D,) standard deviation of the error that all share on a question."""
    truth_sd: Float
    """(D,) standard deviation of the true log-odds around the base rate."""

    @classmethod
    def of(cls, posterior: Mapping[str, Float], *, market: Flags) -> Self:
        """Return the draws of a fit by name of the quantity; the markets' columns (F,) get no bias and scale 1."""
        draws = posterior["shared"].shape[0]
        bias, scale = np.zeros((draws, market.size)), np.ones((draws, market.size))
        bias[:, ~market], scale[:, ~market] = posterior["bias"], posterior["scale"]
        names = {"new_bias_sd": "bias_sd"} | {n: n for n in ("noise", "new_bias", "new_scale", "new_noise")}
        rest = {field: posterior[name] for field, name in names.items()}
        return cls(bias, scale, shared=posterior["shared"], truth_sd=posterior["truth_sd"], **rest)


def hierarchical(
    voices: Voices, member: NDArray[np.int64], draws: PoolDraws, *, base: float, half_life: float
) -> float:
    """Return the hierarchical pool as a probability: E over draws and the truth given what is in force.

    Parameters
    ----------
    voices
        What is in force.
    member
        (F,) column of each voice in the draws; -1 for one that the fit has not seen.
    draws
        Of the fit.
    base
        Log-odds of the question's base rate.
    half_life
        Days after which the variance of a voice's own error has doubled (`aged`).
    """
    bias, scale, variance = _characters(voices, member, draws)
    variance = variance * aged(voices.age_days, half_life=half_life)
    centre, spread = truth_given(
        voices.log_odds - base - bias, scale, variance, shared=draws.shared, truth_sd=draws.truth_sd
    )
    return float(normal_expit(base + centre, spread).mean())


def aged(age_days: Float, *, half_life: float) -> Float:
    """Return what age multiplies the variance of an error by: 1 + age / half-life, as if news came at a steady rate."""
    return np.asarray(1 + age_days / half_life)


def _characters(voices: Voices, member: NDArray[np.int64], draws: PoolDraws) -> tuple[Float, Float, Float]:
    """Return (D, F) bias, scale and variance of each voice: its own, a newcomer's, or a market's."""
    known = member >= 0
    column = np.where(known, member, 0)
    new_variance = (draws.new_noise**2 + draws.new_bias_sd**2)[:, None]
    bias = np.where(known, draws.bias[:, column], draws.new_bias[:, None])
    scale = np.where(known, draws.scale[:, column], draws.new_scale[:, None])
    variance = np.where(known, draws.noise[:, column] ** 2, new_variance)
    return np.where(voices.market, 0.0, bias), np.where(voices.market, 1.0, scale), variance


def truth_given(rest: Float, scale: Float, variance: Float, *, shared: Float, truth_sd: Float) -> tuple[Float, Float]:
    """Return mean and standard deviation (D,) of the truth around the base rate, given what the voices said.

    `rest` = bias-free log-odds around the base rate = scale * truth + shared error + own error: two normal unknowns,
    so their posterior has a 2 x 2 precision matrix. All of `rest`, `scale` and `variance` are (D, F).
    """
    a = 1 / truth_sd**2 + (scale**2 / variance).sum(axis=1)
    b = (scale / variance).sum(axis=1)
    c = 1 / shared**2 + (1 / variance).sum(axis=1)
    u, v = (scale * rest / variance).sum(axis=1), (rest / variance).sum(axis=1)
    determinant = a * c - b * b
    return np.asarray((c * u - b * v) / determinant), np.asarray(np.sqrt(c / determinant))


def normal_expit(mean: Float, sd: Float) -> Float:
    """Return E of the logistic function of a normal, by Gauss and Hermite's rule."""
    points, weights = hermite()
    return np.asarray((weights * expit(mean[..., None] + sd[..., None] * points)).sum(axis=-1))


def hermite() -> tuple[Float, Float]:
    """Return nodes and weights for the expectation of a function of a standard normal."""
    points, weights = np.polynomial.hermite_e.hermegauss(NODES)
    return points, weights / weights.sum()


def expit(x: Float | float) -> Float:
    """Return 1 / (1 + exp(-x))."""
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -500, 500))))
