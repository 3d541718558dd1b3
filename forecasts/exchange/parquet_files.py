"""A board as Parquet files: every number ever published, and the futures behind one snapshot with their weights.

`history.parquet` has a row for each published number, columns as `snapshots.HISTORY`; `snapshots.parquet` one for each
snapshot, columns as `snapshots.INDEX`. `futures.parquet` has a row for each simulated future: `weight` (they sum to 1),
`draw` (the parameter draw it belongs to), `day:<question>` (the day on which it happens, null where it does not by the
horizon), `share:<series>:<year>` (its value for that year), `scenario` (the one of the partition, null where none
holds) and `overlay:<id>`. Sums of `weight` over rows give the published probabilities, but for the order of summation.
"""

import io
from collections.abc import Iterator
from datetime import date

import numpy as np
import polars as pl

from forecasts import snapshots
from forecasts.store import Store
from forecasts.weighted_futures import WeightedFutures
from models.world import NEVER

_EPOCH = date(1970, 1, 1)


def files(store: Store, board: str, futures: WeightedFutures | None) -> Iterator[tuple[str, bytes]]:
    """Give name and content of each file; without futures the file of futures is left out."""
    yield "history.parquet", content(snapshots.history(store, board))
    yield "snapshots.parquet", content(snapshots.index(store, board))
    if futures is not None:
        yield "futures.parquet", content(table(futures))


def table(futures: WeightedFutures) -> pl.DataFrame:
    """Return the futures as a table, in the order in which they are stored."""
    board, stored, marks = futures.board, futures.stored, futures.marks
    partition = [s.id for s in board.scenarios if s.group == "partition"]
    overlays = [s.id for s in board.scenarios if s.group == "overlay"]
    opened = (board.opens - _EPOCH).days
    columns = [pl.Series("weight", futures.weight), pl.Series("draw", stored.draw)]
    for q, name in enumerate(stored.questions):
        day = pl.Series(f"day:{name}", stored.day[:, q].astype(np.int32) + opened).cast(pl.Date)
        columns.append(day.set(pl.Series(stored.day[:, q] == NEVER), None))
    columns += [pl.Series(f"share:{name}:{year}", stored.share[:, s, y]) for s, y, name, year in futures.coming]
    which = marks.code.astype(np.int64) % (len(partition) + 1)
    columns.append(pl.Series("scenario", [*partition, None], pl.String).gather(which))
    columns += [pl.Series(f"overlay:{name}", marks.overlay[:, i]) for i, name in enumerate(overlays)]
    return pl.DataFrame(columns)


def content(frame: pl.DataFrame) -> bytes:
    """Return a frame as a Parquet file."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()
