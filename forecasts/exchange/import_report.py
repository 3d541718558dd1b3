"""What an import would bring into a board's record: what is taken, and what is left out and why. It writes nothing."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, NamedTuple

from forecasts import forecast_entry
from forecasts.definition import Board
from forecasts.domain import Forecast, LedgerView, Occurrence, Resolution
from forecasts.exchange.outside import OutsideForecast, OutsideQuestion, Reading, Skip, Tally, added, completed
from forecasts.exchange.outside_of_question import origin
from forecasts.exchange.outside_values import code
from forecasts.fields import shown
from forecasts.instants import end_of_day, start_of_day, utc
from forecasts.people_forecasts import CROWD, Key, Pair

Every = Literal["day", "change"]
Voices = Literal["all", "crowd", "people"]

MOST_FORECASTS = 20_000
"""Forecasts that one import may bring."""
MOST_QUESTIONS = 5_000
"""Outside questions that one import may bring."""
_SLUG = re.compile(r"[^a-z0-9_.]+")
_SLUG_LIMIT = 32
_DAYS_APART = 1
"""Days between their close and our deadline from which a note says so."""


class ImportRefusedError(ValueError):
    """An import of which nothing can be taken as it is: why, and what would help."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person chose about an import."""

    every: Every = "day"
    """`day` takes the last forecast of each UTC day of a voice, `change` every one."""
    voices: Voices = "all"
    """Whose forecasts are taken: everybody's, those of crowds, methods and models, or those of people."""
    names: Mapping[str, str] | None = None
    """A voice as the file names it -> the name of its series; other people's series have a code for a name."""
    unmapped: bool = False
    """Also keep the questions that are none of ours."""


class Asked(NamedTuple):
    """An outside question of the files."""

    question: OutsideQuestion
    pair: Pair | None
    """The question and deadline of ours that it speaks of."""
    state: Literal["new", "changed", "known"]
    """Whether the record holds it, and as it is."""
    kept: bool
    """Whether it is kept with the record."""


@dataclass(frozen=True, slots=True)
class Import:
    """All that comes of files: the one report of every format."""

    kind: str
    questions: tuple[Asked, ...]
    accepted: tuple[Forecast, ...]
    """Forecasts of our questions, ids still to be given, in order of issue."""
    skipped: tuple[Skip, ...]
    notes: tuple[str, ...]
    position: int
    """Last position of the ledger that it was compared with."""
    voices: Mapping[str, str] = field(default_factory=dict)
    """Series -> who it is as the file names them; for the person who imports, never for the record."""


def prepare(
    kind: str,
    reading: Reading,
    pairs: Mapping[str, Pair],
    choices: Choices,
    *,
    board: Board,
    view: LedgerView,
    known: Iterable[OutsideQuestion],
    now: datetime,
) -> Import:
    """Compare what was read with a board and its record.

    Parameters
    ----------
    kind
        The format's name.
    reading
        What the files hold.
    pairs
        Id of an outside question -> the question and deadline of ours that it speaks of.
    choices
        What the person chose.
    board, view
        The board and its record as it stands, live.
    known
        The newest version of each outside question in the record.
    now
        The clock, aware UTC.

    Raises
    ------
    ImportRefusedError
        When two outside questions would share one series, or more than `MOST_FORECASTS` or `MOST_QUESTIONS`
        are to be taken.
    """
    tally = Tally()
    chosen = list(_chosen(kind, reading, pairs=pairs, choices=choices, tally=tally))
    _refuse_shared(kind, chosen, view)
    valid = _valid(chosen, board, view=view, now=now, tally=tally)
    thin = _last_of_each_day(valid, tally) if choices.every == "day" else valid
    ended = _with_ends(thin, reading, board=board, view=view, now=now)
    fresh = [c.record for c in _fresh(ended, view, tally)]
    if len(fresh) > MOST_FORECASTS:
        raise ImportRefusedError(
            f"{len(fresh)} forecasts; at most {MOST_FORECASTS} are taken at once: map fewer questions"
        )
    accepted = tuple(sorted(fresh, key=lambda f: (f.issued_at, f.forecaster)))
    before = {(q.source, q.id): q for q in known}
    asked = tuple(_asked(q, pairs.get(q.id), before.get((q.source, q.id)), choices) for q in reading.questions)
    kept = sum(a.kept and a.state != "known" for a in asked)
    if kept > MOST_QUESTIONS:
        raise ImportRefusedError(f"{kept} questions to keep; at most {MOST_QUESTIONS} are kept at once")
    notes = (*reading.notes, *_notes(asked))
    skipped = added((*reading.skipped, *tally.skips()))
    voices = {c.record.forecaster: c.said.voice for c in chosen}
    return Import(kind, asked, accepted, skipped, notes, view.position, voices)


