"""`twixt import undo`: take the forecasts of an import back; they stay in the record."""

from __future__ import annotations

import click

from app.commands.common import common, examples, refuse
from app.session import Session
from app.terminal import print_json


@click.command(
    "undo",
    short_help="Take the forecasts of an import back.",
    epilog=examples('twixt import undo F012 F318 --reason "Mapped to the wrong question"'),
)
@click.argument("first")
@click.argument("last")
@click.option("--reason", metavar="TEXT", required=True, help="Why; kept in the record.")
@common
def command(session: Session, first: str, last: str, *, reason: str, board_id: str | None, as_json: bool) -> None:
    """Take back every forecast of a series from the entry FIRST to LAST, as `import forecasts --write` names them.

    All of them or none; from now on they have no effect, and the same files can be imported again. What a person has
    forecast themselves stays: nothing is taken back where such an entry lies between.
    """
    from forecasts import status_entry
    from forecasts.exchange import import_undo
    from forecasts.people import LOCAL_OWNER

    fields = {"target": first, "reason": reason}
    record, problems = status_entry.retraction_from_fields(fields, entry="new", today=session.today)
    refuse(problems, {"target": "FIRST", "reason": "--reason"}.__getitem__)
    assert record is not None
    moment = session.moment(board_id)
    entries = import_undo.entries_between(moment.view, first, last)
    done = import_undo.undo(
        session.workspace().store,
        entries,
        reason=record.reason,
        board=moment.board.id,
        actor=LOCAL_OWNER,
        now=session.now,
    )
    if as_json:
        print_json({"retracted": [e.entry for e in entries], "entries": [e.entry for e in done]})
    else:
        click.echo(f"{len(entries)} forecasts taken back, {entries[0].entry} to {entries[-1].entry}")
