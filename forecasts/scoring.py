"""Proper scores of issued probabilities: the formulas, and the hash of the rule that every result names.

Definitions with sources are in docs/scores.md; `RULE` is what the hash of every result names. Brier and log are losses
(0 is perfect); baseline and peer score are gains. Axes: F = issued probability, G = grid of times.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forecasts.receipts import digest

Float = NDArray[np.float64]

CLIP = (0.001, 0.999)
"""Probabilities are clipped to this before a logarithm is taken, and only then."""

RULE = {
    "brier": "(p - y)^2, 0 to 1, as issued",
    "log": f"-ln p(y), nats, p clipped to [{CLIP[0]}, {CLIP[1]}]",
    "baseline": "100 (1 + log2 p(y)), p clipped, over the scheduled life, 0 where nothing stood",
    "peer": "100 mean over the others standing of ln(p(y) / p_j(y)), p clipped, over the scheduled life, 0 where alone",
    "spot": "the last forecast before the outcome was settled",
    "time_averaged": "losses over the part of the scheduled life in which a forecast stood, 0 after the resolution",
    "corp": "isotonic on unique values, weighted by forecasts; null by one uniform for each cluster",
    "interval": "bootstrap-t over clusters, at least Student's t, 95 %",
}
"""The scoring rule in words; a change of a definition changes them, and with them the hash."""


def rule_hash() -> str:
    """Return the start of the rule's SHA-256, 16 hexadecimal digits: results under two rules are not comparable."""
    return digest(RULE)[:16]


def brier(p: Float, y: Float) -> Float:
    """Return (p - y)^2 of each forecast, 0 to 1 (Brier 1950; the Good Judgment Project reports twice this)."""
    return (p - y) ** 2


def given(p: Float, y: Float) -> Float:
    """Return the clipped probability that each forecast gave to what happened."""
    safe = np.clip(p, *CLIP)
    return np.where(y == 1, safe, 1 - safe)


def log_loss(p: Float, y: Float) -> Float:
    """Return -ln of the clipped probability given to what happened, in nats (Good 1952)."""
    return -np.log(given(p, y))


def clipped(p: Float) -> int:
    """Return how many forecasts lie beyond the clip."""
    return int(((p < CLIP[0]) | (p > CLIP[1])).sum())


def baseline_score(p: Float, y: Float) -> Float:
    """Return 100 (1 + log2 p(y)): 0 for one half, 100 for a certain hit (Metaculus)."""
    return 100 * (1 + np.log2(given(p, y)))


def restricted_crps(grid: Float, cdf: Float, *, occurred: float | None) -> float:
    """Return the mean Brier score over all deadlines on a grid: how well a forecast said *when*.

    (1 / (t_G - t_1)) * integral of (F(t) - 1[T <= t])^2 dt from the first to the last time of the grid, the censoring
    time; F is linear between grid times (the integral of CRPS restricted to what was observed; Gneiting and Ranjan
    2011, JBES 29:411, as threshold-weighted CRPS). It is proper whether or not the event was seen.

    Parameters
    ----------
    grid
        (G,) rising times.
    cdf
        (G,) probability that it has happened by then, never falling.
    occurred
        When it happened, in the grid's unit; None when it had not by the last time.

    Raises
    ------
    ValueError
        For a grid that does not rise, or a distribution that falls or leaves 0 .. 1.
    """
    if grid.size < 2 or grid.shape != cdf.shape or not (np.diff(grid) > 0).all():
        raise ValueError(f"times {grid.shape}, distribution {cdf.shape}: at least two rising times are needed")
    if not ((cdf >= 0) & (cdf <= 1)).all() or not (np.diff(cdf) >= 0).all():
        raise ValueError("a distribution has to rise within 0 .. 1")
    if occurred is None or occurred >= grid[-1]:
        return _square(grid, cdf) / float(grid[-1] - grid[0])
    day = max(occurred, float(grid[0]))
    value = np.interp(day, grid, cdf)
    before, after = grid < day, grid > day
    early = _square(np.append(grid[before], day), np.append(cdf[before], value))
    late = _square(np.insert(grid[after], 0, day), 1 - np.insert(cdf[after], 0, value))
    return (early + late) / float(grid[-1] - grid[0])


def _square(t: Float, f: Float) -> float:
    """Return the integral of the square of a piecewise linear function."""
    return float((np.diff(t) * (f[:-1] ** 2 + f[:-1] * f[1:] + f[1:] ** 2) / 3).sum())
