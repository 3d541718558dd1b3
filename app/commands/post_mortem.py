"""`twixt explain --post-mortem`: what came of a decided question, as a screen or a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.failures import CommandError
from app.terminal import percent, shorten, table

if TYPE_CHECKING:
    from datetime import date

    from app.session import Session
    from forecasts.definition import Question
    from forecasts.post_mortem import PostMortem, Sum
    from forecasts.replay import Moment


def post_mortem_of(session: Session, moment: Moment, question: Question, deadline: date | None) -> dict[str, Any]:
    """Return the document of a question's post-mortem; without a deadline, the first one that is decided.

    Raises
    ------
    CommandError
        When the question has no outcome by then.
    """
    from forecasts import people, post_mortem, readings_data
    from forecasts.outcomes import decided
    from forecasts.track_record_reading import read_track_record

    opened, board = session.workspace(), moment.board
    known = [d for (q, d), one in decided(board, moment.view).items() if q == question.id and one.scored]
    chosen = deadline or (known[0] if known else question.headline_deadline)
    rows = read_track_record(opened.store, opened.artefacts, board.id, now=session.now)
    try:
        found = post_mortem.post_mortem(board, moment.view, rows, question=question.id, deadline=chosen)
    except post_mortem.NoOutcomeError as error:
        raise CommandError(f"QUESTION: {error}") from error
    names = people.names(opened.store, {v.forecaster for v in found.voices} | {s.name for s in found.judges})
    return _document(found, names) | {"readings": readings_data.document(moment.lessons)}


def _document(found: PostMortem, names: dict[str, str]) -> dict[str, Any]:
    return {
        "question": found.decided.question,
        "deadline": found.decided.deadline,
        "outcome": found.decided.outcome,
        "on": found.decided.on,
        "basis": found.decided.basis,
        "items": [
            {
                "entry": i.entry,
                "thread": i.thread,
                "forecaster": i.forecaster,
                "published_on": i.published_on,
                "deadline": i.deadline,
                "statement": i.statement,
                "lr": i.lr,
                "read": i.read,
                "bits": i.bits,
                "right": i.right,
                "late": i.late,
            }
            for i in found.items
        ],
        "threads": [_sum(s, s.name) for s in found.threads],
        "judges": [_sum(s, names[s.name]) for s in found.judges],
        "forecasters": [
            {
                "forecaster": v.forecaster,
                "by": names[v.forecaster],
                "mode": v.mode,
                "first": v.first,
                "last": v.last,
                "bits": v.bits,
                "share": v.share,
            }
            for v in found.voices
        ],
    }


def _sum(found: Sum, name: str) -> dict[str, Any]:
    return {"name": name, "bits": found.bits, "items": found.items, "right": found.right}


def screen(found: dict[str, Any]) -> str:
    """Return the document for a person: outcome, items, stories, who judged, who forecast."""
    head = f"{found['question']} by {found['deadline']}: {found['outcome']}, {found['on']} ({found['basis']})"
    items = [
        (
            i["entry"],
            _verdict(i),
            _bits(i["bits"]),
            f"x{i['lr']:g}",
            f"x{i['read']:.2f}",
            i["thread"],
            shorten(i["statement"], 48),
        )
        for i in found["items"]
    ]
    parts = [head, "bits: log2 of the ratio for what happened, as it was read; + pointed the right way"]
    if items:
        parts.append(table(("item", "", "bits", "judged", "read", "story", "report"), items, right="234"))
    for title, kind in (("story", "threads"), ("judged by", "judges")):
        rows = [(s["name"], _bits(s["bits"]), f"{s['right']} of {s['items']} right") for s in found[kind]]
        if rows:
            parts.append(table((title, "bits", ""), rows, right="1"))
    voices = [
        (v["by"], v["mode"], percent(v["first"]), percent(v["last"]), _bits(v["bits"]), f"{v['share']:.0%}")
        for v in found["forecasters"]
    ]
    if voices:
        names = ("forecaster", "", "first", "last", "bits over base rate", "of the time")
        parts.append(table(names, voices, right="2345"))
    return "\n\n".join([*parts, found["readings"]["note"]])


def _verdict(item: dict[str, Any]) -> str:
    if item["late"]:
        return "too late"
    return {True: "right", False: "wrong", None: "neither"}[item["right"]]


def _bits(value: float | None) -> str:
    return "-" if value is None else f"{value:+.2f}"
