"""The arithmetic of the spending panel without a sampler: its laws, and the paths of the coming years.

`models.spending` tells the story and has the priors; names and axes are the same here. Axes: D draws, C countries, T
years of the panel, N = T - 1 yearly changes, H coming years, K points of the countries' spreads.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.spending_panel import (
    AT_ONCE,
    FIRST_SLOPE,
    FREEDOM,
    JUMP,
    PARAMETERS,
    SINGLE,
    SLUMP,
    Design,
    Panel,
    Pledge,
    Setting,
    design,
)

__all__ = [
    "AT_ONCE", "FIRST_SLOPE", "FREEDOM", "JUMP", "PARAMETERS", "SINGLE", "SLUMP", "Coming", "Design", "Panel",
    "Parameters", "Pledge", "Setting", "coming", "common_law", "design", "factor", "kept", "log_likelihood", "paths",
    "replicate", "spread_points",
]  # fmt: skip

Float = NDArray[np.float64]

COUNTED = 40
"""Years over which breaks and slumps were counted: their rates are known no better than that (Jeffreys' prior)."""
_POINTS = 15

type Parameters = Mapping[str, Float]


@dataclass(frozen=True, slots=True)
class CommonLaw:
    """Normal law of what all countries' changes have in common, given its scales.

    `now` is where the common part stands in the last year: its slope, and the shift that will be taken back.
    """

    mean: Float
    """(D, N)"""
    covariance: Float
    """(D, N, N)"""
    now_mean: Float
    """(D, 2)"""
    now_covariance: Float
    """(D, 2, 2)"""
    cross: Float
    """(D, 2, N) covariance of `now` with the common changes."""

    def draw(self, rng: np.random.Generator) -> Float:
        """Return common changes, (D, N)."""
        return _normal(self.mean, self.covariance, rng)

    def draw_now(self, moved: Float, rng: np.random.Generator) -> Float:
        """Return where the common part stands, (D, 2), given its changes (D, N): the states that were integrated out.

        Mean and covariance of a normal law given a part of it.
        """
        weights = np.linalg.solve(self.covariance, self.cross.transpose(0, 2, 1))  # (D, N, 2)
        mean = self.now_mean + np.einsum("dn,dnk->dk", moved - self.mean, weights)
        return _normal(mean, self.now_covariance - self.cross @ weights, rng)


def _normal(mean: Float, covariance: Float, rng: np.random.Generator) -> Float:
    root = np.linalg.cholesky(covariance)
    return np.asarray(mean + np.einsum("dij,dj->di", root, rng.standard_normal(mean.shape)), float)


def common_law(shape: Design, parameters: Parameters) -> CommonLaw:
    """Return the law of the common changes for every draw of the scales."""
    first = np.zeros(shape.anew.size)
    first[0] = 1.0
    memory = shape.lower * parameters["damping"][:, None, None] ** shape.exponent
    shock = first * FIRST_SLOPE + (shape.anew - first) * JUMP[0]
    shock_variance = shape.anew * JUMP[1] ** 2 + (1 - first) * parameters["common_sd"][:, None] ** 2
    passing = shape.slump * SLUMP[0]
    passing_variance = np.where(shape.slump > 0, SLUMP[1] ** 2, parameters["transitory_sd"][:, None] ** 2)
    lasting = (shape.anew - first) * AT_ONCE**2 + parameters["lasting_sd"][:, None] ** 2
    levels = lasting[:, :, None] * np.eye(shape.anew.size)
    slopes = (memory * shock_variance[:, None, :]) @ memory.transpose(0, 2, 1)
    shifts = (shape.difference * passing_variance[:, None, :]) @ shape.difference.T
    last = np.stack([memory[:, -1] @ shock, np.full(memory.shape[0], passing[-1])], axis=1)
    now = np.zeros((memory.shape[0], 2, 2))
    now[:, 0, 0], now[:, 1, 1] = slopes[:, -1, -1], passing_variance[:, -1]
    cross = np.stack([slopes[:, -1], passing_variance[:, -1:] * shape.difference[:, -1]], axis=1)
    return CommonLaw(memory @ shock + shape.difference @ passing, slopes + levels + shifts, last, now, cross)


def expected_changes(panel: Panel, setting: Setting, parameters: Parameters) -> Float:
    """Return the common part of every country's changes, (D, C, N)."""
    shape = design(panel, setting)
    return parameters["moved"][:, None, :] + kept(parameters, shape.after[None])[:, None, :] * shape.pace


def kept(parameters: Parameters, after: Float) -> Float:
    """Return the part of a pledge's pace that is kept, (D, ...), where `after` (D or 1, ...) is 1 after a break."""
    before, later = parameters["compliance"][:, None], parameters["resolve"][:, None]
    return np.asarray(before + (later - before) * after, float)


def factor(parameters: Parameters, anew: NDArray[np.bool_], provisional: Float) -> Float:
    """Return the lower Cholesky factor of a country's changes, for every draw.

    Parameters
    ----------
    parameters
        Draws; (D,) each of `SINGLE`.
    anew
        (D, N) whether slopes are drawn anew for that change.
    provisional
        (N + 1,) 1 where a year's values will still be revised.

    Returns
    -------
    Float
        (D, N, N); its leading part does not depend on the later years.
    """
    steps = anew.shape[1]
    gap = np.subtract.outer(np.arange(steps), np.arange(steps))
    memory = np.where(gap >= 0, parameters["damping"][:, None, None] ** np.maximum(gap, 0), 0.0)
    fresh = np.where(anew, parameters["break_sd"][:, None], parameters["slope_sd"][:, None]) ** 2
    printed = parameters["printed_sd"][:, None] ** 2 + provisional * parameters["revision_sd"][:, None] ** 2
    difference = np.eye(steps, steps + 1, 1) - np.eye(steps, steps + 1)
    slopes = (memory * fresh[:, None, :]) @ memory.transpose(0, 2, 1)
    errors = (difference * printed[:, None, :]) @ difference.T
    return np.linalg.cholesky(slopes + errors + parameters["level_sd"][:, None, None] ** 2 * np.eye(steps))


def spread_points() -> tuple[Float, Float]:
    """Return the points of a standard normal law and their log weights, both (K,): Gauss and Hermite's rule."""
    points, weights = np.polynomial.hermite_e.hermegauss(_POINTS)
    return points, np.log(weights / weights.sum())


def _spreads(panel: Panel, setting: Setting, parameters: Parameters, root: Float) -> tuple[Float, Float, Float]:
    """Return innovations so far (D, C, N), points of the log spreads (D, K), log weight of each point (D, C, K)."""
    residual = panel.changes - expected_changes(panel, setting, parameters)
    white = np.linalg.solve(root, residual.transpose(0, 2, 1)).transpose(0, 2, 1)
    points, log_weights = spread_points()
    log_spread = parameters["spread_sd"][:, None] * points
    calmed = (white * np.exp(-parameters["turbulence"])[:, None, :]) ** 2 / FREEDOM
    shrunk, product = np.exp(-2 * log_spread)[:, None, :], np.ones((*white.shape[:2], points.size))
    for change in range(white.shape[2]):  # one logarithm of a product is much quicker than a sum of logarithms
        product *= 1 + calmed[:, :, change, None] * shrunk
    tails = (FREEDOM + 1) / 2 * np.log(product)
    return white, log_spread, log_weights - white.shape[2] * log_spread[:, None] - tails


def log_likelihood(panel: Panel, setting: Setting, parameters: Parameters) -> Float:
    """Return the log density of each country's changes, (D, C)."""
    from scipy.special import gammaln, logsumexp

    steps = panel.changes.shape[1]
    anew = np.broadcast_to(design(panel, setting).anew > 0, (parameters["damping"].size, steps))
    root = factor(parameters, anew, panel.provisional)
    _, _, log = _spreads(panel, setting, parameters, root)
    constant = gammaln((FREEDOM + 1) / 2) - gammaln(FREEDOM / 2) - np.log(FREEDOM * np.pi) / 2
    diagonal = np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
    return np.asarray(
        logsumexp(log, axis=2) - (diagonal + parameters["turbulence"].sum(axis=1))[:, None] + steps * constant, float
    )


@dataclass(frozen=True, slots=True)
class Coming:
    """How likely breaks and slumps are in each coming year; all (D,)."""

    break_rate: Float
    break_up: Float
    slump_rate: Float


def coming(setting: Setting, *, count: int, rng: np.random.Generator) -> Coming:
    """Draw the rates of coming breaks and slumps: counted over `COUNTED` years, they are known no better than that.

    Beta laws from Jeffreys' prior; a rate of exactly 0 or 1 is taken at its word.
    """

    def rate(seen: float, of: float) -> Float:
        if seen in {0.0, of}:
            return np.full(count, seen / of if of else 0.5)
        return rng.beta(0.5 + seen, 0.5 + of - seen, count)

    breaks = COUNTED * setting.break_rate
    return Coming(
        rate(breaks, COUNTED), rate(setting.break_up * breaks, breaks), rate(COUNTED * setting.slump_rate, COUNTED)
    )


def paths(
    panel: Panel,
    setting: Setting,
    parameters: Parameters,
    *,
    horizon: int,
    rng: np.random.Generator,
    rates: Coming | None = None,
) -> Float:
    """Draw the log shares that will be printed for the coming years.

    Parameters
    ----------
    panel, setting
        What was known in the last year of the panel.
    parameters
        Posterior draws.
    horizon
        H, years.
    rng
        Luck of spreads and coming years; common shocks, breaks and slumps are shared by the countries of a draw.
    rates
        Of coming breaks and slumps, where several paths of a draw shall share them; otherwise drawn here.

    Returns
    -------
    Float
        (D, C, H) log of percent of GDP.
    """
    shape = design(panel, setting)
    count, steps = parameters["moved"].shape
    rates = rates or coming(setting, count=count, rng=rng)
    broken = rng.random((count, horizon)) < rates.break_rate[:, None]  # in a coming year, felt from the next
    known = panel.years[-1] in setting.breaks
    felt = np.concatenate([np.full((count, 1), known), broken[:, :-1]], axis=1)
    so_far = np.broadcast_to(shape.anew > 0, (count, steps))
    provisional = np.concatenate([panel.provisional, np.zeros(horizon)])
    root = factor(parameters, np.concatenate([so_far, felt], axis=1), provisional)
    white, log_spread, weight = _spreads(panel, setting, parameters, root[:, :steps, :steps])
    chosen = np.argmax(weight + rng.gumbel(size=weight.shape), axis=2)  # a draw by weight (Gumbel and maximum)
    spread = np.exp(np.take_along_axis(log_spread, chosen, axis=1))
    size = spread[..., None] * np.exp(_coming_turbulence(parameters, horizon, rng))[:, None, :]
    fresh = size * rng.standard_t(FREEDOM, (*spread.shape, horizon))
    own = np.concatenate([white, fresh], axis=2) @ root[:, steps:].transpose(0, 2, 1)  # (D, C, H)
    now = common_law(shape, parameters).draw_now(parameters["moved"], rng)
    together = _common_changes(parameters, rates, now=now, felt=felt, known=known, rng=rng)
    result = np.empty_like(own)
    printed = np.broadcast_to(panel.log_share[:, -1], spread.shape)
    part = kept(parameters, np.maximum(shape.after[-1], np.maximum.accumulate(felt, axis=1)))  # (D, H)
    for ahead in range(horizon):
        pull = part[:, ahead, None] * setting.pace(printed, panel.years[-1] + 1 + ahead)
        printed = printed + together[:, ahead, None] + pull + own[..., ahead]
        result[..., ahead] = printed
    return result


def _coming_turbulence(parameters: Parameters, horizon: int, rng: np.random.Generator) -> Float:
    """Return the coming years' turbulence, (D, H)."""
    persistence = parameters["persistence"]
    luck = parameters["turbulence_sd"] * np.sqrt(1 - persistence**2)
    result, last = np.empty((persistence.size, horizon)), parameters["turbulence"][:, -1]
    for ahead in range(horizon):
        last = persistence * last + luck * rng.standard_normal(persistence.size)
        result[:, ahead] = last
    return result


def _common_changes(
    parameters: Parameters,
    rates: Coming,
    *,
    now: Float,
    felt: NDArray[np.bool_],
    known: bool,
    rng: np.random.Generator,
) -> Float:
    """Return the changes that the countries of a draw have in common in the coming years, (D, H)."""
    up = rng.random(felt.shape) < rates.break_up[:, None]
    up[:, 0] |= known
    jump = np.where(up, 1.0, -1.0) * (JUMP[0] + JUMP[1] * rng.standard_normal(felt.shape))
    shock = parameters["common_sd"][:, None] * rng.standard_normal(felt.shape) + np.where(felt, jump, 0.0)
    slump = rng.random(felt.shape) < rates.slump_rate[:, None]
    passing = parameters["transitory_sd"][:, None] * rng.standard_normal(felt.shape)
    passing = np.where(slump, SLUMP[0] + SLUMP[1] * rng.standard_normal(felt.shape), passing)
    growth, slope = np.empty_like(shock), now[:, 0]
    for ahead in range(felt.shape[1]):
        slope = parameters["damping"] * slope + shock[:, ahead]
        growth[:, ahead] = slope
    lasting = np.sqrt(parameters["lasting_sd"][:, None] ** 2 + felt * AT_ONCE**2)
    growth += lasting * rng.standard_normal(felt.shape)
    return growth + np.diff(np.concatenate([now[:, 1:], passing], axis=1), axis=1)


def replicate(panel: Panel, setting: Setting, parameters: Parameters, *, rng: np.random.Generator) -> Float:
    """Draw whole panels as the story tells it, from the first year's log shares: (D, C, T).

    Parameters
    ----------
    panel
        Gives countries, years, first values and which years are provisional; its later values are not read.
    setting
        What is known of the world in those years.
    parameters
        From the prior (prior predictive) or the posterior (posterior predictive).
    """
    count, steps = parameters["moved"].shape
    shape = design(panel, setting)
    part = kept(parameters, shape.after[None])
    anew = np.broadcast_to(shape.anew > 0, (count, steps))
    root = factor(parameters, anew, panel.provisional)
    size = (count, len(panel.countries))
    points, weights = spread_points()
    chosen = rng.choice(points.size, size=size, p=np.exp(weights))
    spread = np.exp(parameters["spread_sd"][:, None] * points[chosen])
    wide = spread[..., None] * np.exp(parameters["turbulence"])[:, None, :]
    own = (wide * rng.standard_t(FREEDOM, (*size, steps))) @ root.transpose(0, 2, 1)
    result = np.empty((*size, steps + 1))
    result[..., 0] = panel.log_share[:, 0]
    for i, year in enumerate(panel.years[1:]):
        pull = part[:, i, None] * setting.pace(result[..., i], year)
        result[..., i + 1] = result[..., i] + parameters["moved"][:, i, None] + pull + own[..., i]
    return result
