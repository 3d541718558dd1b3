"""What is read off the paths of the spending panel: fans, aggregate, levels reached, allies above a line.

Axes: D draws, C countries, H coming years; paths are logs of the percentage of GDP.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


def fan(paths: Float, levels: Sequence[float]) -> Float:
    """Return quantiles of the share in percent, (len(levels), ...), over axis 0 of log shares (D, ...)."""
    return np.asarray(np.quantile(np.exp(paths), levels, axis=0), float)


def aggregate(paths: Float, output: Float, *, discrepancy: Float | float = 0.0) -> Float:
    """Return the log share of a group as a whole, (D, H): spending over output.

    Parameters
    ----------
    paths
        (D, C, H) log shares of the group's countries.
    output
        (C,) gross domestic product, in any one unit; its shares are taken to stay as they are.
    discrepancy
        Log of the printed aggregate over the one from these weights, one number or (D,) draws.
    """
    if output.shape != paths.shape[1:2] or not (np.isfinite(output) & (output > 0)).all():
        raise ValueError(f"output {output.shape}: {paths.shape[1]} numbers above 0 are needed, one for each country")
    weighted = np.einsum("dch,c->dh", np.exp(paths), output / output.sum())
    return np.asarray(np.log(weighted) + np.broadcast_to(discrepancy, paths.shape[:1])[:, None], float)


def reached_by(paths: Float, log_level: float) -> Float:
    """Return the chance that a level was reached in any year so far, (..., H), from log shares (D, ..., H)."""
    return np.asarray((np.maximum.accumulate(paths, axis=-1) >= log_level).mean(axis=0), float)


def count_at(paths: Float, log_level: float) -> NDArray[np.int64]:
    """Return how many countries stand at a level or above it in each year, (D, H), from log shares (D, C, H)."""
    return np.asarray(np.count_nonzero(paths >= log_level, axis=1), np.int64)


def on_line(paths: Float, *, start: tuple[int, float], goal: tuple[int, float], first: int, year: int) -> Float:
    """Return the chance to stand on or above the straight line to a goal in a year, (...,), from (D, ..., H).

    Parameters
    ----------
    start, goal
        Year and percent at both ends of the line.
    first
        Year of the paths' first column.
    year
        Year of the review, between both ends and among the paths' years.
    """
    if not (start[0] <= year <= goal[0] and 0 <= year - first < paths.shape[-1]):
        raise ValueError(f"year {year}: one from {max(start[0], first)} to {goal[0]} within the paths is needed")
    share = start[1] + (goal[1] - start[1]) * (year - start[0]) / (goal[0] - start[0])
    return np.asarray((paths[..., year - first] >= np.log(share)).mean(axis=0), float)
