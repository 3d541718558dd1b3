"""Take an import back: every forecast from one entry to another, in one step; all of it stays in the record."""

import re
from datetime import datetime

from forecasts import ledger, new_entry
from forecasts.domain import Entry, Forecast, LedgerView, Retraction
from forecasts.errors import RecordError
from forecasts.fields import shown
from forecasts.forms import check_identifier
from forecasts.instants import utc
from forecasts.people import Actor
from forecasts.people_forecasts import is_crowd
from forecasts.store import Store, lock_board

_NUMBERED = re.compile(rf"{new_entry.FORECAST}([0-9]{{1,9}})")


def entries_between(view: LedgerView, first: str, last: str) -> tuple[Entry, ...]:
    """Return the series' forecasts in force from one entry's number to another's, in that order.

    Raises
    ------
    RecordError
        When an end is no forecast's id, the two do not rise, nothing in force lies between them, or a person's own
        forecast does: that stays as issued.
    """
    low, high = _number(first), _number(last)
    found = [e for e in view.entries if isinstance(e.record, Forecast) and low <= _number_of(e.entry) <= high]
    if low > high or not found:
        raise RecordError(f"{shown(first)} to {shown(last)}: no forecast of a series in force lies between them")
    own = next((e for e in found if isinstance(e.record, Forecast) and not is_crowd(e.record.forecaster)), None)
    if own is not None:
        raise RecordError(f"{own.entry} between {first} and {last} is a person's own forecast and stays as issued")
    return tuple(sorted(found, key=lambda e: _number_of(e.entry)))


def _number(entry: str) -> int:
    match = _NUMBERED.fullmatch(entry)
    if match is None:
        raise RecordError(f"{shown(entry)}: the id of a forecast like F012 is needed")
    return int(match[1])


def _number_of(entry: str) -> int:
    match = _NUMBERED.fullmatch(entry)
    return int(match[1]) if match else -1


def undo(
    store: Store, entries: tuple[Entry, ...], *, reason: str, board: str, actor: Actor, now: datetime
) -> tuple[Entry, ...]:
    """Take forecasts back in one transaction; returns the rows of their retractions.

    Raises
    ------
    ConflictError
        When one of them was changed or taken back since it was read.
    ForbiddenError, RecordError, StoreError
        As `ledger.append`; nothing is written.
    """
    check_identifier(board)
    with store.writing() as connection:
        lock_board(connection, board)
        first = int(new_entry.next_id(connection, board, new_entry.RETRACTION)[1:])
        records = [
            Retraction(f"{new_entry.RETRACTION}{number:03d}", entry.entry, reason, utc(now).date())
            for number, entry in enumerate(entries, first)
        ]
        seen = {entry.entry: entry.version for entry in entries}
        return ledger.append_locked(connection, records, board=board, actor=actor, now=now, expected_version=seen)
