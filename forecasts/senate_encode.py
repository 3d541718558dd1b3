"""Roll calls as the arrays that the Senate model reads."""

from collections.abc import Sequence

import numpy as np

from forecasts import senate_facts
from forecasts.senate_tables import PARTIES, Ballot, RollCall
from models.senate_history import NAY, NEITHER, SPELL, YEA, History, Members, Tallies
from models.world import Float

SIDE = {"R": 0.5, "D": -0.5, "I": 0.0}
"""Republicans are party 1; a senator of neither party stands between them."""
_CAST = {"yea": YEA, "nay": NAY, "absent": NEITHER}


def history(calls: Sequence[RollCall], *, types: Sequence[str] | None = None) -> History:
    """Return the model's arrays of some roll calls, in their order.

    Parameters
    ----------
    calls
        Votes, those taken en bloc as one already (`senate_tables.en_bloc`).
    types
        Types of treaty to number; by default those of the calls, in alphabetical order.
    """
    kinds = tuple(types) if types is not None else tuple(sorted({c.type for c in calls}))
    last = max(c.day for c in calls)
    back = np.array([int((last - c.day).days / (365.25 * SPELL)) for c in calls])
    return History(
        votes=tuple(f"{c.day} {c.id}" for c in calls),
        types=kinds,
        type=np.array([kinds.index(c.type) for c in calls]),
        president=np.array([1.0 if c.president == "R" else -1.0 for c in calls]),
        spell=back.max() - back,
        seats=np.array([c.seats for c in calls], float),
        voting=np.array([c.yeas + c.nays for c in calls], float),
        nays=np.array([c.nays for c in calls], float),
        members=members(calls),
        tallies=_tallies(calls),
    )


def members(calls: Sequence[RollCall]) -> Members:
    """Return who was there in each vote and how they voted."""
    width = max((len(c.ballots) for c in calls), default=0)
    names = tuple(sorted({b.senator for c in calls for b in c.ballots}))
    number = {name: n for n, name in enumerate(names)}
    shape = (len(calls), width)
    vote, person = np.full(shape, NEITHER, np.int8), np.zeros(shape, np.int64)
    place, side, present = np.zeros(shape), np.zeros(shape), np.zeros(shape, np.bool_)
    for v, call in enumerate(calls):
        seats = slice(len(call.ballots))
        vote[v, seats] = [_CAST[b.cast] for b in call.ballots]
        person[v, seats] = [number[b.senator] for b in call.ballots]
        place[v, seats] = [_place(b, call) for b in call.ballots]
        side[v, seats] = [SIDE[b.party] for b in call.ballots]
        present[v, seats] = True
    return Members(vote, person, place, side, present, names)


def _place(ballot: Ballot, call: RollCall) -> float:
    """Return a senator's ideal point; that of the party at the time where it is missing."""
    if ballot.ideal_point is not None:
        return ballot.ideal_point
    return float(np.interp(SIDE[ballot.party], [-0.5, 0.5], senate_facts.places(call.day).centre))


def _tallies(calls: Sequence[RollCall]) -> Tallies:
    cells = len(PARTIES)
    yeas, nays, share = (np.zeros((len(calls), cells)) for _ in range(3))
    for v, call in enumerate(calls):
        share[v] = [SIDE[p] + 0.5 for p in PARTIES]
        if call.ballots:
            continue
        if call.split:
            yeas[v], nays[v] = np.array(call.split, float).T
        else:
            yeas[v, 0], nays[v, 0], share[v, 0] = call.yeas, call.nays, 0.5
    places = [senate_facts.places(c.day) for c in calls]
    return Tallies(yeas, nays, share, _pairs([p.centre for p in places]), _pairs([p.within for p in places]))


def _pairs(values: list[tuple[float, float]]) -> Float:
    return np.array(values, float).reshape(-1, 2)
