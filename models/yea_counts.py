"""How many members say yea: the law of the count over all draws, and where its spread comes from.

Given a draw, members vote independently; the count's law is normal with the exact mean and variance, at whole numbers.
Averaged over draws that differ by many seats, it is within .001 of the exact law (tests/models/test_yea_counts.py).
In a vote that is not contested, a formality, everybody who votes is taken to say yea.

Axes: D draws, G groups of members, N seats of the body.
"""

import math
from dataclasses import dataclass

import numpy as np

from models.senate_votes import Coming, Groups, probabilities
from models.world import Float

_STEP = 1.0 / 64.0
_AT = np.arange(-9.0, 9.0 + _STEP / 2, _STEP)
_CDF = np.array([0.5 * math.erfc(-x / math.sqrt(2.0)) for x in _AT])


@dataclass(frozen=True, slots=True)
class Spread:
    """Variance of the yea count by where it comes from; the three add up to it."""

    seats: float
    """Who sits."""
    treaty: float
    """What all members share: the text, the parties, how well both are known; with what depends on who sits as well."""
    members: float
    """Single members' votes and absences."""


def yea_law(coming: Coming, groups: Groups) -> Float:
    """Return the probability of 0, 1, ... N yeas over all draws, (N + 1,)."""
    size = round(float(groups.seats[0].sum()))
    mean, variance = _contested(coming, groups)
    edges = (np.arange(size + 2) - 0.5 - mean[:, None]) / np.sqrt(np.maximum(variance, 1e-6))[:, None]
    edges[:, 0], edges[:, -1] = -np.inf, np.inf
    contested = np.diff(np.interp(edges, _AT, _CDF), axis=1)
    quiet = _binomial(size, 1 - coming.absent)
    share = coming.contested[:, None]
    return np.asarray((share * contested + (1 - share) * quiet).mean(axis=0))


def spread(coming: Coming, groups: Groups) -> Spread:
    """Return where the variance of the yea count comes from.

    Who sits and the treaty's shocks are independent, and given the shocks the expected count is linear in the seats: so
    the mean count of each body over all shocks is exact, and its variance is what the seats contribute.
    """
    size = float(groups.seats[0].sum())
    expected, within = _moments(coming, groups, size)
    between = float(np.var(expected))
    by_body = groups.seats @ expected_yeas(coming, groups)
    seats = min(float(np.var(by_body)), between)
    return Spread(seats, between - seats, float(within.mean()))


def _moments(coming: Coming, groups: Groups, size: float) -> tuple[Float, Float]:
    """Return mean and variance of the count in each draw, contested or not."""
    mean, variance = _contested(coming, groups)
    quiet = 1 - coming.absent
    share, other = coming.contested, 1 - coming.contested
    expected = share * mean + other * size * quiet
    inside = share * variance + other * size * quiet * (1 - quiet)
    return expected, inside + share * other * (mean - size * quiet) ** 2


def _contested(coming: Coming, groups: Groups) -> tuple[Float, Float]:
    """Return mean and variance of the yeas in each draw, given that the vote is contested."""
    yea = (1 - coming.absent[:, None]) * probabilities(coming, groups)
    return np.sum(groups.seats * yea, axis=1), np.sum(groups.seats * yea * (1 - yea), axis=1)


def _binomial(size: int, share: Float) -> Float:
    """Return the binomial law of each draw, (D, N + 1), by logs."""
    counts = np.arange(size + 1)
    ways = np.array([math.lgamma(size + 1) - math.lgamma(k + 1) - math.lgamma(size - k + 1) for k in counts])
    sure = np.clip(share, 1e-12, 1 - 1e-12)[:, None]
    return np.asarray(np.exp(ways + counts * np.log(sure) + (size - counts) * np.log1p(-sure)))


def expected_yeas(coming: Coming, groups: Groups) -> Float:
    """Return each group's probability of saying yea, absences counted as no yea, over all draws, (G,)."""
    each = probabilities(coming, groups)
    share = coming.contested[:, None]
    return np.asarray(((1 - coming.absent[:, None]) * (share * each + 1 - share)).mean(axis=0))
