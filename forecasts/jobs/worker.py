"""A worker: takes tasks of the queue and has them computed in child processes, until it is told to leave.

It looks for boards that fell behind, says that it lives, and takes over what silent workers were doing. A database that
goes away is waited for; what was being computed meanwhile is published when it is back, or done again.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any, Protocol

import procrastinate
import psycopg
from croniter import croniter  # type: ignore[import-untyped]
from procrastinate.exceptions import JobAborted, ProcrastinateException
from procrastinate.jobs import Job

from forecasts.errors import StoreError
from forecasts.jobs import due, health, queue, queue_tables, rounds
from forecasts.jobs.child import Child
from forecasts.jobs.rounds import Clock
from forecasts.jobs.taking_over import Own, take_over
from forecasts.jobs.task import Ended, Task, read_task
from forecasts.people import JOBS
from forecasts.store import Store

MOST_ATTEMPTS = 3
"""At one task that fails; the rule of three counts them too (`attempts`)."""
FIRST_PAUSE, LONGER = 30, 4
"""Seconds before the second attempt, and how many times longer the next pause is."""
BUSY_PAUSE = 15
"""Seconds before a board is asked for again that another process computes."""
SHORTEST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds between two attempts to reach a database that has gone: twice as long each time."""
REACHED_WITHIN = 10.0
"""Seconds after which a database that does not answer counts as gone."""
KEPT_HOURS = 30 * 24
"""For how long ended tasks can be looked at."""


_CRON = re.compile(r"[0-9*/,-]{1,40}( [0-9A-Za-z*/,-]{1,40}){4}")


def is_cron(text: str) -> bool:
    """Tell whether a text is a line of cron with five fields."""
    return bool(_CRON.fullmatch(text)) and bool(croniter.is_valid(text))


class Tell(Protocol):
    """Where the worker says what it does."""

    def __call__(self, event: str, message: str, *, level: str = "info", **fields: Any) -> None:
        """Say one thing: a short name, a line for a person, and plain values."""
        ...


@dataclass(frozen=True, slots=True)
class Duties:
    """How a worker works."""

    check: str
    """When to look for due boards: a cron line, UTC. However many workers there are, one of them looks."""
    threads: int = 2
    """Of each board's run; no number depends on them."""
    grace: float = 20.0
    """Seconds that running boards may take to end when the worker is told to leave; then they wait for another one."""
    heartbeat: float = 10.0
    """Seconds between two signs of life."""
    silent: float = 30.0
    """Seconds without one after which a worker's tasks are taken over."""


class TaskFailedError(Exception):
    """A task could not be computed; it is tried again after a pause, three times in all."""


class BusyError(Exception):
    """Another process computes the board; the task waits for it."""


class LeavingError(Exception):
    """The worker leaves; the task waits for another one."""


