"""The same numbers for programs: what stands beside the pages as JSON, a feed and a calendar."""

import json
from datetime import date, datetime
from typing import Any

import polars as pl

from app.changes import Changes
from app.site import places
from app.site.page_parts import happenings
from app.site.reading import SiteView
from app.spec import percent, points
from app.view import BoardView
from forecasts import calibration_report, feeds, outcomes
from forecasts.definition import Question
from forecasts.feeds import Day, Item

FORMAT = 1
"""Of the JSON documents; rises when an older reader could not read them."""
BANDS = ("low50", "high50", "low90", "high90")


def as_json(value: Any) -> bytes:
    """Return a document as JSON that is the same for equal values and can be read by people."""
    return (json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False, default=_plain) + "\n").encode("utf-8")


def _plain(value: object) -> object:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a document")


def board(found: SiteView) -> dict[str, Any]:
    """Return the board: how fresh it is, every question by every deadline, every scenario."""
    view = found.view
    questions = [
        {"id": q.id, "title": q.title, "headline": q.headline_deadline, "page": places.question(q.id)}
        for q in view.board.questions
    ]
    return {
        "format": FORMAT,
        "board": view.board.id,
        "title": view.board.title,
        "description": view.board.description,
        "definition": view.board.content_hash,
        "known_through": view.moment.known_through,
        "stopped": str(found.stopped) if found.stopped else None,
        "questions": questions,
        "status": dict(view.status) or None,
    }


def question(view: BoardView, asked: Question) -> dict[str, Any]:
    """Return one question: what counts, its numbers by deadline, its history, its evidence."""
    rows = view.questions()
    mine = rows.filter(pl.col("subject") == asked.id).sort("deadline").to_dicts() if rows.width else []
    trend = view.history.filter((pl.col("subject") == asked.id) & (pl.col("group") == "question"))
    columns = ("deadline", "as_of", "mode", "value", *BANDS, "state")
    return {
        "format": FORMAT,
        "board": view.board.id,
        "question": asked.id,
        "kind": asked.kind,
        "title": asked.title,
        "criteria": asked.criteria,
        "resolution_source": asked.resolution_source,
        "opens": asked.opens,
        "closed_on": asked.closed_on,
        "headline": asked.headline_deadline,
        "deadlines": [{k: r[k] for k in ("deadline", "value", *BANDS, "mcse", "band_resolved", "state")} for r in mine],
        "history": trend.select(columns).sort("mode", "deadline", "as_of").to_dicts(),
        "evidence": [_evidence(e) for e in view.evidence_on(asked.id)],
    }


def _evidence(shown: Any) -> dict[str, Any]:
    item = shown.item
    return {
        "number": shown.number,
        "id": item.id,
        "published_on": item.published_on,
        "statement": item.statement,
        "source": item.source,
        "url": item.url,
        "grade": f"{item.grade_source}{item.grade_info}",
        "deadline": shown.effect_deadline,
        "likelihood_ratio": shown.lr,
        "low": shown.low,
        "high": shown.high,
    }


def changes(found: SiteView) -> dict[str, Any]:
    """Return what each live run changed, newest first."""
    return {"format": FORMAT, "board": found.view.board.id, "changes": [_changed(c) for c in found.published]}


def _changed(found: Changes) -> dict[str, Any]:
    return {
        "snapshot": found.now.id,
        "before": found.before.id,
        "as_of": found.now.as_of,
        "published_at": found.now.published_at,
        "happened": happenings(found),
        "moved": [
            {"subject": m.subject, "question": m.question is not None, "from": m.before, "to": m.now}
            for m in found.moved
            if m.clear
        ],
        "evidence": [r.id for r in found.reports],
    }


def calibration(found: SiteView) -> dict[str, Any]:
    """Return the model's track record in each mode, as `twixt calibrate --json` does."""
    reports = [_rounded(calibration_report.document(r)) for r in found.reports]
    return {"format": FORMAT, "board": found.view.board.id, "records": reports}


def _rounded(value: Any) -> Any:
    """Return a document with numbers of nine digits: sums over threads differ in the last ones from run to run."""
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_rounded(v) for v in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value


def feed(found: SiteView, *, address: str) -> bytes:
    """Return the Atom feed of published changes; `address` is that of the board's folder, or empty."""
    view = found.view
    items = [_item(c, address) for c in found.published]
    if found.stopped is not None:
        stopped = found.stopped
        title = f"Stopped retrying after {stopped.attempts} attempts; the last good numbers stay"
        page = f"{address}{places.BOARD}"
        items.append(Item(f"stopped {stopped.input}", title, stopped.ended_at, (str(stopped),), page))
    return feeds.atom(
        view.board.id,
        view.board.title,
        items,
        begun_at=found.begun_at,
        page=f"{address}{places.BOARD}",
        own=f"{address}{places.FEED}",
    )


def _item(changed: Changes, address: str) -> Item:
    moves = [
        f"{m.title}: {percent(m.before)} → {percent(m.now)} ({points(m.points)} points)"
        for m in changed.moved
        if m.clear
    ]
    lines = (*happenings(changed), *moves)
    more = f" and {len(lines) - 1} more" if len(lines) > 1 else ""
    return Item(changed.now.id, f"{lines[0]}{more}", changed.now.published_at, lines, f"{address}{places.CHANGES}")


def deadlines(found: SiteView, *, address: str) -> bytes:
    """Return the deadlines of all questions as a calendar."""
    view = found.view
    known = outcomes.decided(view.board, view.moment.view)
    days = [
        Day(q.id, q.title, d, _state(known.get((q.id, d))), q.criteria, q.resolution_source, _page(address, q.id))
        for q in view.board.questions
        for d in q.deadlines
    ]
    return feeds.calendar(view.board.id, view.board.title, days, stamp=view.moment.view.entries[-1].recorded_at)


def _state(found: outcomes.Decided | None) -> Any:
    if found is None:
        return "open"
    return found.outcome if found.scored else "other"


def _page(address: str, identifier: str) -> str:
    return f"{address}{places.question(identifier)}" if address else ""
