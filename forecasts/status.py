"""The state of a board in one dict, read from its snapshots only.

Imports are light on purpose: nothing here compiles or samples, so a status stands within a second of process start.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from forecasts import ledger, runs, snapshots
from forecasts.domain import Mode
from forecasts.snapshots import Snapshot
from forecasts.store import Store

CHANGES = {"change_7d": timedelta(days=7), "change_30d": timedelta(days=30)}
"""A change compares with the snapshot that was the newest so many days before."""


class NoSnapshotError(LookupError):
    """Nothing was published for a board in a mode by an `as_of`; the message says how to publish."""


def status(store: Store, board: str, *, as_of: datetime | None = None, mode: Mode = "live") -> dict[str, Any]:
    """Return what was published last, with the changes since 7 and 30 days before it.

    Parameters
    ----------
    store, board
        The record and the board's id.
    as_of
        Aware instant: the last snapshot up to then instead of the newest.
    mode
        Whose snapshots; changes never compare across modes.

    Returns
    -------
    `board`, `mode`, `as_of`, `known_through`, `published_at` (ISO texts), `snapshot` (id), `definition` (its hash),
    `stale` (whether the record or the clock of attempts has moved on), `stale_reason` (text or None), `questions`: list
    of `question, deadline, probability, low, high` (90 % band), `band_resolved, change_7d, change_30d` (None without a
    snapshot that old),
    `resolved` (decided by that deadline), `state`; `scenarios`: list of `scenario, probability, low, high,
    band_resolved, change_7d, change_30d, overlay`.

    Raises
    ------
    NoSnapshotError
        When nothing was published by then.
    """
    newest = snapshots.latest(store, board, mode=mode, as_of=as_of)
    if newest is None:
        raise NoSnapshotError(_nothing(board, as_of, mode))
    rows = newest.rows.filter(pl.col("measure") == "probability")
    before = {name: _values(_earlier(store, newest, ago)) for name, ago in CHANGES.items()}
    reason = None if as_of is not None else stale_reason(store, newest)
    lines = [_line(row, before) for row in rows.iter_rows(named=True)]
    return {
        "board": board,
        "mode": mode,
        "as_of": newest.as_of.isoformat(),
        "known_through": newest.known_through.isoformat(),
        "published_at": newest.published_at.isoformat(),
        "snapshot": newest.id,
        "definition": newest.board_version,
        "stale": reason is not None,
        "stale_reason": reason,
        "questions": [_question(line) for line in lines if line["group"] == "question"],
        "scenarios": [_scenario(line) for line in lines if line["group"] != "question"],
    }


def stale_reason(store: Store, newest: Snapshot) -> str | None:
    """Return why a newest snapshot is not up to date, or None: attempts that did not succeed, or rows entered since."""
    failing = runs.stale(store, newest.board, mode=newest.mode)
    if failing is not None:
        return f"{failing.outcome} since {failing.since.isoformat()} ({failing.attempts}): {failing.message}"
    behind = ledger.news_since(store, newest.board, newest.ledger_position) if newest.mode == "live" else 0
    if behind > 0:
        return f"{behind} ledger row{'s' if behind > 1 else ''} entered since; the next refit counts them"
    return None


def _nothing(board: str, as_of: datetime | None, mode: Mode) -> str:
    until = f" by {as_of.isoformat()}" if as_of else ""
    return f"{board}: no {mode} snapshot{until} yet; `twixt refit` or `twixt backfill` publishes it"


def _earlier(store: Store, newest: Snapshot, ago: timedelta) -> Snapshot | None:
    return snapshots.latest(store, newest.board, mode=newest.mode, as_of=newest.as_of - ago)


type _Key = tuple[str, str, date | None]


def _values(snapshot: Snapshot | None) -> Mapping[_Key, float]:
    if snapshot is None:
        return {}
    rows = snapshot.rows.filter(pl.col("measure") == "probability")
    return {(r["subject"], r["group"], r["deadline"]): r["value"] for r in rows.iter_rows(named=True)}


def _line(row: Mapping[str, Any], before: Mapping[str, Mapping[_Key, float]]) -> dict[str, Any]:
    key = (row["subject"], row["group"], row["deadline"])
    then = {name: values.get(key) for name, values in before.items()}
    return dict(row) | {name: None if value is None else row["value"] - value for name, value in then.items()}


def _numbers(line: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "probability": line["value"],
        "low": line["low90"],
        "high": line["high90"],
        "band_resolved": line["band_resolved"],
        **{name: line[name] for name in CHANGES},
    }


def _question(line: Mapping[str, Any]) -> dict[str, Any]:
    head = {"question": line["subject"], "deadline": line["deadline"].isoformat()}
    return head | _numbers(line) | {"resolved": line["state"] in {"occurred", "passed"}, "state": line["state"]}


def _scenario(line: Mapping[str, Any]) -> dict[str, Any]:
    return {"scenario": line["subject"], **_numbers(line), "overlay": line["group"] == "overlay"}
