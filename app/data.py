"""What the pages read: the open record, the newest snapshots, their history and detail. Cached by snapshot; no formula.

A page asks for `board_view`; where nothing has changed since the last rerun that costs a few small queries.
"""

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st

from app import login
from app.look import Palette
from app.spec import Spec
from app.view import BoardView, changes_of, published_once, reaches_back
from forecasts import attribution, ledger, new_entry, replay, snapshots, status
from forecasts import runs as attempts
from forecasts import what_if as what_ifs
from forecasts.attribution import NoMoveError
from forecasts.conditions import ConditionError
from forecasts.domain import Entry, Evidence, Mode, Retraction, WhatIfMode
from forecasts.instants import end_of_day
from forecasts.people import Action, Actor
from forecasts.preview import NoFuturesError, Previewer
from forecasts.runs import Run
from forecasts.settings import Home, SettingsError, Workspace, open_workspace
from forecasts.snapshots import Snapshot

KEPT_VIEWS = 16
"""Histories and specifications kept in memory, newest first."""


def now() -> datetime:
    """Return the present instant: the surface is the only place that reads the clock."""
    return datetime.now(UTC)


def home() -> Home:
    """Return the places that the environment names; raises SettingsError."""
    return Home.from_environment(os.environ)


def logs() -> Path | None:
    """Return where reports of surprises go, or None when the home cannot be told."""
    try:
        return home().logs
    except SettingsError:
        return None


def workspace() -> Workspace:
    """Return the opened record of the home that the environment names."""
    place = home()
    return _opened(str(place.root), place.database, place)


def _close(opened: Workspace) -> None:
    opened.store.close()


@st.cache_resource(show_spinner=False, on_release=_close)
def _opened(root: str, database: str, _home: Home) -> Workspace:  # noqa: ARG001 - the arguments are the cache's key
    return open_workspace(_home)


def board_ids() -> tuple[str, ...]:
    """Return the boards in the record."""
    return ledger.known_boards(workspace().store)


def board_view(board: str) -> BoardView:
    """Return what the pages show of a board.

    Raises
    ------
    BoardStoreError, StoreError
        When the record cannot be read.
    """
    opened = workspace()
    moment = _moment(board, ledger.tail(opened.store, board), home().database)
    index = snapshots.index(opened.store, board)
    marks = tuple(index["id"].to_list())
    history = _history(board, marks, home().database)
    shown = _shown(opened, board)
    live, retrospective = _status(opened, board, "live", index), _status(opened, board, "retrospective", index)
    within: Mode = "live" if reaches_back(changes_of(live)) or not retrospective else "retrospective"
    return BoardView(
        moment=moment,
        shown=shown,
        status=(live if shown is not None and shown.mode == "live" else retrospective),
        changes_mode=within,
        changes=changes_of(live if within == "live" else retrospective),
        history=history,
        detail=_detail(shown.detail_hash) if shown else {},
    )


def _shown(opened: Workspace, board: str) -> Snapshot | None:
    live = snapshots.latest(opened.store, board, mode="live")
    return live or snapshots.latest(opened.store, board, mode="retrospective")


@st.cache_resource(show_spinner=False, max_entries=KEPT_VIEWS)
def _moment(board: str, tail: ledger.Tail, database: str) -> replay.Moment:  # noqa: ARG001 - the cache's key
    opened = workspace()
    instant = max(now(), tail.recorded_at or now())  # a row's time may lie a tick ahead of the clock
    return replay.read_moment(opened.store, opened.artefacts, board, as_of=instant, mode="live", now=instant)


@st.cache_resource(show_spinner=False, max_entries=KEPT_VIEWS)
def _history(board: str, published: tuple[str, ...], database: str) -> pl.DataFrame:  # noqa: ARG001 - the cache's key
    """Return every probability, each `as_of` once."""
    return published_once(snapshots.history(workspace().store, board))


def _status(opened: Workspace, board: str, mode: Mode, index: pl.DataFrame) -> Mapping[str, Any]:
    if index.filter(pl.col("mode") == mode).is_empty():
        return {}
    return status.status(opened.store, board, mode=mode)


