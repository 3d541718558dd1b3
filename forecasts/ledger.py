"""The ledger: records that are only ever added, read back as they stood at any instant.

Every board has its own gapless sequence of positions, given under the board's write lock. Each row's digest covers the
row and the digest before it, so one hash names a whole prefix. A correction is a new version of an entry, a retraction
is a row of its own; what is in force at an `as_of` follows from the rows alone.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from forecasts.codec import decode, encode, kind_of
from forecasts.domain import Entry, Evidence, Forecast, LedgerView, Mode, Record, Retraction
from forecasts.errors import RecordError, StoreError
from forecasts.forms import canonical, check_identifier, parse
from forecasts.instants import TICK, last_whole_day, utc
from forecasts.ledger_chain import NO_DIGEST, check_chain, row_digest
from forecasts.ledger_checks import check_record
from forecasts.people import Action, Actor, authorise
from forecasts.schema import boards, ledger
from forecasts.store import Store, lock_board

_IDS_IN_ONE_QUERY = 10_000
_ACTIONS: dict[str, Action] = {
    "evidence": "evidence",
    "retraction": "retract",
    "occurrence": "occurrence",
    "confirmation": "confirm",
    "resolution": "resolve",
    "statement": "statement",
    "composition": "observe",
    "edition": "observe",
    "forecast": "forecast",
    "what_if": "what_if",
    "board_version": "define_board",
}

_OF_OTHERS: dict[type[Record], Action] = {Evidence: "evidence_of_others", Forecast: "forecast_of_others"}


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of a board's ledger."""

    position: int
    """0 for an empty ledger."""
    digest: str
    recorded_at: datetime | None


def append(
    store: Store,
    records: Sequence[Record],
    *,
    board: str,
    actor: Actor,
    now: datetime,
    expected_version: Mapping[str, int] | None = None,
) -> tuple[Entry, ...]:
    """Add records to a board's ledger in one transaction: all of them or none.

    Parameters
    ----------
    records : in the order in which they are to stand; at most one for each entry id.
    now : aware instant; the rows are recorded then, or just after the ledger's last row if that is later.
    expected_version : entry id -> the newest version that the writer has seen, for corrections. An id that is not
        in it (or stands at 0) must be new. For the target of a retraction: the version that is to be taken back;
        a target that is not in it is taken back whatever its version.

    Raises
    ------
    ConflictError
        When an entry has another newest version than expected, or was retracted; it names who wrote what and when.
    ForbiddenError
        When the actor's role does not include one of the records.
    RecordError
        When a record cannot be kept, a retraction has no target, or a correction changes an entry's type or target.
    StoreError
        When the database refuses; nothing is written.
    """
    check_identifier(board)
    texts = _texts(records)
    _check_actor(records, board, actor)
    with store.writing() as connection:
        lock_board(connection, board)
        return _add(connection, records, texts, board=board, actor=actor, now=now, expected=expected_version or {})


def append_locked(
    connection: sa.Connection,
    records: Sequence[Record],
    *,
    board: str,
    actor: Actor,
    now: datetime,
    expected_version: Mapping[str, int] | None = None,
) -> tuple[Entry, ...]:
    """Add records in the transaction of a caller who holds the board's lock; all else as `append` does."""
    texts = _texts(records)
    _check_actor(records, board, actor)
    return _add(connection, records, texts, board=board, actor=actor, now=now, expected=expected_version or {})


def read(store: Store, board: str, *, as_of: datetime, mode: Mode) -> LedgerView:
    """Return what is in force at an `as_of`: the newest version of every entry that is not retracted.

    Live counts the rows recorded by then. Retrospective counts the rows published on a day that was over by then,
    whenever they were recorded; so to move a publication to a later day, retract the entry and enter it again.
    A board that nobody has written to has an empty view.
    """
    as_of = utc(as_of)
    with store.reading() as connection:
        rows = connection.execute(_bounded(board, as_of, mode)).all()
    if not rows:
        return LedgerView(board, as_of, mode, 0, NO_DIGEST, None)
    last = rows[-1]
    digest = last.digest if mode == "live" else _digest_of_records(rows)
    return LedgerView(board, as_of, mode, last.position, digest, last.recorded_at, _in_force(rows))


def tail(store: Store, board: str) -> Tail:
    """Return the end of a board's ledger; position 0 when it is empty."""
    with store.reading() as connection:
        return _tail(connection, board)


