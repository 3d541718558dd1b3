"""`twixt observe composition`: who sits in a voting body from a day on."""

from __future__ import annotations

from pathlib import Path

import click

from app.commands.common import common, examples, refuse
from app.commands.sources import source_fields
from app.commands.vote_choice import chosen_vote
from app.commands.writing import append, written
from app.failures import CommandError
from app.session import Session


@click.command(
    "composition",
    short_help="Enter who sits in a body from a day on.",
    epilog=examples(
        "twixt observe composition senate-2027.csv --since 2027-01-03 --published-on 2026-12-20 \\",
        "    --source https://example.org/members",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--since", metavar="DAY", required=True, help="First day on which the body sits like this (YYYY-MM-DD).")
@click.option("--published-on", metavar="DAY", help="When it could be known; by default today.")
@click.option("--source", "sources", multiple=True, required=True, help="Who says so: words, a link, or both.")
@click.option("--note", help="Anything a later reader should know.")
@click.option("--question", metavar="Q", help="The vote; by default the only one with members.")
@common
def command(
    session: Session,
    file: Path,
    *,
    since: str,
    published_on: str | None,
    sources: tuple[str, ...],
    note: str | None,
    question: str | None,
    board_id: str | None,
    as_json: bool,
) -> None:
    """Enter the seats in FILE, a CSV table with one row a seat. Later votes are cast by them, not by uncertain seats.

    Columns: member (an id), name, state, party, term_end, ideal_point (may be empty); as wanted caucus and leaving.
    """
    from forecasts import new_entry, statement_entry

    fields = {"since": since, "published_on": published_on or session.today.isoformat(), "note": note or ""}
    moment = session.moment(board_id)
    vote, fitted = chosen_vote(moment.board, question)
    record, problems, rows = statement_entry.composition_from_file(
        file, fields | source_fields(sources), vote, entry="new"
    )
    refuse(problems, _name)
    if rows:
        more = f" (and {len(rows) - 1} more)" if len(rows) > 1 else ""
        raise CommandError(f"FILE: {rows[0]}{more}")
    assert record is not None
    wrong = statement_entry.check_composition(record, vote, fitted, view=moment.view, today=session.today)
    refuse(wrong[:3], _name)
    entry = append(session, record, letter=new_entry.COMPOSITION, board=moment.board.id)
    told = f"{len(record.seats)} seats of the {vote.body} from {record.since} on"
    written(entry, as_json=as_json, told=told)


def _name(field: str) -> str:
    return {"file": "FILE", "url": "--source"}.get(field, f"--{field.replace('_', '-')}")
