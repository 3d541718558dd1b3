"""Subscribers of a board: added, changed, listed and removed; their addresses are sealed and never read back here."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa

from forecasts.alerts import rules as rule_texts
from forecasts.alerts.addresses import host_of
from forecasts.alerts.bodies import KINDS
from forecasts.alerts.news import Told
from forecasts.alerts.rules import Rule
from forecasts.alerts.sealing import Address, check_secret, seal
from forecasts.errors import RecordError, StoreError
from forecasts.forms import canonical, check_identifier, check_text, parse
from forecasts.instants import utc
from forecasts.people import Actor, authorise
from forecasts.schema import subscribers
from forecasts.store import Store, lock_board

type State = Literal["active", "resting"]

MOST = 200
"""Subscribers of one board."""
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Who is told of what happens on a board."""

    id: str
    board: str
    name: str
    """What lists call them."""
    kind: str
    """`webhook` or `slack`."""
    host: str
    """All that is shown of the address."""
    sealed: str = field(repr=False)
    """Address and secret, encrypted (`sealing`)."""
    rules: tuple[Rule, ...]
    seen: Mapping[str, Told]
    """Topic -> what was delivered of it last, or where it stood when they began."""
    state: str
    """`active`, or `resting`: nothing is sent until somebody resumes it."""
    note: str
    """Why it rests."""
    added_by: str
    added_at: datetime
    changed_at: datetime
    version: int


def add(
    store: Store,
    name: str,
    *,
    board: str,
    kind: str,
    address: Address,
    rules: tuple[Rule, ...],
    seen: Mapping[str, Told],
    key: str,
    actor: Actor,
    now: datetime,
) -> Subscriber:
    """Add a subscriber to a board.

    Parameters
    ----------
    name, kind, address, rules
        What lists call them, `webhook` or `slack`, where messages go, and what they want to be told.
    seen
        Where every topic stands now: only what comes after is news.
    key
        What the address is sealed with.

    Raises
    ------
    ForbiddenError
        When the actor may not add subscribers.
    RecordError
        When a field cannot be kept: a name that is taken, an unknown kind, an address or a secret that is none.
    StoreError
        When the board has too many, or the database refuses.
    """
    authorise(actor, "alerts", board)
    check_identifier(board)
    host = check(name, kind=kind, address=address)
    new = Subscriber(
        id=f"s-{secrets.token_hex(5)}",
        board=board,
        name=_name(name),
        kind=kind,
        host=host,
        sealed=seal(address, key=key, now=utc(now)),
        rules=rules,
        seen=seen,
        state="active",
        note="",
        added_by=actor.id,
        added_at=utc(now),
        changed_at=utc(now),
        version=1,
    )
    with store.writing() as connection:
        lock_board(connection, board)
        known = _read(connection, board)
        if any(s.name == new.name for s in known):
            raise RecordError(
                f"name {new.name!r}: {board} has a subscriber of this name; remove it first or take another"
            )
        if len(known) >= MOST:
            raise StoreError(f"{board}: {len(known)} subscribers; at most {MOST} are kept")
        connection.execute(subscribers.insert().values(_columns(new)))
    return new


def check(name: str, *, kind: str, address: Address) -> str:
    """Return the host of a subscriber that can be kept; raises RecordError naming the field, never the address."""
    _name(name)
    if kind not in KINDS:
        raise RecordError(f"kind {kind!r:.40}: allowed: {', '.join(KINDS)}")
    check_secret(address.secret)
    return host_of(address.url, private=address.private)


def remove(store: Store, subscriber: Subscriber, *, actor: Actor) -> None:
    """Remove a subscriber and all messages to them; raises ForbiddenError, StoreError."""
    authorise(actor, "alerts", subscriber.board)
    with store.writing() as connection:
        lock_board(connection, subscriber.board)
        connection.execute(subscribers.delete().where(subscribers.c.id == subscriber.id))
    store.forget_deleted()


def set_state(connection: sa.Connection, subscriber: str, state: str, *, note: str, now: datetime) -> None:
    """Let a subscriber rest, or resume it, in the caller's transaction."""
    if state not in get_args(State.__value__):
        raise ValueError(f"state {state!r}; allowed: {', '.join(get_args(State.__value__))}")
    changed = {"state": state, "note": note, "changed_at": utc(now), "version": subscribers.c.version + 1}
    connection.execute(subscribers.update().where(subscribers.c.id == subscriber).values(changed))


def resume(store: Store, subscriber: Subscriber, *, actor: Actor, now: datetime) -> None:
    """Send to a subscriber again that rests; raises ForbiddenError, StoreError."""
    authorise(actor, "alerts", subscriber.board)
    with store.writing() as connection:
        lock_board(connection, subscriber.board)
        set_state(connection, subscriber.id, "active", note="", now=now)


def keep_seen(connection: sa.Connection, subscriber: str, new: Mapping[str, Told]) -> None:
    """Add to what a subscriber has seen, in the caller's transaction; the caller holds the board's lock."""
    if not new:
        return
    mine = subscribers.c.id == subscriber
    before = connection.execute(sa.select(subscribers.c.seen).where(mine)).scalar()
    if before is not None:
        connection.execute(subscribers.update().where(mine).values(seen=canonical(parse(before) | dict(new))))


def every(store: Store, board: str | None = None) -> tuple[Subscriber, ...]:
    """Return the subscribers of a board, or of all boards, in the order they were added."""
    with store.reading() as connection:
        return _read(connection, board)


def find(store: Store, board: str, name: str) -> Subscriber:
    """Return a board's subscriber by name or id; raises StoreError naming those that there are."""
    known = every(store, board)
    found = [s for s in known if name in {s.id, s.name}]
    if not found:
        names = ", ".join(s.name for s in known) or "none"
        raise StoreError(f"{board}: there is no subscriber {name!r:.80}; known: {names}")
    return found[0]


def read_locked(connection: sa.Connection, board: str) -> tuple[Subscriber, ...]:
    """Return the subscribers of a board within a transaction that holds its lock."""
    return _read(connection, board)


def _read(connection: sa.Connection, board: str | None) -> tuple[Subscriber, ...]:
    query = sa.select(subscribers).order_by(subscribers.c.added_at, subscribers.c.id)
    if board is not None:
        query = query.where(subscribers.c.board == board)
    return tuple(_of_row(row) for row in connection.execute(query).mappings())


def _of_row(row: Any) -> Subscriber:
    values = dict(row)
    return Subscriber(**values | {"rules": rule_texts.from_text(values["rules"]), "seen": parse(values["seen"])})


def _name(text: str) -> str:
    try:
        name = " ".join(check_text(text, longest=LONGEST_NAME).split())
    except (TypeError, ValueError) as error:
        raise RecordError(f"name {text!r:.80}: {error}") from error
    if not name:
        raise RecordError("name: a few words are needed")
    return name


def _columns(subscriber: Subscriber) -> dict[str, Any]:
    values = {c.name: getattr(subscriber, c.name) for c in subscribers.columns}
    return values | {"rules": rule_texts.to_text(subscriber.rules), "seen": canonical(dict(subscriber.seen))}
