"""The compiled loops of a coming vote: probabilities of groups of members, and whether two thirds consent.

A group is a number of seats that the model cannot tell apart. Given everything that members share, their votes are
independent, each member's own effect integrated out by Gauss and Hermite's rule; so the number of nays is a sum of
independent indicators (Poisson-binomial), and its tail a normal one refined by the third moment (Volkova 1996, Theory
of Probability and its Applications 40:791). Every number present is summed over exactly, because the largest number of
nays that two thirds allow jumps with it.

Axes: D draws, G groups of members, S states of the composition (1 or D).
"""

import math

import numpy as np

from models.compiled import compiled, lean
from models.world import Float

_NODES = 7
OWN_POINTS, _weights = np.polynomial.hermite_e.hermegauss(_NODES)
OWN_WEIGHTS = _weights / _weights.sum()
"""Gauss and Hermite's rule for a standard normal: 7 points, within 4e-5 of the mean of a logistic for sd up to 1.5."""
_LEAST = 1e-5
"""Numbers of absent members less likely than this are left out."""
_CERTAIN = 8.0
"""Standard deviations from the threshold beyond which the number of absences cannot matter either."""
_FEW_ABSENT = 0.25
"""Share of absences up to which a majority of a body of 50 or more always votes."""


@lean
def fill_own(spread: float, points: Float, out: Float) -> None:
    """Fill the factors on the odds of a nay that a member's own effect has at the rule's points."""
    for k in range(points.size):
        out[k] = math.exp(-spread * points[k])


@lean
def yea_probability(log_odds: float, own: Float, weights: Float) -> float:
    """Return the mean over members' own effects (`fill_own`) of the probability of a yea."""
    against = math.exp(min(max(-log_odds, -300.0), 300.0))
    total = 0.0
    for k in range(own.size):
        total += weights[k] / (1.0 + against * own[k])
    return total


@lean
def believed(probability: float, said: float) -> float:
    """Return the probability after a statement whose odds of coming from a yea are exp(said) to 1."""
    if said == 0.0:
        return probability
    ratio = math.exp(said)
    return probability * ratio / (probability * ratio + 1.0 - probability)


@lean
def refined_normal(nays: float, mean: float, variance: float, third: float) -> float:
    """Return P(at most this many) of a Poisson-binomial number, from its first three central moments."""
    sd = math.sqrt(max(variance, 1e-12))
    x = (nays + 0.5 - mean) / sd
    if abs(x) > _CERTAIN:
        return 1.0 if x > 0.0 else 0.0
    tail = 0.5 * math.erfc(-x / math.sqrt(2.0))
    skew = third / (sd * sd * sd)
    tail += skew * (1.0 - x * x) * math.exp(-0.5 * x * x) / (6.0 * math.sqrt(2.0 * math.pi))
    return min(max(tail, 0.0), 1.0)


