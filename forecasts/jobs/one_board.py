"""One process at a time computes a board, on however many machines: a second one would only spend time.

On PostgreSQL the lock is an advisory one of a session, on SQLite a locked file beside the database. Both go by
themselves when their holder ends, however it ends. Nothing published depends on them: a snapshot's id is unique.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import sqlalchemy as sa

from forecasts.file_lock import held, is_held
from forecasts.store import Store, plain_errors

_BETWEEN_TRIES = 0.05
_A_LOOK = 0.1
"""Seconds in which somebody who only asks whether a file is held has let it go again."""
_NAMESPACE = b"twixt computes "


@contextmanager
def computing(store: Store, board: str, *, patience: float = 0.0) -> Iterator[bool]:
    """Hold a board's lock for the length of a block; gives False when another process holds it.

    Parameters
    ----------
    store, board
        The record and the board's id.
    patience
        Seconds to wait for the other process.

    Raises
    ------
    StoreError
        When the database cannot be reached.
    OSError
        When the file beside it cannot be made.
    """
    until = monotonic() + max(patience, _A_LOOK)
    if store.engine.dialect.name == "postgresql":
        with _advisory(store, board, until) as mine:
            yield mine
    else:
        with _file_lock(lock_file(store, board), until) as mine:
            yield mine


def is_computing(store: Store, board: str) -> bool:
    """Tell whether some process computes the board now."""
    if store.engine.dialect.name != "postgresql":
        return is_held(lock_file(store, board))
    high, low = divmod(lock_key(board) % 2**64, 2**32)
    query = sa.text(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
        "AND classid::bigint = :high AND objid::bigint = :low"
    )
    with store.reading() as connection:
        return bool(connection.execute(query, {"high": high, "low": low}).scalar_one())


def lock_key(board: str) -> int:
    """Return the key of a board's advisory lock, a signed number of 64 bits."""
    return int.from_bytes(hashlib.sha256(_NAMESPACE + board.encode()).digest()[:8], "big", signed=True)


def lock_file(store: Store, board: str) -> Path:
    """Return the file beside a SQLite database that the process holds which computes the board."""
    return Path(str(store.engine.url.database)).parent / "locks" / f"computing-{board}"


@contextmanager
def _file_lock(path: Path, until: float) -> Iterator[bool]:
    while True:
        with held(path) as mine:
            if mine or monotonic() >= until:
                yield mine
                return
        sleep(_BETWEEN_TRIES)


@contextmanager
def _advisory(store: Store, board: str, until: float) -> Iterator[bool]:
    """Hold the lock on a connection of its own, whose session ends with the block and lets go of it."""
    ask = sa.select(sa.func.pg_try_advisory_lock(lock_key(board)))
    with plain_errors(store.label):
        connection = store.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        with plain_errors(store.label):
            while not (mine := bool(connection.execute(ask).scalar_one())) and monotonic() < until:
                sleep(_BETWEEN_TRIES)
        yield mine
    finally:
        connection.invalidate()
        connection.close()
