"""How far a probability can be trusted as computed: Monte Carlo error, effective sizes, bands, Pareto k-hat.

A probability is a ratio over weighted futures that share parameter draws, so draws are clusters: their spread gives
the Monte Carlo error, and their spread beyond what a few futures per draw must show gives the band.

Axes: N futures, D draws, T targets (questions by grid days, then scenarios), Q questions, G grid days, S scenarios.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.logit_normal import quantile
from models.precision_kernels import draw_sums
from models.threads import in_threads
from models.weighing import Sample, Weighed, in_order
from models.weighing_kernels import Mark
from models.world import Float, Int

MCSE_LIMIT = 0.0025
"""Largest Monte Carlo standard error of a published probability."""
MIN_FUTURES, MIN_DRAWS = 1_000.0, 300.0
"""Floors of the effective sample size in futures and in draws, below which a what-if refuses."""
KHAT_LIMIT = 0.7
DRAW_CHUNKS = 64
SMALLEST_TAIL = 25
"""Fewest weights whose largest fifth can be fitted."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Precision of a set of probabilities; arrays share one shape."""

    mcse: Float
    """Monte Carlo standard error, draws as clusters."""
    between: Float
    """Variance of the probability between draws, corrected for the noise within one (so it may be negative)."""
    between_se: Float
    """Standard error of that variance."""


@dataclass(frozen=True, slots=True)
class Precision:
    """Precision of everything that `weighing.weigh` returns."""

    question: Spread
    """(Q, G)."""
    scenario: Spread
    """(S,)."""
    ess_futures: float
    ess_draws: float
    khat: float
    """Pareto shape of the draws' masses (`pareto_smooth`); NaN, which every gate refuses, for too few draws."""


@dataclass(frozen=True, slots=True)
class Bands:
    """Ranges of a probability over what is not known for certain: parameters, readings, likelihood ratios."""

    low50: Float
    high50: Float
    low90: Float
    high90: Float
    resolved: NDArray[np.bool_]
    """False: the variance is within two standard errors of 0, and the band is the widest that agrees with it."""


def mcse(weight: Float, draw: NDArray[np.integer], value: Float | Mark) -> float:
    """Return the Monte Carlo standard error of a weighted mean with draws as clusters.

    MCSE^2 = sum_d W_d^2 (p_d - p)^2 for draws of mass W_d and mean p_d (METHODS 4). Any cluster index may stand for
    the draw, for example the sampler draw that several draws reuse.

    Parameters
    ----------
    weight, draw
        (N,) weights and the cluster of each future.
    value
        (N,) whether an event happens (the mean is a probability), or a number such as spending in a year.

    Raises
    ------
    ValueError
        When a weight is negative or not finite, or all are 0.
    """
    share = weight / _mass(weight)
    residual = np.bincount(draw, share * (value - (share * value).sum()))
    return float(np.sqrt((residual**2).sum()))


def ess(weight: Float, draw: NDArray[np.integer]) -> tuple[float, float]:
    """Return the effective numbers of futures and of draws, (sum w)^2 / sum w^2 of the futures' and draws' weights.

    Raises
    ------
    ValueError
        When a weight is negative or not finite, or all are 0.
    """
    total = _mass(weight)
    by_draw = np.bincount(draw, weight)
    return float(total**2 / (weight**2).sum()), float(total**2 / (by_draw**2).sum())


