"""Write a prepared import: its questions and forecasts in one transaction, all or nothing."""

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from forecasts import ledger, new_entry
from forecasts.domain import Entry
from forecasts.errors import ConflictError
from forecasts.exchange import outside_store
from forecasts.exchange.import_report import Import
from forecasts.forms import check_identifier
from forecasts.people import Actor
from forecasts.schema import ledger as ledger_table
from forecasts.store import Store, lock_board


def write(store: Store, prepared: Import, *, board: str, actor: Actor, now: datetime) -> tuple[Entry, ...]:
    """Write what an import takes; returns the rows of its forecasts.

    Parameters
    ----------
    store, board
        The record and the board that it was prepared for.
    prepared
        As `import_report.prepare` returns it.
    actor, now
        Who writes, and the clock, aware UTC.

    Raises
    ------
    ConflictError
        When somebody wrote to the record since it was prepared: what is a repetition may have changed.
    ForbiddenError, RecordError, StoreError
        When the actor may not enter the forecasts of others, or the database refuses. Nothing is written.
    """
    check_identifier(board)
    kept = [asked.question for asked in prepared.questions if asked.kept]
    with store.writing() as connection:
        lock_board(connection, board)
        _check_position(connection, board, prepared.position)
        outside_store.keep(connection, kept, board=board, actor=actor, now=now)
        first = int(new_entry.next_id(connection, board, new_entry.FORECAST)[1:])
        records = [
            replace(record, id=f"{new_entry.FORECAST}{number:03d}")
            for number, record in enumerate(prepared.accepted, first)
        ]
        return ledger.append_locked(connection, records, board=board, actor=actor, now=now)


def _check_position(connection: sa.Connection, board: str, prepared: int) -> None:
    query = sa.select(sa.func.max(ledger_table.c.position)).where(ledger_table.c.board == board)
    found = connection.execute(query).scalar_one() or 0
    if found != prepared:
        raise ConflictError(
            f"{board}: somebody wrote to the record meanwhile (row {found}, compared with {prepared}); import again"
        )
