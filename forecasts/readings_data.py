"""What a board's own resolved questions can teach about whom to believe: frozen forecasts, evidence, outcomes.

Only live numbers teach: a retrospective forecast was made with hindsight. A question joins when its date has passed,
however early it happened; an item joins when it was published after the frozen forecast and before the outcome, and
speaks of exactly that deadline. Far fewer questions than `QUESTIONS_NEEDED` say nothing about anybody, so the
belief then stays at its prior.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from forecasts.definition import Board
from forecasts.domain import Effect, Evidence, LedgerView
from forecasts.instants import end_of_day, utc
from forecasts.outcomes import Decided, decided
from forecasts.people_forecasts import Pair

QUESTIONS_NEEDED = 40
"""Independent resolved questions with evidence from which whom to believe is learned."""

type Frozen = Mapping[Pair, tuple[datetime, float]]
"""Question and deadline -> when its first live number was issued, and that number."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A resolved question by a deadline, and the evidence that came between its frozen forecast and its outcome."""

    decided: Decided
    prior: float
    """The frozen forecast, strictly between 0 and 1."""
    items: tuple[tuple[Evidence, Effect], ...]
    weight: float
    """1 over the number of deadlines of the same question that teach: they share one luck."""


def lessons(board: Board, view: LedgerView, frozen: Callable[[], Frozen], *, now: datetime) -> tuple[Lesson, ...]:
    """Return the lessons of a board; empty while there are too few, and then the history is not even read.

    Parameters
    ----------
    board, view
        The definition and the records in force; a retrospective view teaches nothing.
    frozen
        Reads the first live numbers (`first_numbers`).
    now
        Aware instant.
    """
    due = [d for d in decided(board, view).values() if d.scored and end_of_day(d.deadline) <= utc(now)]
    told = [(d, _items(view, d)) for d in due] if view.mode == "live" else []
    if len({d.question for d, items in told if items}) < QUESTIONS_NEEDED:
        return ()
    first = frozen()
    found = []
    for one, items in told:
        at, prior = first.get((one.question, one.deadline), (utc(now), 0.0))
        after = tuple((e, f) for e, f in items if e.published_on > at.date())
        if after and 0 < prior < 1:
            found.append((one, prior, after))
    share = [one.question for one, _, _ in found]
    if len(set(share)) < QUESTIONS_NEEDED:
        return ()
    return tuple(Lesson(one, prior, items, 1 / share.count(one.question)) for one, prior, items in found)


def _items(view: LedgerView, found: Decided) -> tuple[tuple[Evidence, Effect], ...]:
    pair, end = (found.question, found.deadline), ends(found)
    return tuple(
        (e, f)
        for e in view.records(Evidence)
        if e.published_on < end
        for f in e.effects
        if (f.question, f.deadline) == pair
    )


def ends(found: Decided) -> date:
    """Return the first day on which a report says nothing any more: of the event, or after the deadline."""
    return found.on if found.outcome == "yes" else found.deadline + timedelta(days=1)


def first_numbers(history: pl.DataFrame) -> dict[Pair, tuple[datetime, float]]:
    """Return when the first live number of each question and deadline was issued, and that number.

    `history`: columns as `snapshots.HISTORY`.
    """
    kept = (pl.col("mode") == "live") & (pl.col("group") == "question") & (pl.col("state") == "open")
    rows = history.filter(kept & (pl.col("measure") == "probability")).sort("as_of", maintain_order=True)
    first = rows.unique(["subject", "deadline"], keep="first", maintain_order=True)
    return {(r["subject"], r["deadline"]): (r["as_of"], r["value"]) for r in first.iter_rows(named=True)}


def told(count: int) -> str:
    """Return in words whether whom to believe is learned, from how many independent questions."""
    if count:
        return f"forecasters, grades and repetition are learned from {count} resolved questions"
    return (
        f"forecasters, grades and repetition stay at their prior: fewer than {QUESTIONS_NEEDED} independent resolved "
        "questions with evidence"
    )


def document(found: tuple[Lesson, ...]) -> dict[str, Any]:
    """Return how many independent questions and items teach, and that in words, as plain values."""
    questions = len({one.decided.question for one in found})
    return {"questions": questions, "items": sum(len(one.items) for one in found), "note": told(questions)}
