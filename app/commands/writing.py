"""How a command adds one record to the ledger and tells the person what was written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from app.failures import CommandError
from app.terminal import print_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.session import Session
    from forecasts.domain import Entry, Record


def append(
    session: Session, record: Record, *, letter: str, board: str, expected: Mapping[str, int] | None = None
) -> Entry:
    """Add a new record under the next free id of its kind, in one transaction.

    `expected` names the version of a retraction's target that the writer has seen.
    """
    from forecasts import new_entry
    from forecasts.people import LOCAL_OWNER

    def make(entry: str) -> Any:
        return replace(record, id=entry)

    store = session.workspace().store
    return new_entry.append_new(
        store, make, letter=letter, board=board, actor=LOCAL_OWNER, now=session.now, expected_version=expected
    )


def correct(session: Session, record: Record, *, entry: str, board: str, seen: int | None = None) -> Entry:
    """Add a record as the next version of an entry; raises ConflictError when somebody else wrote one meanwhile.

    `seen` is the version that the writer has seen, by default the newest one.
    """
    from forecasts import ledger
    from forecasts.fields import shown
    from forecasts.people import LOCAL_OWNER

    store = session.workspace().store
    versions = ledger.history(store, board, entry=entry)
    if not versions:
        raise CommandError(f"--corrects: {shown(entry)} is no entry of {board}; `twixt evidence list` shows them")
    expected = {entry: versions[-1].version if seen is None else seen}
    new = replace(record, id=entry)
    return ledger.append(store, [new], board=board, actor=LOCAL_OWNER, now=session.now, expected_version=expected)[0]


def written(entry: Entry, *, as_json: bool, told: str) -> None:
    """Print what was written, and that the numbers follow with the next refit."""
    from forecasts.codec import encode_entry

    if as_json:
        print_json(encode_entry(entry))
    else:
        click.echo(f"{entry.entry} (position {entry.position}): {told}; `twixt refit` publishes what it changes")
