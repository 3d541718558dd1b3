"""`twixt statement list`: what members have said, and which of it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from app.commands.common import common, day_option, examples, mode, replay_options
from app.commands.vote_choice import chosen_vote
from app.session import Session
from app.terminal import print_json, shorten, table

if TYPE_CHECKING:
    from forecasts.domain import Entry, Seat


@click.command(
    "list",
    short_help="List what members have said.",
    epilog=examples("twixt statement list", "twixt statement list --as-of 2026-06-30 --json"),
)
@click.option("--question", metavar="Q", help="The vote; by default the only one with members.")
@replay_options
@common
def command(
    session: Session,
    *,
    question: str | None,
    as_of: str | None,
    retrospective: bool,
    board_id: str | None,
    as_json: bool,
) -> None:
    """List the statements in force, in the order in which they were entered, and whether each still speaks."""
    from forecasts import bodies, ledger
    from forecasts.domain import Statement

    moment = session.moment(board_id)
    vote, fitted = chosen_vote(moment.board, question)
    at = day_option("--as-of", as_of, session) or session.instant(moment.board.id)
    store = session.workspace().store
    view = ledger.read(store, moment.board.id, as_of=at, mode=mode(retrospective=retrospective))
    seats = {s.member: s for c in bodies.compositions(vote, fitted, view) for s in c.seats}
    speaking = {s.id for s in bodies.statements(vote.question, view)}
    made = [e for e in view.entries if isinstance(e.record, Statement) and e.record.question == vote.question]
    if as_json:
        lines = [_document(e, seats, speaks=e.entry in speaking) for e in made]
        print_json({"board": moment.board.id, "question": vote.question, "statements": lines})
    elif made:
        head = ("id", "said on", "member", "stance", "counts", "source")
        click.echo(table(head, [_row(e, seats, speaks=e.entry in speaking) for e in made]))
    else:
        click.echo("no statements")


def _document(entry: Entry, seats: dict[str, Seat], *, speaks: bool) -> dict[str, Any]:
    from forecasts.codec import encode
    from forecasts.instants import to_text

    record = encode(entry.record)
    seat = seats.get(record["member"])
    return {
        **{k: v for k, v in record.items() if k != "type"},
        "name": seat.name if seat else None,
        "state": seat.state if seat else None,
        "counts": speaks,
        "position": entry.position,
        "recorded_at": to_text(entry.recorded_at),
    }


def _row(entry: Entry, seats: dict[str, Seat], *, speaks: bool) -> tuple[str, ...]:
    from forecasts.bodies import spoken
    from forecasts.statement_entry import STANCE_WORDS

    item: Any = entry.record
    seat = seats.get(item.member)
    who = spoken(seat) if seat else item.member
    counts = "yes" if speaks else "no, superseded"
    return item.id, item.made_on.isoformat(), who, STANCE_WORDS[item.stance], counts, shorten(item.source, 40)
