"""Read who sits in a voting body from a CSV table: one row a seat, every mistake with its line.

Columns: `member` (an id that stays with the person), `name`, `state`, `party`, `term_end`, `ideal_point` (may be
empty), and as wanted `caucus` (empty: the party) and `leaving` (any text: the holder does not stand again, and why).
The names of the shipped table of senators (`bioguide_id`, `senator`, `nominate_dim1`, `running_note`) are read too.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from forecasts.board_files import Problem, read_csv
from forecasts.board_rows import Row, csv_row
from forecasts.domain import Seat
from forecasts.fields import shown
from forecasts.forms import check_identifier

COLUMNS = ("member", "name", "state", "party", "term_end", "ideal_point")
OPTIONAL = ("caucus", "leaving")
RENAMED = {
    "bioguide_id": "member",
    "senator": "name",
    "nominate_dim1": "ideal_point",
    "running_note": "leaving",
}
IGNORED = ("senate_class", "up_2026", "up_2026_kind", "running_note_status", "source")
"""Columns of the shipped table that say nothing more of a seat."""

_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2200, 1, 1)


def read_seats(path: Path, problems: list[Problem]) -> tuple[Seat, ...]:
    """Return the seats of a table in its order; rows with a mistake are reported and left out.

    Parameters
    ----------
    path
        The CSV file.
    problems
        Mistakes are added here, each with file and line: a value that is missing or not allowed, a member twice.
    """
    rows = read_csv(path, COLUMNS, problems, optional=OPTIONAL + IGNORED, renamed=RENAMED)
    read = [csv_row(row, what=_label(row.values.get("member", "")), problems=problems) for row in rows]
    placed = [(seat, row) for row in read if (seat := _seat(row)) is not None]
    for seat, row in _repeated(placed):
        row.refuse("member", f"{shown(seat.member)} holds a seat already; a member holds one")
    return tuple(seat for seat, _ in placed)


def body_problems(
    seats: Sequence[Seat], *, members: int, parties: Iterable[str], caucuses: Iterable[str], states: Iterable[str] = ()
) -> list[str]:
    """Return what speaks against seats as a whole body: their number, parties that are unknown, seats of a state.

    Parameters
    ----------
    seats
        All seats.
    members
        How many the body has.
    parties, caucuses
        The parties that members may belong to, and those that they may sit with.
    states
        The state of each seat of a composition that is known to be whole; empty where there is none yet.
    """
    problems = [] if len(seats) == members else [f"{len(seats)} seats; the body has {members}"]
    for what, allowed in (("party", set(parties)), ("caucus", set(caucuses))):
        wrong = [(s.member, getattr(s, what)) for s in seats if getattr(s, what) not in allowed]
        known = ", ".join(sorted(allowed))
        problems += [f"seat {member}: {what} {value!r} is unknown; allowed: {known}" for member, value in wrong]
    found, wanted = Counter(s.state for s in seats), Counter(states)
    if wanted:
        problems += [
            f"state {state!r} has {found[state]} seats; {wanted[state]} are needed"
            for state in sorted(found.keys() | wanted.keys())
            if found[state] != wanted[state]
        ]
    return problems


def _label(member: str) -> str:
    return f"seat {member[:40]}".strip()


def _seat(row: Row) -> Seat | None:
    for name in IGNORED:
        row.given(name)
    party = row.text("party", limit=40)
    seat = Seat(
        member=_member(row),
        name=row.text("name", limit=120),
        state=row.text("state", limit=40),
        party=party,
        caucus=row.text("caucus", limit=40, required=False) or party,
        term_end=row.day("term_end"),
        ideal_point=row.number("ideal_point", low=-1.0, high=1.0) if row.given("ideal_point") else None,
        leaving=bool(row.text("leaving", limit=300, required=False)),
    )
    if seat.term_end != date.min and not _FIRST_DAY <= seat.term_end <= _LAST_DAY:
        row.refuse("term_end", f"{seat.term_end}: a day from {_FIRST_DAY} to {_LAST_DAY} is needed")
    return seat if row.ok() else None


def _member(row: Row) -> str:
    value = row.text("member", limit=60)
    try:
        return check_identifier(value) if value else ""
    except ValueError as error:
        row.refuse("member", str(error))
        return ""


def _repeated(placed: Sequence[tuple[Seat, Row]]) -> list[tuple[Seat, Row]]:
    seen: set[str] = set()
    again = []
    for seat, row in placed:
        if seat.member in seen:
            again.append((seat, row))
        seen.add(seat.member)
    return again
