"""`twixt evidence links mark`: a link is done, put aside, or open again."""

from __future__ import annotations

from typing import Any

import click

from app.commands.common import common, examples, whole
from app.failures import CommandError
from app.session import Session
from app.terminal import print_json


@click.command(
    "mark",
    short_help="Say that a link is done, dismissed or open again.",
    epilog=examples("twixt evidence links mark 3 dismissed", "twixt evidence links mark 4 done --became E113"),
)
@click.argument("number")
@click.argument("state")
@click.option("--became", metavar="ID", help="The item of evidence that came of it.")
@common
def command(
    session: Session, number: str, state: str, *, became: str | None, board_id: str | None, as_json: bool
) -> None:
    """Set the STATE of link NUMBER: open, done or dismissed."""
    from forecasts import reading_list
    from forecasts.people import LOCAL_OWNER

    board, store = session.board(board_id), session.workspace().store
    wanted = whole("NUMBER", number, 1, 10**9)
    link = next((k for k in reading_list.read(store, board) if k.number == wanted), None)
    if link is None:
        raise CommandError(f"NUMBER: {board} has no link {wanted}; `twixt evidence links list --all` shows them")
    if became is not None:
        _check_item(session, board, became)
    choice: Any = state
    done = reading_list.change(store, link, state=choice, actor=LOCAL_OWNER, now=session.now, evidence=became)
    if as_json:
        print_json({"board": board, "number": done.number, "state": done.state, "evidence": done.evidence})
    else:
        click.echo(f"{done.number}: {done.state}")


def _check_item(session: Session, board: str, entry: str) -> None:
    from forecasts import ledger
    from forecasts.domain import Evidence
    from forecasts.fields import shown

    rows = ledger.history(session.workspace().store, board, entry=entry)
    if not rows or not isinstance(rows[-1].record, Evidence):
        raise CommandError(f"--became: {shown(entry)} is no evidence of {board}; `twixt evidence list` shows it")
