"""From what the kernel walks to what is printed: a monotone map for each publication of a series, and its inverse.

Linear between knots, at a constant distance beyond the last ones; without knots what is walked is printed.
"""

import numpy as np
from numpy.typing import NDArray

from models.world import Float, World


def mapped(values: Float | NDArray[np.float32] | float, source: Float, target: Float) -> Float:
    """Return values on the scale of `source` (K,) knots on that of `target` (K,) knots; NaN stays NaN."""
    found: Float = np.asarray(values, np.float64)
    if not source.size:
        return found
    inner = np.interp(found, source, target)
    below, above = target[0] - source[0], target[-1] - source[-1]
    inner = np.where(found > source[-1], found + above, inner)
    return np.asarray(np.where(found < source[0], found + below, inner), np.float64)


def level_marks(world: World) -> Float:
    """Return (number of levels, Y) what the kernel must walk to at each publication for each level to be printed."""
    return np.array(
        [
            [float(mapped(float(log), *knots)) for knots in zip(world.printed[s], world.walked[s], strict=True)]
            for s, log in zip(world.level_series, world.level_log, strict=True)
        ]
    ).reshape(world.level_log.size, world.publication_day.shape[1])


def print_shares(world: World, share: NDArray[np.float32]) -> None:
    """Turn walked logs (N, S, Y) into printed ones, in place."""
    if not world.walked.shape[2]:
        return
    for s in range(share.shape[1]):
        for y in range(share.shape[2]):
            share[:, s, y] = mapped(share[:, s, y], world.walked[s, y], world.printed[s, y])