class _Again(procrastinate.BaseRetryStrategy):
    """When a task that did not end well is begun again. A retry lets newer tasks of its board go first."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> procrastinate.RetryDecision | None:
        if isinstance(exception, LeavingError):
            return procrastinate.RetryDecision(retry_in={"seconds": 0})
        behind = job.priority - 1 if job.priority % 100 == 0 else job.priority
        if isinstance(exception, BusyError):
            return procrastinate.RetryDecision(retry_in={"seconds": BUSY_PAUSE}, priority=behind)
        if job.attempts + 1 >= MOST_ATTEMPTS:
            return None
        return procrastinate.RetryDecision(retry_in={"seconds": FIRST_PAUSE * LONGER**job.attempts}, priority=behind)


@dataclass
class Worker:
    """One worker with its children, each of which computes one board at a time."""

    store: Store
    children: Sequence[Child]
    duties: Duties
    clock: Clock
    tell: Tell
    done: Counter[str] = field(default_factory=Counter, init=False)
    """How many boards ended in which way."""
    _running: set[int] = field(default_factory=set, init=False)
    """Numbers of the tasks that are being done."""
    _number: int | None = field(default=None, init=False)
    """The worker's own number in the queue, as far as a task has told it."""

    async def serve(self, stop: asyncio.Event) -> None:
        """Work until told to stop, through any number of lost connections."""
        wait = SHORTEST_WAIT
        while not stop.is_set():
            began = monotonic()
            try:
                await self._work(stop)
            except (ProcrastinateException, psycopg.Error, StoreError) as error:
                said = " ".join(str(error.__cause__ or error).split())[:300]
                self.tell("database_lost", f"the queue cannot be reached: {said}", level="error")
            if stop.is_set():
                break
            wait = SHORTEST_WAIT if monotonic() - began > LONGEST_WAIT else min(2 * wait, LONGEST_WAIT)
            self.tell("begins_anew", f"goes to the queue again in {wait:g} s", level="warning", seconds=wait)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), wait)

    async def _work(self, stop: asyncio.Event) -> None:
        """Work until told to stop or until the connection breaks; raises what broke it."""
        with ThreadPoolExecutor(len(self.children), "computing") as threads:
            library = self._library(threads)
            async with library.open_async():
                parts = [
                    asyncio.create_task(self._take_tasks(library), name="tasks"),
                    asyncio.create_task(self._watch(), name="watch"),
                    asyncio.create_task(stop.wait(), name="stop"),
                ]
                await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
                leaving = asyncio.create_task(self._leave())
                for part in parts:
                    part.cancel()
                ended = await asyncio.gather(*parts, return_exceptions=True)
                leaving.cancel()
        broken = [e for e in ended if isinstance(e, Exception)]
        if broken:
            raise broken[0]

    async def _take_tasks(self, library: procrastinate.App) -> None:
        await library.run_worker_async(
            name="twixt",
            concurrency=len(self.children),
            install_signal_handlers=False,
            update_heartbeat_interval=self.duties.heartbeat,
            stalled_worker_timeout=self.duties.silent,
            abort_job_polling_interval=self.duties.heartbeat / 2,
            fetch_job_polling_interval=self.duties.heartbeat / 2,
        )

    async def _leave(self) -> None:
        """After a while let go of the boards that are still being computed."""
        await asyncio.sleep(self.duties.grace)
        while True:
            for child in self.children:
                child.cancel()
            await asyncio.sleep(0.2)

    async def _watch(self) -> None:
        """Take over what silent workers were doing, again and again; a database that stays away is told once."""
        away = False
        while True:
            own = None if self._number is None else Own(self._number, tuple(self._running))
            try:
                taken = await asyncio.to_thread(
                    take_over, self.store, silent=self.duties.silent, now=self.clock(), own=own
                )
            except StoreError as error:
                if not away:
                    self.tell("database_lost", str(error), level="error")
                away = True
            else:
                away = False
                for number in (*taken.again, *taken.given_up):
                    self.tell("taken_over", f"task {number}: its worker fell silent", level="warning", task=number)
            await asyncio.sleep(self.duties.heartbeat)

    def _library(self, threads: ThreadPoolExecutor) -> procrastinate.App:
        """Return the library's application: the task that computes, and what is done by the clock."""
        connector = procrastinate.PsycopgConnector(
            conninfo=self.store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False),
            min_size=1,
            max_size=4,
            timeout=REACHED_WITHIN,
            kwargs={"options": queue_tables.SEARCH_PATH, "connect_timeout": 10, "tcp_user_timeout": 20_000},
        )
        library = procrastinate.App(connector=connector, periodic_defaults={"max_delay": 24 * 3600})
        free: asyncio.Queue[Child] = asyncio.Queue()
        for child in self.children:
            free.put_nowait(child)

        @library.task(name=queue.COMPUTE, retry=_Again(), pass_context=True)
        async def compute(context: procrastinate.JobContext, /, **values: Any) -> str:
            task, child = self._read(values, context.job), await free.get()
            try:
                with self._doing(context.job) as number:
                    ended = await self._computed(child, task, threads, number=number)
            finally:
                free.put_nowait(child)
            return _result(ended)

        @library.periodic(cron=self.duties.check)
        @library.task(name="look", queueing_lock="look", priority=10 * queue.Priority.PERSON)
        async def look(timestamp: int) -> int:  # noqa: ARG001 - the library says for when it is
            try:
                return await asyncio.to_thread(self.look_for_due)
            except StoreError as error:
                self.tell("look_failed", str(error), level="error")
                raise

        @library.periodic(cron="17 3 * * *")
        @library.task(name="forget", queueing_lock="forget")
        async def forget(timestamp: int) -> None:  # noqa: ARG001
            await library.job_manager.delete_old_jobs(
                KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
            )

        return library

    def _read(self, values: dict[str, Any], job: Job) -> Task:
        try:
            return read_task(values)
        except (TypeError, ValueError) as error:
            message = f"task {job.id}: entered by another version of twixt ({error})"
            self.tell("task_unreadable", message, level="error", task=job.id)
            raise TaskFailedError(message) from error

    @contextmanager
    def _doing(self, job: Job) -> Iterator[int]:
        """Know of a task, for a block, that this worker does it; gives the task's number."""
        assert job.id is not None
        self._number = job.worker_id
        self._running.add(job.id)
        try:
            yield job.id
        finally:
            self._running.discard(job.id)

    async def _computed(self, child: Child, task: Task, threads: ThreadPoolExecutor, *, number: int) -> Ended:
        """Have a task computed in a thread that waits for a child; a task that is taken back ends with its child."""
        began = monotonic()
        doing = asyncio.get_running_loop().run_in_executor(threads, self._compute, child, task)
        try:
            ended = await asyncio.shield(doing)
        except asyncio.CancelledError:
            while not doing.done():
                child.cancel()
                await asyncio.wait({doing}, timeout=0.2)
            raise JobAborted(f"{task.board}: taken back") from None
        self.done[ended.kind] += 1
        self.tell(
            "board_ended",
            ended.message,
            level="info" if ended.succeeded else "warning",
            task=number,
            worker=self._number,
            board=task.board,
            outcome=ended.kind,
            as_of=task.as_of,
            seconds=round(monotonic() - began, 3),
            snapshot=ended.snapshot,
            input=task.input,
        )
        return ended

    def _compute(self, child: Child, task: Task) -> Ended:
        try:
            if newer := self._newer(task):
                queue.enter(self.store, [newer], priority=queue.Priority.DUE, actor=JOBS)
                return Ended("unchanged", f"{task.board}: something newer is known; computed as of that")
            return rounds.run_task(self.store, child, replace(task, threads=self.duties.threads), clock=self.clock)
        except (StoreError, OSError) as error:
            return Ended("failed", f"{task.board}: {error}", 1)

    def _newer(self, task: Task) -> Task | None:
        """Return what is to be computed instead of a board that was found due, when more has been entered since."""
        if not task.input or task.mode != "live":
            return None
        standings = due.read(self.store, now=self.clock(), only=(task.board,))
        return next((_task(s) for s in standings if s.is_due and s.input != task.input), None)

    def look_for_due(self) -> int:
        """Enter every board that fell behind and has not been given up; returns how many were not in the queue."""
        waiting = health.read(self.store, now=self.clock()).waiting
        entered = queue.enter(self.store, [_task(s) for s in waiting], priority=queue.Priority.DUE, actor=JOBS)
        message = f"boards that are due: {len(waiting)}; entered: {entered.new}"
        self.tell("looked", message, due=len(waiting), new=entered.new)
        return entered.new


def _task(standing: due.Standing) -> Task:
    return Task(standing.board, standing.as_of, input=standing.input)


def _result(ended: Ended) -> str:
    """Return how a task ended for the queue; raises where it is to be begun again."""
    if ended.kind == "busy":
        raise BusyError(ended.message)
    if ended.kind == "cancelled":
        raise LeavingError(ended.message)
    if ended.kind == "failed":
        raise TaskFailedError(ended.message)
    return ended.kind
