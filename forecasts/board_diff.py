"""What entering a changed board definition would do: every difference to the one in the record, and what is refused.

Question ids are never reused or removed, only closed; deadlines that evidence or a resolution names stay.
"""

from dataclasses import fields
from typing import Any, Literal, NamedTuple

from forecasts.definition import Board, Case, Edge, Elicited, Question
from forecasts.domain import Confirmation, Evidence, LedgerView, Occurrence, Resolution

ChangeKind = Literal["refused", "question", "criteria", "numbers", "structure", "text"]


class Change(NamedTuple):
    """One difference between the definition in the record and a new one."""

    kind: ChangeKind
    """`refused` must not be entered; `criteria` shows on the question's page; `numbers` moves forecasts."""
    subject: str
    """What differs, for example `question ceasefire` or `edge settlement -> territory`."""
    message: str

    def __str__(self) -> str:
        """Return the one line that a person reads."""
        return f"{self.subject}: {self.message}"


CRITERIA_FIELDS = ("title", "criteria", "resolution_source")
"""What a question asks: a change after opening shows on its page."""

_TEXT_FIELDS = ("short", "section", "essay_quote", "reference_class", "rationale", "tags")


def changes(old: Board, new: Board, *, view: LedgerView | None = None) -> tuple[Change, ...]:
    """Return what entering `new` over `old` would do, refused changes first.

    Parameters
    ----------
    old
        The definition in force.
    new
        The checked new one.
    view
        The ledger in force; with it, records that refer to what would vanish are named.
    """
    changes = [*_board(old, new), *_questions(old, new)]
    changes += _keyed("edge", _edges(old), _edges(new))
    changes += _keyed("case", _cases(old), _cases(new))
    changes += _keyed("adjustment", _by(old.adjustments, "question"), _by(new.adjustments, "question"))
    changes += _keyed("vote", _by(old.votes, "question"), _by(new.votes, "question"))
    changes += _keyed("series", _by(old.series, "id"), _by(new.series, "id"))
    changes += _keyed("frailty", _by(old.frailties, "id"), _by(new.frailties, "id"))
    changes += _keyed("scheduled", _by(old.scheduled, "question"), _by(new.scheduled, "question"))
    changes += _keyed("scenario", _by(old.scenarios, "id"), _by(new.scenarios, "id"))
    changes += _referring(view, new) if view is not None else []
    return tuple(sorted(changes, key=lambda change: change.kind != "refused"))


def _board(old: Board, new: Board) -> list[Change]:
    if old.id != new.id:
        return [Change("refused", "board", f"id {new.id!r} where the record has {old.id!r}; a new id is a new board")]
    changes = []
    if old.opens != new.opens:
        changes.append(
            Change("refused", "board", f"opens {new.opens} instead of {old.opens}; its history begins there")
        )
    if new.horizon < old.horizon:
        changes.append(Change("refused", "board", f"horizon {new.horizon} before {old.horizon}; it can only move on"))
    elif old.horizon != new.horizon:
        changes.append(Change("structure", "board", f"horizon {new.horizon} instead of {old.horizon}"))
    for name, kind in (("title", "text"), ("description", "text"), ("sections", "text"), ("settings", "numbers")):
        if getattr(old, name) != getattr(new, name):
            changes.append(Change("numbers" if kind == "numbers" else "text", "board", f"{name} changed"))
    return changes


def _questions(old: Board, new: Board) -> list[Change]:
    before, after = _by(old.questions, "id"), _by(new.questions, "id")
    changes = [
        Change("refused", f"question {name}", "removed; an id is never removed or reused: close it with closed_on")
        for name in before.keys() - after.keys()
    ]
    changes += [Change("question", f"question {name}", "added") for name in after.keys() - before.keys()]
    for name in before.keys() & after.keys():
        changes += _question(before[name], after[name])
    return sorted(changes, key=lambda change: change.subject)


