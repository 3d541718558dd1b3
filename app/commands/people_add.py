"""`twixt people add`: somebody who may log in, or whose forecasts are entered for them."""

from __future__ import annotations

import click

from app.commands.common import examples, json_option, with_session
from app.commands.people_choice import document
from app.failures import CommandError
from app.session import Session
from app.terminal import print_json

_NAMES = {"name": "NAME", "e-mail": "--email", "role": "--role"}


@click.command(
    "add",
    short_help="Add somebody with a role.",
    epilog=examples(
        "twixt people add Ann --email ann@example.org",
        'twixt people add "Bob Berg" --email bob@example.org --role admin',
    ),
)
@click.argument("name")
@click.option("--email", metavar="ADDRESS", help="How they log in: the verified e-mail that the provider tells.")
@click.option("--role", metavar="ROLE", default="forecaster", show_default=True, help="viewer, forecaster or admin.")
@json_option
@with_session
def command(session: Session, name: str, *, email: str | None, role: str, as_json: bool) -> None:
    """Add a person called NAME. A viewer looks, a forecaster enters what is known and believed, an admin does all.

    The ledger knows people by an opaque id only: name, e-mail and role can be corrected, and erased for good.
    """
    from forecasts import people
    from forecasts.errors import RecordError

    try:
        added = people.add(
            session.workspace().store,
            name,
            actor=people.LOCAL_OWNER,
            now=session.now,
            email=email,
            role=role,  # type: ignore[arg-type]  # what is no role is refused there
        )
    except RecordError as error:
        raise CommandError(_option(str(error))) from error
    if as_json:
        print_json(document(added))
    else:
        login = f"logs in as {added.email}" if added.email else "cannot log in without an e-mail"
        click.echo(f"{added.id}: {added.name}, {added.role}, {login}")


def _option(message: str) -> str:
    """Return a message about a field as one about what was typed."""
    field, _, rest = message.partition(" ")
    return f"{_NAMES[field]}: {rest}" if field in _NAMES else message
