"""The queue that workers on many machines share: tasks enter it, wait by priority, are taken back, can be looked at.

A task waits once, however many enter it, and is entered again only after it has ended: its place in the queue is named
by board, mode and instant. Tasks of one board are done one after another, those that somebody waits for first.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from forecasts import people
from forecasts.errors import StoreError
from forecasts.instants import to_text
from forecasts.jobs.queue_tables import events, jobs, require_queue, speaking_of_the_queue
from forecasts.jobs.queue_tables import workers as heard_of
from forecasts.jobs.task import Task, read_task, task_values
from forecasts.people import Actor
from forecasts.receipts import digest
from forecasts.store import Store

if TYPE_CHECKING:
    from procrastinate.manager import JobManager

COMPUTE = "compute"
"""Name of the queue's task that computes a board."""
HEARD_WITHIN = 60.0
"""Seconds since a sign of life for which a worker counts as there."""
_ENTERING = 5_300_126_207_118
"""Key of the advisory lock under which one process at a time changes what waits."""

JobState = Literal["todo", "doing", "succeeded", "failed", "cancelled", "aborted"]
ACTIVE: tuple[JobState, ...] = ("todo", "doing")


class Priority(IntEnum):
    """Who is served first. A retry waits one below its own."""

    BACKFILL = -100
    """History, which nobody waits for."""
    DUE = 0
    """Boards that fell behind."""
    PERSON = 100
    """Somebody looks at the screen."""


@dataclass(frozen=True, slots=True)
class Job:
    """A task in the queue."""

    number: int
    """Given by the queue, rising."""
    task: Task
    state: JobState
    priority: int
    attempts: int
    """How often it was begun and has ended, in whatever way."""
    worker: int | None
    """Number of the worker that does it, or did it last, while that one is known."""
    entered_at: datetime
    not_before: datetime | None
    """A retry waits until then."""
    started_at: datetime | None
    """When it was begun last."""
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of the tasks that were to be entered, in their order."""

    numbers: tuple[int, ...]
    """Each task's number in the queue."""
    new: int
    """How many of them were not there before."""


def enter(store: Store, tasks: Sequence[Task], *, priority: Priority, actor: Actor) -> Entered:
    """Enter tasks in one transaction, as far as they neither wait nor run; one that waits takes a higher priority.

    Raises
    ------
    ForbiddenError
        When the actor may not ask for a run of one of the boards.
    StoreError
        When there is no queue, or the database refuses; nothing is entered.
    """
    require_queue(store)
    for board in sorted({task.board for task in tasks}):
        people.authorise(actor, "publish" if actor.role == "jobs" else "refit", board)
    wanted = {place(task): task for task in tasks}
    with store.writing() as connection, speaking_of_the_queue(connection) as raw, library_errors(store):
        lock_queue(connection)
        there = _there(connection, wanted)
        _raise_priority(connection, there.values(), priority)
        new = {key: task for key, task in wanted.items() if key not in there}
        numbers = there | dict(zip(new, _defer(raw, new, priority), strict=True))
    return Entered(tuple(numbers[place(task)] for task in tasks), len(new))


def place(task: Task) -> str:
    """Return the name of a task's place in the queue: board, mode and instant, and a mark for unusual wishes."""
    unusual = {k: v for k, v in task_values(task).items() if k in {"futures", "seed", "resample", "accept_jump"}}
    usual = {k: v for k, v in task_values(Task(task.board, task.as_of)).items() if k in unusual}
    mark = "" if unusual == usual else f" {digest(unusual)[:12]}"
    return f"{task.board} {task.mode} {to_text(task.as_of)}{mark}"


def cancel(store: Store, number: int, *, actor: Actor) -> JobState:
    """Take a task back: a waiting one at once, a running one within seconds; returns the state in which it was found.

    Raises
    ------
    ForbiddenError
        When the actor may not ask for a run of its board.
    StoreError
        When there is no such task, or it has ended.
    """
    found = get(store, number)
    people.authorise(actor, "refit", found.task.board)
    with store.writing() as connection, speaking_of_the_queue(connection) as raw, library_errors(store):
        taken = manager().cancel_job_by_id(number, abort=True, connection=raw)
    if not taken:
        ended = get(store, number).state
        raise StoreError(f"task {number}: has ended ({ended}); only waiting or running ones can be cancelled")
    return found.state


def get(store: Store, number: int) -> Job:
    """Return one task; raises StoreError when there is none of this number."""
    found = read(store, only=(number,))
    if not found:
        raise StoreError(f"task {number}: there is none in the queue (ended ones go after 30 days)")
    return found[0]


def read(
    store: Store,
    *,
    states: Sequence[JobState] = (),
    board: str | None = None,
    only: Sequence[int] | None = None,
    limit: int = 1000,
) -> tuple[Job, ...]:
    """Return tasks: those that run, those that wait in the order of their turn, then ended ones, newest first.

    Parameters
    ----------
    store
        The record.
    states, board, only
        In these states, of this board, of these numbers, instead of all.
    limit
        At most so many.

    Raises
    ------
    StoreError
        When there is no queue, or the database refuses.
    """
    require_queue(store)
    query = _selected()
    if states:
        query = query.where(jobs.c.status.in_(states))
    if board is not None:
        query = query.where(jobs.c.lock == board)
    if only is not None:
        query = query.where(jobs.c.id.in_(only))
    with store.reading() as connection:
        return tuple(_job(row) for row in connection.execute(query.limit(limit)).mappings())


def before(store: Store, job: Job) -> int:
    """Return how many tasks wait that are taken before one that waits."""
    sooner = sa.or_(jobs.c.priority > job.priority, sa.and_(jobs.c.priority == job.priority, jobs.c.id < job.number))
    query = sa.select(sa.func.count()).select_from(jobs).where(jobs.c.status == "todo", sooner)
    with store.reading() as connection:
        return int(connection.execute(query).scalar_one())