def _question(old: Question, new: Question) -> list[Change]:
    subject = f"question {old.id}"
    changes = []
    if old.kind != new.kind:
        message = f"kind {new.kind} instead of {old.kind}; that is another question and needs another id"
        changes.append(Change("refused", subject, message))
    if old.opens != new.opens:
        changes.append(Change("refused", subject, f"opens {new.opens} instead of {old.opens}"))
    if old.closed_on != new.closed_on:
        closed = "reopened" if new.closed_on is None else f"closed on {new.closed_on}"
        changes.append(Change("question", subject, closed))
    changes += _deadlines(old, new)
    changes += [
        Change("criteria", subject, f"{name} changed after opening")
        for name in CRITERIA_FIELDS
        if getattr(old, name) != getattr(new, name)
    ]
    judged = ("clock", "shape", "hazard_check", "duration")
    numbers = [name for name in judged if getattr(old, name) != getattr(new, name)]
    changes += [Change("numbers", subject, _changed(name, getattr(old, name), getattr(new, name))) for name in numbers]
    texts = [name for name in _TEXT_FIELDS if getattr(old, name) != getattr(new, name)]
    return changes + ([Change("text", subject, f"{', '.join(texts)} changed")] if texts else [])


def _deadlines(old: Question, new: Question) -> list[Change]:
    subject = f"question {old.id}"
    gone = sorted(set(old.deadlines) - set(new.deadlines))
    come = sorted(set(new.deadlines) - set(old.deadlines))
    changes = [Change("structure", subject, f"deadline {day} dropped") for day in gone]
    changes += [Change("structure", subject, f"deadline {day} added") for day in come]
    if old.headline_deadline != new.headline_deadline:
        changes.append(
            Change("text", subject, f"headline deadline {new.headline_deadline} instead of {old.headline_deadline}")
        )
    return changes


def _keyed(what: str, before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    changes = [Change("structure", f"{what} {name}", "removed") for name in sorted(before.keys() - after.keys())]
    changes += [Change("structure", f"{what} {name}", "added") for name in sorted(after.keys() - before.keys())]
    for name in sorted(before.keys() & after.keys()):
        if before[name] != after[name]:
            changes += _differences(f"{what} {name}", before[name], after[name])
    return changes


def _differences(subject: str, old: Any, new: Any) -> list[Change]:
    names = [f.name for f in fields(old) if getattr(old, f.name) != getattr(new, f.name)]
    return [
        Change(_kind(getattr(old, name)), subject, _changed(name, getattr(old, name), getattr(new, name)))
        for name in names
    ]


def _kind(value: object) -> ChangeKind:
    return "text" if isinstance(value, str) else "numbers"


def _changed(name: str, old: object, new: object) -> str:
    if isinstance(old, Elicited) and isinstance(new, Elicited):
        same = (old.median, old.low, old.high) == (new.median, new.low, new.high)
        return f"{name}: reason changed" if same else f"{name} {_range(new)} instead of {_range(old)}"
    if isinstance(old, int | float) and isinstance(new, int | float):
        return f"{name} {new:g} instead of {old:g}"
    return f"{name} changed"


def _range(value: Elicited) -> str:
    return f"{value.median:g} ({value.low:g} to {value.high:g})"


def _edges(board: Board) -> dict[str, Edge]:
    return {f"{' or '.join(e.parents)} -> {e.child} ({e.kind})": e for e in board.edges}


def _cases(board: Board) -> dict[str, Case]:
    return {f"{c.question}: {c.name} ({c.start})": c for c in board.cases}


def _by(records: Any, name: str) -> dict[str, Any]:
    return {getattr(record, name): record for record in records}


def _referring(view: LedgerView, new: Board) -> list[Change]:
    """Refuse definitions that would leave records in force without the question or deadline that they name."""
    deadlines = {q.id: q.deadlines for q in new.questions}
    named = [(e.id, effect.question, effect.deadline) for e in view.records(Evidence) for effect in e.effects]
    named += [(r.id, r.question, r.deadline) for r in view.records(Resolution)]
    changes = [
        Change("refused", f"question {question}", f"{entry} names its deadline {day}, which would vanish")
        for entry, question, day in named
        if question in deadlines and day not in deadlines[question]
    ]
    questions = [(entry, question) for entry, question, _ in named]
    questions += [(o.id, o.question) for o in view.records(Occurrence)]
    questions += [(c.id, question) for c in view.records(Confirmation) for question in c.questions]
    changes += [
        Change("refused", f"question {question}", f"{entry} names it and it would vanish")
        for entry, question in questions
        if question not in deadlines
    ]
    return changes
