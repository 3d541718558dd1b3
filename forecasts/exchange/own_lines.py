"""Questions, forecasts and outcomes as JSON Lines: how twixt gives them to others and takes them back.

One object a line, each with a single key that says what it is:

    {"twixt lines": {"format": 1, "source": "garden", "licence": "CC BY 4.0"}}
    {"question": {"id": "frost", "title": "...", "criteria": "...", "opens": "2026-01-01", "deadlines": ["2026-12-31"]}}
    {"forecast": {"question": "frost", "deadline": "2026-12-31", "forecaster": "model", "at": "2026-07-01T00:00:00Z",
                  "probability": 0.31}}
    {"outcome": {"question": "frost", "deadline": "2026-12-31", "outcome": "yes", "on": "2026-10-09"}}
    {"end": {"lines": 4}}

A question stands before what is said of it. `probability` null withdraws from then on. Forecasters are opaque ids,
`crowd:<source>` or `model`; no name and no e-mail address is in such a file. The last line counts those before it, so
that a file that was cut off is found out.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple, get_args

import polars as pl

from forecasts.definition import Board
from forecasts.domain import LedgerView, Mode, Outcome
from forecasts.forms import DATE, ID, PROBABILITY, TEXT, URL, Form, canonical, choice, list_of, optional
from forecasts.forms import read_fields as read_object
from forecasts.forms import write_fields as write_object
from forecasts.instants import to_text, utc
from forecasts.outcomes import decided
from forecasts.people_forecasts import issued
from forecasts.scored_rows import MODEL

HEAD = "twixt lines"
FORMAT = 1
"""Rises when an older program could not read the lines."""


class LinesError(ValueError):
    """A file that is not one of twixt lines, of another format, or cut off; nothing of it can be trusted."""


class Mistake(NamedTuple):
    """One line that could not be read."""

    line: int
    message: str
    """Field, value and what is allowed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its criteria: what is forecast."""

    id: str
    title: str
    criteria: str
    opens: date
    deadlines: tuple[date, ...]
    """Rising, each with a probability of its own."""
    resolution_source: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """One probability as issued, or a withdrawal."""

    question: str
    deadline: date
    forecaster: str
    at: datetime
    """When it was issued, aware UTC."""
    probability: float | None
    mode: str = "live"
    """`retrospective` where it was made with hindsight, or entered later than it was issued."""
    rationale: str = ""
    source: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Came:
    """The outcome of a question by a deadline."""

    question: str
    deadline: date
    outcome: str
    on: date
    """The day on which it was settled."""
    source: str = ""
    url: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Lines:
    """What a file holds."""

    source: str
    """Who gives it, such as a board's id."""
    licence: str = ""
    """Under which licence it may be used; empty where nothing is said."""
    questions: list[Asked] = field(default_factory=list)
    forecasts: list[Said] = field(default_factory=list)
    outcomes: list[Came] = field(default_factory=list)


def _read_at(value: object) -> datetime:
    if not isinstance(value, str):
        raise TypeError("an instant like 2026-07-01T09:30:00Z is needed")
    try:
        return utc(datetime.fromisoformat(value))
    except OverflowError:
        raise ValueError("an instant within the years 1 to 9999 UTC is needed") from None


def _read_deadlines(value: object) -> tuple[date, ...]:
    found: tuple[date, ...] = list_of(DATE).read(value)
    if not found or sorted(set(found)) != list(found):
        raise ValueError("one day or more are needed, rising")
    return found


def _checked_text(value: object) -> str:
    found: str = TEXT.read(value)
    if not found.strip():
        raise ValueError("a text is needed, not an empty one")
    return found


_AT = Form(to_text, _read_at)
_DEADLINES = Form(list_of(DATE).write, _read_deadlines)
_GIVEN = Form(TEXT.write, _checked_text)
_FORMS: dict[str, tuple[type, dict[str, Form]]] = {
    "question": (
        Asked,
        {
            "id": ID,
            "title": _GIVEN,
            "criteria": TEXT,
            "opens": DATE,
            "deadlines": _DEADLINES,
            "resolution_source": TEXT,
            "url": URL,
        },
    ),
    "forecast": (
        Said,
        {
            "question": ID,
            "deadline": DATE,
            "forecaster": ID,
            "at": _AT,
            "probability": optional(PROBABILITY),
            "mode": choice(get_args(Mode)),
            "rationale": TEXT,
            "source": TEXT,
            "url": URL,
        },
    ),
    "outcome": (
        Came,
        {
            "question": ID,
            "deadline": DATE,
            "outcome": choice(get_args(Outcome)),
            "on": DATE,
            "source": TEXT,
            "url": URL,
            "note": TEXT,
        },
    ),
}


def of_board(board: Board, view: LedgerView, history: pl.DataFrame, *, licence: str = "") -> Lines:
    """Return a board's questions, every probability that was issued on them, and what came of them.

    Parameters
    ----------
    board, view
        The definition, and the records in force.
    history
        Published numbers, columns as `snapshots.HISTORY`: those of questions that were open are given as the
        forecaster `model`.
    licence
        Under which the file may be used.
    """
    given = Lines(board.id, licence)
    for q in board.questions:
        given.questions.append(Asked(q.id, q.title, q.criteria, q.opens, q.deadlines, q.resolution_source))
    pairs = {(q.id, d) for q in board.questions for d in q.deadlines}
    people = [
        Said(
            *i.pair,
            i.forecast.forecaster,
            i.at,
            i.forecast.probability,
            "live" if i.live else "retrospective",
            i.forecast.rationale,
            i.forecast.source,
            i.forecast.url,
        )
        for i in issued(view)
        if i.pair in pairs
    ]
    given.forecasts.extend(sorted([*_published(history, pairs), *people], key=lambda f: (f.at, f.forecaster)))
    given.outcomes.extend(Came(*pair, d.outcome, d.on) for pair, d in decided(board, view).items())
    return given


