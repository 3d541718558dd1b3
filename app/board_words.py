"""The board in one paragraph: which scenario leads, what moved, which two reports did most. Plain rules, pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.changes import Change, Changes, Work, from_to
from app.spec import percent, points, spoken_day
from app.view import BoardView
from forecasts.definition import Question
from forecasts.domain import Evidence

TO_LEAD = 0.02
"""A scenario leads when it is so far ahead of the next; otherwise the two are level."""
NAMED = 2
"""Moves and reports that the paragraph names."""


def paragraph(view: BoardView, found: Changes | None, since: str) -> str:
    """Return what there is to say of the board, in sentences.

    Parameters
    ----------
    view
        The board; its newest snapshot says who leads.
    found
        What changed; None where the history does not reach back.
    since
        In words, what the changes are told since: `your last visit on 3 Jul 2026 08:15 UTC`.
    """
    parts = [_leader(view)]
    if found is not None:
        parts += [_moves(found, since), _did_most(view, found)]
    return " ".join(p for p in parts if p)


def _leader(view: BoardView) -> str:
    ranked = view.scenarios("partition").sort("value", descending=True).to_dicts()
    if not ranked:
        return ""
    first = ranked[0]
    if len(ranked) > 1 and first["value"] - ranked[1]["value"] < TO_LEAD:
        return (
            f"“{first['title']}” ({percent(first['value'])}) and “{ranked[1]['title']}” "
            f"({percent(ranked[1]['value'])}) are about level."
        )
    return f"“{first['title']}” leads with {percent(first['value'])}{_next(ranked)}."


def _next(ranked: Sequence[dict[str, Any]]) -> str:
    return f", ahead of “{ranked[1]['title']}” with {percent(ranked[1]['value'])}" if len(ranked) > 1 else ""


def _moves(found: Changes, since: str) -> str:
    if found.nothing_new:
        return f"Nothing has been published since {since}."
    moved = found.questions
    outcomes = "".join(f" {h.what}: {h.title}" for h in found.happened if h.question)
    decided = f"Since {since}:{outcomes} " if outcomes else ""
    if not moved:
        return decided or f"Since {since} no question has moved by more than the simulation error."
    said = [f"{c.short} {_way(c)} from {' to '.join(from_to(c.before, c.now))}" for c in moved[:NAMED]]
    kind = " (retrospective)" if found.now.mode == "retrospective" else ""
    lead = decided or f"Since {since}{kind} "
    return f"{lead}{' and '.join(said)}{_rest(len(moved) - len(said))}."


def _way(change: Change) -> str:
    return "rose" if change.points > 0 else "fell"


def _rest(count: int) -> str:
    return f"; {count} other {'question' if count == 1 else 'questions'} moved less" if count > 0 else ""


def _did_most(view: BoardView, found: Changes) -> str:
    """Name the two reports that did most, or where none did anything the two that weigh most on the top question."""
    items = {e.id: e for e in view.moment.evidence}
    work = found.did_most[:NAMED]
    if work:
        listed = "; ".join(_done(w, items) for w in work)
        return f"What did most: {listed}." if len(work) > 1 else f"What did it: {listed}."
    return _weighs_most(view, found.questions[0].question, items) if found.questions else ""


def _done(work: Work, items: Mapping[str, Evidence]) -> str:
    size = points(abs(work.points)).lstrip("+")
    verb = "raised" if work.shift > 0 else "lowered"
    return f"{_named(work.entry, items)} {verb} {work.question.short} by {size} points"


def _named(entry: str, items: Mapping[str, Evidence]) -> str:
    item = items.get(entry)
    return f"{entry} ({item.source}, {spoken_day(item.published_on)})" if item else f"{entry} (no longer in force)"


def _weighs_most(view: BoardView, question: Question | None, items: Mapping[str, Evidence]) -> str:
    if question is None:
        return ""
    deadline = question.headline_deadline.isoformat()
    listed = view.detail.get("contributions", {}).get(question.id, {}).get(deadline, [])[:NAMED]
    said = [
        f"{_named(c['id'], items)}, {'up' if float(c['delta_log_odds']) > 0 else 'down'}"
        for c in listed
        if c["id"] in items
    ]
    return f"No report did that by itself; what weighs most on {question.short}: {'; '.join(said)}." if said else ""
