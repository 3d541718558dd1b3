"""`twixt statement add`: what a member of a voting body has said of how they would vote."""

from __future__ import annotations

import click

from app.commands.common import common, examples, refuse
from app.commands.sources import source_fields
from app.commands.vote_choice import chosen_vote
from app.commands.writing import append, written
from app.session import Session


@click.command(
    "add",
    short_help="Enter what a member has said of a coming vote.",
    epilog=examples(
        "twixt statement add Murkowski undecided --on 2026-06-20 --source https://example.org/interview",
        'twixt statement add "Scott (SC)" undecided --on 2026-06-21 --source "Floor speech"',
    ),
)
@click.argument("senator")
@click.argument("stance")
@click.option("--source", "sources", multiple=True, required=True, help="Where it was said: words, a link, or both.")
@click.option("--on", metavar="DAY", required=True, help="When it was said (YYYY-MM-DD, UTC).")
@click.option("--published-on", metavar="DAY", help="When it could be known; by default the same day.")
@click.option("--note", help="Anything a later reader should know.")
@click.option("--question", metavar="Q", help="The vote; by default the only one with members.")
@common
def command(
    session: Session,
    senator: str,
    stance: str,
    *,
    sources: tuple[str, ...],
    on: str,
    published_on: str | None,
    note: str | None,
    question: str | None,
    board_id: str | None,
    as_json: bool,
) -> None:
    """Enter that SENATOR has said how they would vote. The next refit counts it.

    SENATOR is an id, a surname, a name, or 'Name (ST)'. STANCE is for_firm, for_lean, undecided, against_lean or
    against_firm. Only the newest statements of a member count; `twixt evidence retract ID` takes one back.
    """
    from forecasts import bodies, new_entry, statement_entry

    fields = {"member": senator, "stance": stance, "on": on, "published_on": published_on or "", "note": note or ""}
    moment = session.moment(board_id)
    vote, fitted = chosen_vote(moment.board, question)
    held = bodies.compositions(vote, fitted, moment.view)
    seats = bodies.may_speak(held, session.today)
    former = [s for c in held for s in c.seats]
    record, problems = statement_entry.statement_from_fields(
        fields | source_fields(sources), vote, entry="new", seats=seats, former=former
    )
    refuse(problems, _name)
    assert record is not None
    refuse(statement_entry.check_statement(record, seats, view=moment.view, today=session.today), _name)
    entry = append(session, record, letter=new_entry.STATEMENT, board=moment.board.id)
    seat = next(s for s in seats if s.member == record.member)
    told = f"{bodies.spoken(seat)} {statement_entry.STANCE_WORDS[record.stance]} on {record.made_on}"
    written(entry, as_json=as_json, told=told)


def _name(field: str) -> str:
    names = {"member": "SENATOR", "stance": "STANCE", "url": "--source"}
    return names.get(field, f"--{field.replace('_', '-')}")
