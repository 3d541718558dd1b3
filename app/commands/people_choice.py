"""How the commands on people find the person who is meant, and how they show one as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.failures import CommandError
from app.session import Session
from forecasts.fields import shown

if TYPE_CHECKING:
    from forecasts.people import Person


def chosen(session: Session, text: str) -> Person:
    """Return the person meant by an id, an e-mail address or a name; erased people are found by their id only.

    Raises
    ------
    CommandError
        When nobody is called that, or several are: then their ids tell them apart.
    """
    from forecasts import people

    store = session.workspace().store
    found = people.find(store, text) or people.by_email(store, text)
    if found is not None:
        return found
    named = people.by_name(store, text)
    if len(named) > 1:
        raise CommandError(f"PERSON: {len(named)} people are called {shown(text)}; use one of {_ids(named)}")
    if not named:
        raise CommandError(f"PERSON: {shown(text)} is nobody's id, e-mail or name; `twixt people list` shows them")
    return named[0]


def _ids(persons: tuple[Person, ...]) -> str:
    return ", ".join(p.id for p in persons)


def document(person: Person) -> dict[str, Any]:
    """Return a person as a JSON object."""
    from forecasts.instants import to_text

    return {
        "id": person.id,
        "name": person.name,
        "email": person.email,
        "role": person.role,
        "added_at": to_text(person.added_at),
        "erased_at": to_text(person.erased_at) if person.erased_at else None,
    }


def without_an_admin(session: Session) -> str:
    """Return what to add to a message when nobody is an admin any more; empty while somebody is."""
    from forecasts import people

    left = people.admins(session.workspace().store)
    return "" if left else "; nobody is an admin now, `twixt people role PERSON admin` names one"
