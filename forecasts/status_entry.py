"""What a person enters about the state of the world: occurrences, confirmations, resolutions, retractions.

Each `..._from_fields` parses raw text; each `check_...` holds the record against board, ledger and clock. Both return
mistakes with their fields, all at once.
"""

import difflib
from collections.abc import Mapping
from datetime import date
from typing import cast, get_args

from forecasts.definition import Board, Question
from forecasts.domain import Confirmation, LedgerView, Occurrence, Outcome, Resolution, Retraction, Verification
from forecasts.fields import FieldProblem, Fields, shown

OUTCOMES: tuple[str, ...] = get_args(Outcome)

_SOURCE_LIMIT = 300
_NOTE_LIMIT = 1000
_VERIFICATIONS = ("unverified", "recalled", "verified")


def occurrence_from_fields(fields: Mapping[str, str], *, entry: str) -> tuple[Occurrence | None, list[FieldProblem]]:
    """Parse an occurrence; `published_on` defaults to the day itself, `verification` to unverified."""
    read = Fields(fields, known=("question", "on", "published_on", "source", "url", "verification", "note"))
    on = read.day("on")
    record = Occurrence(
        id=entry,
        question=read.name("question"),
        occurred_on=on,
        published_on=read.day("published_on") if read.given("published_on") else on,
        source=read.text("source", limit=_SOURCE_LIMIT),
        url=read.link("url"),
        verification=cast(
            "Verification",
            read.choice("verification", _VERIFICATIONS) if read.given("verification") else _VERIFICATIONS[0],
        ),
        note=read.text("note", limit=_NOTE_LIMIT, required=False),
    )
    return (None if read.problems else record), read.problems


def confirmation_from_fields(
    fields: Mapping[str, str], questions: tuple[str, ...], *, entry: str, today: date
) -> tuple[Confirmation | None, list[FieldProblem]]:
    """Parse a confirmation; no `questions` means the whole board."""
    read = Fields(fields, known=("through", "note"))
    names = [Fields({"question": q}, known=("question",)) for q in questions]
    record = Confirmation(
        id=entry,
        through=read.day("through"),
        published_on=today,
        questions=tuple(dict.fromkeys(n.name("question") for n in names)),
        note=read.text("note", limit=_NOTE_LIMIT, required=False),
    )
    problems = read.problems + [p for n in names for p in n.problems]
    return (None if problems else record), problems


def resolution_from_fields(
    fields: Mapping[str, str], *, entry: str, today: date
) -> tuple[Resolution | None, list[FieldProblem]]:
    """Parse a resolution."""
    read = Fields(fields, known=("question", "deadline", "outcome", "on", "source", "url", "note"))
    record = Resolution(
        id=entry,
        question=read.name("question"),
        deadline=read.day("deadline"),
        outcome=cast("Outcome", read.choice("outcome", OUTCOMES)),
        resolved_on=read.day("on"),
        published_on=today,
        source=read.text("source", limit=_SOURCE_LIMIT),
        url=read.link("url"),
        note=read.text("note", limit=_NOTE_LIMIT, required=False),
    )
    return (None if read.problems else record), read.problems


def retraction_from_fields(
    fields: Mapping[str, str], *, entry: str, today: date
) -> tuple[Retraction | None, list[FieldProblem]]:
    """Parse a retraction."""
    read = Fields(fields, known=("target", "reason"))
    target = read.text("target", limit=120)
    record = Retraction(entry, target, read.text("reason", limit=_NOTE_LIMIT), today)
    return (None if read.problems else record), read.problems


def check_occurrence(record: Occurrence, board: Board, *, view: LedgerView, today: date) -> list[FieldProblem]:
    """Return what speaks against an occurrence: unknown question, dates, an earlier record, a missing requirement."""
    question, problems = _known(record.question, board)
    if question is None:
        return problems
    problems += _past("on", record.occurred_on, today=today, opened=question.opens)
    problems += _past("published_on", record.published_on, today=today, opened=record.occurred_on)
    occurred = {o.question: o for o in view.records(Occurrence) if o.id != record.id}
    if known := occurred.get(record.question):
        text = (
            f"{record.question} is already recorded as occurred on {known.occurred_on} ({known.id}); retract that first"
        )
        problems.append(FieldProblem("question", text))
    problems += _requirements(record, board, occurred)
    return problems


