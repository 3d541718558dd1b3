"""Snapshots: what was published, whole and for ever, and the trend of every number read as a polars frame."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, get_args

import polars as pl
import sqlalchemy as sa

from forecasts.domain import Mode
from forecasts.forms import canonical, check_hash, check_identifier, parse
from forecasts.instants import utc
from forecasts.people import Actor, authorise
from forecasts.schema import snapshot_lines, snapshot_rows, snapshots
from forecasts.snapshot_rows import LINE, NUMBERS, ROWS, STATES, check_rows
from forecasts.store import Store, lock_board


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One published state of a board."""

    id: str
    """Hash of everything it was computed from: the same inputs are published once."""
    board: str
    mode: Mode
    as_of: datetime
    known_through: date
    """Through this day the board's status was confirmed."""
    published_at: datetime
    board_version: str
    """Content hash of the definition."""
    ledger_position: int
    ledger_digest: str
    rows: pl.DataFrame
    """Columns as `snapshot_rows.ROWS`, in the order of showing."""
    receipt: dict[str, Any]
    """Plain JSON values: versions, seed, diagnostics, gates, timings."""
    detail_hash: str
    """Artefact with what the pages show beyond the rows."""
    futures_hash: str | None
    """Artefact with the simulated futures, while they are kept."""


INDEX: dict[str, Any] = {
    "id": pl.String,
    "board": pl.String,
    "mode": pl.String,
    "as_of": pl.Datetime("us", "UTC"),
    "known_through": pl.Date,
    "published_at": pl.Datetime("us", "UTC"),
    "board_version": pl.String,
    "ledger_position": pl.Int64,
    "ledger_digest": pl.String,
    "detail_hash": pl.String,
    "futures_hash": pl.String,
}
"""Columns of `index`."""

HISTORY: dict[str, Any] = {"snapshot": pl.String, "as_of": pl.Datetime("us", "UTC"), "mode": pl.String} | ROWS
"""Columns of `history`."""


def write(store: Store, snapshot: Snapshot, *, actor: Actor) -> bool:
    """Publish a snapshot; returns False, and changes nothing, when its id was published before.

    Raises
    ------
    ForbiddenError
        When the actor may not publish.
    ValueError
        When a row, the receipt or an id cannot be kept: an unknown group, measure or state, a number that is not
        finite, a probability outside 0 to 1, two rows of one subject, deadline and measure.
    StoreError
        When the database refuses; nothing is written.
    """
    authorise(actor, "publish", snapshot.board)
    check(snapshot)
    with store.writing() as connection:
        lock_board(connection, snapshot.board)
        return insert(connection, snapshot)


def index(store: Store, board: str, *, mode: Mode | None = None) -> pl.DataFrame:
    """Return one line a snapshot, columns as `INDEX`, in the order of `as_of` and then of publication."""
    query = _of_board(sa.select(*(snapshots.c[name] for name in INDEX)), board, mode)
    with store.reading() as connection:
        rows = connection.execute(query.order_by(snapshots.c.as_of, snapshots.c.number)).all()
    return pl.DataFrame(dict(zip(INDEX, zip(*rows, strict=True), strict=True)) if rows else None, schema=INDEX)


def latest(store: Store, board: str, *, mode: Mode, as_of: datetime | None = None) -> Snapshot | None:
    """Return the snapshot with the latest `as_of` (up to a given one), the last published where several share it."""
    query = _of_board(sa.select(snapshots), board, mode)
    if as_of is not None:
        query = query.where(snapshots.c.as_of <= utc(as_of))
    return _one(store, query.order_by(snapshots.c.as_of.desc(), snapshots.c.number.desc()).limit(1))


def get(store: Store, snapshot_id: str) -> Snapshot:
    """Return one snapshot; raises KeyError when there is none of this id."""
    found = _one(store, sa.select(snapshots).where(snapshots.c.id == snapshot_id))
    if found is None:
        raise KeyError(f"there is no snapshot {snapshot_id!r:.80}")
    return found


def every(store: Store, board: str) -> Iterator[Snapshot]:
    """Give all snapshots of a board one by one, in the order of publication."""
    with store.reading() as connection:
        of_board = _of_board(sa.select(snapshots.c.id), board, None)
        ids = connection.execute(of_board.order_by(snapshots.c.number)).scalars().all()
    return (get(store, identifier) for identifier in ids)


def history(
    store: Store, board: str, *, mode: Mode | None = None, subject: str | None = None, deadline: date | None = None
) -> pl.DataFrame:
    """Return the rows of all snapshots of a board, columns as `HISTORY`, by `as_of`, publication and place in it.

    Where several snapshots share an `as_of`, all of them are in it; the last published comes last.
    """
    with store.reading() as connection:
        lines = _read_lines(connection, board, subject=subject, deadline=deadline)
        heads = _read_heads(connection, board, mode)
        numbers = _read_numbers(connection, board, lines, whole=subject is None and deadline is None)
    rows = numbers.join(heads, on="snapshot_number").join(lines, on="line")
    return rows.sort("as_of", "snapshot_number", "place").select(list(HISTORY))


def _of_board(query: sa.Select[Any], board: str, mode: Mode | None) -> sa.Select[Any]:
    query = query.where(snapshots.c.board == board)
    return query if mode is None else query.where(snapshots.c.mode == mode)


