"""How a board stands at an instant, as far as anybody can subscribe to it: numbers, runs, and outcomes that wait."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from forecasts import outcomes, replay, runs, snapshots
from forecasts.artefacts import Artefacts
from forecasts.definition import Board
from forecasts.instants import utc
from forecasts.jobs import attempts, due
from forecasts.jobs.attempts import GivenUp
from forecasts.runs import Stale
from forecasts.snapshots import Snapshot
from forecasts.store import Store


@dataclass(frozen=True, slots=True)
class Number:
    """One published probability."""

    subject: str
    title: str
    deadline: date | None
    """None for a scenario."""
    value: float
    error: float
    """Standard error of the simulation."""
    state: str
    """As `snapshot_rows.STATES`."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A question by a deadline whose outcome nobody has recorded."""

    question: str
    title: str
    deadline: date


@dataclass(frozen=True, slots=True)
class Standing:
    """A board at an instant."""

    board: Board
    at: datetime
    shown: Snapshot | None
    """The newest live snapshot."""
    numbers: tuple[Number, ...]
    """Of each question by its headline deadline, and of each scenario."""
    waits: tuple[Wait, ...]
    behind: timedelta
    """For how long a run has been due; zero when none is."""
    failing: Stale | None
    given_up: GivenUp | None
    """The newest input that is not tried again, as long as nothing was published since."""

    @property
    def today(self) -> date:
        """The UTC calendar day."""
        return self.at.date()


def read(store: Store, artefacts: Artefacts, board: str, *, now: datetime) -> Standing:
    """Return how a board stands now; raises StoreError, BoardStoreError or ReplayError where it cannot be read."""
    at = replay.latest_instant(store, board, now=utc(now))
    moment = replay.read_moment(store, artefacts, board, as_of=at, mode="live", now=at)
    shown = snapshots.latest(store, board, mode="live")
    newest_first = runs.read(store, board, mode="live", limit=attempts.LOOKED_AT)
    failing = runs.stale_since(newest_first)
    stopped = attempts.given_up(newest_first) if failing else ()
    return Standing(
        board=moment.board,
        at=at,
        shown=shown,
        numbers=_numbers(moment.board, shown) if shown else (),
        waits=_waits(moment),
        behind=due.oldest_age(due.read(store, now=at, only=[board]), now=at),
        failing=failing,
        given_up=stopped[0] if stopped else None,
    )


def _numbers(board: Board, shown: Snapshot) -> tuple[Number, ...]:
    rows = shown.rows.filter((pl.col("measure") == "probability") & (pl.col("group") != "series")).to_dicts()
    headline: Mapping[str, date] = {q.id: q.headline_deadline for q in board.questions}
    titles = {q.id: q.title for q in board.questions} | {s.id: s.title for s in board.scenarios}
    return tuple(
        Number(r["subject"], titles[r["subject"]], r["deadline"], r["value"], r["mcse"] or 0.0, r["state"])
        for r in rows
        if r["subject"] in titles and r["deadline"] == headline.get(r["subject"])
    )


def _waits(moment: replay.Moment) -> tuple[Wait, ...]:
    known = outcomes.decided(moment.board, moment.view)
    return tuple(
        Wait(question.id, question.title, deadline)
        for question in moment.board.questions
        for deadline in question.deadlines
        if (question.id, deadline) not in known
    )
