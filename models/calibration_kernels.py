"""The compiled loops of calibration and of resampling by cluster: isotonic fits, null outcomes, bootstrap sums.

Axes: F = forecast (sorted by cluster), C = cluster, K = cell (a forecast value, rising), R = resample, B = bin.
"""

import numpy as np
from numpy.typing import NDArray

from models.budgets import mix
from models.compiled import compiled

LANES = 16
"""Resamples worked on side by side: one row of counters is one cache line."""
BITS = 30
"""Digits of a null uniform: p is compared as a whole number of 2**-30."""

_STEP = np.uint64(0x9E3779B97F4A7C15)
_S32 = np.uint64(32)
_S34 = np.uint64(34)
_LOW32 = np.uint64(0xFFFFFFFF)


@compiled
def pool_adjacent(total: NDArray[np.float64], weight: NDArray[np.float64], fitted: NDArray[np.float64]) -> int:
    """Write into `fitted` (K,) the rising means closest to `total / weight`; return how many blocks they form.

    `weight` (K,) is positive, or 0 for a cell that is left out and takes the block before it (the first: the next).
    Pool adjacent violators (Ayer et al. 1955, Annals of Mathematical Statistics 26:641), sums kept whole so that the
    order of rows within a cell cannot matter.
    """
    cells = total.size
    sums, weights, ends = np.empty(cells), np.empty(cells), np.empty(cells, np.int64)
    top = 0
    for k in range(cells):
        if weight[k] == 0.0:
            if top:
                ends[top - 1] = k + 1
            continue
        sums[top], weights[top], ends[top] = total[k], weight[k], k + 1
        while top and sums[top - 1] * weights[top] >= sums[top] * weights[top - 1]:
            sums[top - 1] += sums[top]
            weights[top - 1] += weights[top]
            ends[top - 1] = ends[top]
            top -= 1
        top += 1
    start = 0
    for block in range(top):
        fitted[start : ends[block]] = sums[block] / weights[block]
        start = ends[block]
    return top


@compiled
def null_counts(  # noqa: PLR0917
    seed: np.uint64,
    first: int,
    starts: NDArray[np.int64],
    cell: NDArray[np.int32],
    threshold: NDArray[np.int32],
    counts: NDArray[np.int32],
) -> None:
    """Add into `counts` (K, LANES) the YES outcomes of resamples `first` .. `first + LANES - 1`.

    A cluster's forecasts, rows `starts[c]` to `starts[c + 1]`, share one uniform: Y = 1[U < p]. `threshold` (F,) is p
    as a whole number of 2**-BITS. Luck is keyed by (seed, cluster, pair of resamples).
    """
    base = mix(seed + np.uint64(first) * _STEP)
    uniform = np.empty(LANES, np.int32)
    for cluster in range(starts.size - 1):
        stream = mix(base + np.uint64(cluster) * _STEP)
        for pair in range(LANES // 2):
            word = mix(stream + np.uint64(pair + 1) * _STEP)
            uniform[2 * pair] = np.int32(word >> _S34)
            uniform[2 * pair + 1] = np.int32((word & _LOW32) >> np.uint64(2))
        for row in range(starts[cluster], starts[cluster + 1]):
            limit = threshold[row]
            hits = counts[cell[row]]
            for lane in range(LANES):
                hits[lane] += uniform[lane] < limit


@compiled
def _refitted(hits: NDArray[np.float64], weight: NDArray[np.float64], fitted: NDArray[np.float64]) -> float:
    """Fit and return the sum of Brier losses of the fit, without the hits' own part."""
    pool_adjacent(hits, weight, fitted)
    loss = 0.0
    for k in range(hits.size):
        loss += fitted[k] * (fitted[k] * weight[k] - 2.0 * hits[k])
    return loss


@compiled
def null_fits(  # noqa: PLR0917
    counts: NDArray[np.int32],
    weight: NDArray[np.float64],
    value: NDArray[np.float64],
    gain: float,
    shown: NDArray[np.int64],
    mcb: NDArray[np.float64],
    curve: NDArray[np.float64],
) -> None:
    """Fit each lane of `counts` (K, LANES): its miscalibration into `mcb` (LANES,), its fit at cells `shown` (S,).

    `curve` is (LANES, S); `weight` (K,) forecasts and `value` (K,) mean forecast of each cell. With a positive `gain`
    the fit is repeated on pairs of cells, and `gain` times what the finer fit adds is added once more.
    """
    cells, total = value.size, weight.sum()
    half = (cells + 1) // 2
    hits, fitted = np.empty(cells), np.empty(cells)
    paired, pair_weight, pair_fitted = np.zeros(half), np.zeros(half), np.empty(half)
    for k in range(cells):
        pair_weight[k // 2] += weight[k]
    for lane in range(LANES):
        raw = 0.0
        paired[:] = 0.0
        for k in range(cells):
            hits[k] = counts[k, lane]
            paired[k // 2] += hits[k]
            raw += value[k] * (value[k] * weight[k] - 2.0 * hits[k])
        again = _refitted(hits, weight, fitted)
        if gain > 0.0:
            again -= gain * (_refitted(paired, pair_weight, pair_fitted) - again)
        mcb[lane] = (raw - again) / total
        for s in range(shown.size):
            curve[lane, s] = fitted[shown[s]]


@compiled
def bootstrap_sums(seed: np.uint64, first: int, moments: NDArray[np.float64], sums: NDArray[np.float64]) -> None:
    """Write into `sums` (r, M) the totals of `moments` (C, M) over C clusters drawn with replacement.

    The r rows are resamples `first`, `first + 1`, ...; a drawn cluster's number is a 32-bit uniform times C.
    """
    clusters, width = moments.shape
    many = np.uint64(clusters)
    for row in range(sums.shape[0]):
        base = mix(seed + np.uint64(first + row) * _STEP)
        for column in range(width):
            sums[row, column] = 0.0
        for place in range(0, clusters, 2):
            word = mix(base + np.uint64(place + 1) * _STEP)
            one = ((word >> _S32) * many) >> _S32
            for column in range(width):
                sums[row, column] += moments[one, column]
            if place + 1 < clusters:
                two = ((word & _LOW32) * many) >> _S32
                for column in range(width):
                    sums[row, column] += moments[two, column]
