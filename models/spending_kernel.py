"""From the panel's futures to the path that the simulation kernel walks: one law of the aggregate for each draw.

The kernel carries a series on as

    growth <- growth + growth_sd z,   x <- x + growth + noise_sd z',   growth <- damping growth

at each publication. The panel's aggregate is richer: its growth is a mean of many countries, breaks come, a pledge
pulls. So the kernel's law is chosen to have the mean, the spread between draws and the spread within draws of the
panel's own futures, year by year. What a draw says of its future is a regression of the futures on the draw's
quantities; the rest is luck, which the kernel draws afresh.

Axes: R rows (one future of one draw each), H coming years, K quantities of a draw.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

_DAMPING = np.linspace(0.4, 1.0, 61)
_LEAST = 1e-12


PROBABILITIES = np.array([0.002, 0.005, 0.01, 0.02, *np.linspace(0.04, 0.96, 24), 0.98, 0.99, 0.995, 0.998])
"""Knots of the map from what the kernel walks to what is printed."""
_SCORES = 64
_APART = 1e-6


@dataclass(frozen=True, slots=True)
class Printing:
    """What is printed where the kernel walks, year by year: the panel's futures are skewed, the kernel's are not."""

    walked: Float
    """(H, K) rising quantiles of the kernel's log share in each coming year."""
    printed: Float
    """(H, K) the panel's at the same probabilities."""


@dataclass(frozen=True, slots=True)
class KernelLaw:
    """A series as the kernel carries it on; all (R,)."""

    log_share: Float
    """At the last publication."""
    growth: Float
    """Log growth a year that is expected of the first coming publication."""
    damping: Float
    growth_sd: Float
    noise_sd: Float


def kernel_law(paths: Float, last: Float, quantities: Float) -> KernelLaw:
    """Return the kernel's law for each row.

    Parameters
    ----------
    paths
        (R, H) log of the aggregate in each coming year, one future for each row, two years or more.
    last
        (R,) log of the aggregate at the last publication.
    quantities
        (R, K) what distinguishes the draws, on scales on which effects are about linear; rows of one draw are equal.

    Raises
    ------
    ValueError
        When shapes do not fit, fewer rows than ten for each quantity are given, or a number is not finite.
    """
    if paths.ndim != 2 or paths.shape[1] < 2 or last.shape != paths.shape[:1] or len(quantities) != len(paths):
        raise ValueError(f"paths {paths.shape}, last {last.shape}, quantities {quantities.shape}: (R, H), (R,), (R, K)")
    if len(paths) < 10 * (quantities.shape[1] + 1):
        raise ValueError(f"{len(paths)} rows for {quantities.shape[1]} quantities: ten for each are needed")
    if not all(np.isfinite(a).all() for a in (paths, last, quantities)):
        raise ValueError("paths, last and quantities: finite numbers are needed")
    features = _features(quantities)
    ahead = paths - last[:, None]
    expected = _regressed(features, ahead)
    luck = ahead - expected
    variance = np.maximum((luck**2).mean(axis=0), _LEAST)
    size = _sizes(features, luck, variance)
    damping, growth_sd, noise_sd = _shape(expected, variance)
    shape = _reach(damping, paths.shape[1])
    weights = shape / variance
    growth = expected @ weights / (shape @ weights)
    return KernelLaw(last, growth, np.full(len(paths), damping), growth_sd * size, noise_sd * size)


def printing(law: KernelLaw, shift: Float, futures: Float) -> Printing:
    """Return the map that gives what the kernel walks the panel's own distribution in each year.

    Parameters
    ----------
    law
        Of each row of the fit, (R,).
    shift
        (R,) what is added to the log share of each row before it is walked.
    futures
        (F, H) logs of the panel's aggregate, the shift included.
    """
    scores = _normal_scores(_SCORES)
    walked, printed = [], []
    turned, level = np.zeros_like(law.growth), law.log_share + shift
    reach = np.zeros_like(law.growth)
    for year in range(futures.shape[1]):
        reach = reach + law.damping**year
        turned = turned + reach**2
        spread = np.sqrt(law.growth_sd**2 * turned + law.noise_sd**2 * (year + 1))
        mixture = (level + law.growth * reach)[:, None] + spread[:, None] * scores
        walked.append(_rising(np.quantile(mixture, PROBABILITIES)))
        printed.append(_rising(np.quantile(futures[:, year], PROBABILITIES)))
    return Printing(np.array(walked), np.array(printed))


def _rising(knots: Float) -> Float:
    return knots + _APART * np.arange(knots.size)


def _normal_scores(count: int) -> Float:
    """Return the mid-quantiles of a standard normal, stretched to its variance."""
    from statistics import NormalDist

    scores = np.array([NormalDist().inv_cdf((i + 0.5) / count) for i in range(count)])
    return np.asarray(scores / scores.std(), float)


def _features(quantities: Float) -> Float:
    """Return a constant, and each quantity that varies with mean 0 and standard deviation 1."""
    spread = quantities.std(axis=0)
    varies = spread > 1e-9
    scaled = (quantities[:, varies] - quantities[:, varies].mean(axis=0)) / spread[varies]
    return np.column_stack([np.ones(len(quantities)), scaled])


def _regressed(features: Float, values: Float) -> Float:
    return np.asarray(features @ np.linalg.lstsq(features, values, rcond=None)[0], float)


def _sizes(features: Float, luck: Float, variance: Float) -> Float:
    """Return (R,) how much wider than the average the luck of each row is: mean square 1.

    Regression of the log of the squared luck, averaged over the years in units of their variance.
    """
    squared = (luck**2 / variance).mean(axis=1)
    log_size = _regressed(features, np.log(np.maximum(squared, 1e-6))) / 2
    size = np.exp(log_size - log_size.mean())
    return np.asarray(size / np.sqrt((size**2).mean()), float)


def _reach(damping: float, years: int) -> Float:
    """Return what a growth of 1 adds up to by each year, (H,)."""
    return np.cumsum(damping ** np.arange(years))


def _shape(expected: Float, variance: Float) -> tuple[float, float, float]:
    """Return damping, growth_sd and noise_sd: the expected path and the variance of luck, as near as the law can be.

    The error of the mean path counts in units of a standard deviation of luck, that of a variance relative to it.
    """
    years, mean = variance.size, expected.mean(axis=0)
    best = (np.inf, 1.0, 0.0, 0.0)
    for damping in _DAMPING.tolist():
        reach = _reach(damping, years)
        growth = float((mean * reach / variance).sum() / (reach**2 / variance).sum())
        turned, noise = _variances(np.cumsum(reach**2), variance)
        fitted = turned * np.cumsum(reach**2) + noise * np.arange(1, years + 1)
        error = ((mean - growth * reach) ** 2 / variance).sum() + ((fitted / variance - 1) ** 2).sum()
        best = min(best, (float(error), damping, float(np.sqrt(turned)), float(np.sqrt(noise))))
    return best[1:]


def _variances(turned: Float, variance: Float) -> tuple[float, float]:
    """Return the variances of turn and noise, at least 0, whose sum over the years is nearest to the variance."""
    basis = np.column_stack([turned, np.arange(1, turned.size + 1)]) / variance[:, None]
    both = np.linalg.lstsq(basis, np.ones(turned.size), rcond=None)[0]
    if (both >= 0).all():
        return float(both[0]), float(both[1])
    alone = basis.sum(axis=0) / (basis**2).sum(axis=0)
    left = ((1 - basis * alone) ** 2).sum(axis=0)
    return (float(alone[0]), 0.0) if left[0] <= left[1] else (0.0, float(alone[1]))
