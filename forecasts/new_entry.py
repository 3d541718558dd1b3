"""Add a new record under the next free id of its kind: short, readable, and safe when several people write at once."""

from collections.abc import Callable, Mapping
from datetime import datetime

import sqlalchemy as sa

from forecasts import ledger
from forecasts.domain import Entry, Record
from forecasts.forms import check_identifier
from forecasts.people import Actor
from forecasts.schema import ledger as ledger_table
from forecasts.store import Store, lock_board

EVIDENCE = "E"
OCCURRENCE = "O"
CONFIRMATION = "C"
RESOLUTION = "R"
RETRACTION = "X"
STATEMENT = "S"
COMPOSITION = "M"
EDITION = "N"
FORECAST = "F"
WHAT_IF = "W"

_DIGITS = "0123456789"
_LONGEST = 9
"""Digits of the highest number that counts as one."""


def next_id(connection: sa.Connection, board: str, letter: str) -> str:
    """Return the id after the highest one ever given with a letter: `E113` follows `E112`, retracted or not."""
    entry = ledger_table.c.entry
    rest = sa.func.substr(entry, 2)
    query = sa.select(sa.func.max(sa.cast(rest, sa.Integer))).where(
        ledger_table.c.board == board,
        entry.between(letter, chr(ord(letter) + 1)),  # what an index finds; the next conditions are what is meant
        sa.func.substr(entry, 1, 1) == letter,
        sa.func.length(entry).between(2, _LONGEST + 1),
        sa.func.ltrim(rest, _DIGITS) == "",
    )
    return f"{letter}{(connection.execute(query).scalar_one() or 0) + 1:03d}"


def append_new(
    store: Store,
    make: Callable[[str], Record],
    *,
    letter: str,
    board: str,
    actor: Actor,
    now: datetime,
    expected_version: Mapping[str, int] | None = None,
) -> Entry:
    """Append `make(id)` under the next free id; the id is chosen under the board's lock, so nobody else can take it.

    `expected_version` names the version of a retraction's target that was seen, as `ledger.append` does.

    Raises
    ------
    ConflictError, StoreError, RecordError, ForbiddenError
        As `ledger.append`; nothing is written.
    """
    check_identifier(board)
    with store.writing() as connection:
        lock_board(connection, board)
        record = make(next_id(connection, board, letter))
        (entry,) = ledger.append_locked(
            connection, [record], board=board, actor=actor, now=now, expected_version=expected_version
        )
    return entry
