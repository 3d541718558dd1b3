"""Which two snapshots a reader compares: the newest one with that of their last visit, or of some days before."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl
import streamlit as st

from app import changes, data
from app.changes import Changes
from app.view import BoardView
from app.web.visit_cookie import last_visit
from forecasts import visits
from forecasts.errors import StoreError
from forecasts.people import ANONYMOUS
from forecasts.snapshots import Snapshot

MINUTE = "%Y-%m-%dT%H:%MZ"
"""How an instant stands in an address."""


@dataclass(frozen=True, slots=True)
class Span:
    """Since when changes are told: some days, or an instant at which somebody last looked."""

    days: int | None = None
    since: datetime | None = None
    """Aware UTC, whole minutes."""


def my_last_visit(board: str) -> datetime | None:
    """Return when whoever is looking ended their last visit, and note that they are here; None the first time.

    A person's is kept beside the record, that of somebody anonymous in a cookie. A record that cannot be written to at
    the moment is still read.
    """
    actor = data.actor()
    if actor == ANONYMOUS:
        visit = last_visit(st.context.cookies, data.now())
    else:
        store = data.workspace().store
        try:
            visit = visits.note(store, board, actor=actor, now=data.now())
        except StoreError:
            visit = visits.find(store, board, person=actor.id)
    return visit.since.replace(second=0, microsecond=0) if visit and visit.since else None


def read_instant(text: str) -> datetime | None:
    """Return the instant of an address, None where it is none or lies in the future."""
    try:
        found = datetime.strptime(text, MINUTE).replace(tzinfo=UTC)
    except ValueError:
        return None
    return found if found <= data.now() else None


def over(view: BoardView, span: Span) -> Changes | None:
    """Return what changed over a span, within one mode; None where no snapshot reaches back so far."""
    pair = _pair((view.key, view.changes_mode), span, view)
    return _between(view, *pair) if pair else None


@st.cache_resource(show_spinner=False, max_entries=256)
def _pair(key: tuple[str, str], span: Span, _view: BoardView) -> tuple[str, str] | None:  # noqa: ARG001 - the cache's key
    index = data.published(_view.board.id)
    return seen_then(index, _view, span.since) if span.since else days_ago(index, _view, span.days or 1)


def seen_then(index: pl.DataFrame, view: BoardView, instant: datetime) -> tuple[str, str] | None:
    """Return the snapshot that the board showed at an instant and the one it shows now.

    Published counts, not `as_of`: a run of the morning may speak of midnight. `index`: as `snapshots.index`.
    """
    if view.shown is None:
        return None
    mine = index.filter((pl.col("mode") == view.shown.mode) & (pl.col("published_at") <= instant))
    return (mine["id"][-1], view.shown.id) if mine.height else None


def days_ago(index: pl.DataFrame, view: BoardView, days: int) -> tuple[str, str] | None:
    """Return the newest snapshot that is at least so many days older than the newest one, and that one."""
    mine = index.filter(pl.col("mode") == view.changes_mode)
    if mine.is_empty():
        return None
    earlier = mine.filter(pl.col("as_of") <= mine["as_of"][-1] - timedelta(days=days))
    if earlier.is_empty():
        return None
    same = earlier.filter(pl.col("as_of") == earlier["as_of"][-1])
    first = view.changes_mode == "live"  # live counts what was issued first, hindsight the newest model version
    return same["id"][0 if first else -1], mine["id"][-1]


def _between(view: BoardView, before: str, now: str) -> Changes:
    return _kept(view.key, view.moment.view.digest, before, now, view)


@st.cache_resource(show_spinner=False, max_entries=64)
def _kept(key: str, digest: str, before: str, now: str, _view: BoardView) -> Changes:  # noqa: ARG001 - the cache's key
    first, last = _snapshot(before), _snapshot(now)
    return changes.between(
        first,
        last,
        board=_view.board,
        entries=_view.moment.view.entries,
        details=(data.detail_of(first), data.detail_of(last)),
    )


@st.cache_resource(show_spinner=False, max_entries=32)
def _snapshot(snapshot_id: str) -> Snapshot:
    return data.snapshot(snapshot_id)
