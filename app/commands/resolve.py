"""`twixt resolve`: the outcome of a question by a deadline, judged from its criteria."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from app.commands.common import common, examples, refuse
from app.commands.sources import source_fields
from app.commands.writing import append, correct, written
from app.failures import CommandError
from app.session import Session

if TYPE_CHECKING:
    from forecasts.domain import Entry, Resolution
    from forecasts.replay import Moment

_NAMES = {"question": "QUESTION", "deadline": "DEADLINE", "outcome": "OUTCOME", "url": "--source"}


@click.command(
    "resolve",
    short_help="Record the outcome of a question by a deadline.",
    epilog=examples(
        'twixt resolve settlement 2025-12-31 no --on 2026-01-01 --source "No signed text by the deadline"',
    ),
)
@click.argument("question")
@click.argument("deadline")
@click.argument("outcome")
@click.option("--on", metavar="DAY", required=True, help="The day on which the outcome was settled (YYYY-MM-DD, UTC).")
@click.option("--source", "sources", multiple=True, required=True, help="Who says so: words, an http(s) link, or both.")
@click.option("--note", help="Why, where the criteria leave room.")
@common
def command(
    session: Session,
    question: str,
    deadline: str,
    outcome: str,
    *,
    on: str,
    sources: tuple[str, ...],
    note: str | None,
    board_id: str | None,
    as_json: bool,
) -> None:
    """Record OUTCOME (yes, no, ambiguous or annulled) of QUESTION by DEADLINE.

    `yes` needs a recorded occurrence by the deadline; `no` needs a deadline that has passed. A different outcome for
    the same question and deadline is a correction: the next version of that entry.
    """
    from forecasts import status_entry

    fields = {"question": question, "deadline": deadline, "outcome": outcome, "on": on, "note": note or ""}
    record, problems = status_entry.resolution_from_fields(
        {**fields, **source_fields(sources)}, entry="new", today=session.today
    )
    refuse(problems, _name)
    moment = session.moment(board_id)
    assert record is not None
    refuse(status_entry.check_resolution(record, moment.board, view=moment.view, today=session.today), _name)
    entry = _write(session, record, moment)
    written(entry, as_json=as_json, told=f"{record.question} by {record.deadline}: {record.outcome}")


def _write(session: Session, record: Resolution, moment: Moment) -> Entry:
    """Add the outcome; where one is in force for this question and deadline, the new one is its next version."""
    from forecasts import new_entry
    from forecasts.domain import Resolution

    board, pair = moment.board.id, (record.question, record.deadline)
    known = next((r for r in moment.view.records(Resolution) if (r.question, r.deadline) == pair), None)
    if known is None:
        return append(session, record, letter=new_entry.RESOLUTION, board=board)
    if known.outcome == record.outcome:
        raise CommandError(
            f"OUTCOME: {record.question} by {record.deadline} is already resolved {known.outcome} ({known.id})"
        )
    return correct(session, record, entry=known.id, board=board)


def _name(field: str) -> str:
    return _NAMES.get(field, f"--{field.replace('_', '-')}")
