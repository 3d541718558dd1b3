"""Who sits in a voting body, and who has said what: the records in force, and who is meant by a name.

A composition holds from its first day until the next one. Of a member's statements the newest ones speak: what was said
on an earlier day is superseded, and the same stance twice on one day counts once. So the order in which statements are
entered never matters.
"""

import difflib
from collections.abc import Iterable, Sequence
from datetime import date

from forecasts.definition import Board, FittedVote, Vote
from forecasts.domain import Composition, LedgerView, Seat, Statement
from forecasts.fields import shown

MOST_CANDIDATES = 5


class SeatError(ValueError):
    """No member is meant by a name, or several could be; the message lists who."""


def fitted_votes(board: Board) -> tuple[tuple[Vote, FittedVote], ...]:
    """Return the votes of a board that are fitted to a body's history, each with its fitted part."""
    return tuple((vote, vote.fitted) for vote in board.votes if vote.fitted is not None)


def compositions(vote: Vote, fitted: FittedVote, view: LedgerView | None) -> tuple[Composition, ...]:
    """Return who sits from when on, rising: the definition's table, then what was observed and is in force.

    Of two compositions from one day the one published later stands, then the one entered later. What was observed for
    days before the definition's table is history to it and left out.
    """
    first = Composition("", vote.question, fitted.seated_on, fitted.seated_on, fitted.seats, "board definition", "", "")
    found = {first.since: first}
    observed = [c for c in (view.records(Composition) if view else ()) if c.question == vote.question]
    for record in sorted(observed, key=lambda c: c.published_on):
        if record.since >= first.since:
            found[record.since] = record
    return tuple(found[day] for day in sorted(found))


def records(view: LedgerView) -> tuple[Statement | Composition, ...]:
    """Return all that is in force of who sits and what was said, in ledger order."""
    return (*view.records(Composition), *view.records(Statement))


def sitting(held: Sequence[Composition], day: date) -> Composition:
    """Return the composition that holds on a day: the newest begun by then, the first one before that."""
    return next((c for c in reversed(held) if c.since <= day), held[0])


def statements(question: str, view: LedgerView | None) -> tuple[Statement, ...]:
    """Return the statements that speak of a vote, one of each stance of a member's newest day, by member and stance."""
    newest: dict[str, date] = {}
    made = [s for s in (view.records(Statement) if view else ()) if s.question == question]
    for record in made:
        newest[record.member] = max(record.made_on, newest.get(record.member, date.min))
    speaking = {(s.member, s.stance): s for s in reversed(made) if s.made_on == newest[s.member]}
    return tuple(speaking[key] for key in sorted(speaking))


def may_speak(held: Sequence[Composition], day: date) -> tuple[Seat, ...]:
    """Return the seats of those who sit on a day or are known to sit later, each member once, by the latest."""
    coming = [c for c in held if c.since > day]
    return tuple({s.member: s for c in (sitting(held, day), *coming) for s in c.seats}.values())


def find_seat(name: str, seats: Sequence[Seat], *, former: Iterable[Seat] = (), body: str) -> Seat:
    """Return the seat whose holder is meant by an id, a name, a surname, or `Surname (STATE)`.

    Parameters
    ----------
    name
        As typed; capitals and accents written as they are do not matter.
    seats
        Seats of the composition.
    former
        Seats of earlier compositions, to tell a member who has left from a name that is unknown.
    body
        Name of the body, for messages.

    Raises
    ------
    SeatError
        When nobody is meant (near matches are named), several could be (all are listed), or the one meant has left.
    """
    found = _meant(name, seats)
    if len(found) == 1:
        return found[0]
    if found:
        more = f" and {len(found) - MOST_CANDIDATES} more" if len(found) > MOST_CANDIDATES else ""
        listed = ", ".join(spoken(s) for s in found[:MOST_CANDIDATES])
        raise SeatError(f"{shown(name)} could be {listed}{more}; say which, for example {spoken(found[0])!r}")
    if gone := _meant(name, former):
        raise SeatError(f"{spoken(gone[0])} no longer sits in the {body}")
    raise SeatError(f"{shown(name)} is no member of the {body}{_near(name, seats)}")


def spoken(seat: Seat) -> str:
    """Return a member's name with the state."""
    return f"{seat.name} ({seat.state})"


def _meant(name: str, seats: Iterable[Seat]) -> list[Seat]:
    """Return the seats that a name fits, by the most exact way that fits any: id, full name, then parts of it."""
    every = {s.member: s for s in seats}
    wanted = _plain(name)
    ways = (
        lambda s: wanted == s.member.casefold(),
        lambda s: wanted in {_plain(s.name), _plain(spoken(s))},
        lambda s: wanted in {_plain(part) for part in _parts(s)},
    )
    for way in ways:
        if found := [s for s in every.values() if way(s)]:
            return found
    return []


def _parts(seat: Seat) -> list[str]:
    """Return the ways in which a member is called by less than the full name: its last words, with or without state."""
    words = [w.rstrip(",") for w in seat.name.split() if w.rstrip(".,").casefold() not in {"jr", "sr", "ii", "iii"}]
    tails = [" ".join(words[i:]) for i in range(1, len(words))] or words
    short = f"{words[0]} {words[-1]}"
    return [form for tail in (*tails, short) for form in (tail, f"{tail} ({seat.state})", f"{tail} {seat.state}")]


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _near(name: str, seats: Sequence[Seat]) -> str:
    called = {_plain(form): spoken(s) for s in seats for form in (s.name, _parts(s)[0], s.name.split()[-1])}
    close = difflib.get_close_matches(_plain(name)[:80], list(called), n=3, cutoff=0.6)
    names = list(dict.fromkeys(called[c] for c in close))
    if names:
        return f"; did you mean {' or '.join(names)}?"
    return "; a surname, a name with the state, or an id is needed"