class _Candidate(NamedTuple):
    """A forecast of ours in the making, with what it was in the file."""

    record: Forecast
    said: OutsideForecast


def _chosen(
    kind: str, reading: Reading, *, pairs: Mapping[str, Pair], choices: Choices, tally: Tally
) -> Iterator[_Candidate]:
    """Give the forecasts of mapped questions by the voices that are asked for, issued before the outcome was known."""
    questions = {q.id: q for q in reading.questions}
    for said in reading.forecasts:
        question = questions[said.question]
        if said.question not in pairs:
            tally.skip("of a question that is mapped to none of ours", said.question)
        elif choices.voices == ("crowd" if said.person else "people"):
            tally.skip("of a voice that was not asked for", said.place)
        elif question.outcome and question.resolved_at and said.issued_at >= question.resolved_at:
            tally.skip("issued after its outcome was settled there", said.place)
        else:
            yield _Candidate(_record(kind, said, question, pairs[said.question], choices), said)


def _record(kind: str, said: OutsideForecast, question: OutsideQuestion, pair: Pair, choices: Choices) -> Forecast:
    return Forecast(
        "new",
        *pair,
        series(question.source, said, choices.names or {}),
        said.probability,
        said.issued_at,
        said.issued_at.date(),
        rationale="",
        source=origin(kind, question.id),
        url=question.url,
    )


def series(source: str, said: OutsideForecast, names: Mapping[str, str]) -> str:
    """Return the forecaster id of a voice: its crowd's, its given name's, its own name's; a person's is a code.

    No person's name enters the record: the code is the same in every file, and leads to nobody without the name.
    """
    if said.voice in names:
        return f"{CROWD}{source}.{names[said.voice]}"
    if not said.voice:
        return f"{CROWD}{source}"
    if said.person:
        return f"{CROWD}{source}.{code(source, said.voice)}"
    plain = _SLUG.sub("-", said.voice.lower()).strip("-.")[:_SLUG_LIMIT]
    return f"{CROWD}{source}.{plain}" if plain == said.voice else f"{CROWD}{source}.{plain}-{code(said.voice)[:6]}"


def _refuse_shared(kind: str, chosen: Sequence[_Candidate], view: LedgerView) -> None:
    """Raise where a series of one question of ours would mix two outside questions, each with its own criteria."""
    origins: dict[tuple[str, Pair], str] = {}
    held = [f for f in view.records(Forecast) if f.source.startswith(origin(kind, ""))]
    new = [c.record for c in chosen]
    wanted = {_key(f) for f in new}
    for record in (f for f in (*held, *new) if _key(f) in wanted):
        before = origins.setdefault((record.forecaster, (record.question, record.deadline)), record.source)
        if before != record.source:
            raise ImportRefusedError(
                f"{record.forecaster} on {record.question} by {record.deadline} would mix {shown(before)} and "
                f"{shown(record.source)}, each with criteria of its own: map one of them"
            )


def _valid(
    chosen: Sequence[_Candidate], board: Board, *, view: LedgerView, now: datetime, tally: Tally
) -> list[_Candidate]:
    """Return those that the board takes, by the rules of every entry, in order of issue."""
    short = _decided(view)
    found = []
    for one in sorted(chosen, key=lambda c: c.record.issued_at):
        problems = forecast_entry.check(one.record, board, view=short, now=now)
        if problems:
            tally.skip(_reason(one.record, board, now), f"{one.said.place}: {problems[0].message}")
        else:
            found.append(one)
    return found


