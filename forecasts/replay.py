"""What was known on a board at an `as_of`: the records in force, the definition, and through which day it is known."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from forecasts import ledger, snapshots
from forecasts.artefacts import Artefacts
from forecasts.board_store import BoardInRecord, read_board
from forecasts.definition import Board
from forecasts.domain import Confirmation, Evidence, LedgerView, Mode, Occurrence
from forecasts.instants import last_whole_day, start_of_day, utc
from forecasts.readings_data import Lesson, first_numbers, lessons
from forecasts.spending_editions import with_editions
from forecasts.store import Store

if TYPE_CHECKING:
    from forecasts.draws_file import DrawsFile


class ReplayError(ValueError):
    """A board cannot be replayed at an `as_of`; the message names the board, the value and what is possible."""


@dataclass(frozen=True)
class Moment:
    """Everything that a run is computed from, except parameter draws, futures and seed."""

    definition: BoardInRecord
    """The definition that the run uses: the one in force (live), or the newest (retrospective)."""
    view: LedgerView
    known_through: date
    """Through this day the board's status is known: the futures start at its end."""
    lessons: tuple[Lesson, ...] = ()
    """Resolved questions that teach whom to believe; empty while there are too few."""
    readings: "DrawsFile | None" = None
    """What they taught, once it has been fitted; None reads all evidence by the prior."""

    @property
    def board(self) -> Board:
        """The definition itself."""
        return self.definition.board

    @property
    def as_of(self) -> datetime:
        """The instant of the replay, aware UTC."""
        return self.view.as_of

    @property
    def day(self) -> date:
        """The UTC calendar day of the replay, from which the age of evidence counts."""
        return day_of(self.view.as_of, self.view.mode)

    @property
    def mode(self) -> Mode:
        """Whether the replay is bounded by what was recorded or by what was published."""
        return self.view.mode

    @property
    def known(self) -> int:
        """Known through, in days since the board opened."""
        return (self.known_through - self.board.opens).days

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Evidence in force, in ledger order."""
        return self.view.records(Evidence)

    @cached_property
    def occurrences(self) -> dict[str, date]:
        """Day on which each question is known to have happened."""
        return {o.question: o.occurred_on for o in self.view.records(Occurrence)}


def day_of(as_of: datetime, mode: Mode) -> date:
    """Return the calendar day of an `as_of`: in retrospect the last day that was over, as only that was published."""
    return last_whole_day(as_of) if mode == "retrospective" else utc(as_of).date()


def default_as_of(store: Store, board: str, *, now: datetime) -> datetime:
    """Return the `as_of` of a live run: the later of the start of this UTC day and the last ledger row.

    So with nothing new a second run of a day has the inputs of the first, and an entry just saved is due at once. The
    last row counts even where the clock has gone back behind it.
    """
    start = start_of_day(utc(now).date())
    last = ledger.tail(store, board).recorded_at
    return max(start, last) if last else start


def latest_instant(store: Store, board: str, *, now: datetime) -> datetime:
    """Return the clock, or the ledger's last row where that is later: rows of one step follow by a microsecond each."""
    last = ledger.tail(store, board).recorded_at
    return max(utc(now), last) if last else utc(now)


def read_moment(
    store: Store, artefacts: Artefacts, board: str, *, as_of: datetime, mode: Mode, now: datetime
) -> Moment:
    """Read what was known at an `as_of`.

    Live: only rows recorded by then count, the definition in force then is used. Retrospective: only what was published
    by then counts, under the newest definition; the confirmations of today say how far back the status is known.

    Raises
    ------
    ReplayError
        When `as_of` lies after `now` or before the board opened.
    BoardStoreError
        When the record holds no definition of the board by then.
    """
    as_of, now = utc(as_of), latest_instant(store, board, now=now)
    if as_of > now:
        raise ReplayError(f"{board}: as of {as_of.isoformat()} lies after now, {now.isoformat()}")
    view = ledger.read(store, board, as_of=as_of, mode=mode)
    today = view if mode == "live" else ledger.read(store, board, as_of=now, mode="live")
    definition = read_board(artefacts, today)
    opens = definition.board.opens
    day = day_of(as_of, mode)
    if day < opens:
        raise ReplayError(f"{board}: as of {day} lies before the board opened, {opens}")
    done = {o.question for o in today.records(Occurrence)}
    through = known_through(definition.board, today.records(Confirmation), occurred=done)
    definition = replace(definition, board=with_editions(definition.board, view))
    taught = lessons(definition.board, view, lambda: first_numbers(snapshots.history(store, board)), now=as_of)
    return Moment(definition, view, min(through, day), taught)


def known_through(board: Board, confirmations: Iterable[Confirmation], *, occurred: Collection[str] = ()) -> date:
    """Return the latest day through which every question is confirmed; the opening day without any confirmation.

    A question that is recorded to have occurred needs no word about the days after: each happens once.
    """
    latest = {q.id: board.opens for q in board.questions if q.id not in occurred}
    for confirmation in confirmations:
        for question in confirmation.questions or tuple(latest):
            if question in latest:
                latest[question] = max(latest[question], confirmation.through)
    return min([*latest.values(), board.horizon])
