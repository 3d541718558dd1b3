"""One round: everything that is due, one board after another in one child, the one that has waited longest first."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from forecasts.jobs import attempts, due
from forecasts.jobs.attempts import GivenUp
from forecasts.jobs.child import Child, Progress
from forecasts.jobs.due import Standing
from forecasts.jobs.task import Ended, Task
from forecasts.store import Store

type Clock = Callable[[], datetime]
"""The surface's clock: an aware UTC instant."""

STOPPED = 3
"""Exit code of a command that found an input given up: the numbers shown are those of the last good run."""


@dataclass(frozen=True, slots=True)
class Done:
    """One board of a round."""

    standing: Standing
    """As it was when the round began."""
    ended: Ended
    started_at: datetime
    ended_at: datetime
    given_up: GivenUp | None = None
    """Set where its input is not tried again."""

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.ended_at - self.started_at).total_seconds()


def run_round(
    store: Store,
    child: Child,
    *,
    clock: Clock,
    only: Iterable[str] | None = None,
    tell: Callable[[str], Progress] | None = None,
) -> Iterator[Done]:
    """Compute every board that is due, and give each one as it ends.

    A board whose input has been given up is not tried; its ending is `stopped`.

    Parameters
    ----------
    store
        The record.
    child
        What computes.
    clock
        Asked when the round begins and around each board.
    only
        These boards instead of all.
    tell
        Given a board, returns what is called as its run goes on.

    Raises
    ------
    StoreError
        When the record cannot be read.
    """
    standings = due.longest_first(due.read(store, now=clock(), only=only))
    left_alone = attempts.stopped(store, standings)
    for standing in standings:
        began, given_up = clock(), left_alone.get(standing.board)
        if given_up:
            ended = Ended("stopped", str(given_up), STOPPED)
        else:
            task = Task(standing.board, standing.as_of, input=standing.input)
            ended = run_task(store, child, task, clock=clock, tell=tell(standing.board) if tell else None)
            if ended.kind in {"refused", "failed", "stopped"}:
                given_up = attempts.stopped(store, [standing]).get(standing.board)
        yield Done(standing, ended, began, clock(), given_up)


def run_task(store: Store, child: Child, task: Task, *, clock: Clock, tell: Progress | None = None) -> Ended:
    """Have one task done, and keep the failed attempt of a child that died over it.

    Raises
    ------
    OSError, StoreError
        When no process can be started, or the record cannot be written.
    """
    started_at = max(clock(), task.as_of)
    ended = child.run(task, now=started_at, tell=tell)
    if ended.kind == "failed":
        ended_at = max(clock(), started_at)
        attempts.keep_failure(store, task, started_at=started_at, ended_at=ended_at, message=ended.message)
    return ended