def news_since(store: Store, board: str, position: int) -> int:
    """Return how many rows after a position may change a number: all but named what-ifs and what takes them back."""
    asked = sa.select(ledger.c.entry).where(ledger.c.board == board, ledger.c.kind == "what_if")
    query = sa.select(sa.func.count()).where(ledger.c.board == board, ledger.c.position > position)
    query = query.where(ledger.c.kind != "what_if", sa.func.coalesce(ledger.c.target, "").not_in(asked))
    with store.reading() as connection:
        return int(connection.execute(query).scalar_one())


def history(store: Store, board: str, *, entry: str | None = None) -> tuple[Entry, ...]:
    """Return every row of a board, or every version of one of its entries, in ledger order."""
    query = _rows_of(board) if entry is None else _rows_of(board).where(ledger.c.entry == entry)
    with store.reading() as connection:
        return tuple(_entry(row) for row in sorted(connection.execute(query), key=_by_position))


def known_boards(store: Store) -> tuple[str, ...]:
    """Return the ids of the boards that have a ledger, sorted."""
    some = sa.exists().where(ledger.c.board == boards.c.id)
    with store.reading() as connection:
        return tuple(connection.execute(sa.select(boards.c.id).where(some).order_by(boards.c.id)).scalars())


def verify(store: Store, board: str) -> Tail:
    """Recompute every digest of a board and check positions, versions and times.

    Raises
    ------
    StoreError
        Naming the first position at which the ledger is not what its digests say.
    """
    rows = with_texts(store, board)
    check_chain([entry for entry, _ in rows], [text for _, text in rows])
    end = rows[-1][0] if rows else None
    return Tail(end.position, end.digest, end.recorded_at) if end else Tail(0, NO_DIGEST, None)


def with_texts(store: Store, board: str) -> tuple[tuple[Entry, str], ...]:
    """Return every row of a board with the record's text as it is kept and hashed."""
    with store.reading() as connection:
        rows = connection.execute(_rows_of(board).order_by(ledger.c.position))
        return tuple((_entry(row), row.record) for row in rows)


def is_empty(connection: sa.Connection, board: str) -> bool:
    """Tell whether a board has no ledger."""
    return _tail(connection, board).position == 0


def insert_rows(connection: sa.Connection, entries: Sequence[Entry], texts: Sequence[str]) -> None:
    """Write rows as they are; the caller holds the board's lock."""
    values = [
        {
            "board": e.board,
            "position": e.position,
            "entry": e.entry,
            "version": e.version,
            "recorded_at": e.recorded_at,
            "recorded_by": e.recorded_by,
            "record": text,
            "digest": e.digest,
        }
        | _repeated(e.record)
        for e, text in zip(entries, texts, strict=True)
    ]
    if values:
        connection.execute(ledger.insert(), values)


def _repeated(record: Record) -> dict[str, Any]:
    """Return what the table repeats of a record, so that rows can be chosen without reading it."""
    target = record.target if isinstance(record, Retraction) else None
    return {"kind": kind_of(record), "target": target, "published_on": record.published_on}


def _texts(records: Iterable[Record]) -> list[str]:
    return [canonical(encode(record)) for record in records]


def _add(
    connection: sa.Connection,
    records: Sequence[Record],
    texts: Sequence[str],
    *,
    board: str,
    actor: Actor,
    now: datetime,
    expected: Mapping[str, int],
) -> tuple[Entry, ...]:
    _check_records(connection, records, board, expected)
    end = _tail(connection, board)
    entries = _rows(end, records, texts, board=board, actor=actor, now=utc(now), expected=expected)
    insert_rows(connection, entries, texts)
    return entries


def _check_actor(records: Iterable[Record], board: str, actor: Actor) -> None:
    for record in records:
        authorise(actor, _ACTIONS[kind_of(record)], board)
        if isinstance(record, Evidence | Forecast) and record.forecaster != actor.id:
            authorise(actor, _OF_OTHERS[type(record)], board)


def _check_records(
    connection: sa.Connection, records: Sequence[Record], board: str, expected: Mapping[str, int]
) -> None:
    ids = [record.id for record in records]
    if len(set(ids)) != len(ids):
        raise RecordError(f"{board}: two records of one entry in {', '.join(ids)}; append them one after the other")
    targets = [r.target for r in records if isinstance(r, Retraction)]
    if len(set(targets)) != len(targets):
        raise RecordError(f"{board}: two retractions of one entry in {', '.join(targets)}")
    for record in records:
        if isinstance(record, Retraction) and record.target in ids:
            raise RecordError(f"{board}: retraction {record.id}: {record.target} is written in the same step")
    newest = _newest(connection, board, {*ids, *targets})
    retracted = _retracted(_retractions(connection, board, {*ids, *targets}))
    for record in records:
        check_record(record, newest, retracted, board=board, expected=expected)


