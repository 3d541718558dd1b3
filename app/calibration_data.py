"""What the Calibration page reads: a board's track record, judged once for each position of the record and each day."""

from datetime import UTC, datetime, time

import polars as pl
import streamlit as st

from app import data
from app.view import BoardView
from forecasts import board as definitions
from forecasts import calibration_report, people, snapshots
from forecasts.calibration_report import Report
from forecasts.scored_rows import MODEL, MODES, REFERENCES
from forecasts.track_record import due
from forecasts.track_record_reading import read_track_record

KEPT = 12
"""Reports kept in memory: two modes of a handful of forecasters."""


def choices(view: BoardView) -> dict[str, tuple[str, ...]]:
    """Return mode -> forecasters with a record in it, the model first, the references last; only modes with any."""
    record = rows(view)
    found = {}
    for mode in MODES:
        names = record.filter(pl.col("mode") == mode)["forecaster"].unique().sort().to_list()
        order = [n for n in (MODEL,) if n in names]
        order += [n for n in names if n != MODEL and n not in REFERENCES] + [n for n in names if n in REFERENCES]
        if order:
            found[mode] = tuple(order)
    return found


def first_mode(view: BoardView) -> str:
    """Return the mode to show first: live as soon as one live forecast may be judged."""
    return "live" if due(rows(view).filter(pl.col("mode") == "live"), now=_today()).height else "retrospective"


def names() -> dict[str, str]:
    """Return the names of people by id; who is not in it (the model, a crowd, a reference) is shown by the id."""
    return {person.id: person.name for person in people.everyone(data.workspace().store)}


def report(view: BoardView, *, mode: str, forecaster: str) -> Report:
    """Return one mode of a forecaster's record, judged at the beginning of this UTC day."""
    return _report(_key(view), mode, forecaster, _today().isoformat(), _view=view)


def _today() -> datetime:
    return datetime.combine(data.now().date(), time.min, UTC)


def _key(view: BoardView) -> str:
    """Return what a track record is made of: the records in force and the snapshots published."""
    published = snapshots.index(data.workspace().store, view.board.id)
    last = published["id"][-1] if published.height else ""
    return f"{view.board.id}:{view.moment.view.digest}:{published.height}:{last}"


def rows(view: BoardView) -> pl.DataFrame:
    """Return the board's track record, columns as `scored_rows.COLUMNS`."""
    return _read(_key(view), data.home().database, _view=view)


@st.cache_resource(show_spinner="Reading the record", max_entries=2)
def _read(key: str, database: str, _view: BoardView) -> pl.DataFrame:  # noqa: ARG001 - the cache's key
    opened = data.workspace()
    directory = definitions.find(data.home().boards).get(_view.board.id)
    return read_track_record(opened.store, opened.artefacts, _view.board.id, now=data.now(), directory=directory)


@st.cache_resource(show_spinner="Judging the record", max_entries=KEPT)
def _report(key: str, mode: str, forecaster: str, day: str, _view: BoardView) -> Report:  # noqa: ARG001 - the cache's key
    as_of = datetime.fromisoformat(day).timestamp()
    return calibration_report.report(rows(_view), mode=mode, as_of=as_of, forecaster=forecaster)
