"""What a member's statement would change: the vote computed again with it, and the stored futures weighed anew.

A statement moves the chance that two thirds consent, draw by draw, from g to h. A stored future in which the vote was
held and passed counts h / g times as much as before, one in which it failed (1 - h) / (1 - g) times; one without a vote
counts as before. So every question that hangs on consent moves as it would in a refit, up to Monte Carlo error.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

import numpy as np

from forecasts import bodies, encode, moves
from forecasts.artefacts import Artefacts
from forecasts.definition import Board, Vote
from forecasts.detail_votes import Held, drawn_when_held, tally_of
from forecasts.domain import LedgerView, Statement
from forecasts.encode_chance import Chance
from forecasts.encode_fitted_votes import ComingVotes, gate_cells
from forecasts.encode_votes import presidents, stretches
from forecasts.preview import Previewer
from forecasts.store import Store
from forecasts.stored_futures import StoredFutures, load_futures
from models.precision import ess
from models.world import DAYS_PER_YEAR, NEVER, Float, Int


@dataclass(frozen=True, slots=True)
class Outlook:
    """The vote and the board under some statements."""

    statements: tuple[Statement, ...]
    tally: dict[str, Any]
    """Of a vote held now on the terms that the board expects: `chance low high members yeas pivotal unanimous`."""
    probability: Float
    """(Q, G) of every question by every deadline."""
    ess_futures: float
    ess_draws: float


@dataclass(frozen=True, slots=True)
class Cells:
    """The votes held in the stored futures; F of them."""

    future: Int
    draw: Int
    stretch: Int
    terms: Int
    first: Int
    """1 passed at the first vote, 0 not."""
    later: Int
    """1 passed at a second vote, 0 not."""
    years: Float
    """From the first vote to the horizon, or to the second vote that passed."""
    second_rate: Float
    """Hazard per year of a second vote in the future's draw."""


class VotePreviewer:
    """A fitted vote in the stored futures of one snapshot, ready to hear more."""

    def __init__(self, state: moves.State, previewer: Previewer, stored: StoredFutures, vote: Vote) -> None:
        self.state, self.vote, self.stored = state, vote, stored
        self.view = previewer.moment.view
        self.weight: Float = previewer.before.weighed.weight
        self.board = state.moment.board
        self.chance = Chance(state.effort.draws, state.effort.seed)
        self.party = presidents(self.board, self.chance)[:, self.board.votes.index(vote)]
        self.issued = self._votes(state.moment.view)
        self.cells = held_cells(self.board, vote, stored, known=state.moment.known, chance=self.chance)
        self.gates = self._gates(self.issued)
        self.held: Held = drawn_when_held(
            self.board, vote, self.issued, stored=stored, weight=self.weight, known=state.moment.known
        )

    @classmethod
    def load(cls, store: Store, artefacts: Artefacts, board: str, *, question: str, now: datetime) -> Self:
        """Read the newest live snapshot, its stored futures, and what is in force now.

        Raises
        ------
        NoFuturesError
            When nothing was published, or the snapshot's futures are no longer kept.
        KeyError
            When the board has no fitted vote of that question.
        """
        previewer = Previewer.load(store, artefacts, board, now=now)
        state = moves.read_state(store, artefacts, previewer.snapshot)
        vote = next((v for v, _ in bodies.fitted_votes(state.moment.board) if v.question == question), None)
        if vote is None:
            raise KeyError(f"{question!r} is no fitted vote of {board}")
        name = str(previewer.snapshot.futures_hash)
        return cls(state, previewer, load_futures(artefacts.get(name), name=name[:12]), vote)

    def outlook(self, statements: Sequence[Statement]) -> Outlook:
        """Return the vote and the board as they would be with these statements in force, and no others."""
        votes = self._votes(_with_statements(self.state.moment.view, statements))
        weight = self.weight * self._ratio(self._gates(votes))
        weight = weight / weight.sum()
        tally = tally_of(replace(self.held, votes=votes), today=self.state.moment.day)
        return Outlook(tuple(statements), tally, self._probability(weight), *ess(weight, self.stored.draw))

    def _votes(self, view: LedgerView) -> ComingVotes:
        moment = self.state.moment
        found = encode.votes(
            moment.board,
            self.state.parameters,
            view,
            known_through=moment.known_through,
            as_of=moment.day,
            chance=self.chance,
        )
        return found[self.vote.question]

    def _gates(self, votes: ComingVotes) -> Float:
        """Return (F,) the chance that two thirds consent in each vote held."""
        rows, place = np.unique(self.cells.draw, return_inverse=True)
        body = stretches(self.vote.periods, self.vote, self.board)
        every = gate_cells(votes, body, self.party[rows], rows=rows)
        return np.asarray(every[place, self.cells.stretch, 0, self.cells.terms])

    def _ratio(self, gates: Float) -> Float:
        """Return (N,) how many times as much each future counts; a second vote has the chance of the first one."""
        cells, ratio = self.cells, np.ones(self.stored.draw.size)
        comes = -np.expm1(-cells.second_rate * cells.years)
        parts = []
        for g in (np.clip(gates, 1e-9, 1 - 1e-9), np.clip(self.gates, 1e-9, 1 - 1e-9)):
            later = np.where(cells.later == 1, g, 1 - comes * g)
            parts.append(np.where(cells.first == 1, g, (1 - g) * later))
        ratio[cells.future] = parts[0] / parts[1]
        return ratio

    def _probability(self, weight: Float) -> Float:
        grid = [(d - self.board.opens).days for d in self.board.deadlines]
        return np.stack([weight @ (self.stored.day <= g) for g in grid], axis=1)


def held_cells(board: Board, vote: Vote, stored: StoredFutures, *, known: int, chance: Chance) -> Cells:
    """Return the votes that are held in stored futures after the known day, and how they ended."""
    when = stored.day[:, board.index(vote.trigger)].astype(np.int64)
    consent = stored.day[:, board.index(vote.question)].astype(np.int64)
    future = np.flatnonzero((when > known) & (when < NEVER))
    day, passed = when[future], consent[future]
    stretch = np.searchsorted(np.array(encode.period_days(vote, board)), day, side="right") - 1
    met = [stored.day[future, board.index(t)] <= day for t in vote.terms]
    terms = sum(((1 << i) * m.astype(np.int64) for i, m in enumerate(met)), np.zeros(future.size, np.int64))
    horizon = (board.horizon - board.opens).days
    years = (np.minimum(passed, horizon) - day) / DAYS_PER_YEAR
    draw = stored.draw[future].astype(np.int64)
    rate = chance.positive(vote.second_vote_rate, f"second vote:{vote.question}")[draw]
    first = (passed == day).astype(np.int64)
    later = ((passed > day) & (passed < NEVER)).astype(np.int64)
    return Cells(future, draw, stretch, terms, first, later, np.maximum(years, 0.0), rate)


def statements_with(view: LedgerView, draft: Statement | None, *, without: str = "") -> tuple[Statement, ...]:
    """Return the statements in force with a draft added, or one taken back."""
    kept = tuple(s for s in view.records(Statement) if s.id != without)
    return kept if draft is None else (*kept, draft)


def _with_statements(view: LedgerView, statements: Sequence[Statement]) -> LedgerView:
    """Return a view whose statements are these; everything else as it is."""
    others = [e for e in view.entries if not isinstance(e.record, Statement)]
    template = view.entries[0]
    said = [replace(template, entry=s.id, record=s) for s in statements]
    return replace(view, entries=(*others, *said))
