"""Intervals for mean scores when forecasts come in clusters: bootstrap-t over clusters, and how many clusters it takes.

Axes: C = cluster, R = resample.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.budgets import seed_word
from models.calibration_kernels import bootstrap_sums

Float = NDArray[np.float64]

LEAST_CLUSTERS = 8
"""Below this a spread is not known well enough for any interval."""
MOST_CLUSTERS = 20_000
"""Above this the bootstrap's own limit, Student's interval with the clustered standard error, is taken."""
FARTHEST = 3.0
"""Cut of the quantiles of t, in normal quantiles."""
BLOCK = 50
"""Resamples of one task."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over clusters and how far it is known."""

    mean: float
    se: float
    """Clustered standard error (linearised ratio); NaN below two clusters."""
    low: float
    high: float
    """Bounds; NaN below `LEAST_CLUSTERS` clusters."""
    clusters: int

    @property
    def resolved(self) -> bool:
        """True when the interval is known and does not hold zero."""
        return bool(self.low > 0 or self.high < 0)


def interval(
    total: Float, weight: Float, *, level: float = 0.95, resamples: int = 2000, seed: int = 1, threads: int = 1
) -> Interval:
    """Return the ratio sum total / sum weight over clusters, with a bootstrap-t interval.

    Clusters are drawn with replacement, each with all it holds; t is the resample's ratio minus the ratio over the
    resample's own linearised standard error (Hall 1992, The Bootstrap and Edgeworth Expansion, section 3.2), which
    follows the skewness of scores. Each bound is at least as wide as Student's: a bootstrap cannot draw the rare
    outcome that the sample has not seen (measured with 20 clusters: .72 to .83 of .95 for differences of scores of rare
    events by the bootstrap alone, .74 to .92 so; no interval is nominal there). A bound is at most `FARTHEST` normal
    ones away: resamples without the few clusters that matter have next to no spread, and t explodes.

    Parameters
    ----------
    total, weight
        (C,) sum of a score over a cluster and how many forecasts that sum holds (1 where each cluster counts once).
    level
        Nominal probability of the interval.
    resamples, seed, threads
        Size of the bootstrap, its luck, and threads (no number depends on them).
    """
    if total.ndim != 1 or total.shape != weight.shape or not (np.isfinite(total).all() and (weight > 0).all()):
        raise ValueError(f"totals {total.shape}, weights {weight.shape}: finite totals and positive weights are needed")
    clusters = total.size
    if not clusters:
        return Interval(np.nan, np.nan, np.nan, np.nan, 0)
    sums = np.array([[total.sum(), weight.sum(), (total**2).sum(), (total * weight).sum(), (weight**2).sum()]])
    mean, se = (float(v[0]) for v in _ratio(sums, clusters))
    if clusters < LEAST_CLUSTERS:
        return Interval(mean, se if clusters > 1 else np.nan, np.nan, np.nan, clusters)
    low, high = _quantiles(total, weight, mean, level=level, resamples=resamples, seed=seed, threads=threads)
    return Interval(mean, se, mean - high * se, mean - low * se, clusters)


def _ratio(sums: Float, clusters: int) -> tuple[Float, Float]:
    """Return ratio and linearised standard error of rows of sums: total, weight, and their three products."""
    ratio = sums[:, 0] / sums[:, 1]
    squares = sums[:, 2] - 2 * ratio * sums[:, 3] + ratio**2 * sums[:, 4]
    scale = clusters / max(clusters - 1, 1)
    return ratio, np.sqrt(np.maximum(squares, 0) * scale) / sums[:, 1]


def _quantiles(
    total: Float, weight: Float, mean: float, *, level: float, resamples: int, seed: int, threads: int
) -> tuple[float, float]:
    """Return the lower and upper quantile of t."""
    from scipy.special import ndtri, stdtrit

    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    student = float(stdtrit(total.size - 1, tails[1]))
    if total.size > MOST_CLUSTERS:
        return -student, student
    moments = np.column_stack([total, weight, total**2, total * weight, weight**2])
    sums, word = np.empty((resamples, 5)), seed_word(seed)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda i: bootstrap_sums(word, i, moments, sums[i : i + BLOCK]), range(0, resamples, BLOCK)))
    ratio, se = _ratio(sums, total.size)
    known = se > 1e-12 * (abs(mean) + 1e-12)
    if not known.any():
        return -student, student
    farthest = FARTHEST * float(ndtri(tails[1]))
    low, high = np.clip(np.quantile((ratio[known] - mean) / se[known], tails), -farthest, farthest)
    return min(float(low), -student), max(float(high), student)


def clusters_needed(
    variance: Float, clusters: NDArray[np.int64], *, worth: float, level: float = 0.95, power: float = 0.8
) -> Float:
    """Return how many clusters each paired comparison needs to see a true mean difference of `worth`.

    n = (z_{(1 + level) / 2} + z_power)^2 s^2 / worth^2, for s^2 the upper 80 % confidence bound of the variance of the
    paired differences: a small pilot's own variance is too low more often than not (Browne 1995, Statistics in Medicine
    14:1933). At least `LEAST_CLUSTERS`; NaN below two clusters, whose spread says nothing.

    Parameters
    ----------
    variance, clusters
        (k,) variance of the paired difference between clusters, and how many clusters it was found from.
    worth
        The smallest true difference that one wants to be able to see, in the score's unit.
    """
    from scipy.special import chdtri, ndtri

    if not worth > 0:
        raise ValueError(f"worth is {worth}; a difference above 0 is needed")
    free = np.maximum(clusters - 1, 1)
    reach = float(ndtri((1 + level) / 2) + ndtri(power))
    needed = np.ceil(reach**2 * variance * free / chdtri(free, 0.8) / worth**2)
    return np.asarray(np.where(clusters > 1, np.maximum(needed, LEAST_CLUSTERS), np.nan))
