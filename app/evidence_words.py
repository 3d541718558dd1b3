"""Evidence in words: what an item is, what it says, what it did.

A function says whether it returns HTML, in which people's words are escaped, or plain text, which is still to be.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from app import frame
from app.look import link, words
from app.spec import percent, points, spoken_day
from app.view import BoardView
from forecasts.domain import Effect, Entry, Evidence
from forecasts.evidence_book import Item
from forecasts.measured import Move
from forecasts.merging import EFFECT, Part

LONGEST = 160
"""Characters of a statement that stands in a list."""

PARTS = {
    "statement": "What was reported",
    "source": "Who says so",
    "url": "Link",
    "occurred_on": "Happened on",
    "published_on": "Published on",
    "grade": "Grade",
    "kind": "Kind",
    "thread": "Story",
    "lr_basis": "How it was judged",
    "verification": "Checked",
    "official": "Official record",
    "forecaster": "Whose judgement",
}
"""Part of an item -> its name for a person."""


def shortened(text: str, longest: int = LONGEST) -> str:
    """Return a text of at most `longest` characters, cut at a word."""
    if len(text) <= longest:
        return text
    return f"{text[:longest].rsplit(' ', 1)[0].rstrip(',;:.')} …"


def spoken_thread(thread: str) -> str:
    """Return a story's short name as words."""
    return thread.replace("_", " ").replace("-", " ").strip() or thread


def about(item: Item, names: Mapping[str, str]) -> str:
    """Return who says so, when, how far it is trusted and who judged it, as HTML."""
    e = item.evidence
    fades = f", fades by half in {e.half_life_days:g} days" if e.half_life_days else ""
    source = link(e.url, e.source) if e.url else words(e.source)
    parts = [
        f"<b>{words(e.id)}</b>",
        spoken_day(e.published_on),
        source,
        f"grade {words(e.grade_source + e.grade_info)}",
        words(e.kind + fades),
        words(f"story {spoken_thread(e.thread)}"),
        words(f"judged by {names.get(e.forecaster, e.forecaster)}"),
    ]
    if len(item.versions) > 1:
        parts.append(f"version {item.newest.version}")
    if item.retraction is not None:
        parts.append("<b>retracted</b>")
    return " · ".join(parts)


def says(view: BoardView, effects: Sequence[Effect]) -> str:
    """Return what an item says of each question, in one line of plain text."""
    short = {q.id: q.short for q in view.board.questions}
    told = [f"{short.get(e.question, e.question)} by {e.deadline.year}: ratio {e.lr:g}" for e in effects]
    return "; ".join(told) or "nothing of any question: judged not diagnostic"


def did(view: BoardView, item: Item, moves: Mapping[str, Sequence[Move]], *, most: int) -> str:
    """Return what an item did to the shown board, the largest moves first, in one line of HTML."""
    if item.retraction is not None:
        return "it does not count any more"
    if view.shown is None:
        return "no numbers are published yet"
    if item.newest.position > view.shown.ledger_position:
        return "not counted yet: it was saved after the shown run"
    found = moves.get(item.id, ())
    if not found:
        return "nothing as large as 0.05 points"
    short = {q.id: q.short for q in view.board.questions}
    told = [
        f"{words(short.get(m.question, m.question))} by {m.deadline.year} <b>{points(m.points)}</b>"
        for m in found[:most]
    ]
    rest = f" and {len(found) - most} more" if len(found) > most else ""
    return f"{', '.join(told)} points{rest}"


def move_rows(view: BoardView, found: Sequence[Move]) -> list[list[str]]:
    """Return the rows of a table of moves: question, date, without, with, points."""
    short = {q.id: q.short for q in view.board.questions}
    return [
        [
            words(short.get(m.question, m.question)),
            spoken_day(m.deadline),
            percent(m.without),
            percent(m.with_it),
            f"<b>{points(m.points)}</b>",
        ]
        for m in found
    ]


def part_name(view: BoardView, part: str) -> str:
    """Return what a part of an item is called."""
    if not part.startswith(EFFECT):
        return PARTS[part]
    question = part.removeprefix(EFFECT)
    short = {q.id: q.short for q in view.board.questions}
    return f"On {short.get(question, question)}"


def part_words(part: Part) -> str:
    """Return a part's value as plain text."""
    if part is None:
        return "nothing"
    if isinstance(part, Effect):
        return f"ratio {part.lr:g} ({part.low:g} to {part.high:g}) by {spoken_day(part.deadline)}"
    return part or "empty"


def written(entry: Entry, names: Mapping[str, str]) -> str:
    """Return who wrote a row and when, in the reader's zone, as plain text."""
    return f"{names.get(entry.recorded_by, entry.recorded_by)}, {frame.spoken_instant(entry.recorded_at)}"


def span(found: Sequence[Item]) -> str:
    """Return the first and the last day of a story's reports."""
    days: list[date] = [i.evidence.occurred_on for i in found]
    first, last = min(days), max(days)
    return spoken_day(first) if first == last else f"{spoken_day(first)} to {spoken_day(last)}"


def quoted(item: Evidence) -> str:
    """Return a statement as a quotation, as HTML."""
    return f'<blockquote class="tx tx-quote">{words(item.statement)}</blockquote>'
