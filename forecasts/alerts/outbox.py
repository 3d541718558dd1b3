"""The outbox: messages that wait, were delivered, or were given up; kept in the same transaction as what they tell.

A message is claimed for a while before it is sent, so that two senders do not send it at once; whoever dies in between
leaves it to the next, who sends it again under the same id. Receivers drop an id that they know.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from forecasts.alerts.bodies import told
from forecasts.alerts.news import Told
from forecasts.alerts.subscribers import keep_seen, set_state
from forecasts.forms import canonical, parse
from forecasts.instants import utc
from forecasts.schema import outbox, subscribers
from forecasts.store import Store, lock_board

PAUSES = (60, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
"""Seconds from one attempt to the next; after the last one a message is given up, three days after the first."""
MOST_ATTEMPTS = len(PAUSES) + 1
CLAIM = timedelta(minutes=2)
"""For how long a message belongs to who is sending it."""
KEPT = timedelta(days=90)
"""For how long an ended message is kept to be looked at."""
LONGEST_PAUSE = 24 * 3600


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one subscriber."""

    number: int
    id: str
    """The same at every attempt: `msg_...`."""
    subscriber: str
    board: str
    occasion: str
    """What set it off; a subscriber is told of each occasion once."""
    body: Mapping[str, Any] = field(repr=False)
    created_at: datetime
    state: str
    """`waiting`, `delivered`, `given_up`."""
    attempts: int
    next_at: datetime | None
    """When it may be tried; None once it has ended."""
    ended_at: datetime | None
    answer: str
    """How the last attempt ended."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """Messages that have not arrived."""

    waiting: int
    oldest: datetime | None
    """When the oldest of those that wait was written."""
    given_up: int
    """Among those that are still kept (`KEPT`)."""


def queue(
    connection: sa.Connection, body: Mapping[str, Any], *, subscriber: str, board: str, occasion: str, now: datetime
) -> bool:
    """Put a message into the outbox in the caller's transaction, unless its occasion was told before."""
    known = sa.select(outbox.c.number).where(outbox.c.subscriber == subscriber, outbox.c.occasion == occasion)
    if connection.execute(known).first():
        return False
    name = hashlib.sha256(f"{subscriber}\n{occasion}".encode()).hexdigest()[:26]
    values = {
        "id": f"msg_{name}",
        "subscriber": subscriber,
        "board": board,
        "occasion": occasion,
        "body": canonical(body),
        "created_at": utc(now),
        "state": "waiting",
        "attempts": 0,
        "next_at": utc(now),
        "ended_at": None,
        "answer": "",
    }
    connection.execute(outbox.insert().values(values))
    return True


def will_be_told(connection: sa.Connection, subscriber: str) -> dict[str, Told]:
    """Return topic -> what a subscriber will know once all that waits for them has arrived."""
    mine = sa.and_(outbox.c.subscriber == subscriber, outbox.c.state == "waiting")
    rows = connection.execute(sa.select(outbox.c.body).where(mine).order_by(outbox.c.number)).scalars()
    found: dict[str, Told] = {}
    for body in rows:
        found |= told(parse(body))
    return found


def claim(
    store: Store, *, now: datetime, board: str | None = None, after: int = 0, force: bool = False
) -> Message | None:
    """Take the oldest message that may be tried now, and count the attempt; None when there is none.

    `after` leaves out messages up to this number, `force` takes those too whose time has not come. Messages to
    subscribers who rest are left alone.
    """
    now = utc(now)
    with store.writing() as connection:
        query = (
            sa.select(outbox)
            .join(subscribers, subscribers.c.id == outbox.c.subscriber)
            .where(outbox.c.state == "waiting", subscribers.c.state == "active", outbox.c.number > after)
            .order_by(outbox.c.number)
            .limit(1)
            .with_for_update(of=outbox, skip_locked=True)
        )
        if not force:
            query = query.where(outbox.c.next_at <= now)
        if board is not None:
            query = query.where(outbox.c.board == board)
        row = connection.execute(query).mappings().first()
        if row is None:
            return None
        attempts = row["attempts"] + 1
        mine = outbox.c.number == row["number"]
        connection.execute(outbox.update().where(mine).values(attempts=attempts, next_at=now + CLAIM))
        return _message({**row, "attempts": attempts})


