"""What a page shows of a coming vote: each member, the yea count, two thirds, and who casts the deciding vote.

All of it is read off the same draws; members are single here, never groups (`senate_votes.members`).
"""

from dataclasses import dataclass

import numpy as np

from models import senate_kernels
from models.senate_votes import Coming, Groups, probabilities
from models.world import Float, Int

QUORUM = 0.5
"""A larger share of the members has to vote."""


@dataclass(frozen=True, slots=True)
class Chamber:
    """A coming vote, member by member; G members."""

    two_thirds: float
    """Probability that two thirds of those voting consent and a quorum votes."""
    member: Float
    """(G,) probability of a yea if the member votes."""
    yeas: Float
    """(G + 1,) probability of each number of yeas."""
    pivotal: Float
    """(G,) probability that the member is the one whose consent completes two thirds, in order of inclination; sums
    to 1."""


def chamber(coming: Coming, members: Groups, *, rng: np.random.Generator) -> Chamber:
    """Return the vote of single members.

    Yea counts and two thirds are exact in each draw (the joint law of nays and absences by dynamic programming); who is
    pivotal is simulated, one vote a draw.

    Raises
    ------
    ValueError
        When a group is not a single member.
    """
    if members.seats.shape[0] != 1 or not np.all(members.seats == 1):
        raise ValueError("single members, one seat each, are needed")
    each = probabilities(coming, members)
    counts = joint_counts(each, coming)
    member = 1 - (coming.contested[:, None] * (1 - each)).mean(axis=0)
    return Chamber(consent_of(counts), member, yea_law(counts), pivotal(each, coming, rng=rng))


def joint_counts(each: Float, coming: Coming) -> Float:
    """Return the probability of (nays, absences), (G + 1, A), the mean over draws.

    Where a vote is not contested nobody votes nay.

    Parameters
    ----------
    each
        (D, G) probability of a yea of each member who votes, in a contested vote.
    coming
        The vote in each draw.
    """
    draws = each.shape[0]
    contested = count_law(1 - each, coming.absent, coming.contested / draws)
    return contested + count_law(np.zeros_like(each), coming.absent, (1 - coming.contested) / draws)


def count_law(nay: Float, absent: Float, weight: Float) -> Float:
    """Return the law of (nays, absences) of independent members, (G + 1, A), a sum over draws by weight.

    A is as large as it has to be: what is left out has a probability below 1e-6 in every draw.

    Parameters
    ----------
    nay
        (D, G) probability of a nay of each member who votes.
    absent, weight
        (D,) probability that a member does not vote; weight of the draw.
    """
    size = nay.shape[1]
    columns = _most_absent(size, float(absent.max()))
    out, work = np.zeros((size + 1, columns)), np.zeros((size + 1, columns))
    senate_kernels.add_nay_counts(np.ascontiguousarray(nay), np.ascontiguousarray(absent), weight, work, out)
    return out


def yea_law(counts: Float) -> Float:
    """Return the law of the number of yeas, (G + 1,), from that of nays and absences, (G + 1, A)."""
    yeas, _ = _yeas_and_nays(counts)
    law = np.bincount(yeas[yeas >= 0], weights=counts[yeas >= 0], minlength=counts.shape[0])
    return law / law.sum()


def consent_of(counts: Float) -> float:
    """Return the probability of two thirds of those voting with a quorum, from the law of nays and absences."""
    yeas, nays = _yeas_and_nays(counts)
    consents = (yeas >= 2 * nays) & (yeas + nays > QUORUM * (counts.shape[0] - 1))
    return float(counts[consents].sum() / counts.sum())


def _yeas_and_nays(counts: Float) -> tuple[Int, Int]:
    size = counts.shape[0] - 1
    nays, absences = np.meshgrid(np.arange(size + 1), np.arange(counts.shape[1]), indexing="ij")
    return size - nays - absences, nays


def pivotal(each: Float, coming: Coming, *, rng: np.random.Generator) -> Float:
    """Return the probability that each member completes two thirds when members consent in order of inclination, (G,).

    In a simulated contested vote a member's inclination is the log-odds given what is shared, the own effect and a
    logistic error: yea where above 0. Among those who vote, ranked by inclination, the one at place ceil(2 n / 3) has
    to be won for consent. A statement moves the member's log-odds.
    """
    draws, size = each.shape
    sure = np.clip(each, 1e-12, 1 - 1e-12)
    log_odds = np.log(sure) - np.log1p(-sure)
    # the own effect is integrated out of `each`, so one logistic error with these odds has the right law
    inclination = log_odds + rng.logistic(size=each.shape)
    votes = rng.random(each.shape) >= coming.absent[:, None]
    ranked = np.argsort(np.where(votes, -inclination, np.inf), axis=1)
    needed = np.ceil(2 * votes.sum(axis=1) / 3).astype(int)
    last = ranked[np.arange(draws), np.maximum(needed - 1, 0)]
    return np.bincount(last, weights=coming.contested, minlength=size) / coming.contested.sum()


def _most_absent(size: int, absent: float) -> int:
    """Return a number of absences that is reached with a probability below 1e-6 (Chernoff's bound)."""
    for number in range(int(size * absent) + 1, size):
        share = number / size
        divergence = share * np.log(share / absent) + (1 - share) * np.log((1 - share) / (1 - absent))
        if np.exp(-size * divergence) < 1e-6:
            return number
    return size + 1
