"""`twixt alerts remove`: a subscriber is told no more, and their address and messages are forgotten."""

from __future__ import annotations

import click

from app.commands.common import common, examples
from app.session import Session
from app.terminal import print_json


@click.command(
    "remove",
    short_help="Remove a subscriber.",
    epilog=examples("twixt alerts remove desk"),
)
@click.argument("name")
@common
def command(session: Session, name: str, *, board_id: str | None, as_json: bool) -> None:
    """Remove the subscriber called NAME with their address, their secret and all messages to them."""
    from forecasts.alerts import subscribers
    from forecasts.people import LOCAL_OWNER

    store = session.workspace().store
    one = subscribers.find(store, session.board(board_id), name)
    subscribers.remove(store, one, actor=LOCAL_OWNER)
    if as_json:
        print_json({"id": one.id, "name": one.name, "removed": True})
    else:
        click.echo(f"{one.name} at {one.host} is told no more")
