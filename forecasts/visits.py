"""Visits: when somebody was last on a board's page, so that the page can say what has changed since.

No part of the record: nobody else reads a visit, no number depends on it, and it is gone when the person is erased.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from forecasts.errors import ForbiddenError
from forecasts.people import ANONYMOUS, JOBS, Actor
from forecasts.schema import people, visits
from forecasts.store import Store, lock_board, lock_people

PAUSE = timedelta(hours=1)
"""Who comes back after so long begins a new visit."""
REFRESHED = timedelta(minutes=5)
"""A visit that goes on is written anew only so often: looking must not cost a write each time."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit that is going on."""

    seen_at: datetime
    """When somebody was last seen in it."""
    since: datetime | None
    """When they were last seen in the visit before; None in the first one."""


def seen(last: Visit | None, now: datetime) -> Visit:
    """Return the visit of somebody who is here now, given the last that is known of them."""
    if last is None:
        return Visit(now, None)
    if now - last.seen_at < PAUSE:  # also where the clock was put back: what was seen stays seen
        return Visit(max(now, last.seen_at), last.since)
    return Visit(now, last.seen_at)


def note(store: Store, board: str, *, actor: Actor, now: datetime) -> Visit:
    """Note that a person is on a board's page now, and return their visit.

    Raises
    ------
    ForbiddenError
        For somebody anonymous and for the program itself: they have no visits of their own.
    StoreError
        When the database refuses; nothing is written.
    """
    _check_actor(actor)
    last = find(store, board, person=actor.id)
    current = seen(last, now)
    if last is not None and current.since == last.since and current.seen_at - last.seen_at < REFRESHED:
        return last
    mine = (visits.c.person == actor.id) & (visits.c.board == board)
    with store.writing() as connection:
        lock_board(connection, board)
        lock_people(connection)
        if not _is_erased(connection, actor.id):
            connection.execute(visits.delete().where(mine))
            connection.execute(
                visits.insert().values(person=actor.id, board=board, seen_at=current.seen_at, since=current.since)
            )
    return current


def find(store: Store, board: str, *, person: str) -> Visit | None:
    """Return what is known of a person's visits to a board's page, or None."""
    mine = (visits.c.person == person) & (visits.c.board == board)
    with store.reading() as connection:
        row = connection.execute(sa.select(visits.c.seen_at, visits.c.since).where(mine)).mappings().first()
        return Visit(**row) if row else None


def _check_actor(actor: Actor) -> None:
    """Let whoever has an id of their own pass, whatever their role: they write of themselves only."""
    if actor in {ANONYMOUS, JOBS}:
        raise ForbiddenError(f"{actor.id} has no visits of their own and may not keep any")


def _is_erased(connection: sa.Connection, person: str) -> bool:
    erased = sa.select(people.c.erased_at).where(people.c.id == person)
    return connection.execute(erased).scalar() is not None


__all__ = ["PAUSE", "REFRESHED", "Visit", "find", "note", "seen"]
