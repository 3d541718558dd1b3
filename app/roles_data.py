"""What the page of people reads and writes: who is in the record, and what each may do."""

from collections.abc import Callable
from dataclasses import replace

from app import data
from forecasts import people
from forecasts.errors import ForbiddenError, RecordError, StoreError
from forecasts.people import Person, Role


def everyone() -> tuple[Person, ...]:
    """Return the people of the record, erased ones left out, in the order of their names."""
    found = people.everyone(data.workspace().store)
    return tuple(sorted((p for p in found if p.erased_at is None), key=lambda p: (p.name.casefold(), p.id)))


def add(name: str, *, email: str, role: Role) -> str:
    """Add a person; returns in one line why the record refuses, or nothing. Raises ForbiddenError."""
    address = email.strip() or None

    def write() -> None:
        people.add(data.workspace().store, name, actor=data.actor(), now=data.now(), email=address, role=role)

    return _refusal(write)


def change(person: Person, *, name: str, email: str, role: Role) -> str:
    """Write name, e-mail and role of a person anew; returns why the record refuses, or nothing. Raises as `add`."""
    new = replace(person, name=name, email=email.strip() or None, role=role)
    return _refusal(lambda: people.correct(data.workspace().store, new, actor=data.actor()))


def erase(person: Person) -> str:
    """Forget a person for good; returns why the record refuses, or nothing. Raises as `add`."""
    return _refusal(lambda: people.erase(data.workspace().store, person.id, actor=data.actor(), now=data.now()))


def _refusal(write: Callable[[], None]) -> str:
    try:
        write()
    except ForbiddenError:
        raise
    except (RecordError, StoreError) as error:
        return str(error)
    return ""
