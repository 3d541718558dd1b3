"""What has been decided on a board, and what waits for a person to say so.

A pair is a question and one of its deadlines. It is decided by a resolution; without one, by an occurrence by the
deadline (yes), or by a confirmation that reaches the deadline and knows of none (no). Where a resolution and the
recorded occurrence contradict each other nothing is decided until a person corrects one of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from forecasts.definition import Board
from forecasts.domain import Confirmation, LedgerView, Occurrence, Outcome, Resolution
from forecasts.people_forecasts import Pair

Basis = Literal["resolution", "occurrence", "confirmation"]
Reason = Literal["passed", "occurred", "contradiction"]


@dataclass(frozen=True, slots=True)
class Decided:
    """The outcome of a question by a deadline, and what it rests on."""

    question: str
    deadline: date
    outcome: Outcome
    on: date
    """The day on which it was settled: of the occurrence, the deadline itself, or the resolution's own day."""
    basis: Basis
    entry: str
    """Id of the resolution or occurrence; empty for a confirmation."""

    @property
    def scored(self) -> bool:
        """Whether forecasts are judged by it: `ambiguous` and `annulled` judge nobody."""
        return self.outcome in {"yes", "no"}


@dataclass(frozen=True, slots=True)
class Proposal:
    """An outcome that the record suggests and no person has confirmed yet."""

    question: str
    deadline: date
    outcome: Literal["yes", "no"]
    on: date
    """The day it would be settled: of the occurrence, or the first day after the deadline."""
    reason: Reason
    confirmed: bool
    """Whether a confirmation reaches the deadline (`no`), or an occurrence says so (`yes`): it only needs a yes."""
    message: str


def decided(board: Board, view: LedgerView) -> dict[Pair, Decided]:
    """Return every pair that is decided in a view, in the order of the board; contradictions are left out.

    Parameters
    ----------
    board
        The definition: questions and deadlines.
    view
        The records in force.
    """
    happened, resolved = _happened(view), _resolved(view)
    through = confirmed_through(board, view.records(Confirmation))
    found = {}
    for question in board.questions:
        for deadline in question.deadlines:
            pair = (question.id, deadline)
            occurrence = happened.get(question.id)
            if resolution := resolved.get(pair):
                one = _by_resolution(resolution, occurrence)
            else:
                one = _without_resolution(pair, occurrence, through[question.id])
            if one is not None:
                found[pair] = one
    return found


def _by_resolution(resolution: Resolution, occurrence: Occurrence | None) -> Decided | None:
    if contradicts(resolution, occurrence):
        return None
    on = resolution.resolved_on
    if resolution.outcome == "yes" and occurrence is not None:
        on = occurrence.occurred_on
    if resolution.outcome == "no":
        on = resolution.deadline
    return Decided(resolution.question, resolution.deadline, resolution.outcome, on, "resolution", resolution.id)


def _without_resolution(pair: Pair, occurrence: Occurrence | None, through: date) -> Decided | None:
    if in_time(occurrence, pair[1]):
        assert occurrence is not None
        return Decided(*pair, "yes", occurrence.occurred_on, "occurrence", occurrence.id)
    if occurrence is not None:
        return Decided(*pair, "no", pair[1], "occurrence", occurrence.id)
    return Decided(*pair, "no", pair[1], "confirmation", "") if through >= pair[1] else None


def in_time(occurrence: Occurrence | None, deadline: date) -> bool:
    """Tell whether a question has happened by a deadline."""
    return occurrence is not None and occurrence.occurred_on <= deadline


def contradicts(resolution: Resolution, occurrence: Occurrence | None) -> bool:
    """Tell whether a resolution says yes without an occurrence by its deadline, or no in spite of one."""
    happened = in_time(occurrence, resolution.deadline)
    return (resolution.outcome == "yes" and not happened) or (resolution.outcome == "no" and happened)


def confirmed_through(board: Board, confirmations: Iterable[Confirmation]) -> dict[str, date]:
    """Return for each question the latest day through which a person has looked; the opening day without a word."""
    latest = {q.id: board.opens for q in board.questions}
    for confirmation in confirmations:
        for question in confirmation.questions or tuple(latest):
            if question in latest:
                latest[question] = max(latest[question], confirmation.through)
    return latest


def proposals(board: Board, view: LedgerView, *, today: date) -> tuple[Proposal, ...]:
    """Return what the record suggests and nobody has resolved yet, contradictions first, then by deadline.

    A question that has happened proposes `yes` for every deadline from then on that it met and `no` for those it
    missed; a deadline that passed without the event proposes `no` and waits.
    """
    happened, resolved = _happened(view), _resolved(view)
    through = confirmed_through(board, view.records(Confirmation))
    found = []
    for question in board.questions:
        for deadline in question.deadlines:
            resolution, occurrence = resolved.get((question.id, deadline)), happened.get(question.id)
            if resolution is not None:
                found += _contradiction(resolution, occurrence)
            elif in_time(occurrence, deadline):
                assert occurrence is not None
                found.append(_yes(deadline, occurrence))
            elif deadline < today:
                found.append(_no(question.id, deadline, occurrence, through[question.id]))
    return tuple(sorted(found, key=lambda p: (p.reason != "contradiction", p.deadline)))


def _yes(deadline: date, occurrence: Occurrence) -> Proposal:
    told = f"happened on {occurrence.occurred_on} ({occurrence.id})"
    return Proposal(occurrence.question, deadline, "yes", occurrence.occurred_on, "occurred", True, told)


def _no(question: str, deadline: date, occurrence: Occurrence | None, through: date) -> Proposal:
    known = occurrence is not None or through >= deadline
    if occurrence is not None:
        told = f"happened only on {occurrence.occurred_on} ({occurrence.id})"
    elif known:
        told = f"nothing had happened through {through}"
    else:
        told = f"nothing is recorded, but nobody has looked beyond {through}"
    return Proposal(question, deadline, "no", deadline + timedelta(days=1), "passed", known, told)


def _contradiction(resolution: Resolution, occurrence: Occurrence | None) -> list[Proposal]:
    if not contradicts(resolution, occurrence):
        return []
    pair, said = (resolution.question, resolution.deadline), f"{resolution.id} says {resolution.outcome}"
    if occurrence is not None and resolution.outcome == "no":
        told = f"{said}, but it happened on {occurrence.occurred_on} ({occurrence.id})"
        return [Proposal(*pair, "yes", occurrence.occurred_on, "contradiction", False, told)]
    told = f"{said}, but no occurrence by then is recorded"
    return [Proposal(*pair, "no", resolution.deadline + timedelta(days=1), "contradiction", False, told)]


def _happened(view: LedgerView) -> Mapping[str, Occurrence]:
    return {o.question: o for o in view.records(Occurrence)}


def _resolved(view: LedgerView) -> Mapping[Pair, Resolution]:
    return {(r.question, r.deadline): r for r in view.records(Resolution)}
