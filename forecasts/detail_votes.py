"""What a fitted vote says of its members, for the detail of a snapshot: who would consent, how many, who decides.

All of it is read off some of the run's draws, taken in proportion to the weight of the futures in which the vote is
held: so the numbers are those of the board *if it comes to the vote*, evidence and history included. Which terms are in
force by then is known for each future; a draw stands for the class of terms of one of its futures.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasts import bodies, encode, encode_bodies
from forecasts.definition import Board, Vote
from forecasts.encode_chance import stable_key
from forecasts.encode_fitted_votes import ComingVotes
from forecasts.evaluation import Simulated
from forecasts.stored_futures import StoredFutures
from models import senate_chamber, senate_gates, senate_votes, yea_counts
from models.senate_votes import Coming, Groups
from models.weighing import Weighed
from models.world import NEVER, Float, Int

DRAWS = 4_000
"""Draws that the tables are read from: the error of a probability is below .008, mostly below .005."""
BODIES = 60
"""Bodies that meet the same treaties, to tell what it would be worth to know who sits."""
TREATIES = 20
"""Every so many-th draw is one of those treaties."""
DIGITS = 4
RANGE = (0.05, 0.95)


@dataclass(frozen=True, slots=True)
class Held:
    """Draws of a vote that is held, equally likely."""

    votes: ComingVotes
    rows: Int
    """(M,) the draws."""
    terms: Int
    """(M,) the class of terms of each."""
    weight: Float
    """(C,) probability of each class of terms when the vote is held."""

    def coming(self, *, party: int, terms: int | None) -> Coming:
        """Return the vote under a president of a party on some terms; None: each draw's own terms."""
        side = 2.0 * party - 1.0
        if terms is not None:
            return self.votes.coming(president=side, terms=terms, rows=self.rows)
        each = [self.votes.coming(president=side, terms=c, rows=self.rows) for c in range(self.weight.size)]
        slope = np.choose(self.terms, [c.slope for c in each])
        return replace(each[0], slope=slope)

    def groups(self, period: int) -> Groups:
        """Return who sits in a period, in these draws."""
        return self.votes.groups(period, self.rows)

    def chances(self, period: int, *, party: int, terms: int | None) -> Float:
        """Return the probability of consent in each draw, (M,)."""
        row = self.votes.luck.row[self.rows]
        coming = self.coming(party=party, terms=terms)
        return senate_gates.gates([coming], self.groups(period), row=row, table=self.votes.table)[:, 0]


def votes(simulated: Simulated, weighed: Weighed) -> dict[str, Any]:
    """Return what the pages show of each fitted vote that is still open, by question, as plain JSON values.

    Keys of each: `now` (the vote as of today: period, president's party, members, `expected` on the terms that the
    board expects, `classes` on each class of terms), `held` (probability that the vote is held by each deadline, by
    stretch and class of terms), `periods` (P(two thirds) by period, president and terms, and where the spread of the
    count comes from), `terms`.
    """
    board, found = simulated.moment.board, {}
    for vote in board.votes:
        q = board.index(vote.question)
        if vote.question in simulated.votes and bool((simulated.stored.day[:, q] > simulated.moment.known).any()):
            found[vote.question] = _vote(simulated, weighed, vote)
    return found


def drawn_when_held(
    board: Board, vote: Vote, votes: ComingVotes, *, stored: StoredFutures, weight: Float, known: int
) -> Held:
    """Return draws of a vote in proportion to the weight of their futures in which it is held after the known day."""
    when = stored.day[:, board.index(vote.trigger)]
    comes = (when > known) & (when < NEVER)
    comes = comes if comes.any() else np.ones_like(comes)
    terms = np.zeros(int(comes.sum()), np.int64)
    for i, term in enumerate(vote.terms):
        terms += (1 << i) * (stored.day[comes, board.index(term)] <= when[comes])
    mass = weight[comes] / weight[comes].sum()
    places = (np.arange(DRAWS) + 0.5) / DRAWS
    taken = np.minimum(np.searchsorted(np.cumsum(mass), places), mass.size - 1)
    share = np.bincount(terms, weights=mass, minlength=2 ** len(vote.terms))
    return Held(votes, stored.draw[comes][taken].astype(np.int64), terms[taken], share)


