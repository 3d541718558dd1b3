"""The rule of three: an input that could not be published three times is not tried again until it changes.

Every attempt is kept with the key of its input (`Run.receipt["input"]`). A new day, a new ledger row, a new definition
or a new model version is another input. The last good snapshot stays meanwhile.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from forecasts import runs
from forecasts.domain import Mode
from forecasts.instants import utc
from forecasts.jobs.inputs import INPUT, key_at
from forecasts.people import JOBS, Actor
from forecasts.runs import Run, RunOutcome
from forecasts.schema import boards
from forecasts.schema import runs as table
from forecasts.store import Store

if TYPE_CHECKING:
    from forecasts.jobs.due import Standing
    from forecasts.jobs.task import Task

MOST_FAILURES = 3
"""Attempts on one input, after which it is left alone."""
LOOKED_AT = 20
"""Newest attempts of a board among which those on its present input are found."""

_GOOD = frozenset({"published", "unchanged"})


@dataclass(frozen=True, slots=True)
class GivenUp:
    """An input that is not tried again. `input` is its own for ever: who tells others of it tells each one once."""

    board: str
    mode: Mode
    as_of: datetime
    input: str
    attempts: int
    """How many did not succeed, at least `MOST_FAILURES`."""
    since: datetime
    """When the first of them began."""
    ended_at: datetime
    """When the last of them ended."""
    outcome: RunOutcome
    """Of the last one: `refused` or `failed`."""
    message: str
    """Of the last one: one line for a person."""

    def __str__(self) -> str:
        return (
            f"{self.board}: stopped retrying after {self.attempts} attempts on the same input since "
            f"{self.since.isoformat(timespec='minutes')}; the last one {self.outcome}: {self.message}"
        )


def failures(newest_first: Iterable[Run], key: str) -> tuple[Run, ...]:
    """Return the attempts on an input that did not succeed since it last did, newest first."""
    found = []
    for run in newest_first:
        if run.receipt.get(INPUT) == key:
            if run.outcome in _GOOD:
                break
            found.append(run)
    return tuple(found)


def given_up(newest_first: Sequence[Run]) -> tuple[GivenUp, ...]:
    """Return the inputs among some attempts that were given up, the newest first.

    The attempts are those of one board and mode. An input that has changed meanwhile is listed too: what happened
    has happened, whoever asks later.
    """
    keys = dict.fromkeys(str(run.receipt[INPUT]) for run in newest_first if INPUT in run.receipt)
    bad = [failures(newest_first, key) for key in keys]
    return tuple(_given_up(runs) for runs in bad if len(runs) >= MOST_FAILURES)


def stopped(store: Store, standings: Iterable["Standing"]) -> dict[str, GivenUp]:
    """Return the boards whose present input has been given up, with the reason; one read for all of them.

    A board that is not due is none of them, whatever its last attempts said.
    """
    waiting = {s.board: s for s in standings if s.is_due}
    found = {}
    for board, newest_first in recent(store, waiting).items():
        bad = failures(newest_first, waiting[board].input)
        if len(bad) >= MOST_FAILURES:
            found[board] = _given_up(bad)
    return found


def recent(store: Store, wanted: Iterable[str], *, mode: Mode = "live") -> dict[str, tuple[Run, ...]]:
    """Return the last attempts of each board that has any, newest first, at most `LOOKED_AT` of each."""
    ids = sorted(wanted)
    if not ids:
        return {}
    one = table.alias("one")
    oldest = sa.select(one.c.number).where(one.c.board == boards.c.id, one.c.mode == mode)
    oldest = oldest.order_by(one.c.number.desc()).limit(1).offset(LOOKED_AT - 1).correlate(boards)
    bound = sa.func.coalesce(oldest.scalar_subquery(), 0)
    together = sa.and_(table.c.board == boards.c.id, table.c.mode == mode, table.c.number >= bound)
    query = sa.select(table).select_from(boards.join(table, together)).where(boards.c.id.in_(ids))
    found: dict[str, list[Run]] = {}
    with store.reading() as connection:
        for row in connection.execute(query.order_by(table.c.number.desc())).mappings():
            found.setdefault(row["board"], []).append(runs.from_row(row))
    return {board: tuple(newest_first) for board, newest_first in found.items()}


def keep_failure(
    store: Store, task: "Task", *, started_at: datetime, ended_at: datetime, message: str, actor: Actor = JOBS
) -> bool:
    """Keep that a task failed, unless the run kept it itself before it ended; returns whether it was kept now.

    Raises
    ------
    StoreError
        When the record cannot be written.
    """
    last = runs.read(store, task.board, mode=task.mode, limit=1)
    if last and last[0].started_at == utc(started_at) and last[0].outcome not in _GOOD:
        return False
    key = task.input or key_at(store, task.board, as_of=task.as_of, mode=task.mode)
    failed = Run(task.board, task.mode, task.as_of, started_at, ended_at, "failed", message, {INPUT: key})
    runs.append(store, failed, actor=actor)
    return True


def _given_up(newest_first: Sequence[Run]) -> GivenUp:
    last, first = newest_first[0], newest_first[-1]
    return GivenUp(
        board=last.board,
        mode=last.mode,
        as_of=last.as_of,
        input=str(last.receipt[INPUT]),
        attempts=len(newest_first),
        since=first.started_at,
        ended_at=last.ended_at,
        outcome=last.outcome,
        message=last.message,
    )
