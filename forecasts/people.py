"""People, their roles, and the one function that every write passes.

The ledger knows people by opaque ids only. Names, e-mail and roles are ordinary rows here: they can be corrected and
erased, and the ledger and its digests stay as they are.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa

from forecasts.errors import ConflictError, ForbiddenError, RecordError, StoreError
from forecasts.forms import check_identifier, check_text
from forecasts.schema import people, visits
from forecasts.store import Store, lock_people

Role = Literal["viewer", "forecaster", "admin", "owner", "jobs"]
Action = Literal[
    "evidence",
    "evidence_of_others",
    "retract",
    "occurrence",
    "confirm",
    "statement",
    "observe",
    "forecast",
    "forecast_of_others",
    "what_if",
    "resolve",
    "define_board",
    "refit",
    "publish",
    "people",
    "load",
    "alerts",
]
"""What can be written: a record of that kind, an evidence item in another person's name, a snapshot or run, ..."""

WORDS: dict[Action, str] = {
    "evidence": "enter or change evidence",
    "evidence_of_others": "enter evidence in another person's name",
    "retract": "take an entry back",
    "occurrence": "record that a question has happened",
    "confirm": "confirm that nothing else has happened",
    "statement": "enter what a member has said",
    "observe": "enter who sits or what an edition printed",
    "forecast": "enter forecasts of their own",
    "forecast_of_others": "enter forecasts in another person's name",
    "what_if": "keep what-ifs under a name",
    "resolve": "judge outcomes",
    "define_board": "enter or change a board",
    "refit": "ask for a run of the models",
    "publish": "publish numbers",
    "people": "add people and give roles",
    "load": "load a record that was exported",
    "alerts": "add or remove subscribers",
}
"""What an action is called for a person, after "may" or "to"."""

_FORECASTER = frozenset[Action](
    {"evidence", "retract", "occurrence", "confirm", "statement", "observe", "forecast", "what_if", "refit"}
)
_OF_OTHERS = frozenset[Action]({"evidence_of_others", "forecast_of_others"})
_ADMIN = _FORECASTER | _OF_OTHERS | frozenset[Action]({"resolve", "define_board", "people", "load", "alerts"})

ALLOWED: dict[Role, frozenset[Action]] = {
    "viewer": frozenset(),
    "forecaster": _FORECASTER,
    "admin": _ADMIN,
    "owner": _ADMIN | frozenset[Action]({"publish"}),
    "jobs": frozenset({"publish"}),
}
"""Role -> its actions. `owner` is the one person of a local store without login; `jobs` is the program itself."""

GIVEN_ROLES: tuple[Role, ...] = ("viewer", "forecaster", "admin")
"""Roles that a person can be given."""

ERASED_NAME = "(erased)"
EVERYWHERE = "*"
"""In the place of a board: what belongs to no single one."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks for a write."""

    id: str
    """Opaque id, written as `recorded_by`."""
    role: Role


LOCAL_OWNER = Actor("owner", "owner")
"""The person at the keyboard of a local store."""
JOBS = Actor("jobs", "jobs")
"""The program's own runs."""
ANONYMOUS = Actor("anonymous", "viewer")


@dataclass(frozen=True, slots=True)
class Person:
    """A person as far as the store knows them."""

    id: str
    """Opaque id."""
    name: str
    email: str | None
    """Login identity, lower case."""
    role: Role
    added_at: datetime
    erased_at: datetime | None


def authorise(actor: Actor, action: Action, board: str) -> None:
    """Let an actor's write on a board pass, or raise ForbiddenError naming the roles that may."""
    if action not in get_args(Action):
        raise ValueError(f"unknown action {action!r}; allowed: {', '.join(get_args(Action))}")
    if action not in ALLOWED.get(actor.role, frozenset()):
        roles = ", ".join(role for role, actions in ALLOWED.items() if action in actions)
        place = "" if board == EVERYWHERE else f"{board}: "
        raise ForbiddenError(
            f"{place}{actor.id} has the role {actor.role} and may not {WORDS[action]}; needed: {roles}"
        )


def add(
    store: Store, name: str, *, actor: Actor, now: datetime, email: str | None = None, role: Role = "forecaster"
) -> Person:
    """Add a person under a new opaque id.

    Raises
    ------
    ForbiddenError
        When the actor may not change people.
    ConflictError
        When somebody else has the e-mail.
    RecordError
        When name, e-mail or role cannot be used.
    """
    authorise(actor, "people", EVERYWHERE)
    person = Person(f"p{secrets.token_hex(8)}", *_checked(name, email, role), now, None)
    with store.writing() as connection:
        lock_people(connection)
        _check_email_is_free(connection, person)
        connection.execute(people.insert().values(_columns(person)))
    return person


def correct(store: Store, person: Person, *, actor: Actor) -> None:
    """Write name, e-mail and role anew; raises as `add` does, and StoreError for an unknown or erased person.

    Also raises StoreError when a person would leave no admin behind: only the owner of the files could make another.
    """
    authorise(actor, "people", EVERYWHERE)
    name, email, role = _checked(person.name, person.email, person.role)
    with store.writing() as connection:
        lock_people(connection)
        _check_email_is_free(connection, person)
        if role != "admin":
            _check_an_admin_is_left(connection, person.id, actor)
        known = sa.and_(people.c.id == person.id, people.c.erased_at.is_(None))
        done = connection.execute(people.update().where(known).values(name=name, email=email, role=role))
        if done.rowcount != 1:
            raise StoreError(f"person {person.id!r:.120} is unknown or erased")


