"""The gates of a coming vote for all draws of a run at once, under several classes of terms.

The same numbers as `models.senate_votes.gate`, made for many of them: a member's probability of a yea, the own effect
integrated out, is read off a table for each row of the fit instead of being integrated anew, and so is the normal law.
Between their points the tables are linear; a gate is within 2e-4 of the other's (tests/models/test_senate_gates.py).

Axes: D draws, R rows of the fit, G groups of members, C classes of terms, S states of the composition (1 or D).
"""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from models.compiled import compiled, lean
from models.senate_kernels import OWN_POINTS, OWN_WEIGHTS, believed
from models.senate_votes import Coming, Groups
from models.threads import in_threads
from models.world import Float, Int

FURTHEST = 16.0
"""Log-odds at which the table ends; beyond them a member is as good as decided."""
STEP = 1.0 / 16.0
WIDEST = 8.0
"""Standard deviations at which the normal law's table ends."""
PER_UNIT = 64.0
LEAST = 1e-6
"""Numbers of absent members that together are less likely than this are left out."""
_ROWS = 64
"""Rows of a table that are made at a time."""
_AT = np.arange(-WIDEST, WIDEST + 1.5 / PER_UNIT, 1.0 / PER_UNIT)
_NORMAL = np.array(
    [[0.5 * math.erfc(-x / math.sqrt(2)), math.exp(-x * x / 2) / math.sqrt(2 * math.pi)] for x in _AT]
).T.copy()


def yea_table(spread: Float) -> Float:
    """Return the probability of a yea by log-odds in the middle, (R, M), for each row's own effects.

    Parameters
    ----------
    spread
        (R,) standard deviation of members' own effects.
    """
    return _yea_table(np.ascontiguousarray(spread, float).tobytes())


@lru_cache(maxsize=4)
def _yea_table(spread: bytes) -> Float:
    """Return the table of a fit, made once: a pilot run and the run itself read the same.

    The own effects are symmetric about 0, so the probabilities at -x and x add up to 1.
    """
    spreads, upper = np.frombuffer(spread), np.arange(0.0, FURTHEST + STEP / 2, STEP)
    out = np.empty((spreads.size, 2 * upper.size - 1))

    def fill(k: int) -> None:
        rows = slice(k * _ROWS, (k + 1) * _ROWS)
        shifted = upper[None, :, None] + spreads[rows, None, None] * OWN_POINTS
        out[rows, upper.size - 1 :] = (OWN_WEIGHTS / (1 + np.exp(-shifted))).sum(axis=-1)

    in_threads(fill, range(-(-spreads.size // _ROWS)), 2)
    out[:, : upper.size - 1] = 1 - out[:, : upper.size - 1 : -1]
    return out


def gates(comings: Sequence[Coming], groups: Groups, *, row: Int, table: Float, threads: int = 1) -> Float:
    """Return the probability that two thirds of those voting consent and a majority of the members votes, (D, C).

    Parameters
    ----------
    comings
        The coming vote under each class of terms; they differ in `slope` alone.
    groups
        Who sits.
    row, table
        (D,) row of the fit that each draw uses, and `yea_table` of the fit.
    threads
        No number depends on it.
    """
    first, count = comings[0], comings[0].middle.size
    slope = np.stack([c.slope for c in comings], axis=1)
    out = np.empty((count, len(comings)))
    arrays = (
        first.middle,
        slope,
        first.gap,
        first.absent,
        first.contested,
        row,
        table,
        groups.ideal_point,
        groups.side,
        groups.said,
        groups.seats,
        _NORMAL,
        round(float(groups.seats[0].sum())),
        out,
    )
    bounds = np.linspace(0, count, 4 * threads + 1).astype(int).tolist()
    in_threads(lambda k: _fill(*arrays, bounds[k], bounds[k + 1]), range(4 * threads), threads)
    return out


@lean
def _yea(table: Float, row: int, log_odds: float) -> float:
    """Return the table's value, linear between its points."""
    place = (min(max(log_odds, -FURTHEST), FURTHEST) + FURTHEST) / STEP
    below = min(int(place), table.shape[1] - 2)
    part = place - below
    return float(table[row, below] * (1.0 - part) + table[row, below + 1] * part)


@lean
def _absences(pmf: Float, members: int, absent: float) -> int:
    """Fill the probabilities of 0, 1, ... absences, up to a majority, and return how many matter."""
    share = min(max(absent, 0.0), 0.999)
    odds = share / (1.0 - share)
    pmf[0] = (1.0 - share) ** members
    left, away = 1.0 - pmf[0], 0
    while 2 * (members - away - 1) > members and (left > LEAST or away < members * share):
        pmf[away + 1] = pmf[away] * odds * (members - away) / (away + 1.0)
        away += 1
        left -= pmf[away]
    return away + 1


@lean
def _consent(  # noqa: PLR0917
    pmf: Float, away: int, members: int, nay: float, square: float, third: float, normal: Float
) -> float:
    """Return P(two thirds of those voting say yea), as `senate_kernels.consent` does.

    `nay`, `square`: means over members of the probability q of a nay and of q^2; `third`: sum of q (1 - q) (1 - 2 q).
    """
    within, between = nay - square, max(square - nay * nay, 0.0)
    total = 0.0
    for a in range(away):
        voting = members - a
        part = voting / members
        sd = np.sqrt(max(voting * (within + between * (1.0 - part)), 1e-12))
        x = (voting // 3 + 0.5 - voting * nay) / sd
        if x >= WIDEST:
            total += pmf[a]
        elif x > -WIDEST:
            place = (x + WIDEST) * PER_UNIT
            below = int(place)
            rest = place - below
            tail = normal[0, below] * (1.0 - rest) + normal[0, below + 1] * rest
            density = normal[1, below] * (1.0 - rest) + normal[1, below + 1] * rest
            tail += part * third / (sd * sd * sd) * (1.0 - x * x) * density / 6.0
            total += pmf[a] * min(max(tail, 0.0), 1.0)
    return total


@compiled
def _fill(  # noqa: PLR0917 -- compiled functions take arrays by position
    middle: Float,
    slope: Float,
    gap: Float,
    absent: Float,
    contested: Float,
    row: Int,
    table: Float,
    position: Float,
    side: Float,
    said: Float,
    seats: Float,
    normal: Float,
    members: int,
    out: Float,
    first: int,
    last: int,
) -> None:
    """Fill (D, C) for the draws first .. last - 1."""
    pmf = np.empty(members + 1)
    for d in range(first, last):
        state = d if seats.shape[0] > 1 else 0
        away = _absences(pmf, members, absent[d])
        for terms in range(out.shape[1]):
            mean, square, third = 0.0, 0.0, 0.0
            for g in range(position.size):
                number = seats[state, g]
                if number == 0.0:
                    continue
                log_odds = middle[d] + slope[d, terms] * position[g] + gap[d] * side[g]
                yea = believed(_yea(table, row[d], log_odds), said[g])
                nay = 1.0 - yea
                mean += number * nay
                square += number * nay * nay
                third += number * nay * yea * (yea - nay)
            passes = _consent(pmf, away, members, mean / members, square / members, third, normal)
            out[d, terms] = 1.0 - contested[d] * (1.0 - min(passes, 1.0))
