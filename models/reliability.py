"""Reliability of probability forecasts: the CORP fit and decomposition, and what calibrated forecasters would show.

CORP (Dimitriadis, Gneiting and Jordan 2021, PNAS 118(8) e2016191118): outcomes are regressed on the *unique* forecast
values by isotonic regression; the mean Brier score is then MCB - DSC + UNC. The null draws outcomes from the forecasts
themselves with one uniform for each cluster, Y = 1[U < p], so that updates of one question stay as dependent as they
are.

Axes: F = forecast, C = cluster, V = unique value, K = cell, R = resample, S = shown value, B = bin.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.budgets import seed_word
from models.calibration_kernels import BITS, LANES, null_counts, null_fits, pool_adjacent

Float = NDArray[np.float64]
Int = NDArray[np.int64]

MOST_CELLS = 8192
"""Unique values up to which null resamples fit every value by itself; more are grouped into about so many cells, whose
counters stay in a core's second-level cache. The published fit and decomposition never group."""
GROUPING = 0.5
"""Fitting K cells instead of V values lowers the null's MCB by A (K^-g - V^-g). A comes from fitting K / 2 cells too; g
was measured on 50,000 to a million values, evenly spread and not, where the extrapolated mean lies within 1 %."""
SHOWN = 101
"""Values at most at which a band is kept."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Isotonic fit of outcomes on unique forecast values; all (V,), rising in `value`."""

    value: Float
    count: Float
    """Forecasts of this value."""
    hits: Float
    """Of these, outcomes YES."""
    fitted: Float
    """Recalibrated probability."""
    inverse: Int
    """(F,) each forecast's place among the values."""


@dataclass(frozen=True, slots=True)
class Decomposition:
    """Mean Brier score = mcb - dsc + unc."""

    brier: float
    mcb: float
    """Miscalibration: what recalibration would gain."""
    dsc: float
    """Discrimination: what the recalibrated forecasts gain over their base rate."""
    unc: float
    """Uncertainty: the Brier score of the base rate."""


@dataclass(frozen=True, slots=True)
class Null:
    """What calibrated forecasters with the same forecasts would show."""

    mcb: Float
    """(R,) miscalibration of each resample."""
    shown: Int
    """(S,) places among the unique values at which `curve` holds the fit."""
    curve: NDArray[np.float32]
    """(R, S) recalibrated probability."""
    bins: Int
    """(R, B) outcomes YES in each bin."""

    @property
    def mcb95(self) -> float:
        """95 % point of the miscalibration of calibrated forecasters."""
        return float(np.quantile(self.mcb, 0.95))


