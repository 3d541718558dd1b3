"""Read `[vote.fitted]`: the history and the seats from which a vote's gate is computed, and what is judged of them.

The history and the seats stand in two CSV tables that the definition names: they are looked for in the board's own
directory first, then among the reference tables that come with twixt. What was read becomes part of the definition.
"""

from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

from forecasts import roll_calls, seat_table
from forecasts.board_files import REFERENCE, Problem, near, table_path
from forecasts.board_rows import Row
from forecasts.definition import Elicited, FittedVote, Renewal, RollCall
from forecasts.domain import Seat
from forecasts.fields import shown

CERTAIN = 1e-6
MOST_SLOPE = 20.0
"""Largest direction of terms, in log-odds of a yea per unit of ideal point."""
MOST_TERMS = 4
_LOG_ODDS = 10.0
_UNREAD = Elicited(0.5, 0.5, 0.5, "")
_NO_RENEWAL = Renewal(1, _UNREAD, _UNREAD, _UNREAD, ())
"""Stands in for a table that is missing, which is reported."""
_WHERE = {"gate": "vote.gate", "direction": "vote.fitted.direction"}


def fitted(row: Row, *, terms: Sequence[str], periods: int, members: int, directory: Path) -> FittedVote | None:
    """Read the fitted part of a vote; every mistake of it and of its tables is reported through the row.

    Parameters
    ----------
    row
        The table `[vote.fitted]`.
    terms
        Questions that set the class of terms.
    periods
        Number of periods after the first one.
    members
        Seats of the body.
    directory
        Of the definition.
    """
    history: tuple[RollCall, ...] = _table(row, "history", directory, roll_calls.read_roll_calls)
    seats: tuple[Seat, ...] = _table(row, "members", directory, seat_table.read_seats)
    inner = row.inner("renewal")
    record = FittedVote(
        type=row.text("type", limit=60),
        parties=_parties(row),
        history=history,
        seats=seats,
        seated_on=row.day("members_on"),
        directions=_directions(row, tuple(terms)),
        renewal=renewal(inner, periods=periods) if inner else _NO_RENEWAL,
        contested=row.elicited("contested", low=CERTAIN, high=1 - CERTAIN) if row.given("contested") else None,
    )
    _check(row, record, members)
    return record if row.ok() else None


def classes(terms: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the classes of terms in the kernel's order: bit i is set where the i-th of `terms` has happened."""
    every = product((0, 1), repeat=len(terms))
    return [tuple(t for t, bit in zip(terms, reversed(bits), strict=True) if bit) for bits in every]


def gates(row: Row, terms: Sequence[str], periods: int) -> tuple[Elicited, ...]:
    """Read `[[vote.gate]]`: the elicited gates in the order of the definition, periods first, then classes of terms."""
    found = by_class(row, terms, "gate", lambda inner: columns(inner, periods, low=CERTAIN, high=1 - CERTAIN))
    return tuple(gate[p] for p in range(periods) for gate in found) if all(found) else ()


def by_class[T](row: Row, terms: Sequence[str], key: str, read: Callable[[Row], T]) -> tuple[T, ...]:
    """Return what the tables `[[<key>]]` say, one for each class of terms; empty (reported) unless all are there."""
    if len(terms) > MOST_TERMS:
        row.refuse("terms", f"{len(terms)} questions; at most {MOST_TERMS} are allowed ({2**MOST_TERMS} classes)")
        return ()
    found: dict[tuple[str, ...], T] = {}
    for inner in row.inners(key):
        happened = inner.names("terms")
        if foreign := [name for name in happened if name not in terms]:
            inner.refuse("terms", f"{', '.join(foreign)}: not among the vote's terms ({', '.join(terms) or 'none'})")
        named = tuple(name for name in terms if name in happened)
        if named in found:
            inner.refuse("terms", f"the combination {list(named)} stands more than once")
        found[named] = read(inner)
        inner.ok()
    if missing := [list(c) for c in classes(terms) if c not in found]:
        row.refuse(key, f"no [[{_WHERE[key]}]] for terms = {missing[0]}; each combination needs one")
        return ()
    return tuple(found[c] for c in classes(terms))


def columns(row: Row, count: int, *, low: float, high: float) -> tuple[Elicited, ...]:
    """Return as many judged quantities from lists `median`, `low` and `high` with one reason."""
    keys = ("median", "low", "high")
    lists = [row.numbers(key, low=low, high=high) for key in keys]
    reason = row.text("reason")
    for key, values in zip(keys, lists, strict=True):
        if len(values) != count:
            row.refuse(key, f"{len(values)} numbers; the vote's periods need {count}")
    if any(len(values) != count for values in lists):
        return ()
    for median, bottom, top in zip(*lists, strict=True):
        if bottom > median or median > top:
            row.refuse("median", f"{median:g} lies outside its range {bottom:g} to {top:g}")
    return tuple(Elicited(m, lo, hi, reason) for m, lo, hi in zip(*lists, strict=True))


def _table[T](
    row: Row, key: str, directory: Path, read: Callable[[Path, list[Problem]], tuple[T, ...]]
) -> tuple[T, ...]:
    name = row.text(key, limit=100)
    path = table_path(directory, name) if name else None
    if path is None:
        if name:
            known = sorted(p.name for p in REFERENCE.glob("*.csv"))
            row.refuse(key, f"{shown(name)}: no such table beside the definition or among {', '.join(known)}")
        return ()
    problems: list[Problem] = []
    found = read(path, problems)
    row.report(problems)
    if not found and not problems:
        row.refuse(key, f"{shown(name)} has no rows")
    return found


def _parties(row: Row) -> tuple[str, str]:
    found = row.texts("parties", limit=40)
    if len(found) != 2 or len(set(found)) != 2:
        row.refuse("parties", f"{', '.join(found) or 'none'}: two different parties are needed, party 0 and party 1")
        return "0", "1"
    return found[0], found[1]


def renewal(row: Row, *, periods: int) -> Renewal:
    """Read `[vote.fitted.renewal]`: how seats change hands before each of so many periods."""
    swing = row.inner("swing")
    found = Renewal(
        term_years=row.integer("term_years", low=1, high=100),
        keep=row.elicited("keep", low=CERTAIN, high=1 - CERTAIN),
        split=row.elicited("split", low=-_LOG_ODDS, high=_LOG_ODDS),
        open=row.elicited("open", low=-_LOG_ODDS, high=_LOG_ODDS),
        swing=() if swing is None else columns(swing, periods, low=-_LOG_ODDS, high=_LOG_ODDS),
    )
    if swing is not None:
        swing.ok()
    row.ok()
    return found


def _directions(row: Row, terms: tuple[str, ...]) -> tuple[Elicited, ...]:
    keys = ("median", "low", "high")
    return by_class(
        row, terms, "direction", lambda inner: inner.judged(keys, "reason", low=-MOST_SLOPE, high=MOST_SLOPE)
    )


def _check(row: Row, record: FittedVote, members: int) -> None:
    """Report seats that are no whole body, and a kind of vote that the history does not know."""
    if record.seats:
        known = {s.party for s in record.seats}
        wrong = seat_table.body_problems(record.seats, members=members, parties=known, caucuses=record.parties)
        for message in wrong:
            row.refuse("members", message)
    kinds = sorted({call.type for call in record.history})
    if kinds and record.type and record.type not in kinds:
        row.refuse("type", f"{shown(record.type)}{near(record.type, kinds)}: the history has {', '.join(kinds)}")
