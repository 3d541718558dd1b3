"""Outside questions in the record: every version of a question of another site as it stood in a file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from forecasts.exchange.outside import FORM, OutsideQuestion
from forecasts.forms import COUNT, ID, INSTANT, Form, canonical, parse, part, read_fields, write_fields
from forecasts.instants import utc
from forecasts.people import Actor, authorise
from forecasts.schema import outside_questions
from forecasts.store import Store


@dataclass(frozen=True, slots=True)
class KeptQuestion:
    """One version of an outside question in the record."""

    board: str
    question: OutsideQuestion
    version: int
    """1 when it is first read, one more whenever a later file says something else."""
    added_by: str
    added_at: datetime


KEPT_FORM: dict[str, Form] = {
    "board": ID,
    "question": part(OutsideQuestion, FORM),
    "version": COUNT,
    "added_by": ID,
    "added_at": INSTANT,
}
"""The form of each field of a kept question in a dump."""


def history(store: Store, board: str) -> tuple[KeptQuestion, ...]:
    """Return every version of a board's outside questions, by source, id and version."""
    with store.reading() as connection:
        return _read(connection, board)


def newest(store: Store, board: str) -> tuple[KeptQuestion, ...]:
    """Return the newest version of each of a board's outside questions, by source and id."""
    return _newest(history(store, board))


def _newest(versions: Iterable[KeptQuestion]) -> tuple[KeptQuestion, ...]:
    return tuple({(k.question.source, k.question.id): k for k in versions}.values())


def _read(connection: sa.Connection, board: str) -> tuple[KeptQuestion, ...]:
    table = outside_questions.c
    query = sa.select(outside_questions).where(table.board == board)
    rows = connection.execute(query.order_by(table.source, table.outside, table.version)).mappings()
    return tuple(
        KeptQuestion(
            board,
            read_fields(parse(row["record"]), OutsideQuestion, FORM),
            row["version"],
            row["added_by"],
            row["added_at"],
        )
        for row in rows
    )


def keep(
    connection: sa.Connection, questions: Sequence[OutsideQuestion], *, board: str, actor: Actor, now: datetime
) -> tuple[KeptQuestion, ...]:
    """Keep questions in the transaction of a caller who holds the board's lock; returns what is new or has changed.

    Raises
    ------
    ForbiddenError
        When the actor may not enter the forecasts of others.
    """
    authorise(actor, "forecast_of_others", board)
    before = {(k.question.source, k.question.id): k for k in _newest(_read(connection, board))}
    kept = []
    for question in questions:
        known = before.get((question.source, question.id))
        if known is None or known.question != question:
            version = known.version + 1 if known else 1
            kept.append(KeptQuestion(board, question, version, actor.id, utc(now)))
    insert(connection, kept)
    return tuple(kept)


def insert(connection: sa.Connection, kept: Sequence[KeptQuestion]) -> None:
    """Write versions as they are; the caller holds the board's lock."""
    values = [
        {
            "board": k.board,
            "source": k.question.source,
            "outside": k.question.id,
            "version": k.version,
            "record": canonical(write_fields(k.question, FORM)),
            "added_by": k.added_by,
            "added_at": k.added_at,
        }
        for k in kept
    ]
    if values:
        connection.execute(outside_questions.insert(), values)


def to_plain(kept: KeptQuestion) -> dict[str, Any]:
    """Return a version as plain JSON values."""
    return write_fields(kept, KEPT_FORM)


def from_plain(value: object, *, board: str) -> KeptQuestion:
    """Return the version of a board's outside question that `to_plain` wrote; raises ValueError or TypeError."""
    kept: KeptQuestion = read_fields(value, KeptQuestion, KEPT_FORM)
    if kept.board != board:
        raise ValueError(f"an outside question of board {kept.board} among those of {board}")
    if kept.version < 1 or not kept.question.id or not kept.question.source:
        raise ValueError(f"outside question {kept.question.id!r:.80}: a source, an id and a version from 1 are needed")
    return kept
