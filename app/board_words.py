"""The board in one paragraph: which scenario leads, what moved, which two reports weigh most. Plain rules, pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from app.spec import percent, spoken_day
from app.view import BoardView
from forecasts.definition import Question
from forecasts.domain import Evidence

TO_LEAD = 0.02
"""A scenario leads when it is so far ahead of the next; otherwise the two are level."""
SMALLEST = 0.0005
"""A change below this is none: it would be shown as 0.0 points."""


@dataclass(frozen=True, slots=True)
class Change:
    """How a question's probability by its headline deadline changed over some days."""

    question: Question
    before: float
    now: float

    @property
    def points(self) -> float:
        """The change of the probability."""
        return self.now - self.before


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since a day."""

    since: date | None
    """Day of the snapshot that is compared with; None where the history does not reach back."""
    moved: tuple[Change, ...]
    """Open questions that changed, most first."""


def changes(view: BoardView, days: int) -> Changes:
    """Return what changed over at least so many days, within the mode of the changes.

    The comparison is with the newest snapshot that is so much older than the shown one, whose day is told.
    """
    trend = view.history.filter((pl.col("mode") == view.trend_mode) & (pl.col("group") == "question"))
    instants: list[datetime] = trend["as_of"].unique().sort().to_list()
    earlier = [i for i in instants if i <= instants[-1] - timedelta(days=days)]
    if not earlier:
        return Changes(None, ())
    before = _values(trend.filter(pl.col("as_of") == earlier[-1]))
    now = _values(trend.filter(pl.col("as_of") == instants[-1]))
    found = []
    for question, row in view.headlines():
        key = (question.id, question.headline_deadline)
        if row["state"] == "open" and key in before and key in now and abs(now[key] - before[key]) >= SMALLEST:
            found.append(Change(question, before[key], now[key]))
    return Changes(earlier[-1].date(), tuple(sorted(found, key=lambda c: (-abs(c.points), c.question.id))))


def _values(rows: pl.DataFrame) -> dict[tuple[str, date], float]:
    return {(r["subject"], r["deadline"]): r["value"] for r in rows.select("subject", "deadline", "value").to_dicts()}


def paragraph(view: BoardView, days: int) -> str:
    """Return what there is to say of the board, in sentences."""
    found = changes(view, days)
    parts = [_leader(view), _moves(found, view)]
    if found.moved:
        parts.append(_reports(view, found.moved[0].question))
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


def _moves(found: Changes, view: BoardView) -> str:
    if found.since is None:
        return ""
    since, moved = f"Since {spoken_day(found.since)}", found.moved
    if not moved:
        return f"{since} nothing moved."
    said = [f"{c.question.short} {_way(c)} from {percent(c.before)} to {percent(c.now)}" for c in moved[:2]]
    kind = " (retrospective)" if view.trend_mode == "retrospective" else ""
    return f"{since}{kind} {' and '.join(said)}{_rest(len(moved) - len(said))}."


def _way(change: Change) -> str:
    return "rose" if change.points > 0 else "fell"


def _rest(count: int) -> str:
    return f"; {count} other {'question' if count == 1 else 'questions'} moved less" if count > 0 else ""


def _reports(view: BoardView, question: Question) -> str:
    """Name the two reports that weigh most on a question now."""
    deadline = question.headline_deadline.isoformat()
    listed = view.detail.get("contributions", {}).get(question.id, {}).get(deadline, [])[:2]
    items = {e.id: e for e in view.moment.evidence}
    said = [_report(items[c["id"]], float(c["delta_log_odds"])) for c in listed if c["id"] in items]
    return f"What weighs most on it: {'; '.join(said)}." if said else ""


def _report(item: Evidence, shift: float) -> str:
    direction = "up" if shift > 0 else "down"
    return f"{item.id} of {spoken_day(item.published_on)}, {direction} by {abs(shift):.2f} in log-odds"
