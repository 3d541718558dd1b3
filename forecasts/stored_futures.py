"""Stored futures: the simulated histories of one run as an Arrow file, without pickle, from which others re-weigh.

One row per future. Columns: `schema_version` (constant), `draw`, `day:<question>` (int16 days since the board opened,
`models.world.NEVER` where it does not happen), `share:<series>:<publication day>` (float32, in the series' unit) and
the parts of the log weight before any evidence: `log_history`, `log_tilt`, `log_clamp`.
"""

import io
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

SCHEMA_VERSION = 1
"""Rises whenever the columns below change their meaning."""

LOG_PARTS = ("log_history", "log_tilt", "log_clamp")


class CorruptFuturesError(ValueError):
    """A stored futures file cannot be read; the message says what was found and how to make a new one."""


@dataclass(frozen=True, slots=True)
class StoredFutures:
    """Simulated histories, weighted before evidence. Axes: N futures, Q questions, S series, Y publications."""

    questions: tuple[str, ...]
    """(Q,) question ids, the order of the columns of `day`."""
    series: tuple[str, ...]
    """(S,) series ids."""
    publications: NDArray[np.int64]
    """(S, Y) days of the coming publications, padded with NEVER."""
    day: NDArray[np.int16]
    """(N, Q) days since the board opened."""
    draw: NDArray[np.int32]
    """(N,) parameter draw that each future belongs to, rising."""
    share: NDArray[np.float32]
    """(N, S, Y) value of the series at each publication."""
    log_history: NDArray[np.float64]
    """(N,) log weight of the draw's history up to the day through which the board is known."""
    log_tilt: NDArray[np.float64]
    """(N,) log weight that undoes the tilt."""
    log_clamp: NDArray[np.float64]
    """(N,) log weight of the clamped occurrences."""

    @property
    def log_prior(self) -> NDArray[np.float64]:
        """(N,) log weight before any evidence."""
        return self.log_history + self.log_tilt + self.log_clamp


def dump_futures(futures: StoredFutures) -> bytes:
    """Return the Arrow file of the futures; the same futures give the same bytes."""
    columns: dict[str, NDArray[np.generic]] = {
        "schema_version": np.full(futures.draw.size, SCHEMA_VERSION, np.int8),
        "draw": futures.draw,
    }
    columns |= {f"day:{q}": np.ascontiguousarray(futures.day[:, i]) for i, q in enumerate(futures.questions)}
    for s, name in enumerate(futures.series):
        for y, on in enumerate(futures.publications[s]):
            columns[f"share:{name}:{y}:{on}"] = np.ascontiguousarray(futures.share[:, s, y])
    columns |= {part: getattr(futures, part) for part in LOG_PARTS}
    buffer = io.BytesIO()
    pl.DataFrame(columns).write_ipc(buffer, compression="uncompressed", record_batch_size=futures.draw.size)
    return buffer.getvalue()


def load_futures(content: bytes, *, name: str) -> StoredFutures:
    """Read what `dump_futures` wrote; `name` says in errors which file it was.

    Raises
    ------
    CorruptFuturesError
        When the bytes are no Arrow file, are cut off, or hold other columns, types or values than expected.
    """
    try:
        frame = pl.read_ipc(io.BytesIO(content))
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        raise CorruptFuturesError(_advice(name, str(error).splitlines()[0][:120])) from error
    _check(frame, name)
    days = [c for c in frame.columns if c.startswith("day:")]
    series, publications, share = _shares(frame)
    return StoredFutures(
        tuple(c.removeprefix("day:") for c in days),
        series,
        publications,
        np.stack([frame[c].to_numpy() for c in days], axis=1),
        frame["draw"].to_numpy(writable=True),
        share,
        *(frame[part].to_numpy(writable=True) for part in LOG_PARTS),
    )


def _check(frame: pl.DataFrame, name: str) -> None:
    wanted: dict[str, pl.DataType | type[pl.DataType]] = {"schema_version": pl.Int8, "draw": pl.Int32}
    wanted |= dict.fromkeys(LOG_PARTS, pl.Float64)
    wanted |= {c: pl.Int16 for c in frame.columns if c.startswith("day:")}
    wanted |= {c: pl.Float32 for c in frame.columns if c.startswith("share:")}
    found = dict(frame.schema)
    if found != wanted or not any(c.startswith("day:") for c in found) or frame.is_empty():
        odd = sorted(set(found.items()) ^ set(wanted.items()), key=str)[:3]
        raise CorruptFuturesError(_advice(name, f"unexpected columns {odd}"))
    version = frame["schema_version"][0]
    if version != SCHEMA_VERSION:
        raise CorruptFuturesError(_advice(name, f"schema version {version}, this program reads {SCHEMA_VERSION}"))
    weights = frame.select(pl.all_horizontal(pl.col(LOG_PARTS).is_not_nan() & (pl.col(LOG_PARTS) < np.inf)).all())
    if frame.null_count().sum_horizontal().item() or not weights.item():
        raise CorruptFuturesError(_advice(name, "missing or non-finite values"))


def _shares(frame: pl.DataFrame) -> tuple[tuple[str, ...], NDArray[np.int64], NDArray[np.float32]]:
    keys = [c.split(":") for c in frame.columns if c.startswith("share:")]
    series = tuple(dict.fromkeys(k[1] for k in keys))
    if not series:
        return (), np.empty((0, 0), np.int64), np.empty((frame.height, 0, 0), np.float32)
    publications = np.array([[int(k[3]) for k in keys if k[1] == s] for s in series], np.int64)
    columns = [np.stack([frame[":".join(k)].to_numpy() for k in keys if k[1] == s], axis=1) for s in series]
    return series, publications, np.stack(columns, axis=1)


def _advice(name: str, found: str) -> str:
    return f"stored futures {name}: {found}; run `twixt refit` to write them anew"
