"""Read a board's track record from its store: records, published numbers, timing curves, table."""

import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from forecasts import replay, snapshots
from forecasts.artefacts import Artefacts
from forecasts.resolved_table import ResolvedRow, read
from forecasts.store import Store
from forecasts.track_record import MONTHS, track_record

TABLE = "resolved.csv"
"""Name of the table beside a board's definition."""


def read_track_record(
    store: Store, artefacts: Artefacts, board: str, *, now: datetime, directory: Path | None = None
) -> pl.DataFrame:
    """Return every issued probability of a board, columns as `scored_rows.COLUMNS`.

    Parameters
    ----------
    store, artefacts, board
        The record, its files, and the board's id.
    now
        The clock, aware UTC.
    directory
        Where the definition's files lie, for the table of past questions; None where they are not at hand.

    Raises
    ------
    ReplayError, BoardStoreError, StoreError
        When the record cannot be read.
    ResolvedTableError
        When the table cannot be used.
    """
    instant = replay.latest_instant(store, board, now=now)
    moment = replay.read_moment(store, artefacts, board, as_of=instant, mode="live", now=instant)
    table = read(directory / TABLE, moment.board) if directory else ()
    return track_record(
        moment.board,
        moment.view,
        snapshots.history(store, board),
        months=read_months(store, artefacts, board, table),
        table=table,
    )


def read_months(store: Store, artefacts: Artefacts, board: str, table: Iterable[ResolvedRow]) -> pl.DataFrame:
    """Return what the snapshots' timing curves say of the table's questions that are the board's; columns `MONTHS`.

    A curve answers by month's ends only; a snapshot whose curve begins later has no row. Of snapshots that share mode
    and `as_of` only the one that counts is read (`track_record`).
    """
    wanted = {(r.of_board, r.deadline) for r in table if r.of_board}
    if not wanted:
        return pl.DataFrame(schema=MONTHS)
    first, last = min(r.opens for r in table if r.of_board), max(deadline for _, deadline in wanted)
    heads = snapshots.index(store, board).filter(pl.col("as_of").dt.date().is_between(first, last))
    live = pl.col("mode") == "live"
    kept = [heads.filter(live).unique("as_of", keep="first"), heads.filter(~live).unique("as_of", keep="last")]
    rows = (
        row
        for head in pl.concat(kept).sort("as_of").iter_rows(named=True)
        for row in _chances(json.loads(artefacts.get(head["detail_hash"])).get("timing", {}), wanted, head)
    )
    return pl.DataFrame(list(rows), schema=MONTHS)


def _chances(timing: Any, wanted: set[tuple[str, date]], head: Any) -> Iterator[dict[str, Any]]:
    for question, by in sorted(wanted):
        curve = timing.get(question, {"months": [], "cdf": []})
        value = dict(zip(curve["months"], curve["cdf"], strict=True)).get(by.isoformat())
        if value is not None:
            yield {"as_of": head["as_of"], "mode": head["mode"], "question": question, "by": by, "value": float(value)}
