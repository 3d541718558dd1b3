"""What is due: every board whose newest live snapshot is older than what a live run would publish now, in one read.

A board is due when it was never published, when a UTC day has begun since, or when a row that may change a number was
entered since. Named what-ifs are asked of a board and change none, so they make nothing due.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from forecasts.codec import decode
from forecasts.domain import DEFINITION, BoardVersion
from forecasts.errors import RecordError
from forecasts.forms import parse
from forecasts.instants import start_of_day, utc
from forecasts.jobs.inputs import input_key
from forecasts.schema import boards, ledger, snapshots
from forecasts.store import Store


@dataclass(frozen=True, slots=True)
class Standing:
    """How a board's newest live snapshot stands to its ledger and the clock."""

    board: str
    as_of: datetime
    """Of a live run now: the later of the start of this UTC day and the last ledger row."""
    position: int
    """Of the last ledger row."""
    ledger_digest: str
    definition: str
    """Content hash of the newest definition; empty where the ledger holds none."""
    published: datetime | None
    """`as_of` of the newest live snapshot, or None when nothing was published."""
    due_since: datetime | None
    """When the snapshot fell behind; None while it is up to date."""

    @property
    def is_due(self) -> bool:
        """Whether a run would publish something."""
        return self.due_since is not None

    @property
    def input(self) -> str:
        """Key of what a live run now would be computed from (`inputs.input_key`)."""
        return input_key(
            board=self.board,
            mode="live",
            as_of=self.as_of,
            ledger_digest=self.ledger_digest,
            definition=self.definition,
        )


def read(store: Store, *, now: datetime, only: Iterable[str] | None = None) -> tuple[Standing, ...]:
    """Return how every board that has a ledger stands, by board id, in one statement.

    Parameters
    ----------
    store
        The record.
    now
        The clock, aware UTC.
    only
        These boards instead of all; unknown ones are left out.

    Raises
    ------
    StoreError
        When the record cannot be read.
    """
    now = utc(now)
    query = _standings()
    if only is not None:
        query = query.where(boards.c.id.in_(sorted(only)))
    with store.reading() as connection:
        return tuple(_standing(row, now) for row in connection.execute(query))


def longest_first(standings: Iterable[Standing]) -> tuple[Standing, ...]:
    """Return the boards that are due, the one that has waited longest first."""
    waiting = [(s.due_since, s.board, s) for s in standings if s.due_since is not None]
    return tuple(standing for _, _, standing in sorted(waiting, key=lambda w: w[:2]))


def oldest_age(standings: Sequence[Standing], *, now: datetime) -> timedelta:
    """Return for how long the oldest due board has been due; zero when none is."""
    since = [s.due_since for s in standings if s.due_since is not None]
    return max(timedelta(0), utc(now) - min(since)) if since else timedelta(0)


def _standing(row: sa.Row[Any], now: datetime) -> Standing:
    today = start_of_day(now.date())
    return Standing(
        board=row.id,
        as_of=max(today, row.last_at),
        position=row.position,
        ledger_digest=row.digest,
        definition=_content_hash(row.definition),
        published=row.published,
        due_since=_due_since(row.published, first=row.first_at, news=row.news_at, today=today),
    )


def _due_since(
    published: datetime | None, *, first: datetime, news: datetime | None, today: datetime
) -> datetime | None:
    """Return when a board fell behind, or None.

    Parameters
    ----------
    published
        `as_of` of the newest live snapshot.
    first, news
        When the ledger's first row, and the first row after that snapshot that is news, were recorded.
    today
        Start of the current UTC day.
    """
    if published is None:
        return first
    tomorrow = start_of_day(published.date() + timedelta(days=1))
    reasons = [*([news] if news else []), *([tomorrow] if tomorrow <= today else [])]
    return min(reasons, default=None)


def _content_hash(record: str | None) -> str:
    try:
        found = decode(parse(record)) if record else None
    except RecordError:
        return ""  # a run says what is wrong with it
    return found.content_hash if isinstance(found, BoardVersion) else ""


def _standings() -> sa.Select[Any]:
    """Select a line for each board that has a ledger; every part is found by one look into an index."""
    first, tail, news, version = (ledger.alias(name) for name in ("first_row", "tail", "news", "definition"))
    newest = snapshots.alias("newest")
    joined = (
        boards.join(tail, _at(tail, _last_position()))
        .join(first, _at(first, sa.literal(1)))
        .outerjoin(newest, newest.c.number == _newest_snapshot())
        .outerjoin(news, _at(news, _first_news(newest)))
        .outerjoin(version, _at(version, _definition_position()))
    )
    return (
        sa.select(
            boards.c.id,
            tail.c.position,
            tail.c.digest,
            tail.c.recorded_at.label("last_at"),
            first.c.recorded_at.label("first_at"),
            newest.c.as_of.label("published"),
            news.c.recorded_at.label("news_at"),
            version.c.record.label("definition"),
        )
        .select_from(joined)
        .order_by(boards.c.id)
    )


def _at(row: sa.FromClause, position: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return sa.and_(row.c.board == boards.c.id, row.c.position == position)


def _last_position() -> sa.ScalarSelect[Any]:
    row = ledger.alias("last_row")
    query = sa.select(row.c.position).where(row.c.board == boards.c.id)
    return query.order_by(row.c.position.desc()).limit(1).correlate(boards).scalar_subquery()


def _newest_snapshot() -> sa.ScalarSelect[Any]:
    row = snapshots.alias("live")
    query = sa.select(row.c.number).where(row.c.board == boards.c.id, row.c.mode == "live")
    return query.order_by(row.c.as_of.desc(), row.c.number.desc()).limit(1).correlate(boards).scalar_subquery()


def _first_news(newest: sa.FromClause) -> sa.ScalarSelect[Any]:
    """Select the first position after a snapshot that may change a number, as `ledger.news_since` counts them."""
    row, asked = ledger.alias("entered"), ledger.alias("asked")
    what_if = sa.exists().where(asked.c.board == row.c.board, asked.c.entry == row.c.target, asked.c.kind == "what_if")
    after = sa.func.coalesce(newest.c.ledger_position, 0)
    query = sa.select(row.c.position).where(row.c.board == boards.c.id, row.c.position > after)
    query = query.where(row.c.kind != "what_if", sa.or_(row.c.target.is_(None), ~what_if))
    return query.order_by(row.c.position).limit(1).correlate(boards, newest).scalar_subquery()


def _definition_position() -> sa.ScalarSelect[Any]:
    row = ledger.alias("defined")
    query = sa.select(row.c.position).where(row.c.board == boards.c.id, row.c.entry == DEFINITION)
    return query.order_by(row.c.version.desc()).limit(1).correlate(boards).scalar_subquery()