def _rows(
    end: Tail,
    records: Sequence[Record],
    texts: Sequence[str],
    *,
    board: str,
    actor: Actor,
    now: datetime,
    expected: Mapping[str, int],
) -> tuple[Entry, ...]:
    entries = []
    for record, text in zip(records, texts, strict=True):
        at = max(now, end.recorded_at + TICK) if end.recorded_at else now
        version = expected.get(record.id, 0) + 1
        bare = Entry(board, end.position + 1, record.id, version, at, actor.id, record, "")
        digest = row_digest(end.digest, bare, text)
        entries.append(Entry(board, bare.position, record.id, version, at, actor.id, record, digest))
        end = Tail(bare.position, digest, at)
    return tuple(entries)


def _tail(connection: sa.Connection, board: str) -> Tail:
    columns = (ledger.c.position, ledger.c.digest, ledger.c.recorded_at)
    query = sa.select(*columns).where(ledger.c.board == board).order_by(ledger.c.position.desc()).limit(1)
    row = connection.execute(query).first()
    return Tail(row.position, row.digest, row.recorded_at) if row else Tail(0, NO_DIGEST, None)


def _newest(connection: sa.Connection, board: str, ids: Iterable[str]) -> dict[str, Entry]:
    rows: list[sa.Row[Any]] = []
    for some in batched(sorted(ids), _IDS_IN_ONE_QUERY, strict=False):
        rows += connection.execute(_rows_of(board).where(ledger.c.entry.in_(some))).all()
    newest = {row.entry: row for row in sorted(rows, key=_by_position)}
    return {entry: _entry(row) for entry, row in newest.items()}


def _retractions(connection: sa.Connection, board: str, entries: Iterable[str]) -> list[sa.Row[Any]]:
    """Read what takes entries back, what takes that back, and so on: not every retraction of the board."""
    rows: list[sa.Row[Any]] = []
    asked = set(entries)
    while asked:
        found: list[sa.Row[Any]] = []
        for some in batched(sorted(asked), _IDS_IN_ONE_QUERY, strict=False):
            query = _rows_of(board).where(ledger.c.target.in_(some))
            found += connection.execute(query).all()
        asked = {row.entry for row in found} - {row.entry for row in rows}
        rows += found
    return sorted(rows, key=_by_position)


_by_position = attrgetter("position")


def _rows_of(board: str) -> sa.Select[Any]:
    """Select rows of a board in no order: to ask for one would keep SQLite from the index that finds them."""
    return sa.select(ledger).where(ledger.c.board == board)


def _bounded(board: str, as_of: datetime, mode: Mode) -> sa.Select[Any]:
    query = _rows_of(board).order_by(ledger.c.position)
    if mode == "live":
        return query.where(ledger.c.recorded_at <= as_of)
    if mode == "retrospective":
        return query.where(ledger.c.published_on <= last_whole_day(as_of))
    raise ValueError(f"mode {mode!r}; allowed: live, retrospective")


def _in_force(rows: Sequence[sa.Row[Any]]) -> tuple[Entry, ...]:
    newest = {row.entry: row for row in rows}  # a dict keeps the place of the first version and the row of the last
    retracted = _retracted([row for row in rows if row.target is not None])
    return tuple(_entry(row) for entry, row in newest.items() if entry not in retracted)


def _retracted(rows: Sequence[sa.Row[Any]]) -> dict[str, Entry]:
    """Return entry id -> the retraction in force. A retraction can be retracted, by a later one only."""
    found: dict[str, Entry] = {}
    newest = {row.entry: row for row in rows}
    for row in reversed(newest.values()):
        if row.entry not in found:
            found[row.target] = _entry(row)
    return found


def _digest_of_records(rows: Sequence[sa.Row[Any]]) -> str:
    total = hashlib.sha256()
    for row in rows:
        total.update(f"{row.entry}\n{row.version}\n{row.record}\n".encode())
    return total.hexdigest()


def _entry(row: sa.Row[Any]) -> Entry:
    try:
        record = decode(parse(row.record))
    except RecordError as error:
        raise StoreError(f"{row.board}: ledger position {row.position} cannot be read: {error}") from error
    if _repeated(record) != {"kind": row.kind, "target": row.target, "published_on": row.published_on}:
        raise StoreError(f"{row.board}: ledger position {row.position} has columns that differ from its record")
    return Entry(row.board, row.position, row.entry, row.version, row.recorded_at, row.recorded_by, record, row.digest)
