"""`twixt evidence retract`: take an entry back; it stays in the record."""

from __future__ import annotations

import click

from app.commands.common import common, examples, refuse, whole
from app.commands.writing import append, written
from app.failures import CommandError
from app.session import Session


@click.command(
    "retract",
    short_help="Take an entry back.",
    epilog=examples(
        'twixt evidence retract E113 --reason "The report was withdrawn by its source"',
    ),
)
@click.argument("entry")
@click.option("--reason", metavar="TEXT", required=True, help="Why; kept in the record.")
@click.option("--seen", metavar="N", help="The version that you have seen; refused when there is a newer one.")
@common
def command(
    session: Session, entry: str, *, reason: str, seen: str | None, board_id: str | None, as_json: bool
) -> None:
    """Take ENTRY back: from now on it has no effect, and the numbers are exactly what they would be without it.

    Any entry can be taken back, also an occurrence, a confirmation or a retraction. The row stays in the record.
    """
    from forecasts import new_entry, status_entry
    from forecasts.fields import shown

    record, problems = status_entry.retraction_from_fields(
        {"target": entry, "reason": reason}, entry="new", today=session.today
    )
    refuse(problems, {"target": "ENTRY", "reason": "--reason"}.__getitem__)
    moment = session.moment(board_id)
    assert record is not None
    if entry not in {e.entry for e in moment.view.entries}:
        raise CommandError(
            f"ENTRY: {shown(entry)} is no entry in force on {moment.board.id}; `twixt evidence list` shows them"
        )
    version = whole("--seen", seen, 1, 10**9)
    expected = {} if version is None else {entry: version}
    done = append(session, record, letter=new_entry.RETRACTION, board=moment.board.id, expected=expected)
    written(done, as_json=as_json, told=f"{entry} retracted")
