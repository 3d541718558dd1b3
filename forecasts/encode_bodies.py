"""Who casts a coming vote, in each period of the body: the composition that is known, else seats drawn at random.

A period whose composition was observed has it in every draw. Before that, the newest known body is carried forward: at
each period's start the seats whose term has ended are up (`models.seats`). A member whose ideal point is not known yet
counts as the middle of the party. Members who have said how they would vote are groups of their own while they sit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from forecasts import bodies
from forecasts.definition import FittedVote, Vote
from forecasts.domain import Composition, LedgerView, Seat
from forecasts.encode_chance import Chance, stable_key
from models import seats as seat_models
from models.seats import Changes, Seats
from models.senate_votes import SAID, Groups
from models.world import Float, Int, Key

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Body:
    """Who sits in one period."""

    base: Composition
    """The composition that is known, or from which the seats were drawn."""
    known: bool
    """The composition holds for the whole period; otherwise some seats differ between draws."""
    changing: int
    """Seats that were up since the known composition."""
    groups: Groups
    """As the model of votes reads them; one state, or one for each draw."""
    said: Mapping[str, float]
    """Log-odds of what members have said, by member."""


def period_bodies(vote: Vote, fitted: FittedVote, view: LedgerView | None, chance: Chance) -> tuple[Body, ...]:
    """Return who sits in each period of a body, given what is in force.

    Parameters
    ----------
    vote, fitted
        The vote and its fitted part.
    view
        Compositions and statements in force.
    chance
        Where draws come from.
    """
    held = bodies.compositions(vote, fitted, view)
    said = spoken(vote, view)
    ends = (*(day - _A_DAY for day in vote.periods), date.max)
    known = [bodies.sitting(held, end) for end in ends]
    found: list[Body] = []
    for b, base in enumerate(known):
        if b and base is known[b - 1]:
            continue
        last = next((i for i in range(b, len(known)) if known[i] is not base), len(known))
        found += _run(vote, fitted, base, b, last, said=said, chance=chance)
    return tuple(found)


def spoken(vote: Vote, view: LedgerView | None) -> dict[str, float]:
    """Return the log-odds of what each member has said, by member: firm ones count in full, undecided as nothing."""
    said: dict[str, float] = {}
    for statement in bodies.statements(vote.question, view):
        said[statement.member] = said.get(statement.member, 0.0) + SAID[statement.stance]
    return said


def single_members(fitted: FittedVote, seats: Sequence[Seat], said: Mapping[str, float]) -> Groups:
    """Return the members of a known composition as groups of one seat each, in its order."""
    party, where = parties(fitted, seats), positions(fitted, seats)
    words = np.array([said.get(s.member, 0.0) for s in seats])
    return Groups(where, party.astype(float) - 0.5, words, np.ones((1, len(seats))))


def parties(fitted: FittedVote, seats: Sequence[Seat]) -> Int:
    """Return the side that each member sits with, 0 or 1."""
    return np.array([fitted.parties.index(s.caucus) for s in seats], np.int64)


def positions(fitted: FittedVote, seats: Sequence[Seat]) -> Float:
    """Return each member's ideal point; who has none yet counts as the middle of the party."""
    party = parties(fitted, seats)
    where: Float = np.array([np.nan if s.ideal_point is None else s.ideal_point for s in seats], float)
    for p in (0, 1):
        mine = party == p
        known = where[mine & np.isfinite(where)]
        where[mine & np.isnan(where)] = float(known.mean()) if known.size else 0.0
    return where


def _run(
    vote: Vote,
    fitted: FittedVote,
    base: Composition,
    first: int,
    last: int,
    *,
    said: Mapping[str, float],
    chance: Chance,
) -> list[Body]:
    """Return the bodies of the periods first .. last - 1, which are known by one composition."""
    party, where = parties(fitted, base.seats), positions(fitted, base.seats)
    grid = seat_models.grid(where, party)
    loud = [i for i, s in enumerate(base.seats) if said.get(s.member)]
    apart = np.full(party.size, -1, np.int64)
    apart[loud] = grid.ideal_point.size + np.arange(len(loud))
    days = [base.since, *vote.periods[first : last - 1]]
    up = _elections(fitted, base, days)
    seats = Seats(
        party=party,
        apart=apart,
        open=np.array([s.leaving for s in base.seats], bool),
        split=seat_models.split_states([s.state for s in base.seats], party),
        up=up,
        held_key=_keys(vote, base, days, "held"),
        place_key=_keys(vote, base, days, "place"),
    )
    counts = seat_models.seat_counts(seats, grid, _changes(vote, fitted, first, last, chance), seed=chance.seed)
    words = np.array([*[0.0] * grid.ideal_point.size, *(said[base.seats[i].member] for i in loud)])
    points = np.concatenate([grid.ideal_point, where[loud]])
    sides = np.concatenate([grid.party, party[loud]]) - 0.5
    changed = up.cumsum(axis=0) > 0
    return [
        Body(base, not changed[i].any(), int(changed[i].sum()), Groups(points, sides, words, state), said)
        for i in range(last - first)
        for state in [counts[i] if changed[i].any() else counts[i, :1]]
    ]


def _elections(fitted: FittedVote, base: Composition, days: Sequence[date]) -> NDArray[np.bool_]:
    """Return which seats are up before each of the days, (B, N); none before the first, from which they are known."""
    up = np.zeros((len(days), len(base.seats)), bool)
    ends = [s.term_end for s in base.seats]
    for b, day in enumerate(days[1:], start=1):
        for i, end in enumerate(ends):
            if end <= day:
                up[b, i] = True
                ends[i] = day.replace(year=day.year + fitted.renewal.term_years)
    return up


def _keys(vote: Vote, base: Composition, days: Sequence[date], what: str) -> Key:
    names = [[("seat", vote.question, s.state, s.member, d.isoformat(), what) for s in base.seats] for d in days]
    return np.array([[stable_key(*name) for name in row] for row in names], np.uint64)


def _changes(vote: Vote, fitted: FittedVote, first: int, last: int, chance: Chance) -> Changes:
    """Return the draws of how readily seats change hands, with the swings of the periods first + 1 .. last - 1."""
    renewal, name = fitted.renewal, vote.question
    keep = chance.probability(renewal.keep, f"seats keep:{name}")
    swing = np.zeros((chance.count, last - first))
    for b in range(first + 1, last):
        swing[:, b - first] = chance.real(renewal.swing[b - 1], f"swing:{name}:{vote.periods[b - 1]}")
    return Changes(
        keep=np.log(keep) - np.log1p(-keep),
        open=chance.real(renewal.open, f"seats open:{name}"),
        split=chance.real(renewal.split, f"seats split:{name}"),
        swing=swing,
    )