def _decided(view: LedgerView) -> LedgerView:
    """Return a view of what decides questions only, which is all that the rules of a forecast ask for."""
    return replace(view, entries=tuple(e for e in view.entries if isinstance(e.record, Occurrence | Resolution)))


def _reason(record: Forecast, board: Board, now: datetime) -> str:
    if record.issued_at > utc(now):
        return "issued after now"
    if record.issued_at < start_of_day(board.question(record.question).opens):
        return "issued before our question opened"
    if record.issued_at > end_of_day(record.deadline):
        return "issued after our deadline"
    return "issued when our question was decided or closed"


def _key(record: Forecast) -> Key:
    return record.forecaster, record.question, record.deadline


def _last_of_each_day(ordered: Sequence[_Candidate], tally: Tally) -> list[_Candidate]:
    last = {(*_key(c.record), c.record.issued_at.date()): c for c in ordered}
    if gone := len(ordered) - len(last):
        tally.skip("not the last of its voice on that day", ordered[0].said.place, count=gone)
    return list(last.values())


def _with_ends(
    taken: Sequence[_Candidate], reading: Reading, *, board: Board, view: LedgerView, now: datetime
) -> list[_Candidate]:
    """Return the forecasts with a withdrawal where their question has closed or was settled there, and ours goes on."""
    ends = {q.id: min(filter(None, (q.closes_at, q.resolved_at)), default=None) for q in reading.questions}
    short = _decided(view)
    last = {_key(one.record): one for one in taken}
    found = list(taken)
    for one in last.values():
        end = ends[one.said.question]
        if end is None or one.record.probability is None or not one.record.issued_at < end <= utc(now):
            continue
        record = replace(one.record, probability=None, issued_at=end, published_on=end.date())
        if not forecast_entry.check(record, board, view=short, now=now):
            found.append(_Candidate(record, one.said))
    return found


def _fresh(candidates: Iterable[_Candidate], view: LedgerView, tally: Tally) -> Iterator[_Candidate]:
    """Give what the record does not hold yet; two values of one voice at one instant cannot both be what it said."""
    held: dict[tuple[Key, datetime], float | None] = {
        (_key(f), f.issued_at): f.probability for f in view.records(Forecast)
    }
    mine: set[tuple[Key, datetime]] = set()
    for one in candidates:
        place = (_key(one.record), one.record.issued_at)
        if place not in held:
            held[place] = one.record.probability
            mine.add(place)
            yield one
        elif held[place] == one.record.probability:
            tally.skip("twice in the files" if place in mine else "in the record already", one.said.place)
        else:
            where = "files" if place in mine else "record"
            tally.skip(f"another value at the same instant is in the {where}", one.said.place)


def _asked(question: OutsideQuestion, pair: Pair | None, before: OutsideQuestion | None, choices: Choices) -> Asked:
    whole = completed(before, question) if before else question
    state: Literal["new", "changed", "known"] = "new"
    if before is not None:
        state = "known" if before == whole else "changed"
    return Asked(whole, pair, state, pair is not None or choices.unmapped)


def _notes(asked: Iterable[Asked]) -> Iterator[str]:
    """Give what is different between a mapped question and ours as far as days tell it."""
    for one in asked:
        if one.pair is None:
            continue
        closes = one.question.closes_at
        if closes is None:
            yield f"{one.question.id} has no close there; {one.pair[0]} is by {one.pair[1]}."
        elif abs((closes.date() - one.pair[1]).days) > _DAYS_APART:
            yield f"{one.question.id} closes on {closes:%Y-%m-%d} there; {one.pair[0]} is by {one.pair[1]}."
        if one.question.outcome in ("ambiguous", "annulled"):
            yield f"{one.question.id} was judged {one.question.outcome} there, which says nothing of {one.pair[0]}."


def counts(found: Import) -> Counter[str]:
    """Return how many forecasts of each series are taken, the most frequent first."""
    return Counter(f.forecaster for f in found.accepted)
