"""Logit-normal distributions by their moments: the shape of a probability that depends on uncertain rates.

A rare event's probability is close to proportional to a log-normal rate. The logit-normal follows that where a Beta of
the same moments puts its lower quantiles far too low (measured for a hazard of .04 a year with log sd .8 over 18
months: 5 % point .016, logit-normal .015, Beta .007).
"""

from statistics import NormalDist

import numpy as np

from models.world import Float

NODE = np.linspace(-8.5, 8.5, 121)
WEIGHT = np.exp(-(NODE**2) / 2) / np.exp(-(NODE**2) / 2).sum()
"""Trapezoid over the standard normal: exact to rounding for smooth integrands."""
SMALLEST = 1e-9
"""Means nearer to 0 or 1 are taken as this far from it."""
RARE = 0.01
WIDEST, WIDEST_RARE = 0.85, 0.5
"""Largest variances, as parts of mean * (1 - mean): beyond them nearly all mass is at 0 and 1 already."""
NARROWEST = 1e-12
TOLERANCE = 1e-8
STEPS = 100


def quantile(mean: Float, variance: Float, level: float) -> Float:
    """Return a quantile of the logit-normal distributions with the given means and variances.

    Parameters
    ----------
    mean, variance
        (T,) means in [0, 1] and variances, at least 0; a mean of 0 or 1 and a variance of 0 are returned as the mean.
    level
        Probability in (0, 1).

    Raises
    ------
    ValueError
        When a mean or variance is not a number or outside its range, or no parameters reproduce the moments.
    """
    if not ((mean >= 0) & (mean <= 1) & (variance >= 0) & np.isfinite(variance)).all():
        raise ValueError("means must lie in [0, 1], variances be finite and not negative")
    room = mean * (1 - mean)
    wide = (room > 0) & (variance > NARROWEST * room)
    out = np.array(mean, float)
    centre, sd = parameters(mean[wide], variance[wide])
    out[wide] = _expit(centre + sd * NormalDist().inv_cdf(level))
    return out


def parameters(mean: Float, variance: Float) -> tuple[Float, Float]:
    """Return mean and standard deviation (T,) of the logits, by Newton steps on the logs of both moments.

    In the logs the equations are linear for rare events (a log-normal) and for narrow distributions, so the steps start
    near the solution there. The larger side is solved as its mirror image. Arguments as in `quantile`, without the
    means of 0 or 1.
    """
    side = np.maximum(np.minimum(mean, 1 - mean), SMALLEST)
    ratio = np.minimum(variance / (side * (1 - side)), np.where(side < RARE, WIDEST_RARE, WIDEST))
    first, second = np.log(side), np.log(ratio * side * (1 - side) + side**2)
    spread = np.log1p(ratio * (1 - side) / side)
    centre = np.log(side / (1 - side)) - spread / 2 * (1 - 2 * side)
    left = np.arange(side.size)
    for _ in range(STEPS):
        step, stretch, miss = _newton(centre[left], spread[left], first[left], second[left])
        left, step, stretch = left[miss > TOLERANCE], step[miss > TOLERANCE], stretch[miss > TOLERANCE]
        if not left.size:
            return np.where(mean > 0.5, -centre, centre), np.sqrt(spread)
        limit = 2 + np.sqrt(spread[left])
        centre[left] -= np.clip(step, -limit, limit)
        spread[left] = np.clip(spread[left] - stretch, spread[left] / 4, spread[left] * 4)
    raise ValueError(f"no logit-normal of mean {mean[left[0]]} and variance {variance[left[0]]}")


def _newton(centre: Float, spread: Float, first: Float, second: Float) -> tuple[Float, Float, Float]:
    """Return Newton's steps in centre and variance of the logits, and how far the log moments miss their targets."""
    sd = np.sqrt(spread)
    p = _expit(centre[:, None] + sd[:, None] * NODE)
    slope = p * (1 - p)
    mean, square = p @ WEIGHT, (p * p) @ WEIGHT
    miss1, miss2 = np.log(mean) - first, np.log(square) - second
    a = slope @ WEIGHT / mean
    b = slope @ (WEIGHT * NODE) / (2 * sd) / mean
    c = 2 * (p * slope) @ WEIGHT / square
    d = 2 * (p * slope) @ (WEIGHT * NODE) / (2 * sd) / square
    determinant = a * d - b * c
    steps = (miss1 * d - miss2 * b) / determinant, (a * miss2 - c * miss1) / determinant
    return *steps, np.maximum(np.abs(miss1), np.abs(miss2))


def _expit(logit: Float) -> Float:
    # far out, a floor of 1e-130 keeps squares and their logs finite
    return np.asarray(1 / (1 + np.exp(-np.maximum(logit, -300.0))))
