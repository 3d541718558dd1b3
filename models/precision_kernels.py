"""The compiled loops of precision: each draw's residual mass, and its products over pairs of groups of futures.

A draw's futures are dealt into groups. Residuals of different groups are independent given the draw, so the products
over pairs, each over the mass of the remaining groups, average to zero when the draw's share is the overall one.

Axes: N futures, D draws, T targets (questions by grid days, then scenarios), Q + S questions and scenarios.
"""

import numpy as np

from models.compiled import compiled
from models.weighing_kernels import Code
from models.world import Float, Int

GROUPS = 10
"""Groups that a draw's futures are dealt into: all pairs of ten groups keep nine tenths of all pairs of futures."""
FLOOR = 0.1
"""Smallest part of a draw's mass that the mass of the remaining groups may be taken as."""


@compiled
def _pair_weights(mass: Float, size: Float, pair: Float, pull: Float) -> float:
    """Fill K, (groups, groups) scaled 1 / mass of the other groups, and `pull` = K mass; return mass K mass.

    The scale makes the sum over pairs of K e e' equal (sum of e)^2 / (sum of mass) where all futures are the same.
    """
    total, count, scale = mass.sum(), size.sum(), 0.0
    for g in range(mass.size):
        for h in range(mass.size):
            pair[g, h] = 0.0
            if g != h and size[g] > 0 and size[h] > 0 and total > 0:
                scale += size[g] * size[h] / (count - size[g] - size[h])
                pair[g, h] = count / max(total - mass[g] - mass[h], FLOOR * total)
    base = 0.0
    for g in range(mass.size):
        pull[g] = 0.0
        for h in range(mass.size):
            pair[g, h] /= max(scale, 1.0)
            pull[g] += pair[g, h] * mass[h]
        base += mass[g] * pull[g]
    return base


@compiled
def _hits(codes: Code, low: int, high: int, q: int, days: int, future: Int, day: Int) -> int:  # noqa: PLR0917
    """List the draw's futures in which a question happens by the last day, with their days; return how many."""
    count = 0
    for n in range(low, high):
        code = codes[n, q]
        if code < days:
            future[count], day[count] = n, code
            count += 1
    return count


@compiled
def _column(  # noqa: PLR0917
    hits: tuple[int, Int, Int],
    weight: Float,
    low: int,
    probability: Float,
    first: int,
    last: int,
    pair: Float,
    pull: Float,
    base: float,
    total: float,
    seen: Float,
    residual: Float,
    product: Float,
) -> None:
    """Write one question's residual masses and their products over pairs for one draw, targets first..last.

    With H the hit masses of the groups, m their masses and K the pairs' weights, the sum over pairs of
    K (H - p m) (H' - p m') is H K H - 2 p H K m + p^2 m K m, and H changes from day to day by that day's hits only.
    """
    count, future, day = hits
    cross, square, hit = 0.0, 0.0, 0.0
    seen[:] = 0.0
    for t in range(first, last):
        for i in range(count):
            if day[i] == t - first:
                new, g = weight[future[i]], (future[i] - low) % GROUPS
                link = 0.0
                for h in range(GROUPS):
                    link += pair[g, h] * seen[h]
                square += 2.0 * new * link
                cross += new * pull[g]
                hit += new
                seen[g] += new
        p = probability[t]
        residual[t] = hit - p * total
        product[t] = square - 2.0 * p * cross + p * p * base


@compiled
def contributions(  # noqa: PLR0917
    codes: Code,
    weight: Float,
    bounds: Int,
    first: int,
    last: int,
    targets: Int,
    probability: Float,
    residual: Float,
    between: Float,
) -> None:
    """Fill rows first..last of (D, T) residual masses and of the contributions to the between-draw variance.

    Parameters
    ----------
    codes, weight
        (N, Q + S) buckets and (N,) normalised weights.
    bounds
        (D + 1,) first future of each draw.
    targets
        (Q + S + 1,) first target of each question and scenario.
    probability
        (T,) the weighted share over all draws.
    """
    largest = np.diff(bounds).max()
    future, day = np.empty(largest, np.int64), np.empty(largest, np.int64)
    pair = np.empty((GROUPS, GROUPS))
    pull, seen, mass, size = np.empty(GROUPS), np.empty(GROUPS), np.empty(GROUPS), np.empty(GROUPS)
    for d in range(first, last):
        low, high = bounds[d], bounds[d + 1]
        mass[:] = 0.0
        size[:] = 0.0
        for n in range(low, high):
            mass[(n - low) % GROUPS] += weight[n]
            size[(n - low) % GROUPS] += 1.0
        base = _pair_weights(mass, size, pair, pull)
        total = mass.sum()
        for q in range(codes.shape[1]):
            start, stop = targets[q], targets[q + 1]
            hits = (_hits(codes, low, high, q, stop - start, future, day), future, day)
            _column(hits, weight, low, probability, start, stop, pair, pull, base, total, seen, residual[d], between[d])
