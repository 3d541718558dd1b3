"""`twixt whatif remove`: a kept what-if is asked no more; the entry and its answers stay in the record."""

from __future__ import annotations

import click

from app.commands.common import common, examples, refuse
from app.commands.whatif_fields import chosen
from app.commands.writing import append
from app.session import Session
from app.terminal import print_json


@click.command(
    "remove",
    short_help="Ask a kept what-if no more.",
    epilog=examples('twixt whatif remove "A truce this year" --reason "The year is over"'),
)
@click.argument("name")
@click.option("--reason", metavar="TEXT", required=True, help="Why; kept in the record.")
@common
def command(session: Session, name: str, *, reason: str, board_id: str | None, as_json: bool) -> None:
    """Take the kept what-if NAME (or its entry) back: later snapshots do not answer it. Nothing is deleted."""
    from forecasts import new_entry, status_entry
    from forecasts.codec import encode_entry

    moment = session.moment(board_id)
    kept = chosen(moment, name)
    record, problems = status_entry.retraction_from_fields(
        {"target": kept.id, "reason": reason}, entry="new", today=session.today
    )
    refuse(problems, {"target": "NAME", "reason": "--reason"}.__getitem__)
    assert record is not None
    row = append(session, record, letter=new_entry.RETRACTION, board=moment.board.id)
    if as_json:
        print_json(encode_entry(row))
    else:
        click.echo(f"{row.entry} (position {row.position}): {kept.id} {kept.name!r} is asked no more; its answers stay")