def erase(store: Store, person_id: str, *, actor: Actor, now: datetime) -> None:
    """Forget a person's name, e-mail, role and visits for good; their id stays in the ledger and leads to nobody.

    Raises
    ------
    ForbiddenError
        When the actor may not change people.
    StoreError
        When the person is unknown, or a person would leave no admin behind.
    """
    authorise(actor, "people", EVERYWHERE)
    with store.writing() as connection:
        lock_people(connection)
        _check_an_admin_is_left(connection, person_id, actor)
        empty = {"name": ERASED_NAME, "email": None, "role": "viewer", "erased_at": now}
        done = connection.execute(people.update().where(people.c.id == person_id).values(empty))
        if done.rowcount != 1:
            raise StoreError(f"person {person_id!r:.120} is unknown")
        connection.execute(visits.delete().where(visits.c.person == person_id))
    store.forget_deleted()


def everyone(store: Store) -> tuple[Person, ...]:
    """Return all people, erased ones included, in the order they were added."""
    with store.reading() as connection:
        rows = connection.execute(sa.select(people).order_by(people.c.added_at, people.c.id))
        return tuple(Person(**row) for row in rows.mappings())


def find(store: Store, person_id: str) -> Person | None:
    """Return one person by id, or None."""
    with store.reading() as connection:
        row = connection.execute(sa.select(people).where(people.c.id == person_id)).mappings().first()
        return Person(**row) if row else None


def by_email(store: Store, email: str) -> Person | None:
    """Return the person who logs in as this e-mail, or None."""
    with store.reading() as connection:
        row = connection.execute(sa.select(people).where(people.c.email == email.strip().lower())).mappings().first()
        return Person(**row) if row else None


def by_name(store: Store, name: str) -> tuple[Person, ...]:
    """Return the people of exactly this name who are not erased; names need not be unique."""
    with store.reading() as connection:
        known = sa.and_(people.c.name == name.strip(), people.c.erased_at.is_(None))
        rows = connection.execute(sa.select(people).where(known).order_by(people.c.added_at, people.c.id))
        return tuple(Person(**row) for row in rows.mappings())


def names(store: Store, ids: Iterable[str]) -> dict[str, str]:
    """Return id -> name for showing; ids that nobody has are shown as themselves."""
    known = {person.id: person.name for person in everyone(store)}
    return {i: known.get(i, i) for i in ids}


def actor_for(store: Store, person_id: str) -> Actor:
    """Return the actor of a person with the role they have now; an unknown or erased person is a viewer."""
    person = find(store, person_id)
    return Actor(person_id, person.role if person else "viewer")


def check(person: Person) -> None:
    """Raise RecordError (or ValueError for the id) unless a person can be kept."""
    check_identifier(person.id)
    if person.erased_at is None:
        _checked(person.name, person.email, person.role)
    elif (person.name, person.email, person.role) != (ERASED_NAME, None, "viewer"):
        raise RecordError(f"person {person.id} was erased, but a name, an e-mail or a role is left")


def insert_missing(connection: sa.Connection, persons: Iterable[Person]) -> None:
    """Write people as they are, leaving those whose id is known as they stand; the caller holds the lock."""
    known = set(connection.execute(sa.select(people.c.id)).scalars())
    for person in persons:
        if person.id not in known:
            _check_email_is_free(connection, person)
            connection.execute(people.insert().values(_columns(person)))


def _checked(name: str, email: str | None, role: str) -> tuple[str, str | None, Any]:
    name = _line("name", name, longest=200)
    if not name or name == ERASED_NAME:
        raise RecordError(f"name {name!r}: a name of one line is needed")
    if email is not None:
        email = _line("e-mail", email, longest=320).lower()
        if email.count("@") != 1 or any(c.isspace() for c in email):
            raise RecordError(f"e-mail {email!r:.80}: an address like name@example.org is needed, or none")
    if role not in GIVEN_ROLES:
        raise RecordError(f"role {role!r:.40}: allowed: {', '.join(GIVEN_ROLES)}")
    return name, email, role


def _line(what: str, text: str, *, longest: int) -> str:
    try:
        line = check_text(text, longest=longest).strip()
    except (TypeError, ValueError) as error:
        raise RecordError(f"{what} {text!r:.80}: {error}") from error
    if "\n" in line:
        raise RecordError(f"{what} {text!r:.80}: one line is needed")
    return line


def _check_email_is_free(connection: sa.Connection, person: Person) -> None:
    if person.email is None:
        return
    holder = connection.execute(sa.select(people.c.id).where(people.c.email == person.email.strip().lower())).scalar()
    if holder is not None and holder != person.id:
        raise ConflictError(f"e-mail {person.email!r:.80} belongs to person {holder}")


def admins(store: Store) -> tuple[str, ...]:
    """Return the ids of those who may give roles."""
    return tuple(person.id for person in everyone(store) if person.role == "admin")


def _check_an_admin_is_left(connection: sa.Connection, leaving: str, actor: Actor) -> None:
    """Refuse to let the last admin go, unless the owner of the files asks: the owner can always name another."""
    found = set(connection.execute(sa.select(people.c.id).where(people.c.role == "admin")).scalars())
    if found == {leaving} and actor.role != "owner":
        raise StoreError(f"{leaving} is the last admin; make somebody else an admin first")


def _columns(person: Person) -> dict[str, Any]:
    return {c.name: getattr(person, c.name) for c in people.columns}
