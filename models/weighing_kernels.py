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
    place: Int,
    out: Float,
) -> None:
    """Fill `out` (C,) with one future's weights; `place` (A + 1,) is scratch.

    The rows that matter are listed first, without a branch that the processor would have to guess.
    """
    columns, count = out.size, 0
    for a in range(active.size):
        place[count] = a
        count += moves[a, code[active[a]]]
    for c in range(columns):
        out[c] = start - peak[c]
    for i in range(count):
        a = place[i]
        b = code[active[a]]
        if logarithmic:
            for c in range(columns):
                out[c] += table[a, b, c]
        else:
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
    place, hit = np.empty(active.size + 1, np.int64), np.empty(targets.size + 1, np.int64)
    for n in range(first, last):
        _weights(codes[n], start[n], active, moves, table, peak, logarithmic, place, weight)
        for c in range(columns):
            total[c] += weight[c]
        count = 0
        for t in range(targets.size):
            hit[count] = t
            count += codes[n, targets[t]] < never
        for i in range(count):
            t = hit[i]
            b = codes[n, targets[t]]
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
    lanes, place = np.empty(8), np.empty(active.size + 1, np.int64)
    for n in range(first, last):
        _weights(codes[n], start[n], active, moves, table, peak, logarithmic, place, weight)
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
