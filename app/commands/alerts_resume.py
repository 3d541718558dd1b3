"""`twixt alerts resume`: send to a subscriber again whose address had refused for good."""

from __future__ import annotations

import click

from app.commands.common import common, examples
from app.session import Session
from app.terminal import print_json


@click.command(
    "resume",
    short_help="Send to a resting subscriber again.",
    epilog=examples("twixt alerts resume desk"),
)
@click.argument("name")
@common
def command(session: Session, name: str, *, board_id: str | None, as_json: bool) -> None:
    """Send to the subscriber called NAME again, who rests since their address was gone or could not be allowed."""
    from forecasts.alerts import subscribers
    from forecasts.people import LOCAL_OWNER

    store = session.workspace().store
    one = subscribers.find(store, session.board(board_id), name)
    subscribers.resume(store, one, actor=LOCAL_OWNER, now=session.now)
    if as_json:
        print_json({"id": one.id, "name": one.name, "state": "active"})
    else:
        click.echo(f"{one.name} at {one.host} is told again")
