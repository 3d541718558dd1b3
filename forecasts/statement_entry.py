"""What a person enters of a vote before it is held: a member's statement, and who sits from a day on.

As in `status_entry`, a `..._from_fields` parses raw text and a `check_...` holds the record against board, ledger and
clock; both return all mistakes at once.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import cast, get_args

from forecasts import bodies, seat_table
from forecasts.board_files import Problem
from forecasts.bodies import SeatError
from forecasts.definition import FittedVote, Vote
from forecasts.domain import Composition, LedgerView, Seat, Stance, Statement
from forecasts.fields import FieldProblem, Fields, shown

STANCES: tuple[str, ...] = get_args(Stance)
STANCE_WORDS: Mapping[str, str] = {
    "for_firm": "firmly for",
    "for_lean": "leaning for",
    "undecided": "undecided",
    "against_lean": "leaning against",
    "against_firm": "firmly against",
}
"""The scale in words."""

SOURCE_LIMIT = 300
"""Characters."""
NOTE_LIMIT = 1000
"""Characters."""
_LONGEST_TERM_YEARS = 20


def statement_from_fields(
    fields: Mapping[str, str], vote: Vote, *, entry: str, seats: Sequence[Seat], former: Sequence[Seat] = ()
) -> tuple[Statement | None, list[FieldProblem]]:
    """Parse a statement: `member` as typed, `stance`, `on`, and as wanted `published_on`, `source`, `url`, `note`."""
    read = Fields(fields, known=("member", "stance", "on", "published_on", "source", "url", "note"))
    on = read.day("on")
    record = Statement(
        id=entry,
        question=vote.question,
        member=_member(read, vote, seats, former),
        stance=cast("Stance", _stance(read)),
        made_on=on,
        published_on=read.day("published_on") if read.given("published_on") else on,
        source=read.text("source", limit=SOURCE_LIMIT),
        url=read.link("url"),
        note=read.text("note", limit=NOTE_LIMIT, required=False),
    )
    return (None if read.problems else record), read.problems


def check_statement(record: Statement, seats: Sequence[Seat], *, view: LedgerView, today: date) -> list[FieldProblem]:
    """Return what speaks against a statement: days in the future or in the wrong order, a term that has ended, a copy.

    Parameters
    ----------
    record
        The parsed statement.
    seats
        Seats of the composition that holds today.
    view, today
        The records in force, and the clock's UTC day.
    """
    problems = [
        FieldProblem(name, f"{day} lies in the future; at most today, {today} UTC, is allowed")
        for name, day in (("on", record.made_on), ("published_on", record.published_on))
        if day > today
    ]
    if record.published_on < record.made_on:
        text = f"{record.published_on} lies before the day it was made, {record.made_on}; that cannot be"
        problems.append(FieldProblem("published_on", text))
    seat = next((s for s in seats if s.member == record.member), None)
    if seat is not None and seat.term_end <= today:
        text = f"the term of {bodies.spoken(seat)} ended on {seat.term_end}; enter the new composition first"
        problems.append(FieldProblem("member", f"{text} (twixt observe composition)"))
    same = (record.question, record.member, record.stance, record.made_on)
    for known in view.records(Statement):
        if known.id != record.id and (known.question, known.member, known.stance, known.made_on) == same:
            text = f"{STANCE_WORDS[record.stance]} on {record.made_on} is in the record already ({known.id})"
            problems.append(FieldProblem("stance", text))
    return problems


def composition_from_file(
    path: Path, fields: Mapping[str, str], vote: Vote, *, entry: str
) -> tuple[Composition | None, list[FieldProblem], list[Problem]]:
    """Parse a composition: the table of seats, and `since`, `published_on`, `source`, `url`, `note`.

    Returns
    -------
    The record (None where there is a mistake), mistakes of the fields, and mistakes of the table with their lines.
    """
    read = Fields(fields, known=("since", "published_on", "source", "url", "note"))
    problems: list[Problem] = []
    record = Composition(
        id=entry,
        question=vote.question,
        since=read.day("since"),
        published_on=read.day("published_on"),
        seats=seat_table.read_seats(path, problems),
        source=read.text("source", limit=SOURCE_LIMIT),
        url=read.link("url"),
        note=read.text("note", limit=NOTE_LIMIT, required=False),
    )
    return (None if read.problems or problems else record), read.problems, problems


def check_composition(
    record: Composition, vote: Vote, fitted: FittedVote, *, view: LedgerView, today: date
) -> list[FieldProblem]:
    """Return what speaks against a composition: its days, seats that are no whole body, terms that cannot be."""
    problems = []
    if record.published_on > today:
        text = f"{record.published_on} lies in the future; at most today, {today} UTC, is allowed"
        problems.append(FieldProblem("published_on", text))
    if record.since < fitted.seated_on:
        text = f"{record.since}: the definition's table speaks of {fitted.seated_on}; that day or later is allowed"
        problems.append(FieldProblem("since", text))
    if (record.since - today).days > 366:
        problems.append(FieldProblem("since", f"{record.since}: at most a year after today, {today} UTC, is allowed"))
    held = bodies.compositions(vote, fitted, view)
    whole = seat_table.body_problems(
        record.seats,
        members=vote.members,
        parties={s.party for s in fitted.seats},
        caucuses=fitted.parties,
        states=[s.state for s in fitted.seats],
    )
    problems += [FieldProblem("file", text) for text in whole]
    for seat in record.seats:
        if not 0 < (seat.term_end - record.since).days <= 366 * _LONGEST_TERM_YEARS:
            text = f"seat {seat.member}: the term ends on {seat.term_end}; it has to end after {record.since}, within"
            problems.append(FieldProblem("file", f"{text} {_LONGEST_TERM_YEARS} years"))
    if any(c.id and c.since == record.since and c.seats == record.seats for c in held):
        problems.append(FieldProblem("file", f"the same seats from {record.since} on are in the record already"))
    return problems


def _member(read: Fields, vote: Vote, seats: Sequence[Seat], former: Sequence[Seat]) -> str:
    name = read.text("member", limit=120)
    if not name:
        return ""
    try:
        return bodies.find_seat(name, seats, former=former, body=vote.body).member
    except SeatError as error:
        read.refuse("member", str(error))
        return ""


def _stance(read: Fields) -> str:
    given = read.raw("stance").casefold().replace("-", "_").replace(" ", "_")
    if given in STANCES:
        return given
    scale = ", ".join(f"{stance} ({STANCE_WORDS[stance]})" for stance in STANCES)
    read.refuse("stance", f"{shown(read.raw('stance'))} is not on the scale: {scale}")
    return "undecided"
