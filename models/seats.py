"""Who sits after the elections to come: seats that change hands, at random, until the new body is known.

Before each period some seats are up. The party of a seat keeps it with log-odds

    keep + open (the holder does not stand) + split (the state's other seats are not of the party) +- swing

where swing moves all seats of an election toward one party. Who stands and wins is the same member as before; any other
winner is a newcomer, whose ideal point is that of a member of the party drawn at random. Whoever sits is spread over
few points of the ideal points' range (`Grid`), so that a body is a vector of counts: a member between two points counts
at both in proportion, which keeps the mean, and is exact for what is linear between the points.

Axes: D draws, B bodies (one a period), N seats, G groups: the grid's points, then members counted apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.budgets import future_base, uniform
from models.compiled import compiled
from models.threads import in_threads
from models.world import Float, Int, Key

POINTS = 5
"""Points of the grid for each party."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Points that stand for the ideal points of two parties, party 0 first."""

    ideal_point: Float
    """(G,) rising within a party."""
    party: Int
    """(G,) 0 or 1."""
    node: Int
    """(N,) the lower point beside each member's ideal point; the next one is the upper."""
    share: Float
    """(N,) part of the member that counts at the lower point."""


@dataclass(frozen=True, slots=True)
class Seats:
    """The seats of a body as it is known, and when each is up."""

    party: Int
    """(N,) 0 or 1."""
    apart: Int
    """(N,) group of its own for a member who is counted apart (G, G + 1, ...), or -1."""
    open: NDArray[np.bool_]
    """(N,) the holder does not stand again."""
    split: NDArray[np.bool_]
    """(N,) another seat of the state belongs to the other party."""
    up: NDArray[np.bool_]
    """(B, N) the seat is up at the election before each body; the first row is the body as it is known."""
    held_key: Key
    """(B, N) luck of who wins."""
    place_key: Key
    """(B, N) luck of a newcomer's ideal point."""


@dataclass(frozen=True, slots=True)
class Changes:
    """How readily seats change hands; log-odds."""

    keep: Float
    """(D,)"""
    open: Float
    """(D,)"""
    split: Float
    """(D,)"""
    swing: Float
    """(D, B) toward party 1."""


def grid(ideal_point: Float, party: Int, *, points: int = POINTS) -> Grid:
    """Return equally spaced points over each party's range, and where its members lie between them.

    Parameters
    ----------
    ideal_point, party
        (N,) of all members.
    points
        For each party, at least 2.

    Raises
    ------
    ValueError
        When an ideal point is missing, or a party has no member: nothing is known of its newcomers.
    """
    if not np.isfinite(ideal_point).all():
        raise ValueError("every member needs an ideal point")
    node, share, where = np.zeros(party.size, np.int64), np.ones(party.size), []
    for p in (0, 1):
        mine = np.flatnonzero(party == p)
        if not mine.size:
            raise ValueError(f"party {p} has no member")
        low, high = float(ideal_point[mine].min()), float(ideal_point[mine].max())
        high = max(high, low + 1e-6)
        step = (high - low) / (points - 1)
        place = np.clip((ideal_point[mine] - low) / step, 0.0, points - 1.0)
        below = np.minimum(place.astype(np.int64), points - 2)
        node[mine], share[mine] = below + p * points, 1.0 - (place - below)
        where.append(np.linspace(low, high, points))
    return Grid(np.concatenate(where), np.repeat([0, 1], points), node, share)


def seat_counts(seats: Seats, where: Grid, changes: Changes, *, seed: int, threads: int = 1) -> Float:
    """Return how many seats each group has, in each body and draw.

    Parameters
    ----------
    seats, where, changes
        The known body, its ideal points on a grid, and how readily seats change hands.
    seed
        Of the elections' luck: keyed by draw, seat and day, so a body that becomes known leaves the others' luck alone.
    threads
        No number depends on it.

    Returns
    -------
    (B, D, G) counts; every draw of a body sums to N.
    """
    count, bodies = changes.keep.size, seats.up.shape[0]
    groups = max(int(seats.apart.max(initial=-1)) + 1, where.ideal_point.size)
    out = np.zeros((bodies, count, groups))
    members = [np.flatnonzero(seats.party == p) for p in (0, 1)]
    arrays = (
        seats.party,
        seats.apart,
        seats.open,
        seats.split,
        seats.up,
        seats.held_key,
        seats.place_key,
        where.node,
        where.share,
        members[0],
        members[1],
        changes.keep,
        changes.open,
        changes.split,
        changes.swing,
    )
    bounds = np.linspace(0, count, 4 * threads + 1).astype(int).tolist()
    in_threads(lambda k: _fill(*arrays, np.uint64(seed), bounds[k], bounds[k + 1], out), range(4 * threads), threads)
    return out


def split_states(state: Sequence[str], party: Int) -> NDArray[np.bool_]:
    """Return which seats share their state with a seat of another party, (N,)."""
    parties: dict[str, set[int]] = {}
    for name, p in zip(state, party.tolist(), strict=True):
        parties.setdefault(name, set()).add(p)
    return np.array([len(parties[name]) > 1 for name in state], bool)


@compiled
def _add(  # noqa: PLR0917
    count: Float, person: int, seats: float, size: int, apart: Int, node: Int, share: Float
) -> None:
    """Add seats of one person: a member (below `size`), or a newcomer like the member `person - size`."""
    who = person % size
    if person < size and apart[who] >= 0:
        count[apart[who]] += seats
        return
    count[node[who]] += seats * share[who]
    count[node[who] + 1] += seats * (1.0 - share[who])


@compiled
def _fill(  # noqa: PLR0917 -- compiled functions take arrays by position
    party: Int,
    apart: Int,
    leaving: NDArray[np.bool_],
    split: NDArray[np.bool_],
    up: NDArray[np.bool_],
    held_key: Key,
    place_key: Key,
    node: Int,
    share: Float,
    members_0: Int,
    members_1: Int,
    keep: Float,
    open_shift: Float,
    split_shift: Float,
    swing: Float,
    seed: np.uint64,
    first: int,
    last: int,
    out: Float,
) -> None:
    """Fill (B, D, G) for the draws first .. last - 1."""
    bodies, size = up.shape
    groups = out.shape[2]
    side, person = np.empty(size, np.int64), np.empty(size, np.int64)
    known, count = np.zeros(groups), np.empty(groups)
    for i in range(size):
        _add(known, i, 1.0, size, apart, node, share)
    for d in range(first, last):
        base = future_base(seed, d, 0)
        side[:] = party
        count[:] = known
        for i in range(size):
            person[i] = i
        for b in range(bodies):
            for i in range(size):
                if not up[b, i]:
                    continue
                stands = person[i] != i or not leaving[i]
                odds = keep[d] + (swing[d, b] if side[i] == 1 else -swing[d, b])
                odds += (0.0 if stands else open_shift[d]) + (split_shift[d] if split[i] else 0.0)
                kept = uniform(base, held_key[b, i]) * (1.0 + np.exp(-odds)) < 1.0
                if kept and stands:
                    continue
                if not kept:
                    side[i] = 1 - side[i]
                like = members_1 if side[i] == 1 else members_0
                _add(count, person[i], -1.0, size, apart, node, share)
                person[i] = size + like[int(uniform(base, place_key[b, i]) * like.size)]
                _add(count, person[i], 1.0, size, apart, node, share)
            for g in range(groups):
                out[b, d, g] = max(count[g], 0.0)
