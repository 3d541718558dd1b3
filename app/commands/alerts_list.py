"""`twixt alerts list`: the subscribers of a board, and how far their messages have come."""

from __future__ import annotations

import click

from app.commands.alerts_choice import document
from app.commands.common import common, examples
from app.session import Session
from app.terminal import print_json, table


@click.command(
    "list",
    short_help="List subscribers and what waits for them.",
    epilog=examples("twixt alerts list", "twixt alerts list --json"),
)
@common
def command(session: Session, *, board_id: str | None, as_json: bool) -> None:
    """List the subscribers of a board with their rules; of an address only its host is shown."""
    from forecasts.alerts import outbox, subscribers

    store, board = session.workspace().store, session.board(board_id)
    found = subscribers.every(store, board)
    counts = outbox.counts(store, [s.id for s in found])
    if as_json:
        print_json({"board": board, "subscribers": [document(s, counts[s.id]) for s in found]})
        return
    if not found:
        click.echo(f"{board}: nobody is told yet; `twixt alerts add NAME` adds somebody")
        return
    rows = [
        (
            s.name,
            s.kind,
            s.host,
            ", ".join(map(str, s.rules)),
            s.state if not s.note else f"{s.state}: {s.note}",
            *(str(counts[s.id].get(state, 0)) for state in ("waiting", "delivered", "given_up")),
        )
        for s in found
    ]
    click.echo(
        table(("name", "kind", "host", "told of", "state", "waiting", "delivered", "given up"), rows, right="567")
    )