def tally_of(drawn: Held, *, today: date) -> dict[str, Any]:
    """Return what a vote held on a day would bring on the terms that the board expects."""
    period, party = _today(drawn.votes.vote, today)
    return _tally(drawn, period, party=party, terms=None)


def _today(vote: Vote, today: date) -> tuple[int, int]:
    """Return the period of the body and the party of its likelier president on a day."""
    presidency = sum(day <= today for day in vote.president_periods)
    return sum(day <= today for day in vote.periods), int(vote.copartisan_probability[presidency] >= 0.5)


def _vote(simulated: Simulated, weighed: Weighed, vote: Vote) -> dict[str, Any]:
    moment = simulated.moment
    drawn = drawn_when_held(
        moment.board,
        vote,
        simulated.votes[vote.question],
        stored=simulated.stored,
        weight=weighed.weight,
        known=moment.known,
    )
    period, party = _today(vote, moment.day)
    classes = range(drawn.weight.size)
    return {
        "now": {
            "period": period,
            "party": drawn.votes.fitted.parties[party],
            "seats": _seats(drawn, period, simulated),
            "seats_known": drawn.votes.bodies[period].known,
            "since": drawn.votes.bodies[period].base.since.isoformat(),
            "voting": _range(_voting(drawn, vote.members)),
            "expected": _tally(drawn, period, party=party, terms=None),
            "classes": [_tally(drawn, period, party=party, terms=c) for c in classes],
        },
        "held": _mass(simulated, weighed.weight, vote),
        "periods": [_period(drawn, p, vote) for p in range(period, len(vote.periods) + 1)],
        "terms": [
            {"happened": [t for i, t in enumerate(vote.terms) if c >> i & 1], "weight": _rounded(drawn.weight[c])}
            for c in classes
        ],
    }


def _mass(simulated: Simulated, weight: Float, vote: Vote) -> dict[str, list[list[float]]]:
    """Return the weight of the futures in which the vote is held by each coming deadline, (P, C), by ISO day."""
    moment, stored = simulated.moment, simulated.stored
    board, when = moment.board, stored.day[:, moment.board.index(vote.trigger)]
    terms = sum((1 << i) * (stored.day[:, board.index(t)] <= when) for i, t in enumerate(vote.terms))
    days, classes = encode.period_days(vote, board), 2 ** len(vote.terms)
    cell = (np.searchsorted(np.array(days), when, side="right") - 1) * classes + terms
    found = {}
    for deadline in board.question(vote.question).deadlines:
        comes = (when > moment.known) & (when <= (deadline - board.opens).days)
        mass = np.bincount(cell[comes], weights=weight[comes], minlength=len(days) * classes)
        found[deadline.isoformat()] = np.round(mass.reshape(-1, classes), DIGITS + 3).tolist()
    return found


def _seats(drawn: Held, period: int, simulated: Simulated) -> list[dict[str, Any]]:
    """Return who is known to sit: in the order of the probabilities of `_tally`."""
    base = drawn.votes.bodies[period].base
    said: dict[str, list[str]] = {}
    for statement in bodies.statements(drawn.votes.vote.question, simulated.moment.view):
        said.setdefault(statement.member, []).append(statement.id)
    return [
        {
            "member": s.member,
            "name": s.name,
            "state": s.state,
            "party": s.party,
            "caucus": s.caucus,
            "leaving": s.leaving,
            "term_end": s.term_end.isoformat(),
            "statements": said.get(s.member, []),
        }
        for s in base.seats
    ]