def counts(store: Store) -> dict[JobState, int]:
    """Return how many tasks there are in each state that any is in."""
    query = sa.select(jobs.c.status, sa.func.count()).where(jobs.c.task_name == COMPUTE).group_by(jobs.c.status)
    with store.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def active(store: Store) -> dict[tuple[JobState, str], int]:
    """Return how many tasks wait or run, by state and by who waits: `person`, `due` or `history`; zeros too."""
    who = sa.case(
        (jobs.c.priority > Priority.DUE, "person"), (jobs.c.priority < Priority.DUE - 1, "history"), else_="due"
    )
    query = sa.select(jobs.c.status, who, sa.func.count()).where(jobs.c.task_name == COMPUTE)
    query = query.where(jobs.c.status.in_(ACTIVE)).group_by(sa.text("1"), sa.text("2"))
    with store.reading() as connection:
        found = {(row[0], row[1]): row[2] for row in connection.execute(query)}
    return {(state, kind): found.get((state, kind), 0) for state in ACTIVE for kind in ("person", "due", "history")}


def workers(store: Store, *, heard_within: float) -> int:
    """Return how many workers were heard of within so many seconds."""
    since = sa.func.clock_timestamp() - sa.func.make_interval(0, 0, 0, 0, 0, 0, heard_within)
    query = sa.select(sa.func.count()).select_from(heard_of).where(heard_of.c.last_heartbeat > since)
    with store.reading() as connection:
        return int(connection.execute(query).scalar_one())


def lock_queue(connection: sa.Connection) -> None:
    """Let one process at a time change what waits, until the transaction ends."""
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ENTERING)))


@contextmanager
def library_errors(store: Store) -> Iterator[None]:
    """Turn what the library raises into a `StoreError` of one line."""
    from procrastinate.exceptions import ConnectorException

    try:
        yield
    except ConnectorException as error:
        said = " ".join(str(error.__cause__ or error).split())[:200]
        raise StoreError(f"{store.label}: the queue refused ({said})") from error


def manager() -> "JobManager":
    """Return the library's manager of tasks, which works on the connections that it is given."""
    from procrastinate import SyncPsycopgConnector
    from procrastinate.manager import JobManager

    return JobManager(SyncPsycopgConnector())


def _selected() -> sa.Select[Any]:
    """Select tasks in the order in which a person wants to see them."""
    columns = ("id", "args", "status", "priority", "attempts", "worker_id", "scheduled_at")
    times = (
        _last("deferred").label("entered_at"),
        _last("started").label("started_at"),
        _last("succeeded", "failed", "cancelled", "aborted").label("ended_at"),
    )
    waits, active = jobs.c.status == "todo", jobs.c.status.in_(ACTIVE)
    order = (
        sa.case((jobs.c.status == "doing", 0), (waits, 1), else_=2),
        sa.case((waits, -jobs.c.priority)),
        sa.case((active, jobs.c.id), else_=-jobs.c.id),
    )
    return sa.select(*(jobs.c[name] for name in columns), *times).where(jobs.c.task_name == COMPUTE).order_by(*order)


def _last(*types: str) -> sa.ScalarSelect[Any]:
    of_job = (events.c.job_id == jobs.c.id, sa.cast(events.c.type, sa.Text).in_(types))
    return sa.select(sa.func.max(events.c.at)).where(*of_job).scalar_subquery()


def _job(row: sa.RowMapping) -> Job:
    try:
        task = read_task(row["args"])
    except (TypeError, ValueError) as error:
        raise StoreError(f"task {row['id']}: entered by another version of twixt ({error})") from error
    return Job(
        number=row["id"],
        task=task,
        state=row["status"],
        priority=row["priority"],
        attempts=row["attempts"],
        worker=row["worker_id"],
        entered_at=row["entered_at"],
        not_before=row["scheduled_at"] if row["status"] == "todo" else None,
        started_at=row["started_at"],
        ended_at=row["ended_at"] if row["status"] not in ACTIVE else None,
    )


def _there(connection: sa.Connection, places: Iterable[str]) -> dict[str, int]:
    query = sa.select(jobs.c.queueing_lock, jobs.c.id)
    query = query.where(jobs.c.status.in_(ACTIVE), jobs.c.queueing_lock == _any(places, sa.Text()))
    return {row[0]: row[1] for row in connection.execute(query)}


def _raise_priority(connection: sa.Connection, numbers: Iterable[int], priority: Priority) -> None:
    """Let those that wait wait less, and no longer for their retry; a retry of the same priority keeps its pause."""
    waits = (jobs.c.id == _any(numbers, sa.BigInteger()), jobs.c.status == "todo", jobs.c.priority < int(priority) - 1)
    connection.execute(jobs.update().where(*waits).values(priority=int(priority), scheduled_at=None))


def _any(values: Iterable[object], kind: sa.types.TypeEngine[Any]) -> sa.ColumnElement[Any]:
    """Return what equals any of the values: one array, however many there are."""
    return sa.any_(sa.literal(list(values), postgresql.ARRAY(kind)))


def _defer(raw: Any, new: Mapping[str, Task], priority: Priority) -> list[int]:
    from procrastinate import jobs as library

    deferred = [
        library.Job(
            queue=library.DEFAULT_QUEUE,
            task_name=COMPUTE,
            priority=int(priority),
            lock=task.board,
            queueing_lock=key,
            task_kwargs=task_values(task),
        )
        for key, task in new.items()
    ]
    if not deferred:
        return []
    return [int(job.id or 0) for job in manager().batch_defer_jobs(deferred, connection=raw)]