def assess(sample: Sample, weighed: Weighed, *, threads: int, cluster: Int | None = None) -> Precision:
    """Return the precision of every probability of a weighed sample.

    The between-draw variance is `sum_d W_d (p_d - p)^2` without what the noise of a few futures adds to it. Taking
    that noise from the plug-in variance within a draw is biased where weights and hits go together (measured with 10
    futures a draw: by 14 % of the noise at a likelihood ratio of 3, by 50 % with tilted weights). Instead only products
    of residuals of *different* groups of futures enter, each over the mass of the remaining groups: their expectation
    is 0 when all draws are alike, whatever the weights.

    Parameters
    ----------
    cluster
        (draws,) index for the Monte Carlo error, where several draws share a sampled parameter; None: each by itself.
    threads
        Number of threads; results do not depend on it.

    Raises
    ------
    ValueError
        When a draw has fewer than three futures: its noise cannot be told from its share.
    """
    opens = np.flatnonzero(np.r_[True, np.diff(sample.draw) > 0])
    bounds = np.r_[opens, sample.count]
    if np.diff(bounds).min() < 3:
        draw = sample.draw[opens[np.diff(bounds).argmin()]]
        raise ValueError(f"draw {draw} has {np.diff(bounds).min()} futures; the noise correction needs at least 3")
    mass = np.add.reduceat(weighed.weight, opens)
    group = np.arange(mass.size) if cluster is None else cluster[sample.draw[opens]]
    squares, variance, of_squares, of_masses = _sums(sample, weighed, bounds, group, threads)
    # sum of (c - W V)^2 over draws, for contributions c with sum V
    deviation = of_squares - 2 * variance * of_masses + variance**2 * (mass**2).sum()
    spread = (np.sqrt(squares), variance + squares, np.sqrt(np.maximum(deviation, 0.0)))
    cut = sample.questions * sample.grid.size
    question = Spread(*(x[:cut].reshape(sample.questions, -1) for x in spread))
    held = mass[mass > 0]
    return Precision(
        question,
        Spread(*(x[cut:] for x in spread)),
        *ess(weighed.weight, sample.draw),
        khat(np.log(held)) if held.size >= SMALLEST_TAIL else np.nan,
    )


def khat_bound(count: int, *, cap: float = KHAT_LIMIT) -> float:
    """Return the bound that k-hat of `count` weights must stay below: min(1 - 1 / log10(count), cap)."""
    return float(min(1 - 1 / np.log10(count), cap))


def column_variance(share: Float, points: int) -> Float:
    """Return the variance over the readings, or over the spread columns where there are any.

    Spread columns pair readings with drawn likelihood ratios, so they hold the readings' variance as well.

    Parameters
    ----------
    share
        (..., C) probability by column.
    points
        J, the leading columns that are readings.
    """
    columns = share[..., points:] if share.shape[-1] > points else share
    return np.asarray(columns.var(axis=-1))


def bands(probability: Float, spread: Spread, columns: Float) -> Bands:
    """Return 50 and 90 % bands: quantiles of the logit-normal with the probability and its variance as moments.

    The variance is that between draws plus that over `columns`. Where it is not above two of its standard errors, the
    band is not resolved and drawn from the variance plus two of them: "at most". Probabilities of 0 and 1 have no band.

    Raises
    ------
    ValueError
        When a number is not finite or a probability lies outside [0, 1].
    """
    for name, value in (
        ("probability", probability),
        ("variance", spread.between + columns),
        ("se", spread.between_se),
    ):
        if not np.isfinite(value).all():
            raise ValueError(f"{name} is not finite: {value[~np.isfinite(value)][0]}")
    if ((probability < 0) | (probability > 1)).any():
        raise ValueError(f"probabilities must lie in [0, 1]; found {probability.min()} to {probability.max()}")
    certain = (probability == 0) | (probability == 1)
    variance = np.maximum(spread.between, 0) + columns
    resolved = certain | (spread.between + columns > 2 * spread.between_se)
    variance = np.where(resolved, variance, variance + 2 * spread.between_se)
    low90, low50, high50, high90 = (quantile(probability, variance, level) for level in (0.05, 0.25, 0.75, 0.95))
    return Bands(low50, high50, low90, high90, resolved)


def khat(log_weight: Float) -> float:
    """Return the Pareto shape of the largest weights; see `pareto_smooth`."""
    return pareto_smooth(log_weight)[1]


