"""What a member's statement would change: the vote computed again with it, on fewer draws than a run takes.

Before and after share all luck, so their difference is far more exact than either; what was published is moved by that
difference (of log-odds for two thirds, in proportion for consent by a deadline). The chance of consent by a deadline is
the mass of the futures in which the vote is held by then, by period and class of terms (kept in the snapshot's detail),
times the chance of each. What hangs on consent follows with the next refit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from forecasts import bodies, encode
from forecasts.definition import Vote
from forecasts.detail_votes import DRAWS, Held, tally_of
from forecasts.domain import LedgerView, Statement
from forecasts.encode_chance import Chance, expit, logit
from forecasts.encode_fitted_votes import gate_cells
from forecasts.encode_votes import presidents, stretches
from forecasts.moves import State
from models.world import Float

PREVIEW_DRAWS = 16_000
"""Draws of a preview: a difference of chances comes out within half a point."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """The vote under some statements."""

    tally: Mapping[str, Any]
    """Of a vote held today on the terms that the board expects: `chance low high members yeas pivotal formality`."""
    cells: Float
    """(P, C) mean chance of consent in each stretch and class of terms."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What was published, and what it would become."""

    before: float
    after: float


class VotePreviewer:
    """A fitted vote as a snapshot knows it, ready to hear more."""

    def __init__(self, state: State, detail: Mapping[str, Any], vote: Vote) -> None:
        self.state, self.detail, self.vote = state, detail, vote
        effort, board = state.effort, state.moment.board
        self.chance = Chance(min(effort.draws, PREVIEW_DRAWS), effort.seed)
        self.party = presidents(board, self.chance)[:, board.votes.index(vote)]
        self.issued = self.outlook(state.moment.view.records(Statement))

    def outlook(self, statements: Sequence[Statement]) -> Outlook:
        """Return the vote as it would be with these statements in force, and no others."""
        moment = self.state.moment
        view = _with_statements(moment.view, statements)
        found = encode.votes(
            moment.board,
            self.state.parameters,
            view,
            known_through=moment.known_through,
            as_of=moment.day,
            chance=self.chance,
        )[self.vote.question]
        weight = found.held / found.held.sum()
        places = (np.arange(DRAWS) + 0.5) / DRAWS
        rows = np.minimum(np.searchsorted(np.cumsum(weight), places), weight.size - 1)
        expected = np.array([t["weight"] for t in self.detail["terms"]])
        order = self.chance.order("terms of a preview", DRAWS)
        terms = np.searchsorted(np.cumsum(expected / expected.sum()), places)[order]
        held = Held(found, rows, np.minimum(terms, expected.size - 1), expected)
        gates = gate_cells(found, stretches(self.vote.periods, self.vote, moment.board), self.party)
        return Outlook(tally_of(held, today=moment.day), np.einsum("d,dpc->pc", weight, gates[:, :, 0]))

    def two_thirds(self, after: Outlook) -> Moved:
        """Return the published chance of two thirds in a vote held now, and what it would become."""
        published = float(self.detail["now"]["expected"]["chance"])
        chances = [float(np.clip(o.tally["chance"], 1e-4, 1 - 1e-4)) for o in (self.issued, after)]
        shift = logit(chances[1]) - logit(chances[0])
        shown = float(np.clip(published, 1e-4, 1 - 1e-4))
        return Moved(published, float(expit(np.array(logit(shown) + shift))))

    def consent(self, after: Outlook, published: Mapping[str, float]) -> dict[str, Moved]:
        """Return what the published chances of consent, by ISO day of the deadline, would become."""
        moved = {}
        for deadline, value in published.items():
            mass = np.array(self.detail["held"].get(deadline, 0.0))
            now, then = float(np.sum(mass * self.issued.cells)), float(np.sum(mass * after.cells))
            moved[deadline] = Moved(value, min(value * then / now, 1.0) if now > 0 else value)
        return moved


def load(state: State, detail: Mapping[str, Any], question: str) -> VotePreviewer:
    """Return a previewer of a fitted vote; raises KeyError when the snapshot knows none of that question."""
    vote = next((v for v, _ in bodies.fitted_votes(state.moment.board) if v.question == question), None)
    found = detail.get("votes", {}).get(question)
    if vote is None or found is None:
        raise KeyError(f"{question!r} is no fitted vote of the snapshot")
    return VotePreviewer(state, found, vote)


def _with_statements(view: LedgerView, statements: Sequence[Statement]) -> LedgerView:
    """Return a view whose statements are these; everything else as it is."""
    others = [e for e in view.entries if not isinstance(e.record, Statement)]
    said = [replace(view.entries[0], entry=s.id, record=s) for s in statements]
    return replace(view, entries=(*others, *said))
