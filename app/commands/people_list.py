"""`twixt people list`: the people of the record with their roles."""

from __future__ import annotations

import click

from app.commands.common import examples, json_option, with_session
from app.commands.people_choice import document
from app.session import Session
from app.terminal import print_json, table


@click.command(
    "list",
    short_help="List people and their roles.",
    epilog=examples("twixt people list", "twixt people list --erased --json"),
)
@click.option("--erased", is_flag=True, help="Also those whose name, e-mail and role were erased.")
@json_option
@with_session
def command(session: Session, *, erased: bool, as_json: bool) -> None:
    """List the people of the record in the order in which they were added."""
    from forecasts import people

    found = [p for p in people.everyone(session.workspace().store) if erased or p.erased_at is None]
    if as_json:
        print_json({"people": [document(p) for p in found]})
    elif found:
        head = ("id", "name", "e-mail", "role", "added")
        click.echo(table(head, [(p.id, p.name, p.email or "-", p.role, f"{p.added_at:%Y-%m-%d}") for p in found]))
    else:
        click.echo("nobody yet; `twixt people add NAME --email ADDRESS` adds somebody")