@st.cache_resource(show_spinner=False, max_entries=KEPT_VIEWS)
def _detail(detail_hash: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(workspace().artefacts.get(detail_hash))
    return found


def cached_spec(key: str, colours: Palette, build: Callable[[], Spec]) -> Spec:
    """Return a chart's specification, built once for each key and theme."""
    return _spec(key, colours.paper, build)


@st.cache_resource(show_spinner=False, max_entries=400)
def _spec(key: str, theme: str, _build: Callable[[], Spec]) -> Spec:  # noqa: ARG001 - the cache's key
    return _build()


@st.cache_resource(show_spinner=False, max_entries=2000)
def cached_mark(key: str, _build: Callable[[], str]) -> str:  # noqa: ARG001 - the cache's key
    """Return a small picture as HTML, built once for each key: it has the colours of both themes."""
    return _build()


def runs(board: str, *, limit: int) -> tuple[Run, ...]:
    """Return the last attempts to publish, newest first."""
    return attempts.read(workspace().store, board, limit=limit)


def published(board: str) -> pl.DataFrame:
    """Return one line for each snapshot of a board."""
    return snapshots.index(workspace().store, board)


def snapshot(snapshot_id: str) -> Snapshot:
    """Return one snapshot; raises KeyError when there is none of this id."""
    return snapshots.get(workspace().store, snapshot_id)


def detail_of(found: Snapshot) -> Mapping[str, Any]:
    """Return what a snapshot says beyond its rows; raises CorruptArtefactError when its file is missing."""
    return _detail(found.detail_hash)


def actor() -> Actor:
    """Return who acts now, with the role they have now."""
    return login.actor(workspace().store, home().root)


def may(action: Action) -> bool:
    """Tell whether who is looking may do something; every write is checked again where it is made."""
    return login.may(actor(), action)


def save_evidence(board: str, draft: Evidence) -> Entry:
    """Append an item under the next free id and return its row.

    Raises
    ------
    ConflictError, StoreError, RecordError, ForbiddenError
        When the record refuses; nothing is written.
    """
    return new_entry.append_new(
        workspace().store,
        lambda entry: replace(draft, id=entry),
        letter=new_entry.EVIDENCE,
        board=board,
        actor=actor(),
        now=now(),
    )


def retract(board: str, entry: str, *, reason: str) -> Entry:
    """Take an entry back; both rows stay. Raises as `save_evidence`."""
    instant = now()
    return new_entry.append_new(
        workspace().store,
        lambda row: Retraction(row, entry, reason, instant.date()),
        letter=new_entry.RETRACTION,
        board=board,
        actor=actor(),
        now=instant,
    )


def preview(view: BoardView, draft: Evidence | None, *, remove: tuple[str, ...] = ()) -> Mapping[str, Any]:
    """Return the board with a draft, or without items, or `{"refused": why}` where there are no stored futures."""
    try:
        return _previewed(view.board.id, _preview_key(view), home().database, draft, remove)
    except NoFuturesError as error:
        return {"refused": str(error)}


@st.cache_data(show_spinner=False, max_entries=100)
def _previewed(
    board: str, key: str, database: str, draft: Evidence | None, remove: tuple[str, ...]
) -> Mapping[str, Any]:
    """Weigh a draft once: a page that is drawn again with the same form only looks it up."""
    return _previewer(board, key, database).preview([draft] if draft else [], remove=remove)


def warm_preview(view: BoardView) -> None:
    """Read and weigh the stored futures while a person still types, so that the first preview is as quick as the next.

    Without stored futures there is nothing to warm; the preview says so itself.
    """
    with suppress(NoFuturesError):
        _previewer(view.board.id, _preview_key(view), home().database)


def implied_ratio(view: BoardView, draft: Evidence, question: str, deadline: date, *, target: float) -> float | str:
    """Return the likelihood ratio that makes a probability the target, or why there is none."""
    try:
        held = _previewer(view.board.id, _preview_key(view), home().database)
        return held.implied_lr(draft, question, deadline, target=target)
    except (NoFuturesError, ValueError) as error:
        return str(error)


def explain(view: BoardView, question: str, deadline: date, *, start: date, end: date, mode: Mode) -> Mapping[str, Any]:
    """Return the parts of a move between the snapshots of two days, or `{"refused": why}`."""
    try:
        return _explained(view.board.id, question, deadline, (start, end, mode), view.key)
    except NoMoveError as error:
        return {"refused": str(error)}


@st.cache_data(show_spinner=False, max_entries=200)
def _explained(
    board: str,
    question: str,
    deadline: date,
    span: tuple[date, date, Mode],
    key: str,  # noqa: ARG001 - the cache's key
) -> Mapping[str, Any]:
    opened, (start, end, mode) = workspace(), span
    return attribution.explain(
        opened.store,
        opened.artefacts,
        board,
        question=question,
        deadline=deadline,
        mode=mode,
        start=end_of_day(start),
        end=end_of_day(end),
    )


def what_if(view: BoardView, conditions: tuple[str, ...], mode: WhatIfMode) -> Mapping[str, Any]:
    """Return the board under conditions (`forecasts.what_if`), or `{"refused": why}`."""
    if view.shown is None:
        return {"refused": "nothing is published yet"}
    try:
        return _asked(view.board.id, conditions, mode, (view.shown.mode, view.shown.id))
    except (what_ifs.NothingPublishedError, what_ifs.TooRareError, ConditionError) as error:
        return {"refused": str(error)}


@st.cache_data(show_spinner=False, max_entries=100)
def _asked(board: str, conditions: tuple[str, ...], mode: WhatIfMode, shown: tuple[Mode, str]) -> Mapping[str, Any]:
    opened = workspace()
    return what_ifs.what_if(opened.store, opened.artefacts, board, conditions=conditions, mode=mode, replay=shown[0])


def _preview_key(view: BoardView) -> str:
    """Return what a previewer holds: the newest snapshot's futures and the records in force."""
    return f"{view.shown.id if view.shown else ''}:{view.moment.view.digest}"


@st.cache_resource(show_spinner="Reading the stored futures", max_entries=2)
def _previewer(board: str, key: str, database: str) -> Previewer:  # noqa: ARG001 - the cache's key
    opened = workspace()
    held = Previewer.load(opened.store, opened.artefacts, board, now=now())
    held.preview()
    return held
