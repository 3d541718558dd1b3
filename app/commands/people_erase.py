"""`twixt people erase`: forget who somebody is; what they entered stays under an id that leads to nobody."""

from __future__ import annotations

import click

from app.commands.common import examples, json_option, with_session
from app.commands.people_choice import chosen, document, without_an_admin
from app.failures import CommandError
from app.session import Session
from app.terminal import print_json


@click.command(
    "erase",
    short_help="Forget somebody's name, e-mail and role.",
    epilog=examples("twixt people erase ann@example.org --yes"),
)
@click.argument("person")
@click.option("--yes", is_flag=True, help="It is meant: there is no way back.")
@json_option
@with_session
def command(session: Session, person: str, *, yes: bool, as_json: bool) -> None:
    """Forget the name, e-mail and role of PERSON (an id, an e-mail or a name) for good.

    What they entered stays in the record, under an id that leads to nobody; no number changes.
    """
    from forecasts import people

    found = chosen(session, person)
    if found.erased_at is not None:
        raise CommandError(f"PERSON: {found.id} was erased already")
    if not yes:
        raise CommandError(f"--yes is needed: {found.id}, {found.name[:60]!r}, would be forgotten for good")
    store = session.workspace().store
    people.erase(store, found.id, actor=people.LOCAL_OWNER, now=session.now)
    gone = people.find(store, found.id)
    assert gone is not None
    if as_json:
        print_json(document(gone))
    else:
        click.echo(f"{gone.id}: name, e-mail and role are erased{without_an_admin(session)}")