def delivered(store: Store, message: Message, *, answer: str, now: datetime) -> None:
    """Keep that a message has arrived, and with it what its reader knows from now on."""
    with store.writing() as connection:
        lock_board(connection, message.board)
        _end(connection, message, "delivered", answer, now)
        keep_seen(connection, message.subscriber, told(message.body))


def put_off(store: Store, message: Message, *, answer: str, now: datetime, retry_after: int | None = None) -> bool:
    """Keep that an attempt did not succeed; returns False where it was the last one and the message is given up."""
    with store.writing() as connection:
        if message.attempts >= MOST_ATTEMPTS:
            _end(connection, message, "given_up", answer, now)
            return False
        pause = max(_pause(message), min(retry_after or 0, LONGEST_PAUSE))
        changed = {"next_at": utc(now) + timedelta(seconds=pause), "answer": answer}
        connection.execute(outbox.update().where(outbox.c.number == message.number).values(changed))
        return True


def let_rest(store: Store, message: Message, *, answer: str, now: datetime) -> None:
    """Give a message up and let its subscriber rest: their address is gone, or may not be sent to."""
    with store.writing() as connection:
        lock_board(connection, message.board)
        _end(connection, message, "given_up", answer, now)
        set_state(connection, message.subscriber, "resting", note=answer, now=now)


def wait_too(store: Store, message: Message, *, until: datetime) -> None:
    """Let all other messages of a subscriber wait as well: whoever does not answer is not called again at once."""
    others = sa.and_(
        outbox.c.subscriber == message.subscriber,
        outbox.c.state == "waiting",
        outbox.c.number != message.number,
        outbox.c.next_at < utc(until),
    )
    with store.writing() as connection:
        connection.execute(outbox.update().where(others).values(next_at=utc(until)))


def _pause(message: Message) -> float:
    """Return how long to wait after an attempt; spread by the message's id, so that not all come back at once."""
    spread = int.from_bytes(hashlib.sha256(f"{message.id}{message.attempts}".encode()).digest()[:2], "big") / 65536
    return PAUSES[min(message.attempts, len(PAUSES)) - 1] * (0.9 + 0.2 * spread)


def _end(connection: sa.Connection, message: Message, state: str, answer: str, now: datetime) -> None:
    changed = {"state": state, "answer": answer, "ended_at": utc(now), "next_at": None}
    connection.execute(outbox.update().where(outbox.c.number == message.number).values(changed))


def forget(store: Store, *, now: datetime) -> int:
    """Remove messages that ended long ago; returns how many. What their readers know is kept with the readers."""
    old = sa.and_(outbox.c.ended_at.is_not(None), outbox.c.ended_at < utc(now) - KEPT)
    with store.writing() as connection:
        return connection.execute(outbox.delete().where(old)).rowcount


def counts(store: Store, ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return subscriber -> state -> how many messages."""
    query = (
        sa.select(outbox.c.subscriber, outbox.c.state, sa.func.count())
        .where(outbox.c.subscriber.in_(ids))
        .group_by(outbox.c.subscriber, outbox.c.state)
    )
    found: dict[str, dict[str, int]] = {i: {} for i in ids}
    with store.reading() as connection:
        for subscriber, state, count in connection.execute(query):
            found[subscriber][state] = count
    return found


def backlog(store: Store) -> Backlog:
    """Return what has not arrived, of all subscribers that are not resting."""
    active = sa.select(subscribers.c.id).where(subscribers.c.state == "active")
    query = (
        sa.select(outbox.c.state, sa.func.count(), sa.func.min(outbox.c.created_at))
        .where(outbox.c.subscriber.in_(active), outbox.c.state != "delivered")
        .group_by(outbox.c.state)
    )
    with store.reading() as connection:
        found = {state: (count, oldest) for state, count, oldest in connection.execute(query)}
    waiting, oldest = found.get("waiting", (0, None))
    return Backlog(waiting, oldest, found.get("given_up", (0, None))[0])


def of_subscriber(store: Store, subscriber: str, *, limit: int = 50) -> tuple[Message, ...]:
    """Return the messages to a subscriber, newest first."""
    query = sa.select(outbox).where(outbox.c.subscriber == subscriber).order_by(outbox.c.number.desc()).limit(limit)
    with store.reading() as connection:
        return tuple(_message(dict(row)) for row in connection.execute(query).mappings())


def _message(row: Mapping[str, Any]) -> Message:
    return Message(**{**row, "body": parse(row["body"])})