def _published(history: pl.DataFrame, pairs: set[tuple[str, date]]) -> Iterator[Said]:
    """Give the model's numbers; where snapshots of a mode share an instant, the first one: as it was issued."""
    chosen = (pl.col("group") == "question") & (pl.col("measure") == "probability") & pl.col("value").is_not_null()
    rows = history.filter(chosen & pl.col("state").is_in(["open", "awaiting"]))
    once = rows.unique(subset=["mode", "as_of", "subject", "deadline"], keep="first", maintain_order=True)
    for line in once.iter_rows(named=True):
        if (line["subject"], line["deadline"]) in pairs:
            yield Said(line["subject"], line["deadline"], MODEL, line["as_of"], line["value"], line["mode"])


def write(given: Lines) -> Iterator[str]:
    """Give the lines without line ends; the same content gives the same lines."""
    count = 0
    for value in _values(given):
        count += 1
        yield canonical(value)
    yield canonical({"end": {"lines": count}})


def _values(given: Lines) -> Iterator[dict[str, Any]]:
    yield {HEAD: {"format": FORMAT, "source": given.source, "licence": given.licence}}
    yield from ({"question": write_object(q, _FORMS["question"][1])} for q in given.questions)
    yield from ({"forecast": write_object(f, _FORMS["forecast"][1])} for f in given.forecasts)
    yield from ({"outcome": write_object(o, _FORMS["outcome"][1])} for o in given.outcomes)


def read(values: Iterable[tuple[int, Any]]) -> tuple[Lines, list[Mistake]]:
    """Read what `write` wrote, or somebody else in the same format.

    Parameters
    ----------
    values
        Number and JSON value of each line, as `safe_reading.json_lines_of` gives them.

    Returns
    -------
    What could be read, and every line that could not.

    Raises
    ------
    LinesError
        When the first line is no head, the format is unknown, or the end is missing or counts other lines.
    """
    rest = iter(values)
    found = _head(next(rest, (1, None))[1])
    known: dict[str, frozenset[date]] = {}
    mistakes: list[Mistake] = []
    count, ended = 1, False
    for number, value in rest:
        if ended:
            raise LinesError(f"line {number}: there is something after the end")
        if isinstance(value, dict) and value.keys() == {"end"}:
            _check_end(value["end"], count)
            ended = True
            continue
        count += 1
        try:
            _add(found, value, known)
        except (ValueError, TypeError) as error:
            mistakes.append(Mistake(number, " ".join(str(error).split())[:300]))
    if not ended:
        raise LinesError(f"cut off after {count} lines: the last line must be {{'end': {{'lines': {count}}}}}")
    return found, mistakes


def _head(value: Any) -> Lines:
    head = value.get(HEAD) if isinstance(value, dict) and len(value) == 1 else None
    if not isinstance(head, dict) or not head.keys() <= {"format", "source", "licence"}:
        raise LinesError(f"line 1: {{{HEAD!r}: {{'format': {FORMAT}, 'source': ..., 'licence': ...}}}} must begin it")
    if head.get("format") != FORMAT or isinstance(head["format"], bool):
        raise LinesError(f"line 1: format {head.get('format')!r:.40} is unknown; this program reads {FORMAT}")
    try:
        return Lines(_checked_text(head.get("source")), TEXT.read(head.get("licence", "")))
    except (ValueError, TypeError) as error:
        raise LinesError(f"line 1: source, licence: {error}") from None


def _check_end(value: Any, count: int) -> None:
    if value != {"lines": count} or isinstance(value["lines"], bool):
        raise LinesError(f"the end says {value!r:.60}, but {count} lines stand before it: some were lost or added")


def _add(found: Lines, value: Any, known: dict[str, frozenset[date]]) -> None:
    if not isinstance(value, dict) or len(value) != 1 or next(iter(value)) not in _FORMS:
        raise ValueError(f"an object with one of the keys {', '.join(_FORMS)}, end is needed")
    key, content = next(iter(value.items()))
    _ADDERS[key](found, read_object(content, *_FORMS[key]), known)


def _add_question(found: Lines, read: Asked, known: dict[str, frozenset[date]]) -> None:
    if read.id in known:
        raise ValueError(f"id: {read.id!r} was given to a question before; each needs its own")
    known[read.id] = frozenset(read.deadlines)
    found.questions.append(read)


def _add_forecast(found: Lines, read: Said, known: dict[str, frozenset[date]]) -> None:
    _place(read.question, read.deadline, known)
    found.forecasts.append(read)


def _add_outcome(found: Lines, read: Came, known: dict[str, frozenset[date]]) -> None:
    _place(read.question, read.deadline, known)
    found.outcomes.append(read)


_ADDERS: dict[str, Callable[[Lines, Any, dict[str, frozenset[date]]], None]] = {
    "question": _add_question,
    "forecast": _add_forecast,
    "outcome": _add_outcome,
}


def _place(question: str, deadline: date, known: dict[str, frozenset[date]]) -> None:
    if question not in known:
        raise ValueError(f"question: no line before this one asks {question!r}")
    if deadline not in known[question]:
        allowed = ", ".join(map(str, sorted(known[question])))
        raise ValueError(f"deadline: {deadline}: {question} has the deadlines {allowed}")
