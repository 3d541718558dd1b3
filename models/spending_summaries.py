"""What is read off the paths of the spending panel: fans, aggregate, levels reached, allies above a line.

Axes: D draws, C countries, H coming years; paths are logs of the percentage of GDP.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class SeriesDraws:
    """A series as the simulation kernel carries it on, all (D,): x += growth + noise_sd z, growth *= damping."""

    log_share: Float
    growth: Float
    damping: Float
    noise_sd: Float


def series_draws(paths: Float, last: Float) -> SeriesDraws:
    """Return kernel parameters whose futures have the mean and the variance of a draw's own futures.

    A draw's mean path gives growth and damping by least squares on the yearly changes; its variance in the last year,
    spread evenly over the years, gives the noise.

    Parameters
    ----------
    paths
        (D, F, H) log shares: F futures of each of D parameter draws, two years or more.
    last
        (D,) log share that they start from.
    """
    if paths.ndim != 3 or paths.shape[1] < 2 or paths.shape[2] < 2:
        raise ValueError(f"paths {paths.shape}: (draws, futures, years) with two or more futures and years are needed")
    mean = paths.mean(axis=1)
    changes = np.diff(np.concatenate([last[:, None], mean], axis=1), axis=1)  # (D, H)
    grid = np.linspace(0.3, 1.0, 141)
    shape = grid[:, None] ** np.arange(changes.shape[1])  # (grid, H)
    fitted = changes @ shape.T / (shape**2).sum(axis=1)  # best growth for each damping
    left = (changes**2).sum(axis=1)[:, None] - fitted**2 * (shape**2).sum(axis=1)
    best = np.argmin(left, axis=1)
    growth = np.take_along_axis(fitted, best[:, None], axis=1)[:, 0]
    noise = np.sqrt(paths[:, :, -1].var(axis=1, ddof=1) / changes.shape[1])
    return SeriesDraws(np.asarray(last, float), growth, grid[best], noise)