def check_confirmation(record: Confirmation, board: Board, *, view: LedgerView, today: date) -> list[FieldProblem]:
    """Return what speaks against a confirmation: unknown questions, the future, a day already confirmed."""
    problems = [p for q in record.questions for p in _known(q, board)[1]]
    problems += _past("through", record.through, today=today, opened=board.opens)
    whole = max((c.through for c in view.records(Confirmation) if not c.questions), default=date.min)
    if record.through <= whole:
        problems.append(FieldProblem("through", f"{record.through}: the board is already confirmed through {whole}"))
    return problems


def check_resolution(record: Resolution, board: Board, *, view: LedgerView, today: date) -> list[FieldProblem]:
    """Return what speaks against a resolution: unknown question or deadline, dates, the recorded occurrence."""
    question, problems = _known(record.question, board)
    if question is None:
        return problems
    if record.deadline not in question.deadlines:
        allowed = ", ".join(map(str, question.deadlines))
        return [*problems, FieldProblem("deadline", f"{record.deadline}: {question.id} has the deadlines {allowed}")]
    problems += _past("on", record.resolved_on, today=today, opened=question.opens)
    happened = next((o.occurred_on for o in view.records(Occurrence) if o.question == question.id), None)
    in_time = happened is not None and happened <= record.deadline
    if record.outcome == "yes" and not in_time:
        text = f"'yes': no occurrence of {question.id} by {record.deadline} is recorded; enter it first (occurred)"
        problems.append(FieldProblem("outcome", text))
    if record.outcome == "no" and in_time:
        text = f"'no': {question.id} is recorded as occurred on {happened}, which is by {record.deadline}"
        problems.append(FieldProblem("outcome", text))
    if record.outcome == "no" and record.deadline == today:
        problems.append(FieldProblem("deadline", f"{record.deadline}: is not over yet; 'no' waits for tomorrow, UTC"))
    if record.outcome == "no" and record.resolved_on < record.deadline:
        text = f"{record.resolved_on}: 'no' can be settled only once the deadline {record.deadline} has passed"
        problems.append(FieldProblem("on", text))
    if record.outcome == "yes" and happened is not None and record.resolved_on < happened:
        problems.append(FieldProblem("on", f"{record.resolved_on}: lies before the occurrence on {happened}"))
    return problems


def unknown_question(question: str, board: Board) -> str:
    """Return the message for a question that the board does not have, with the nearest ids."""
    near = difflib.get_close_matches(question[:80], [q.id for q in board.questions], n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(q.id for q in board.questions)}"
    return f"{shown(question)} is no question of board {board.id}; {hint}"


def _known(question: str, board: Board) -> tuple[Question | None, list[FieldProblem]]:
    found = next((q for q in board.questions if q.id == question), None)
    return found, [] if found else [FieldProblem("question", unknown_question(question, board))]


def _past(field: str, day: date, *, today: date, opened: date) -> list[FieldProblem]:
    if day > today:
        return [FieldProblem(field, f"{day} lies in the future; at most today, {today} UTC, is allowed")]
    if day < opened:
        return [FieldProblem(field, f"{day} is too early; {opened} or later is allowed")]
    return []


def _requirements(record: Occurrence, board: Board, occurred: Mapping[str, Occurrence]) -> list[FieldProblem]:
    """Return a mistake for each `requires` group of which no member has happened in time."""
    problems = []
    for edge in board.edges:
        if edge.kind == "requires" and edge.child == record.question:
            met = [p for p in edge.parents if p in occurred and occurred[p].occurred_on <= record.occurred_on]
            if not met:
                text = f"{record.question} requires {' or '.join(edge.parents)}, not recorded by {record.occurred_on}"
                problems.append(FieldProblem("question", text))
    return problems
