"""Add a new record under the next free id of its kind: short, readable, and safe when several people write at once."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime

import sqlalchemy as sa

from forecasts import ledger
from forecasts.domain import Entry, Record
from forecasts.errors import ConflictError
from forecasts.people import Actor
from forecasts.schema import ledger as ledger_table
from forecasts.store import Store

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

_ATTEMPTS = 200


def next_id(store: Store, board: str, letter: str) -> str:
    """Return the id after the highest one ever given with a letter: `E113` follows `E112`, retracted or not."""
    pattern = re.compile(rf"{letter}([0-9]{{1,9}})")
    query = sa.select(ledger_table.c.entry).where(
        ledger_table.c.board == board, ledger_table.c.version == 1, ledger_table.c.entry.like(f"{letter}%")
    )
    with store.reading() as connection:
        found = (pattern.fullmatch(entry) for entry in connection.execute(query).scalars())
        highest = max((int(match[1]) for match in found if match), default=0)
    return f"{letter}{highest + 1:03d}"


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
    """Append `make(id)` under the next free id; when somebody takes that id first, try the one after.

    `expected_version` names the version of a retraction's target that was seen, as `ledger.append` does.

    Raises
    ------
    ConflictError
        When something else than the id stands in the way (a retraction whose target is retracted already).
    StoreError, RecordError, ForbiddenError
        As `ledger.append`; nothing is written.
    """
    for _ in range(_ATTEMPTS):
        record = make(next_id(store, board, letter))
        try:
            return ledger.append(store, [record], board=board, actor=actor, now=now, expected_version=expected_version)[
                0
            ]
        except ConflictError as conflict:
            if conflict.newest is None or conflict.newest.entry != record.id:
                raise
    raise ConflictError(f"{board}: no free id with {letter} in {_ATTEMPTS} attempts; try again")
