"""`twixt people role`: what a person may do from now on."""

from __future__ import annotations

from dataclasses import replace

import click

from app.commands.common import examples, json_option, with_session
from app.commands.people_choice import chosen, document, without_an_admin
from app.failures import CommandError
from app.session import Session
from app.terminal import print_json


@click.command(
    "role",
    short_help="Give somebody a role.",
    epilog=examples("twixt people role ann@example.org admin", "twixt people role Bob viewer"),
)
@click.argument("person")
@click.argument("role")
@json_option
@with_session
def command(session: Session, person: str, role: str, *, as_json: bool) -> None:
    """Give PERSON (an id, an e-mail or a name) the ROLE viewer, forecaster or admin, on all boards.

    It counts from their next action on, also in a page that is open already.
    """
    from forecasts import people

    found = chosen(session, person)
    if role not in people.GIVEN_ROLES:
        raise CommandError(f"ROLE: {role[:40]!r}; allowed: {', '.join(people.GIVEN_ROLES)}")
    if found.erased_at is not None:
        raise CommandError(f"PERSON: {found.id} was erased and cannot have a role; add them anew")
    new = replace(found, role=role)
    people.correct(session.workspace().store, new, actor=people.LOCAL_OWNER)
    if as_json:
        print_json(document(new))
    else:
        click.echo(f"{new.id}: {new.name} is a {role} (was {found.role}){without_an_admin(session)}")
