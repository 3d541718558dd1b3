"""`twixt confirm`: a person has looked, and nothing else has happened through a day."""

from __future__ import annotations

import click

from app.commands.common import common, examples, refuse
from app.commands.writing import append, written
from app.session import Session


@click.command(
    "confirm",
    short_help="Confirm the board's status through a day.",
    epilog=examples(
        "twixt confirm --through 2026-07-15",
        "twixt confirm --through 2026-07-31 --question ceasefire --question settlement",
    ),
)
@click.option("--through", metavar="DAY", required=True, help="The last day that was looked at (YYYY-MM-DD, UTC).")
@click.option("--question", "questions", multiple=True, metavar="Q", help="Only this question; may be repeated.")
@click.option("--note", help="What was looked at.")
@common
def command(
    session: Session,
    *,
    through: str,
    questions: tuple[str, ...],
    note: str | None,
    board_id: str | None,
    as_json: bool,
) -> None:
    """Confirm that through a day nothing has occurred on the board except the recorded occurrences.

    Futures start where the board's status is known: an event that nobody has looked for may already have happened.
    """
    from forecasts import new_entry, status_entry

    record, problems = status_entry.confirmation_from_fields(
        {"through": through, "note": note or ""}, questions, entry="new", today=session.today
    )
    refuse(problems, lambda field: f"--{field}")
    moment = session.moment(board_id)
    assert record is not None
    found = status_entry.check_confirmation(record, moment.board, view=moment.view, today=session.today)
    refuse(found, lambda field: f"--{field}")
    entry = append(session, record, letter=new_entry.CONFIRMATION, board=moment.board.id)
    scope = ", ".join(record.questions) or "every question"
    written(entry, as_json=as_json, told=f"{scope} confirmed through {record.through}")