def _tally(drawn: Held, period: int, *, party: int, terms: int | None) -> dict[str, Any]:
    """Return one vote: P(two thirds) with its range over draws, members, the law of the yeas, who decides."""
    coming, body = drawn.coming(party=party, terms=terms), drawn.votes.bodies[period]
    vote, fitted = drawn.votes.vote, drawn.votes.fitted
    members = encode_bodies.single_members(fitted, body.base.seats, body.said)
    each = senate_votes.probabilities(coming, members)
    luck = np.random.Generator(np.random.Philox(stable_key("who decides", vote.question)))
    return {
        **_chance(drawn.chances(period, party=party, terms=terms)),
        "members": _rounded(1 - (coming.contested[:, None] * (1 - each)).mean(axis=0)),
        "yeas": _rounded(yea_counts.yea_law(coming, drawn.groups(period))),
        "pivotal": _rounded(senate_chamber.pivotal(each, coming, rng=luck)),
        "formality": _rounded(1 - coming.contested.mean()),
    }


def _period(drawn: Held, period: int, vote: Vote) -> dict[str, Any]:
    """Return P(two thirds) in one period by president and terms, and what its uncertainty is made of."""
    body = drawn.votes.bodies[period]
    starts = (None, *vote.periods)[period]
    ends = (*vote.periods, None)[period]
    possible = _parties(vote, period)
    chances = {
        drawn.votes.fitted.parties[party]: {
            "expected": _chance(drawn.chances(period, party=party, terms=None)),
            "classes": [_chance(drawn.chances(period, party=party, terms=c)) for c in range(drawn.weight.size)],
        }
        for party in possible
    }
    parts = yea_counts.spread(drawn.coming(party=possible[-1], terms=None), drawn.groups(period))
    return {
        "from": starts.isoformat() if starts else None,
        "to": ends.isoformat() if ends else None,
        "known": body.known,
        "changing": body.changing,
        "chances": chances,
        "spread": {
            "seats": _rounded(parts.seats),
            "treaty": _rounded(parts.treaty),
            "members": _rounded(parts.members),
        },
        "known_seats_move": _rounded(_moved_by_seats(drawn, period, possible[-1])),
    }


def _parties(vote: Vote, period: int) -> list[int]:
    """Return the parties whose president may be in office in a period of the body."""
    start = (None, *vote.periods)[period]
    end = (*vote.periods, None)[period]
    inside = [i for i, since in enumerate((None, *vote.president_periods)) if _overlap(vote, i, since, start, end)]
    share = [vote.copartisan_probability[i] for i in inside]
    return [p for p in (0, 1) if any((s if p else 1 - s) > 0 for s in share)]


def _overlap(vote: Vote, i: int, since: Any, start: Any, end: Any) -> bool:
    until = vote.president_periods[i] if i < len(vote.president_periods) else None
    return (end is None or since is None or since < end) and (start is None or until is None or until > start)


def _moved_by_seats(drawn: Held, period: int, party: int) -> float:
    """Return how far P(two thirds) would move, as a standard deviation, if it were known who sits.

    Each of some bodies meets the same treaties, so that what the treaties do cancels in the differences.
    """
    groups = drawn.groups(period)
    if groups.seats.shape[0] == 1:
        return 0.0
    some = replace(drawn, rows=drawn.rows[::TREATIES], terms=drawn.terms[::TREATIES])
    coming = some.coming(party=party, terms=None)
    table, row = drawn.votes.table, drawn.votes.luck.row[some.rows]
    bodies = groups.seats[:: groups.seats.shape[0] // BODIES]
    means = [senate_gates.gates([coming], replace(groups, seats=b[None]), row=row, table=table).mean() for b in bodies]
    return float(np.std(means))


def _voting(drawn: Held, members: int) -> NDArray[np.float64]:
    """Return the expected number of members who vote, in each draw."""
    return members * (1 - drawn.coming(party=1, terms=0).absent)


def _chance(each: Float) -> dict[str, Any]:
    low, high = np.quantile(each, RANGE)
    return {"chance": _rounded(each.mean()), "low": _rounded(low), "high": _rounded(high)}


def _range(values: Sequence[float] | Float) -> list[float]:
    return [round(float(v), 1) for v in np.quantile(np.asarray(values), (RANGE[0], 0.5, RANGE[1]))]


def _rounded(value: Any) -> Any:
    return np.round(np.asarray(value, float), DIGITS).tolist()
