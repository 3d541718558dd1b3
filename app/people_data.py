"""What the pages read and write of people's forecasts: who stands where, the pool's path, a person's own record."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

import polars as pl
import streamlit as st

from app import calibration_data, data
from app.charts_of_people import COLUMNS
from app.view import BoardView
from forecasts import forecast_entry, new_entry, people, post_mortem, skill
from forecasts.domain import Entry, Forecast
from forecasts.exchange import outside_store
from forecasts.exchange.outside_of_question import Elsewhere, elsewhere
from forecasts.fields import FieldProblem
from forecasts.people_forecasts import Issued, Key, Pair, in_force, is_crowd, issued, of_pair
from forecasts.people_pool import Learned, PoolLine, asked, learn, lines, path
from forecasts.post_mortem import NoOutcomeError, PostMortem
from forecasts.scored_rows import BASE_RATE, CROWD, MODEL, RECALIBRATED_POOL
from forecasts.skill import Skill

REFERENCES = (MODEL, BASE_RATE, CROWD, RECALIBRATED_POOL)
"""What a person's record is compared with."""
POOL = "the pool"
YOU = "you"


def instant(view: BoardView) -> datetime:
    """Return now, or the time of the ledger's last row where that is later: a row just written is never missed."""
    return max(data.now(), view.moment.view.last_recorded_at or data.now())


def force(view: BoardView) -> dict[Key, Issued]:
    """Return the forecasts in force now, by forecaster, question and deadline."""
    return in_force(issued(view.moment.view), at=instant(view))


def pooled(view: BoardView) -> dict[Pair, PoolLine]:
    """Return the pool now, by question and deadline; the hierarchical rung is published with a snapshot only."""
    return {line.pair: line for line in lines(view.board, view.moment.view, _learned(view), at=instant(view))}


def _learned(view: BoardView) -> Learned:
    return learn(asked(view.board, view.moment.view, now=data.now()))


def names(forecasters: Sequence[str]) -> dict[str, str]:
    """Return what forecasters are called on a page: the reader `you`, a crowd by its source."""
    found = people.names(data.workspace().store, forecasters)
    own = data.actor().id
    return {f: YOU if f == own else (f if is_crowd(f) else found[f]) for f in forecasters}


def steps(view: BoardView, question: str, deadline: date) -> pl.DataFrame:
    """Return the lines of people, crowds and the pool on one question and deadline; columns `COLUMNS`."""
    pair, until = (question, deadline), instant(view)
    given = of_pair(issued(view.moment.view), pair)
    called = names(sorted({i.forecast.forecaster for i in given}))
    rows = []
    for forecaster, name in called.items():
        kind = "crowd" if is_crowd(forecaster) else "person"
        own = [(i.at, i.forecast.probability) for i in given if i.forecast.forecaster == forecaster]
        rows += _stretches(own, forecaster, name, kind=kind, until=until)
    if len(called) > 1:
        pool = path(view.board, view.moment.view, _learned(view), pair)
        best = [(at, line.best if line and len(line.voices) > 1 else None) for at, line in pool if at <= until]
        rows += _stretches(best, POOL, POOL, kind="pool", until=until)
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def _stretches(
    points: Sequence[tuple[datetime, float | None]], line: str, name: str, *, kind: str, until: datetime
) -> list[tuple[str, str, str, int, str, float]]:
    """Return the points of a line; each withdrawal ends a stretch at its value, the last one reaches to now."""
    rows, segment, standing = [], 0, None
    for at, value in [*points, (until, None)]:
        if value is None and standing is not None:
            rows.append((line, name, kind, segment, at.isoformat(), standing))
            segment += 1
        if value is not None:
            rows.append((line, name, kind, segment, at.isoformat(), value))
        standing = value
    return rows


def asked_elsewhere(view: BoardView, question: str) -> tuple[Elsewhere, ...]:
    """Return the questions of other sites whose forecasts stand on a question."""
    records = view.moment.view
    if not any(is_crowd(f.forecaster) and f.question == question for f in records.records(Forecast)):
        return ()
    return elsewhere(records, outside_store.newest(data.workspace().store, view.board.id), question)


def parse(fields: Mapping[str, str], view: BoardView) -> tuple[Forecast | None, list[FieldProblem]]:
    """Return the forecast that raw fields hold, or None with every mistake; the checks are the command line's."""
    now = data.now()
    record, problems = forecast_entry.from_fields(fields, entry="new", forecaster=data.actor().id, now=now)
    if record is None:
        return None, problems
    problems = forecast_entry.check(record, view.board, view=view.moment.view, now=now)
    return (None if problems else record), problems


def save(board: str, record: Forecast) -> Entry:
    """Append a forecast under the next free id and return its row.

    Raises
    ------
    ConflictError, StoreError, RecordError, ForbiddenError
        When the record refuses; nothing is written.
    """
    return new_entry.append_new(
        data.workspace().store,
        lambda entry: replace(record, id=entry),
        letter=new_entry.FORECAST,
        board=board,
        actor=data.actor(),
        now=data.now(),
    )


def withdraw(board: str, held: Issued) -> Entry:
    """Withdraw a forecast from now on; raises as `save`."""
    return save(board, forecast_entry.withdrawal(held.forecast, now=data.now()))


def record_of(view: BoardView, forecaster: str) -> tuple[Skill, ...]:
    """Return a person's live record against each reference that stood beside it, on questions that are decided."""
    return _skills(f"{view.key}:{view.moment.view.digest}", forecaster, _view=view)


@st.cache_resource(show_spinner="Judging your record", max_entries=8)
def _skills(key: str, forecaster: str, _view: BoardView) -> tuple[Skill, ...]:  # noqa: ARG001 - the cache's key
    live = calibration_data.rows(_view).filter(pl.col("mode") == "live")
    return skill.skills(live, forecaster=forecaster, references=REFERENCES)


def what_came_of(view: BoardView, question: str, deadline: date) -> PostMortem | None:
    """Return the post-mortem of a decided question by a deadline, or None while there is no outcome to judge by."""
    try:
        rows = calibration_data.rows(view)
        return post_mortem.post_mortem(view.board, view.moment.view, rows, question=question, deadline=deadline)
    except NoOutcomeError:
        return None
