"""Forecasts as a person enters them: a probability in any of three writings, and what speaks against the entry.

The command line and the form share it. A forecast is kept as issued: an update is a new entry, and so is a withdrawal.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from forecasts.definition import Board, Question
from forecasts.domain import Forecast, LedgerView, Occurrence, Resolution
from forecasts.errors import RecordError
from forecasts.fields import DATE, NUMBER, FieldProblem, Fields, shown
from forecasts.instants import end_of_day, start_of_day, utc
from forecasts.people_forecasts import CROWD, is_crowd
from forecasts.status_entry import unknown_question

FIELDS = ("question", "deadline", "probability", "at", "rationale", "source", "url")
"""The raw fields of a forecast."""

WRITINGS = "a probability from 0 to 1 (0.25), a percentage (25%) or odds for it (1:3)"
RATIONALE_LIMIT = 4000
SOURCE_LIMIT = 300

_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
_ODDS = re.compile(r"\s*([^\s:]+)\s*:\s*([^\s:]+)\s*")


@dataclass(frozen=True, slots=True)
class Probability:
    """A number that was read, and how it was written."""

    value: float
    writing: str
    """`probability`, `percent` or `odds`."""


def read_probability(text: str) -> Probability:
    """Return the probability that a text means: `0.25`, `25%` and `1:3` are the same.

    Raises
    ------
    ValueError
        When it is none of the three, or outside 0 to 1. A bare number above 1 is refused, never read as percent.
    """
    text = text.strip()
    if ":" in text:
        return Probability(_from_odds(text), "odds")
    bare = text.removesuffix("%").strip()
    number = float(bare) if NUMBER.fullmatch(bare) else None
    if number is None:
        raise ValueError(f"{shown(text)}: {WRITINGS} is needed")
    if text.endswith("%"):
        return Probability(_inside(number / 100, text), "percent")
    if 1 < number <= 100:
        raise ValueError(f"{shown(text)} is above 1; write {bare}% if percent are meant")
    return Probability(_inside(number, text), "probability")


def _from_odds(text: str) -> float:
    parts = _ODDS.fullmatch(text)
    numbers = [float(p) for p in parts.groups()] if parts and all(map(NUMBER.fullmatch, parts.groups())) else []
    if len(numbers) != 2 or min(numbers) < 0 or not 0 < sum(numbers) < float("inf"):
        raise ValueError(f"{shown(text)}: odds are two numbers from 0, for and against, like 1:3")
    return numbers[0] / sum(numbers)


def _inside(value: float, text: str) -> float:
    if not 0 <= value <= 1:
        raise ValueError(f"{shown(text)} is outside 0 to 1; {WRITINGS} is needed")
    return value


def from_fields(
    fields: Mapping[str, str], *, entry: str, forecaster: str, now: datetime
) -> tuple[Forecast | None, list[FieldProblem]]:
    """Parse one forecast, or return None with every mistake.

    Parameters
    ----------
    fields
        Raw text by the names in `FIELDS`; `at` is an instant or a day (its end), empty means now. An empty
        `probability` is a mistake: a withdrawal is made by `withdrawal`.
    entry, forecaster
        The entry's id, and the opaque id of the person or `crowd:<source>`.
    now
        The clock, aware UTC.
    """
    read = Fields(fields, known=FIELDS)
    issued_at = _instant(read, now)
    record = Forecast(
        id=entry,
        question=read.name("question"),
        deadline=read.day("deadline"),
        forecaster=forecaster,
        probability=_probability(read),
        issued_at=issued_at,
        published_on=issued_at.date(),
        rationale=read.text("rationale", limit=RATIONALE_LIMIT, required=False),
        source=read.text("source", limit=SOURCE_LIMIT, required=False),
        url=read.link("url"),
    )
    return (None if read.problems else record), read.problems


def _probability(read: Fields) -> float:
    try:
        return read_probability(read.raw("probability")).value
    except ValueError as error:
        read.refuse("probability", str(error))
        return 0.5


def _instant(read: Fields, now: datetime) -> datetime:
    if not read.given("at"):
        return utc(now)
    try:
        return read_instant(read.raw("at"), now=now)
    except ValueError as error:
        read.refuse("at", str(error))
        return utc(now)


def read_instant(text: str, *, now: datetime) -> datetime:
    """Return the instant of an ISO text; a day means its end (for today: now), a time without zone is UTC.

    Raises
    ------
    ValueError
        When it is neither a day nor an instant.
    """
    text = text.strip()
    try:
        if DATE.fullmatch(text):
            day = date.fromisoformat(text)
            return utc(now) if day == utc(now).date() else end_of_day(day)
        instant = datetime.fromisoformat(text)
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else utc(instant)
    except (ValueError, OverflowError):
        needed = "a day (YYYY-MM-DD) or an instant like 2026-07-01T09:30:00Z is needed"
        raise ValueError(f"{shown(text)}: {needed}") from None


def crowd_id(name: str) -> str:
    """Return the forecaster id of a crowd or market series from `crowd:<source>`.

    Raises
    ------
    ValueError
        When the source is missing, too long or holds other signs than letters, digits, `_`, `.` and `-`.
    """
    source = name.removeprefix(CROWD)
    if not _SOURCE.fullmatch(source):
        raise ValueError(f"{shown(name)}: {CROWD}<source> is needed, for example {CROWD}metaculus")
    return f"{CROWD}{source}"


def check(record: Forecast, board: Board, *, view: LedgerView, now: datetime) -> list[FieldProblem]:
    """Return what speaks against a forecast: unknown question or deadline, a time at which it was no forecast any more.

    A person's forecast is issued when it is entered; only a crowd's series has earlier times. Nothing is issued on a
    deadline that has passed, on a question that has happened, or after an outcome was settled.
    """
    question = next((q for q in board.questions if q.id == record.question), None)
    if question is None:
        return [FieldProblem("question", unknown_question(record.question, board))]
    if record.deadline not in question.deadlines:
        allowed = ", ".join(map(str, question.deadlines))
        return [FieldProblem("deadline", f"{record.deadline}: {question.id} has the deadlines {allowed}")]
    return [*_time(record, question, now=now), *_decided(record, view=view)]


def _time(record: Forecast, question: Question, *, now: datetime) -> list[FieldProblem]:
    at, now = record.issued_at, utc(now)
    if at > now:
        return [FieldProblem("at", f"{_spoken(at)} lies in the future; at most now, {_spoken(now)} UTC, is allowed")]
    if at < now and not is_crowd(record.forecaster):
        return [FieldProblem("at", f"{_spoken(at)}: only a series of {CROWD}<source> may have earlier times")]
    if at < start_of_day(question.opens):
        return [FieldProblem("at", f"{_spoken(at)} lies before {question.id} opened, {question.opens}")]
    if question.closed_on is not None and at.date() >= question.closed_on:
        return [FieldProblem("question", f"{question.id} was closed on {question.closed_on}; it takes no forecasts")]
    if at > end_of_day(record.deadline):
        return [FieldProblem("deadline", f"{record.deadline} had passed at {_spoken(at)}; nothing is left to forecast")]
    return []


def _decided(record: Forecast, *, view: LedgerView) -> list[FieldProblem]:
    """Return a mistake where the outcome was known by the time: happened by then, or resolved by then."""
    happened = next((o for o in view.records(Occurrence) if o.question == record.question), None)
    if happened is not None and record.issued_at >= start_of_day(happened.occurred_on):
        text = f"{record.question} happened on {happened.occurred_on} ({happened.id}); nothing is left to forecast"
        return [FieldProblem("question", text)]
    pair = (record.question, record.deadline)
    known = next((r for r in view.records(Resolution) if (r.question, r.deadline) == pair), None)
    if known is not None and record.issued_at >= start_of_day(known.resolved_on):
        text = f"{known.question} by {known.deadline} was resolved {known.outcome} on {known.resolved_on} ({known.id})"
        return [FieldProblem("deadline", text)]
    return []


def withdrawal(last: Forecast, *, now: datetime) -> Forecast:
    """Return the entry that withdraws a forecast from now on; raises RecordError when it is withdrawn already."""
    if last.probability is None:
        raise RecordError(f"{last.forecaster} has no forecast of {last.question} by {last.deadline} in force")
    at = max(utc(now), last.issued_at + timedelta(microseconds=1))
    return Forecast("new", last.question, last.deadline, last.forecaster, None, at, at.date(), "", "", "")


def _spoken(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M}"
