"""`twixt evidence links list`: the links that wait to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from app.commands.common import common, examples
from app.session import Session
from app.terminal import print_json, shorten, table

if TYPE_CHECKING:
    from forecasts.reading_list import Link


@click.command(
    "list",
    short_help="List the links to read.",
    epilog=examples("twixt evidence links list", "twixt evidence links list --all --json"),
)
@click.option("--all", "everything", is_flag=True, help="Also links that are done or were put aside.")
@common
def command(session: Session, *, everything: bool, board_id: str | None, as_json: bool) -> None:
    """List the reading list in the order of entry."""
    from forecasts import reading_list

    board = session.board(board_id)
    found = [k for k in reading_list.read(session.workspace().store, board) if everything or k.state == "open"]
    if as_json:
        print_json({"board": board, "links": [_document(k) for k in found]})
    elif found:
        rows = [(f"{k.number}", k.state, k.evidence or "", shorten(k.url, 70), shorten(k.note, 50)) for k in found]
        click.echo(table(("link", "state", "became", "address", "note"), rows))
    else:
        click.echo("no links")


def _document(k: Link) -> dict[str, Any]:
    from forecasts.instants import to_text

    return {
        "number": k.number,
        "url": k.url,
        "note": k.note,
        "state": k.state,
        "evidence": k.evidence,
        "added_by": k.added_by,
        "added_at": to_text(k.added_at),
        "changed_by": k.changed_by,
        "changed_at": to_text(k.changed_at),
        "version": k.version,
    }
