"""The compiled loops of precision: each draw's residual mass, and its products over pairs of groups of futures.

A draw's futures are dealt into groups. Residuals of different groups are independent given the draw, so the products
over pairs, each over the mass of the remaining groups, average to zero when the draw's share is the overall one.

Axes: N futures, D draws, T targets (questions by grid days, then scenarios), Q + S questions and scenarios.
"""

import numpy as np

from models.compiled import compiled
from models.weighing_kernels import Code, Mark
from models.world import Float, Int

GROUPS = 10
"""Groups that a draw's futures are dealt into: all pairs of ten groups keep nine tenths of all pairs of futures."""
FLOOR = 0.1
"""Smallest part of a draw's mass that the mass of the remaining groups may be taken as."""


@compiled
def _pair_weights(mass: Float, size: Float, pair: Float) -> None:
    """Fill (groups, groups), below the diagonal: 2 / mass of the other groups, scaled.

    Scaled so that the sum over pairs of weight * e * e' is (sum of e)^2 / (sum of mass) where all futures are equal.
    """
    total, count, scale = mass.sum(), size.sum(), 0.0
    for g in range(mass.size):
        for h in range(g):
            scale += 2.0 * size[g] * size[h] / (count - size[g] - size[h])
            pair[g, h] = 2.0 * count / max(total - mass[g] - mass[h], FLOOR * total) if total > 0 else 0.0
    pair /= scale


@compiled
def _residuals(  # noqa: PLR0917
    codes: Code, weight: Float, column: Int, latest: Int, probability: Float, mass: Float, out: Float
) -> None:
    """Fill (groups, T) residual masses of one draw's groups: what hits weigh, less their expected share of the mass."""
    for g in range(mass.size):
        for t in range(column.size):
            out[g, t] = -probability[t] * mass[g]
    for n in range(weight.size):
        g = n % mass.size
        for t in range(column.size):
            out[g, t] += weight[n] * (codes[n, column[t]] <= latest[t])


@compiled
def _pair_sums(pair: Float, residual: Float, out: Float) -> None:
    """Fill (T,) sums over pairs of groups of weight * residual * residual."""
    out[:] = 0.0
    for g in range(1, residual.shape[0]):
        for h in range(g):
            for t in range(out.size):
                out[t] += pair[g, h] * residual[g, t] * residual[h, t]


@compiled
def _add(values: Float, factor: float, out: Float) -> None:
    for t in range(out.size):
        out[t] += factor * values[t]


@compiled
def _add_products(left: Float, right: Float, out: Float) -> None:
    for t in range(out.size):
        out[t] += left[t] * right[t]


@compiled
def draw_sums(  # noqa: PLR0917
    codes: Code,
    weight: Float,
    bounds: Int,
    order: Int,
    closes: Mark,
    column: Int,
    latest: Int,
    probability: Float,
) -> Float:
    """Return (4, T) sums over some draws: of r^2 over clusters, and of c, c^2 and W c over draws.

    r is the residual mass W_d (p_d - p) summed over a cluster of draws, c a draw's contribution to the between-draw
    variance, W_d its mass.

    Parameters
    ----------
    codes, weight
        (N, Q + S) buckets and (N,) normalised weights.
    bounds
        (D + 1,) first future of each draw.
    order, closes
        (draws,) which draws, those of a cluster side by side, and whether a cluster ends with this one.
    column, latest, probability
        (T,) of each target: its column of `codes`, the last bucket that counts, its weighted share over all draws.
    """
    residual, squares = np.zeros(column.size), np.empty(column.size)
    out = np.zeros((4, column.size))
    for k in range(order.size):
        low, high = bounds[order[k]], bounds[order[k] + 1]
        groups = min(GROUPS, high - low)
        mass, size = np.zeros(groups), np.zeros(groups)
        for n in range(high - low):
            mass[n % groups] += weight[low + n]
            size[n % groups] += 1.0
        pair, by_group = np.empty((groups, groups)), np.empty((groups, column.size))
        _pair_weights(mass, size, pair)
        _residuals(codes[low:high], weight[low:high], column, latest, probability, mass, by_group)
        _pair_sums(pair, by_group, squares)
        for g in range(groups):
            _add(by_group[g], 1.0, residual)
        _add(squares, 1.0, out[1])
        _add_products(squares, squares, out[2])
        _add(squares, mass.sum(), out[3])
        if closes[k]:
            _add_products(residual, residual, out[0])
            residual[:] = 0.0
    return out
