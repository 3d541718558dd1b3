"""Histories as the Senate model's story tells them: for predictive checks, recovery and calibration."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from models.senate_history import NAY, NEITHER, SPELL, YEA, History, Members, Tallies
from models.senate_predictive import Held, ballots, contested_nays, token_nays
from models.world import Float

TURNOVER = 3
"""People for each seat over all votes."""


def chambers(votes: int, *, types: int, people: int = 100, seed: int = 1) -> History:
    """Return votes of known members, still to be held: types, presidents and spells in turn.

    Each vote's body is drawn anew from a pool `TURNOVER` times as large: were it always the same, its members' mean
    effect and the votes' own level could not be told apart.
    """
    rng = np.random.default_rng(seed)
    pool = TURNOVER * people
    side = np.where(np.arange(pool) % 2 == 0, 0.5, -0.5)
    place = np.where(side > 0, 0.35, -0.3) + rng.normal(0, 0.15, pool)
    person = np.stack([np.sort(rng.choice(pool, people, replace=False)) for _ in range(votes)])
    shape, index = (votes, people), np.arange(votes)
    zeros = np.zeros((votes, 3))
    members = Members(
        vote=np.full(shape, NEITHER, np.int8),
        person=person,
        ideal_point=place[person],
        side=side[person],
        present=np.ones(shape, np.bool_),
        names=tuple(f"s{i}" for i in range(pool)),
    )
    centre, within = np.tile([-0.3, 0.35], (votes, 1)), np.full((votes, 2), 0.15)
    return History(
        votes=tuple(f"v{i}" for i in index),
        types=tuple(f"t{k}" for k in range(types)),
        type=index % types,
        president=np.where(index // types % 2 == 0, 1.0, -1.0),
        spell=index * 3 // votes,
        seats=np.full(votes, float(people)),
        voting=np.zeros(votes),
        nays=np.zeros(votes),
        members=members,
        tallies=Tallies(zeros, zeros, zeros, centre, within),
    )


def replicated(history: History, parameters: Mapping[str, Float], *, rng: np.random.Generator) -> History:
    """Return the votes of a history held again, by the same senators, under one draw of the parameters.

    Parameters
    ----------
    history
        Votes known by member; who sits, types, presidents and spells are kept, votes and absences drawn.
    parameters
        One draw by name of `senate_predictive.PARAMETERS` without the axis of draws, and `practice`, `absence` (T,).
    rng
        Luck.
    """
    one = {name: np.asarray(value)[None] for name, value in parameters.items()}
    vote = np.full_like(history.members.vote, NEITHER)
    for v in range(len(history.votes)):
        there = history.members.present[v]
        spell = history.spell[v]
        now = {"practice_now": one["practice"][:, spell], "absence_now": one["absence"][:, spell]}
        forecast = ballots(one | now, held(history, v), rng=rng)
        contested = rng.random() < forecast.contested[0]
        votes = rng.random(int(there.sum())) >= forecast.absent[0, int(contested)]
        nay = forecast.nay[:, votes]
        no = contested_nays(nay, rng=rng) if contested else token_nays(forecast.token, nay, rng=rng)
        cast = np.full(votes.size, NEITHER, np.int8)
        cast[votes] = np.where(no[0], NAY, YEA)
        vote[v, there] = cast
    return with_votes(history, replace(history.members, vote=vote))


def held(history: History, v: int) -> Held:
    """Return what was known of one past vote before it was held, its spell's practice taken as known."""
    m, there = history.members, history.members.present[v]
    return Held(
        kind=int(history.type[v]),
        president=float(history.president[v]),
        years=-SPELL / 2,  # no step of practice between the fit and the vote
        ideal_point=m.ideal_point[v, there],
        side=m.side[v, there],
        person=m.person[v, there],
    )


def with_votes(history: History, members: Members) -> History:
    """Return the history with other votes of the same members, its counts made to agree."""
    voting = (members.vote != NEITHER).sum(axis=1).astype(float)
    nays = (members.vote == NAY).sum(axis=1).astype(float)
    return replace(history, members=members, voting=voting, nays=nays)


def as_tallies(history: History) -> History:
    """Return the same votes known by party only."""
    m, t = history.members, history.tallies
    sides = (0.5, -0.5, 0.0)
    yeas, nays = (
        np.stack([((m.vote == cast) & (m.side == s)).sum(axis=1) for s in sides], axis=1).astype(float)
        for cast in (YEA, NAY)
    )
    share = np.tile([1.0, 0.0, 0.5], (len(history.votes), 1))
    nobody = replace(m, vote=np.full_like(m.vote, NEITHER), present=np.zeros_like(m.present), names=())
    tallies = Tallies(yeas, nays, share, t.centre, t.within)
    return replace(history, members=nobody, tallies=tallies)
