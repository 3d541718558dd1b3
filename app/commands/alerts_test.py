"""`twixt alerts test`: send one signed message to a subscriber now, to see whether it arrives."""

from __future__ import annotations

import click

from app.commands.alerts_choice import key
from app.commands.common import common, examples
from app.failures import OK, REFUSED
from app.session import Session
from app.terminal import print_json


@click.command(
    "test",
    short_help="Send one test message.",
    epilog=examples("twixt alerts test desk"),
)
@click.argument("name")
@common
def command(session: Session, name: str, *, board_id: str | None, as_json: bool) -> int:
    """Send a signed test message to the subscriber called NAME and say how that ended; nothing is kept of it.

    Exit code 3 when it did not arrive.
    """
    import secrets

    from forecasts.alerts import bodies, subscribers, telling, wire
    from forecasts.instants import to_text

    board = session.board(board_id)
    one = subscribers.find(session.workspace().store, board, name)
    body = bodies.test_document(board, session.moment(board).board.title, to_text(session.now))
    message = f"msg_test{secrets.token_hex(8)}"
    answer = telling.attempt(one, message, body, key=key(session), post=wire.post, now=session.now)
    if as_json:
        print_json({"subscriber": one.name, "host": one.host, "arrived": answer.accepted, "answer": answer.words})
    else:
        said = "has arrived" if answer.accepted else "has not arrived"
        click.echo(f"{one.name} at {one.host}: the test {said}: {answer.words}", err=not answer.accepted)
    return OK if answer.accepted else REFUSED
