"""What the site shows of a board, read from the record without a page around it."""

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import polars as pl

from app import changes
from app.changes import Changes
from app.changes_data import days_ago
from app.view import BoardView, changes_of, published_once, reaches_back
from forecasts import board as definitions
from forecasts import calibration_report, ledger, replay, runs, snapshots, status
from forecasts.calibration_report import Report
from forecasts.domain import Mode
from forecasts.jobs import attempts
from forecasts.jobs.attempts import GivenUp
from forecasts.scored_rows import MODES
from forecasts.settings import Workspace
from forecasts.snapshots import Snapshot
from forecasts.track_record_reading import read_track_record

SPAN = 30
"""Days over which the first page tells what changed."""
TOLD = 50
"""Published changes that are listed, newest first."""


@dataclass(frozen=True)
class SiteView:
    """A board as its site shows it."""

    view: BoardView
    begun_at: datetime
    """When the ledger begins."""
    changed: Changes | None
    """Over `SPAN` days, in the mode of the changes; None where the history does not reach back."""
    published: tuple[Changes, ...]
    """From each live snapshot to the next one where something changed, newest first, at most `TOLD`."""
    stopped: GivenUp | None
    """The input that is not tried again, while nothing was published since."""
    reports: tuple[Report, ...]
    """The model's record, live and retrospective, judged on the day of the newest snapshot; only modes with any."""


def read(opened: Workspace, board: str, *, now: datetime) -> SiteView:
    """Return what a board's site shows; raises StoreError, BoardStoreError or ReplayError where it cannot be read."""
    store = opened.store
    at = replay.latest_instant(store, board, now=now)
    moment = replay.read_moment(store, opened.artefacts, board, as_of=at, mode="live", now=at)
    index = snapshots.index(store, board)
    shown = snapshots.latest(store, board, mode="live") or snapshots.latest(store, board, mode="retrospective")
    found: dict[Mode, Mapping[str, Any]] = {m: _status(opened, board, m, index) for m in ("live", "retrospective")}
    live = found["live"]
    within: Mode = "live" if reaches_back(changes_of(live)) or not found["retrospective"] else "retrospective"
    view = BoardView(
        moment=moment,
        shown=shown,
        status=found[shown.mode] if shown else {},
        changes_mode=within,
        changes=changes_of(found[within]),
        history=published_once(snapshots.history(store, board)),
        detail=_detail(opened, shown) if shown else {},
    )
    newest_first = runs.read(store, board, mode="live", limit=attempts.LOOKED_AT)
    given_up = attempts.given_up(newest_first) if runs.stale_since(newest_first) else ()
    return SiteView(
        view=view,
        begun_at=_begun_at(opened, board),
        changed=_changed(opened, view, index),
        published=_published(opened, view, index),
        stopped=given_up[0] if given_up else None,
        reports=_reports(opened, view) if shown else (),
    )


def _begun_at(opened: Workspace, board: str) -> datetime:
    return ledger.history(opened.store, board)[0].recorded_at


def _status(opened: Workspace, board: str, mode: Mode, index: pl.DataFrame) -> Mapping[str, Any]:
    if index.filter(pl.col("mode") == mode).is_empty():
        return {}
    return status.status(opened.store, board, mode=mode)


def _detail(opened: Workspace, shown: Snapshot) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(opened.artefacts.get(shown.detail_hash))
    return found


def _changed(opened: Workspace, view: BoardView, index: pl.DataFrame) -> Changes | None:
    pair = days_ago(index, view, SPAN)
    if pair is None:
        return None
    before, now = (snapshots.get(opened.store, i) for i in pair)
    details = (_detail(opened, before), _detail(opened, now))
    return changes.between(before, now, board=view.board, entries=view.moment.view.entries, details=details)


def _published(opened: Workspace, view: BoardView, index: pl.DataFrame) -> tuple[Changes, ...]:
    ids = index.filter(pl.col("mode") == "live").sort("published_at", maintain_order=True)["id"].to_list()
    known = [snapshots.get(opened.store, i) for i in ids[-TOLD - 1 :]]
    found = [
        changes.between(a, b, board=view.board, entries=view.moment.view.entries, details=({}, {}))
        for a, b in itertools.pairwise(known)
    ]
    return tuple(c for c in reversed(found) if c.happened or any(m.clear for m in c.moved))


def _reports(opened: Workspace, view: BoardView) -> tuple[Report, ...]:
    assert view.shown is not None
    today = datetime.combine(view.shown.as_of.date(), time.min, UTC)
    directory: Path | None = definitions.find(opened.home.boards).get(view.board.id)
    rows = read_track_record(opened.store, opened.artefacts, view.board.id, now=view.moment.as_of, directory=directory)
    present = set(rows["mode"].unique().to_list())
    return tuple(
        calibration_report.report(rows, mode=mode, as_of=today.timestamp()) for mode in MODES if mode in present
    )
