"""From what happens on a board to what its subscribers receive: compare, queue, deliver."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa

from forecasts.alerts import bodies, outbox, sealing, standing, subscribers
from forecasts.alerts.news import News, news
from forecasts.alerts.outbox import Message
from forecasts.alerts.rules import Rule
from forecasts.alerts.standing import Standing
from forecasts.alerts.subscribers import Subscriber
from forecasts.alerts.wire import Answer
from forecasts.artefacts import Artefacts
from forecasts.errors import StoreError
from forecasts.people import EVERYWHERE, Actor, authorise
from forecasts.receipts import digest
from forecasts.schema import runs, snapshots
from forecasts.store import Store, lock_board

TRIES = 5
"""How often a comparison begins again because a run ended meanwhile; after that the next call tells."""
MOST_AT_ONCE = 500
"""Messages that one call delivers."""
GONE = 410
"""The status of a receiver who wants no more."""


class Post(Protocol):
    """What sends: `wire.post`."""

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str], *, private: bool) -> Answer:
        """Send a body once and return how that ended."""
        ...


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one attempt."""

    message: Message
    subscriber: str
    """Their name."""
    outcome: str
    """`delivered`, `put_off`, `given_up`, `resting`."""
    answer: str


def beginning(rules: tuple[Rule, ...], now: Standing) -> dict[str, float | str]:
    """Return where every topic of some rules stands now: what a new subscriber is taken to know."""
    return dict(news(rules, {}, now).begun)


def queue_news(store: Store, artefacts: Artefacts, board: str, *, actor: Actor, now: datetime) -> int:
    """Put what is new to each subscriber of a board into the outbox; returns how many messages.

    However many do so at once, each occasion is told once: the comparison and the message are one transaction under
    the board's lock.

    Raises
    ------
    ForbiddenError
        When the actor may not publish.
    StoreError
        When the record cannot be read or written.
    """
    authorise(actor, "publish", board)
    if not any(s.state == "active" for s in subscribers.every(store, board)):
        return 0
    for _ in range(TRIES):
        with store.reading() as connection:
            mark = _mark(connection, board)
        here = standing.read(store, artefacts, board, now=now)
        with store.writing() as connection:
            lock_board(connection, board)
            if _mark(connection, board) == mark:
                return sum(_queue(connection, one, here) for one in subscribers.read_locked(connection, board))
    return 0


def _mark(connection: sa.Connection, board: str) -> tuple[int | None, ...]:
    """Return what rises with each snapshot and each run: who compares an older state would tell of moves back to it."""
    newest = (sa.select(sa.func.max(t.c.number)).where(t.c.board == board).scalar_subquery() for t in (snapshots, runs))
    return tuple(connection.execute(sa.select(*newest)).one())


def _queue(connection: sa.Connection, one: Subscriber, here: Standing) -> bool:
    """Queue what is new to one subscriber, and keep where topics begin for them."""
    if one.state != "active":
        return False
    found = news(one.rules, {**one.seen, **outbox.will_be_told(connection, one.id)}, here)
    subscribers.keep_seen(connection, one.id, found.begun)
    if not found.events:
        return False
    body, occasion = bodies.document(here, found.events), _occasion(found, here)
    return outbox.queue(connection, body, subscriber=one.id, board=one.board, occasion=occasion, now=here.at)


def _occasion(found: News, here: Standing) -> str:
    """Return what makes a message the same message: what it tells, and from which numbers."""
    return digest([[e.topic, e.kind, e.told] for e in found.events] + [here.shown.id if here.shown else ""])


def deliver(
    store: Store,
    *,
    key: str,
    post: Post,
    clock: Callable[[], datetime],
    actor: Actor,
    board: str | None = None,
    force: bool = False,
    most: int = MOST_AT_ONCE,
) -> Iterator[Sent]:
    """Send what waits, oldest first, and give each attempt as it ends.

    Parameters
    ----------
    key
        What the addresses are sealed with.
    post
        What sends.
    clock
        The surface's clock: aware UTC.
    actor
        Who sends.
    board, force, most
        One board's messages; also those whose time has not come; at most so many.

    Raises
    ------
    ForbiddenError
        When the actor may not publish.
    StoreError
        When the record cannot be read or written.
    """
    authorise(actor, "publish", board or EVERYWHERE)
    last = 0
    known = {s.id: s for s in subscribers.every(store, board)}
    for _ in range(most):
        message = outbox.claim(store, now=clock(), board=board, after=last, force=force)
        if message is None:
            return
        last = message.number
        one = known.get(message.subscriber)
        if one is not None:
            yield _deliver(store, message, one, key=key, post=post, clock=clock)


def _deliver(
    store: Store, message: Message, one: Subscriber, *, key: str, post: Post, clock: Callable[[], datetime]
) -> Sent:
    answer = attempt(one, message.id, message.body, key=key, post=post, now=clock())
    now = clock()
    if answer.accepted:
        outbox.delivered(store, message, answer=answer.words, now=now)
        return Sent(message, one.name, "delivered", answer.words)
    if answer.status == GONE or answer.refused:
        outbox.let_rest(store, message, answer=answer.words, now=now)
        return Sent(message, one.name, "resting", answer.words)
    again = outbox.put_off(store, message, answer=answer.words, now=now, retry_after=answer.retry_after)
    outbox.wait_too(store, message, until=now + timedelta(seconds=outbox.PAUSES[0]))
    return Sent(message, one.name, "put_off" if again else "given_up", answer.words)


def attempt(
    one: Subscriber, message_id: str, body: Mapping[str, object], *, key: str, post: Post, now: datetime
) -> Answer:
    """Sign a document and send it once; nothing is kept."""
    from standardwebhooks import Webhook

    try:
        address = sealing.unseal(one.sealed, key=key, who=f"{one.board}: {one.name}")
    except StoreError as error:
        return Answer(None, str(error))
    sent = bodies.payload(body, one.kind)
    headers = {
        "content-type": "application/json",
        "user-agent": "twixt",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(address.secret).sign(message_id, now, sent.decode("utf-8")),
    }
    return post(address.url, sent, headers, private=address.private)