def fit(p: Float, y: Float) -> Fit:
    """Return the isotonic fit of outcomes on forecasts, both (F,).

    Raises
    ------
    ValueError
        Without forecasts, for a probability outside 0 .. 1 or an outcome that is neither 0 nor 1.
    """
    if p.ndim != 1 or p.shape != y.shape or not p.size:
        raise ValueError(f"forecasts {p.shape}, outcomes {y.shape}: two arrays of one length above 0 are needed")
    if not ((p >= 0) & (p <= 1)).all() or not ((y == 0) | (y == 1)).all():
        raise ValueError("forecasts have to lie in 0 .. 1, outcomes have to be 0 or 1")
    order = np.argsort(p)
    ranked = p[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    inverse = np.empty(p.size, np.int64)
    inverse[order] = np.repeat(np.arange(starts.size), np.diff(np.r_[starts, p.size]))
    count = np.diff(np.r_[starts, p.size]).astype(float)
    hits = np.add.reduceat(y[order].astype(float), starts)
    fitted = np.empty(starts.size)
    pool_adjacent(hits, count, fitted)
    return Fit(ranked[starts], count, hits, fitted, inverse)


def decompose(found: Fit) -> Decomposition:
    """Return the parts of the mean Brier score of a fit."""
    n = found.count.sum()
    rate = found.hits.sum() / n
    return Decomposition(
        brier=_brier(found, found.value),
        mcb=_brier(found, found.value) - _brier(found, found.fitted),
        dsc=float(rate * (1 - rate)) - _brier(found, found.fitted),
        unc=float(rate * (1 - rate)),
    )


def _brier(found: Fit, forecast: Float) -> float:
    misses = found.count - found.hits
    return float((found.hits * (1 - forecast) ** 2 + misses * forecast**2).sum() / found.count.sum())


def null(
    found: Fit, cluster: Int, *, edges: Float, resamples: int, seed: int, threads: int = 1, most_cells: int = MOST_CELLS
) -> Null:
    """Return what calibrated forecasters would show.

    Parameters
    ----------
    found
        The fit whose forecasts are resampled.
    cluster
        (F,) code of each forecast's cluster, any whole numbers from 0; luck is keyed by them.
    edges
        (B + 1,) rising bounds of bins of the forecast; a value on a bound belongs to the bin above, 1 to the last.
    resamples, seed
        R, rounded up to whole lanes and cut again; and the seed of all luck.
    threads
        Threads; no number depends on it.
    most_cells
        Unique values above which they are grouped.
    """
    bin_of = bins_of(found.value, edges)
    first = _cells(found, bin_of, most_cells)
    place = np.repeat(np.arange(first.size), np.diff(np.r_[first, found.value.size]))
    order = np.argsort(cluster)
    job = _Job(
        starts=np.searchsorted(cluster[order], np.arange(cluster.max() + 2)),
        cell=place[found.inverse][order].astype(np.int32),
        threshold=np.round(found.value[found.inverse][order] * 2.0**BITS).astype(np.int32),
        gain=_gain(first.size, found.value.size),
        weight=np.add.reduceat(found.count, first),
        value=np.add.reduceat(found.count * found.value, first) / np.add.reduceat(found.count, first),
        shown=np.unique(np.linspace(0, first.size - 1, min(SHOWN, first.size)).astype(np.int64)),
        bin_first=np.flatnonzero(np.r_[True, np.diff(bin_of[first]) > 0]),
        bin_id=np.unique(bin_of),
        bins=edges.size - 1,
        seed=seed_word(seed),
    )
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(job.run, range(0, resamples, LANES)))
    mcb, curve, bins = (np.concatenate([part[i] for part in parts])[:resamples] for i in range(3))
    return Null(mcb, first[job.shown], curve.astype(np.float32), bins)


def bins_of(value: Float, edges: Float) -> Int:
    """Return the bin of each value: bounds belong to the bin above, the last bound to the last bin."""
    return np.clip(np.searchsorted(edges, value, side="right") - 1, 0, edges.size - 2)


def _cells(found: Fit, bin_of: Int, most: int) -> Int:
    """Return the first value of each cell: every value, or about `most` groups of equal count within the bins."""
    if found.value.size <= most:
        return np.arange(found.value.size)
    group = np.floor(np.cumsum(found.count) / found.count.sum() * most)
    return np.flatnonzero(np.r_[True, (np.diff(group) > 0) | (np.diff(bin_of) > 0)])


def _gain(cells: int, values: int) -> float:
    """Return by how much of its last halving the null's MCB is extrapolated from cells to values."""
    return float((1 - (cells / values) ** GROUPING) / (2**GROUPING - 1)) if cells < values else 0.0


@dataclass(frozen=True, slots=True)
class _Job:
    """What every block of resamples reads: forecasts by cluster, and the cells that they fall into."""

    starts: Int
    cell: NDArray[np.int32]
    threshold: NDArray[np.int32]
    weight: Float
    value: Float
    gain: float
    shown: Int
    bin_first: Int
    bin_id: Int
    bins: int
    seed: np.uint64

    def run(self, first: int) -> tuple[Float, Float, Int]:
        """Return the miscalibration (LANES,), shown curve (LANES, S) and bin counts (LANES, B) of one block."""
        counts = np.zeros((self.weight.size, LANES), np.int32)
        null_counts(self.seed, first, self.starts, self.cell, self.threshold, counts)
        mcb, curve = np.empty(LANES), np.empty((LANES, self.shown.size))
        null_fits(counts, self.weight, self.value, self.gain, self.shown, mcb, curve)
        bins = np.zeros((LANES, self.bins), np.int64)
        bins[:, self.bin_id] = np.add.reduceat(counts, self.bin_first, axis=0).T
        return mcb, curve, bins
