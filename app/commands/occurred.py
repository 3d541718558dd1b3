"""`twixt occurred`: a board question has happened."""

from __future__ import annotations

import click

from app.commands.common import common, examples, refuse
from app.commands.sources import source_fields
from app.commands.writing import append, written
from app.session import Session


@click.command(
    "occurred",
    short_help="Record that a question has happened.",
    epilog=examples(
        'twixt occurred ceasefire --on 2026-07-20 --source "Joint statement" --source https://example.org/statement',
    ),
)
@click.argument("question")
@click.option("--on", metavar="DAY", required=True, help="When it happened (YYYY-MM-DD, UTC).")
@click.option("--source", "sources", multiple=True, required=True, help="Who says so: words, an http(s) link, or both.")
@click.option("--published-on", metavar="DAY", help="When it could be known; by default the same day.")
@click.option("--note", help="Anything a later reader should know.")
@common
def command(
    session: Session,
    question: str,
    *,
    on: str,
    sources: tuple[str, ...],
    published_on: str | None,
    note: str | None,
    board_id: str | None,
    as_json: bool,
) -> None:
    """Record that QUESTION happened on a day. The next refit starts from it.

    A mistake is taken back with `twixt evidence retract`, which takes any entry.
    """
    from forecasts import new_entry, status_entry

    fields = {"question": question, "on": on, "published_on": published_on or "", "note": note or ""}
    fields |= source_fields(sources)
    record, problems = status_entry.occurrence_from_fields(fields, entry="new")
    refuse(problems, _name)
    moment = session.moment(board_id)
    assert record is not None
    refuse(status_entry.check_occurrence(record, moment.board, view=moment.view, today=session.today), _name)
    entry = append(session, record, letter=new_entry.OCCURRENCE, board=moment.board.id)
    written(entry, as_json=as_json, told=f"{record.question} occurred on {record.occurred_on}")


def _name(field: str) -> str:
    return {"question": "QUESTION", "url": "--source"}.get(field, f"--{field.replace('_', '-')}")
