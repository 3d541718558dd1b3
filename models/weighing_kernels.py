"""The compiled loops of weighing: one future's weights in all columns, and their sums.

Axes: N futures, Q questions, S scenarios, A questions with evidence, B buckets, G = B - 1 grid days, C columns,
T targets. The loops over columns carry no sum from one step to the next, so they vectorise without fast-math.
"""

import numpy as np
from numpy.typing import NDArray

from models.compiled import compiled
from models.world import Float, Int

Code = NDArray[np.uint8]
Mark = NDArray[np.bool_]


@compiled
def _weights(  # noqa: PLR0917
    code: Code,
    start: float,
    active: Int,
    moves: Mark,
    table: Float,
    peak: Float,
    logarithmic: bool,
    out: Float,
) -> None:
    """Fill `out` (C,) with one future's weights."""
    columns = out.size
    for c in range(columns):
        out[c] = start - peak[c]
    for a in range(active.size):
        b = code[active[a]]
        if moves[a, b] and logarithmic:
            for c in range(columns):
                out[c] += table[a, b, c]
        elif moves[a, b]:
            for c in range(columns):
                out[c] *= table[a, b, c]
    if logarithmic:
        for c in range(columns):
            out[c] = np.exp(out[c])


@compiled
def accumulate(  # noqa: PLR0917
    codes: Code,
    start: Float,
    active: Int,
    moves: Mark,
    table: Float,
    peak: Float,
    logarithmic: bool,
    targets: Int,
    first: int,
    last: int,
) -> tuple[Float, Float]:
    """Return the sums of the weights (C,) and by target and bucket (T, G, C) of the futures first..last.

    Parameters
    ----------
    codes
        (N, Q + S) buckets.
    start
        (N,) weight before evidence, or its log.
    active, moves, table
        (A,) questions with evidence, (A, B) which rows matter, (A, B, C) factors or log factors.
    peak
        (C,) log weight to subtract; 0 unless `logarithmic`.
    targets
        (T,) columns of `codes`.
    """
    columns, never = table.shape[2], table.shape[1] - 1
    weight = np.empty(columns)
    total = np.zeros(columns)
    sums = np.zeros((targets.size, never, columns))
    for n in range(first, last):
        _weights(codes[n], start[n], active, moves, table, peak, logarithmic, weight)
        for c in range(columns):
            total[c] += weight[c]
        for t in range(targets.size):
            b = codes[n, targets[t]]
            if b < never:
                for c in range(columns):
                    sums[t, b, c] += weight[c]
    return total, sums


@compiled
def mix_columns(  # noqa: PLR0917
    codes: Code,
    start: Float,
    active: Int,
    moves: Mark,
    table: Float,
    peak: Float,
    logarithmic: bool,
    scale: Float,
    first: int,
    last: int,
    out: Float,
) -> None:
    """Write the sums over columns of weight * scale (C,) of the futures first..last, in eight lanes added in order."""
    weight = np.empty(scale.size)
    lanes = np.empty(8)
    for n in range(first, last):
        _weights(codes[n], start[n], active, moves, table, peak, logarithmic, weight)
        lanes[:] = 0.0
        for c in range(0, scale.size // 8 * 8, 8):
            for i in range(8):
                lanes[i] += weight[c + i] * scale[c + i]
        for c in range(scale.size // 8 * 8, scale.size):
            lanes[0] += weight[c] * scale[c]
        mixed = 0.0
        for i in range(8):
            mixed += lanes[i]
        out[n] = mixed


@compiled
def raise_peaks(codes: Code, log_prior: Float, active: Int, table: Float, peak: Float) -> None:
    """Raise `peak` (C,) to the largest log weight of each column."""
    for n in range(log_prior.size):
        for c in range(peak.size):
            log_weight = log_prior[n]
            for a in range(active.size):
                log_weight += table[a, codes[n, active[a]], c]
            peak[c] = max(peak[c], log_weight)
