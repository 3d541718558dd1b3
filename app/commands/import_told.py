"""How an import is told: the same report for a person and as one JSON document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from app.terminal import shorten

if TYPE_CHECKING:
    from forecasts.exchange.import_report import Asked, Import

SHOWN = 20
"""Questions that are none of ours which are listed for a person who looks for none; the document has all."""
_WIDTH = 90


def lines(report: Import, notes: Sequence[str], *, find: str, written: list[str] | None) -> Iterator[str]:
    """Give the report's lines.

    Parameters
    ----------
    report, notes
        What is told.
    find
        Words that a question which is none of ours has in its title to be listed; empty lists the first ones.
    written
        The entries that were made, or None where nothing was to be written.
    """
    from forecasts.exchange.import_report import counts

    mapped = [asked for asked in report.questions if asked.pair]
    others = [asked for asked in report.questions if not asked.pair]
    left = sum(skip.count for skip in report.skipped)
    yield f"{report.kind}: {len(report.questions)} questions, {len(mapped)} of them ours"
    for asked in mapped:
        yield f"  {_headline(asked)}"
        yield f"    is {asked.pair[0]} by {asked.pair[1]} ({asked.state})" if asked.pair else ""
    yield f"taken: {_count(len(report.accepted), 'forecast')}"
    for name, count in counts(report).most_common():
        yield f"  {count:>7}  {name}{_who(report, name)}"
    yield f"left out: {left}"
    for skip in report.skipped:
        yield f"  {skip.count:>7}  {skip.reason} ({shorten(skip.examples[0], _WIDTH)})"
    if others:
        yield f"questions that are none of ours: {len(others)}"
        yield from _others([a for a in others if find.lower() in a.question.title.lower()], find)
    yield from (f"note: {note}" for note in (*report.notes, *notes))
    yield _end(report, written)


def _others(found: Sequence[Asked], find: str) -> Iterator[str]:
    shown = found if find else found[:SHOWN]
    yield from (f"  {_headline(asked)}" for asked in shown)
    if len(found) > len(shown):
        yield f"  and {len(found) - len(shown)} more; --find WORDS lists those with these words in the title"
    if find and not found:
        yield f"  none with {find!r} in its title"


def _end(report: Import, written: list[str] | None) -> str:
    if written is None:
        return "nothing was written; --write writes what is taken"
    kept = sum(asked.kept and asked.state != "known" for asked in report.questions)
    entries = f" ({_span(written)})" if written else ""
    return f"written: {_count(len(written), 'forecast')}{entries}, {_count(kept, 'question')} kept"


def _span(entries: list[str]) -> str:
    return entries[0] if len(entries) == 1 else f"{entries[0]} to {entries[-1]}"


def _who(report: Import, name: str) -> str:
    """Return who a series is in the files, where its name does not tell."""
    voice = report.voices.get(name, "")
    return f"  ({shorten(voice, 60)})" if voice and not name.endswith(f".{voice}") else ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _headline(asked: Asked) -> str:
    question = asked.question
    return f"{question.id}  {shorten(question.title or '(no title in the files)', _WIDTH)}"


def document(
    report: Import, files: Sequence[dict[str, Any]], notes: Sequence[str], *, written: list[str] | None
) -> dict[str, Any]:
    """Return the report as plain values."""
    from forecasts.exchange.import_report import counts

    return {
        "format": report.kind,
        "files": list(files),
        "written": written is not None,
        "entries": written or [],
        "accepted": len(report.accepted),
        "series": dict(counts(report).most_common()),
        "voices": {name: report.voices[name] for name, _ in counts(report).most_common()},
        "questions": [_question(asked) for asked in report.questions],
        "skipped": [{"reason": s.reason, "count": s.count, "examples": list(s.examples)} for s in report.skipped],
        "notes": [*report.notes, *notes],
    }


def _question(asked: Asked) -> dict[str, Any]:
    from forecasts.exchange.outside import FORM
    from forecasts.forms import write_fields

    pair = {"question": asked.pair[0], "deadline": asked.pair[1]} if asked.pair else None
    return {**write_fields(asked.question, FORM), "ours": pair, "state": asked.state, "kept": asked.kept}
