"""Tasks whose worker fell silent are done by another one: nothing is lost with a machine.

A worker says every few seconds that it lives. What a silent one was doing waits again, unless that has happened so
often that the task itself must be what ends its workers: then it counts as an attempt that failed. A worker that was
only cut off may finish after all: what it publishes has the same id, so it is published once.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from forecasts.instants import utc
from forecasts.jobs import attempts
from forecasts.jobs.queue import COMPUTE, lock_queue
from forecasts.jobs.queue_tables import events, jobs, speaking_of_the_queue, workers
from forecasts.jobs.task import Task, read_task
from forecasts.store import Store

MOST_LOST = 3
"""Attempts at a task, that of a silent worker included, after which it is not begun again."""


@dataclass(frozen=True, slots=True)
class Own:
    """What a worker knows of itself."""

    worker: int
    """Its number in the queue."""
    running: Collection[int]
    """Numbers of the tasks that it does."""


@dataclass(frozen=True, slots=True)
class TakenOver:
    """What became of the tasks of silent workers."""

    again: tuple[int, ...]
    """Numbers of the tasks that wait again."""
    given_up: tuple[int, ...]
    """Numbers of those that do not."""


def take_over(store: Store, *, silent: float, now: datetime, own: Own | None = None) -> TakenOver:
    """Let the tasks wait again whose workers have not been heard of for some seconds; several may do so at once.

    Parameters
    ----------
    store
        The record, with a queue.
    silent
        Seconds.
    now
        The clock, aware UTC: when a failed attempt is said to have ended.
    own
        With it also the tasks that the queue believes this worker to do, and it does not: the word that they had ended
        did not get through.

    Raises
    ------
    StoreError
        When the database refuses; nothing is changed.
    """
    with store.writing() as connection, speaking_of_the_queue(connection):
        lock_queue(connection)
        found = connection.execute(_lost(silent, own).with_for_update(of=jobs, skip_locked=True)).all()
        again = [row.id for row in found if _goes_on(row) and not _waits_already(connection, row)]
        over = [row.id for row in found if row.id not in again]
        waits = {"status": "todo", "attempts": jobs.c.attempts + 1, "worker_id": None, "scheduled_at": None}
        connection.execute(jobs.update().where(jobs.c.id.in_(again)).values(waits))
        ended = {"status": "failed", "attempts": jobs.c.attempts + 1, "abort_requested": False}
        connection.execute(jobs.update().where(jobs.c.id.in_(over)).values(ended))
    for row in found:
        if row.task_name == COMPUTE and not row.abort_requested and row.attempts + 1 >= MOST_LOST:
            _keep_failure(store, read_task(row.args), attempt=row.attempts + 1, started_at=row.started_at, now=now)
    return TakenOver(tuple(again), tuple(over))


def _lost(silent: float, own: Own | None) -> sa.Select[tuple[object, ...]]:
    """Select what is being done by nobody, by the database's clock: it dates the signs of life of all workers."""
    since = sa.func.clock_timestamp() - sa.func.make_interval(0, 0, 0, 0, 0, 0, silent)
    of_job = (events.c.job_id == jobs.c.id, sa.cast(events.c.type, sa.Text) == "started")
    started = sa.select(sa.func.max(events.c.at)).where(*of_job).scalar_subquery()
    alive = sa.exists().where(workers.c.id == jobs.c.worker_id, workers.c.last_heartbeat >= since)
    nobody = ~alive
    if own is not None:
        forgotten = sa.and_(jobs.c.worker_id == own.worker, jobs.c.id.not_in(list(own.running)), started < since)
        nobody = sa.or_(nobody, forgotten)
    columns = (jobs.c.id, jobs.c.task_name, jobs.c.args, jobs.c.attempts, jobs.c.abort_requested, jobs.c.queueing_lock)
    return sa.select(*columns, started.label("started_at")).where(jobs.c.status == "doing", nobody)


def _goes_on(row: sa.Row[tuple[object, ...]]) -> bool:
    return row.task_name == COMPUTE and not row.abort_requested and row.attempts + 1 < MOST_LOST


def _waits_already(connection: sa.Connection, row: sa.Row[tuple[object, ...]]) -> bool:
    same = (jobs.c.status == "todo", jobs.c.queueing_lock == row.queueing_lock)
    return connection.execute(sa.select(jobs.c.id).where(*same)).first() is not None


def _keep_failure(store: Store, task: Task, *, attempt: int, started_at: datetime, now: datetime) -> None:
    message = (
        f"{task.board}: the worker fell silent over it at attempt {attempt}; is there memory enough on its machine?"
    )
    attempts.keep_failure(store, task, started_at=utc(started_at), ended_at=max(utc(started_at), now), message=message)
