"""What-ifs as a person keeps them under a name: read, checked against the board, written back in one form.

The command line and the form share it, so both refuse the same things in the same words.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from forecasts.conditions import ConditionError, made_from, seen_from
from forecasts.domain import NamedWhatIf, WhatIfMode
from forecasts.fields import FieldProblem, Fields, shown
from forecasts.replay import Moment

FIELDS = ("name", "note")
"""The raw fields beside mode and conditions."""
NAME_LIMIT = 80
NOTE_LIMIT = 500
MOST_NAMED = 24
"""Named what-ifs of a board at most: each is asked again at every snapshot."""


def in_force(moment: Moment) -> tuple[NamedWhatIf, ...]:
    """Return the named what-ifs that nobody has taken back, in the order in which they were first kept."""
    return moment.view.records(NamedWhatIf)


def from_fields(
    fields: Mapping[str, str],
    conditions: Sequence[str],
    mode: WhatIfMode,
    *,
    entry: str,
    moment: Moment,
    today: date,
) -> tuple[NamedWhatIf | None, list[FieldProblem]]:
    """Return a what-if to keep, or None with every mistake.

    Parameters
    ----------
    fields
        Raw text by the names in `FIELDS`.
    conditions, mode
        As for `forecasts.what_if.what_if`; they are kept as they are written back.
    entry
        Id of the entry; one in force under it is replaced, so its own name is free.
    moment
        The board now, and what is in force on it.
    today
        The clock's UTC day.
    """
    read = Fields(fields, known=FIELDS)
    name, note = read.text("name", limit=NAME_LIMIT), read.text("note", limit=NOTE_LIMIT, required=False)
    written: tuple[str, ...] = ()
    try:
        written = _written(conditions, mode, moment)
    except ConditionError as error:
        read.refuse("conditions", str(error))
    others = [w for w in in_force(moment) if w.id != entry]
    _check_room(read, name, (mode, written), others)
    record = NamedWhatIf(entry, name, mode, written, note, today)
    return (None if read.problems else record), read.problems


def named(moment: Moment, name: str) -> NamedWhatIf:
    """Return the what-if in force of a name (in any case) or entry id; raises LookupError naming those there are."""
    known = in_force(moment)
    wanted = name.strip().casefold()
    for found in known:
        if wanted in {found.id.casefold(), found.name.casefold()}:
            return found
    listed = ", ".join(f"{w.id} {w.name!r}" for w in known) or "none"
    raise LookupError(f"{shown(name)} is no what-if kept on {moment.board.id}; there are: {listed}")


def _written(conditions: Sequence[str], mode: WhatIfMode, moment: Moment) -> tuple[str, ...]:
    limits: dict[str, Any] = {"known": moment.known_through, "settled": moment.occurrences}
    read = seen_from if mode == "see" else made_from
    found = tuple(str(c) for c in read(conditions, moment.board, **limits))
    if twice := next((c for c in found if found.count(c) > 1), None):
        raise ConditionError(f"{twice!r} stands there twice; once is enough")
    return found


def _check_room(
    read: Fields, name: str, asked: tuple[WhatIfMode, tuple[str, ...]], others: Sequence[NamedWhatIf]
) -> None:
    same_name = [w for w in others if name and w.name.casefold() == name.casefold()]
    same = [w for w in others if (w.mode, frozenset(w.conditions)) == (asked[0], frozenset(asked[1]))]
    if same_name:
        read.refuse("name", f"{shown(name)} is taken by {same_name[0].id}; another name is needed")
    if same and asked[1]:
        read.refuse("conditions", f"the same question is kept already, as {same[0].id} {shown(same[0].name)}")
    if len(others) >= MOST_NAMED:
        read.refuse("name", f"{len(others)} what-ifs are kept on this board; at most {MOST_NAMED} are allowed")