def pareto_smooth(log_weight: Float) -> tuple[Float, float]:
    """Return Pareto-smoothed, normalised log weights and k-hat (Vehtari, Simpson, Gelman, Yao and Gabry 2024).

    The largest min(S / 5, 3 sqrt(S)) weights are replaced by the quantiles of the generalised Pareto distribution
    fitted to them, none above the largest. A tail without five different exceedances has nothing to smooth: its k-hat
    is 0. Written out here because importing ArviZ costs a second that an evidence preview does not have; the tests
    hold it against `arviz_stats.psislw`, which takes the *negative* log weights.

    Parameters
    ----------
    log_weight
        (S,) log weights; a log likelihood as it is, not negated. -inf (weight 0) is allowed.

    Raises
    ------
    ValueError
        When a log weight is NaN or +inf, all are -inf, or there are fewer than 25.
    """
    if log_weight.size < SMALLEST_TAIL:
        raise ValueError(f"{log_weight.size} weights; a tail needs at least {SMALLEST_TAIL}")
    if np.isnan(log_weight).any() or not np.isfinite(log_weight.max()):
        raise ValueError(f"log weights must be finite or -inf, with one finite at least; largest {log_weight.max()}")
    out = log_weight - log_weight.max()
    size = int(3 * np.sqrt(out.size)) if out.size > 225 else out.size // 5
    order = np.argsort(out, kind="stable")
    cutoff = np.exp(out[order[-size - 1]])
    tail = order[-size:]
    tail = tail[np.exp(out[tail]) > cutoff]
    shape = 0.0
    if np.unique(out[tail]).size >= 5:
        shape, scale = _pareto_fit(np.exp(out[tail]) - cutoff)
        level = np.arange(0.5, tail.size) / tail.size
        out[tail] = np.minimum(np.log(cutoff + _pareto_quantile(level, shape, scale)), 0.0)
    return out - np.log(np.exp(out).sum()), shape


def _pareto_fit(excess: Float) -> tuple[float, float]:
    """Return shape and scale of rising exceedances (Zhang and Stephens 2009; shape shrunk towards 1/2)."""
    n = excess.size
    m = 30 + int(np.sqrt(n))
    quartile = excess[max(int(n / 4 + 0.5) - 1, 0)]
    b = 1 / excess[-1] + (1 - np.sqrt(m / (np.arange(1, m + 1) - 0.5))) / (3 * quartile)
    k = np.log1p(-b[:, None] * excess).mean(axis=1)
    profile = n * (np.log(-b / k) - k - 1)
    weight = np.exp(profile - profile.max())
    b_mean = float((b * weight).sum() / weight.sum())
    shape = float(np.log1p(-b_mean * excess).mean())
    return (n * shape + 5) / (n + 10), -shape / b_mean


def _pareto_quantile(level: Float, shape: float, scale: float) -> Float:
    if shape == 0:
        return np.asarray(-scale * np.log1p(-level))
    return np.asarray(scale * np.expm1(-shape * np.log1p(-level)) / shape)


def _mass(weight: Float) -> float:
    total = float(weight.sum())
    if not (np.isfinite(total) and total > 0 and (weight >= 0).all()):
        raise ValueError(f"weights must be finite and not negative, with a positive sum; sum {total}")
    return total


def _sums(sample: Sample, weighed: Weighed, bounds: Int, cluster: Int, threads: int) -> Float:
    """Return the (4, T) sums of `draw_sums` over all draws, in chunks of whole clusters that are added in order."""
    order = np.argsort(cluster, kind="stable")
    closes = np.diff(cluster[order], append=-1) != 0
    ends = np.flatnonzero(closes) + 1
    edges = np.r_[0, np.unique(ends[np.searchsorted(ends, np.linspace(0, order.size, DRAW_CHUNKS + 1)[1:])])]
    days, scenarios = sample.grid.size, weighed.scenario.size
    column = np.r_[np.repeat(np.arange(sample.questions), days), sample.questions + np.arange(scenarios)]
    latest = np.r_[np.tile(np.arange(days), sample.questions), np.zeros(scenarios, np.int64)]
    probability = np.r_[weighed.probability.ravel(), weighed.scenario]
    parts = np.empty((edges.size - 1, 4, probability.size))

    def task(k: int) -> None:
        part = slice(edges[k], edges[k + 1])
        draws = (bounds, order[part], closes[part])
        parts[k] = draw_sums(sample.codes, weighed.weight, *draws, column, latest, probability)

    in_threads(task, range(len(parts)), threads)
    return in_order(parts)