@lean
def consent(seats: float, absent: float, sums: Float) -> float:
    """Return P(two thirds of those voting say yea, and a majority of the members vote).

    Parameters
    ----------
    seats
        Members N.
    absent
        Probability that a member does not vote.
    sums
        Over seats, of the probability of a nay q: q, q^2, q (1 - q) (1 - 2 q).
    """
    members = round(seats)
    mean_nay, mean_square = sums[0] / seats, sums[1] / seats
    within, between = mean_nay - mean_square, max(mean_square - mean_nay * mean_nay, 0.0)
    margin = members / 3.0 - members * mean_nay
    if absent <= _FEW_ABSENT and abs(margin) > 1.0 + _CERTAIN * math.sqrt(members * (within + between)):
        return 1.0 if margin > 0.0 else 0.0
    share = min(absent, 0.999)
    chance = (1.0 - share) ** members
    total, left = 0.0, 1.0
    for away in range(members + 1):
        voting = members - away
        if 2 * voting <= members or (left < _LEAST and away > members * share):
            break
        if chance > _LEAST:
            part = voting / members
            variance = voting * (within + between * (1.0 - part))
            total += chance * refined_normal(voting // 3, voting * mean_nay, variance, part * sums[2])
        left -= chance
        chance *= share / (1.0 - share) * (members - away) / (away + 1.0)
    return total


@compiled
def fill_gates(  # noqa: PLR0917
    middle: Float,
    slope: Float,
    gap: Float,
    spread: Float,
    absent: Float,
    contested: Float,
    position: Float,
    side: Float,
    said: Float,
    seats: Float,
    points: Float,
    weights: Float,
    out: Float,
) -> None:
    """Fill (D,): the probability that two thirds consent; a vote that is not contested passes."""
    sums, own = np.zeros(3), np.empty(points.size)
    for d in range(out.size):
        fill_own(spread[d], points, own)
        state = d if seats.shape[0] > 1 else 0
        sums[:] = 0.0
        members = 0.0
        for g in range(position.size):
            number = seats[state, g]
            if number == 0.0:
                continue
            log_odds = middle[d] + slope[d] * position[g] + gap[d] * side[g]
            yea = believed(yea_probability(log_odds, own, weights), said[g])
            nay = 1.0 - yea
            members += number
            sums[0] += number * nay
            sums[1] += number * nay * nay
            sums[2] += number * nay * yea * (yea - nay)
        out[d] = 1.0 - contested[d] * (1.0 - consent(members, absent[d], sums))


@compiled
def fill_probabilities(  # noqa: PLR0917
    middle: Float,
    slope: Float,
    gap: Float,
    spread: Float,
    position: Float,
    side: Float,
    said: Float,
    points: Float,
    weights: Float,
    out: Float,
) -> None:
    """Fill (D, G): each group's probability of a yea in a contested vote, its statement taken into account."""
    own = np.empty(points.size)
    for d in range(out.shape[0]):
        fill_own(spread[d], points, own)
        for g in range(position.size):
            log_odds = middle[d] + slope[d] * position[g] + gap[d] * side[g]
            out[d, g] = believed(yea_probability(log_odds, own, weights), said[g])


@compiled
def fill_statement_likelihood(  # noqa: PLR0917
    middle: Float,
    slope: Float,
    gap: Float,
    spread: Float,
    position: Float,
    side: Float,
    said: Float,
    points: Float,
    weights: Float,
    out: Float,
) -> None:
    """Fill (D,): log likelihood of all statements in a contested vote, each relative to a statement that says nothing.

    A statement with odds exp(said) has probability s from a yea and 1 - s from a nay, s = 1 / (1 + exp(-said)).
    """
    own = np.empty(points.size)
    for d in range(out.size):
        fill_own(spread[d], points, own)
        total = 0.0
        for g in range(position.size):
            if said[g] != 0.0:
                yea = yea_probability(middle[d] + slope[d] * position[g] + gap[d] * side[g], own, weights)
                true = 1.0 / (1.0 + math.exp(-said[g]))
                total += math.log(2.0 * (yea * true + (1.0 - yea) * (1.0 - true)))
        out[d] = total


@compiled
def add_nay_counts(nay: Float, absent: Float, weight: Float, work: Float, out: Float) -> None:
    """Add each draw's exact joint law of nays and absences, by weight, to (G + 1, A): row nays, column absences.

    Parameters
    ----------
    nay
        (D, G) probability of a nay of each single member who votes.
    absent, weight
        (D,) probability that a member does not vote; weight of the draw.
    work
        (G + 1, A) scratch; A - 1 or more absences are left out.
    """
    columns = work.shape[1]
    for d in range(nay.shape[0]):
        work[:] = 0.0
        work[0, 0] = 1.0
        away = absent[d]
        for g in range(nay.shape[1]):
            no = (1.0 - away) * nay[d, g]
            yes = (1.0 - away) * (1.0 - nay[d, g])
            for n in range(g + 1, -1, -1):
                for a in range(min(g + 1 - n, columns - 1), -1, -1):
                    value = work[n, a] * yes
                    if n > 0:
                        value += work[n - 1, a] * no
                    if a > 0:
                        value += work[n, a - 1] * away
                    work[n, a] = value
        for n in range(work.shape[0]):
            for a in range(columns):
                out[n, a] += weight[d] * work[n, a]