def check(snapshot: Snapshot) -> None:
    """Raise ValueError unless a snapshot can be kept."""
    if snapshot.mode not in get_args(Mode):
        raise ValueError(f"mode {snapshot.mode!r:.40}; allowed: {', '.join(get_args(Mode))}")
    check_identifier(snapshot.board)
    check_identifier(snapshot.id)
    for name in (snapshot.detail_hash, snapshot.futures_hash):
        if name is not None:
            check_hash(name)
    canonical(snapshot.receipt)
    check_rows(snapshot.rows)


def insert(connection: sa.Connection, snapshot: Snapshot) -> bool:
    """Write a checked snapshot unless its id is there; the caller holds the board's lock."""
    if connection.execute(sa.select(snapshots.c.number).where(snapshots.c.id == snapshot.id)).first():
        return False
    head = {c.name: getattr(snapshot, c.name) for c in snapshots.columns if c.name not in {"number", "receipt"}}
    values = head | {"receipt": canonical(snapshot.receipt)}
    written = connection.execute(snapshots.insert().values(values).returning(snapshots.c.number))
    _insert_rows(connection, snapshot, written.scalar_one())
    return True


def _insert_rows(connection: sa.Connection, snapshot: Snapshot, number: int) -> None:
    columns = snapshot.rows.with_columns(
        pl.col("deadline").cast(pl.String).fill_null(""),
        pl.col("state").replace_strict(STATES, range(len(STATES)), return_dtype=pl.Int64),
        pl.col("band_resolved").cast(pl.Int64),
    )
    known = {row[1:]: row[0] for row in _lines_of(connection, snapshot.board)}
    keys = list(columns.select(LINE).iter_rows())
    new = [
        dict(zip(("board", *_LINE_COLUMNS), (snapshot.board, *key), strict=True)) for key in keys if key not in known
    ]
    if new:
        connection.execute(snapshot_lines.insert(), new)
        known = {row[1:]: row[0] for row in _lines_of(connection, snapshot.board)}
    numbers = columns.select(*NUMBERS, "band_resolved", "state").iter_rows(named=True)
    rows = [
        {"line": known[key], "snapshot": number, "place": i, **row}
        for i, (key, row) in enumerate(zip(keys, numbers, strict=True))
    ]
    connection.execute(snapshot_rows.insert(), rows)


_LINE_COLUMNS = ("subject", "grouping", "deadline", "measure")


def _lines_of(connection: sa.Connection, board: str) -> list[tuple[Any, ...]]:
    columns = (snapshot_lines.c.number, *(snapshot_lines.c[name] for name in _LINE_COLUMNS))
    return [tuple(row) for row in connection.execute(sa.select(*columns).where(snapshot_lines.c.board == board))]


def _read_lines(connection: sa.Connection, board: str, *, subject: str | None, deadline: date | None) -> pl.DataFrame:
    schema = {"line": pl.Int64} | dict.fromkeys(LINE, pl.String)
    lines = pl.DataFrame(_lines_of(connection, board), schema=schema, orient="row")
    lines = lines.with_columns(pl.col("deadline").replace("", None).str.to_date("%Y-%m-%d"))
    if subject is not None:
        lines = lines.filter(pl.col("subject") == subject)
    if deadline is not None:
        lines = lines.filter(pl.col("deadline") == deadline)
    return lines


def _read_heads(connection: sa.Connection, board: str, mode: Mode | None) -> pl.DataFrame:
    columns = (snapshots.c.number, snapshots.c.id, snapshots.c.as_of, snapshots.c.mode)
    rows = connection.execute(_of_board(sa.select(*columns), board, mode)).all()
    schema = {"snapshot_number": pl.Int64, "snapshot": pl.String, "as_of": HISTORY["as_of"], "mode": pl.String}
    return pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row")


_READ = ("line", "snapshot", "place", *NUMBERS, "band_resolved", "state")


def _read_numbers(connection: sa.Connection, board: str, lines: pl.DataFrame, *, whole: bool) -> pl.DataFrame:
    query = sa.select(*(snapshot_rows.c[name] for name in _READ))
    if whole:
        of_board = sa.select(snapshot_lines.c.number).where(snapshot_lines.c.board == board)
        query = query.where(snapshot_rows.c.line.in_(of_board))
    else:
        query = query.where(snapshot_rows.c.line.in_(lines["line"].to_list()))
    return _numbers_frame(connection.execute(query).all()).rename({"snapshot": "snapshot_number"})


def _numbers_frame(rows: Any) -> pl.DataFrame:
    schema: dict[str, Any] = dict.fromkeys(("line", "snapshot", "place"), pl.Int64)
    schema |= dict.fromkeys(NUMBERS, pl.Float64)
    schema |= {"band_resolved": pl.Int64, "state": pl.Int64}
    columns = dict(zip(_READ, zip(*rows, strict=True), strict=True)) if rows else None
    names = pl.lit(pl.Series(STATES))
    return pl.DataFrame(columns, schema=schema).with_columns(
        pl.col("band_resolved").cast(pl.Boolean), state=names.gather(pl.col("state"))
    )


def _one(store: Store, query: sa.Select[Any]) -> Snapshot | None:
    with store.reading() as connection:
        head = connection.execute(query).mappings().first()
        if head is None:
            return None
        values = dict(head)
        number, receipt = values.pop("number"), parse(values.pop("receipt"))
        found = sa.select(*(snapshot_rows.c[name] for name in _READ)).where(snapshot_rows.c.snapshot == number)
        numbers = _numbers_frame(connection.execute(found).all())
        lines = _read_lines(connection, values["board"], subject=None, deadline=None)
    rows = numbers.join(lines, on="line").sort("place").select(list(ROWS))
    return Snapshot(**values, rows=rows, receipt=receipt)
