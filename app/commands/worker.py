"""`twixt worker`: compute what waits in the queue that many machines share."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, override

import click

from app.commands.common import examples, json_option, whole, with_session
from app.commands.health_options import health_options, health_server
from app.commands.job_options import child_of, job_options, limits, log_to_stderr
from app.failures import CommandError
from app.session import Session
from app.terminal import print_json

if TYPE_CHECKING:
    from app.job_log import JobLog
    from app.metrics import Work
    from forecasts.jobs.worker import Worker

MOST_SLOTS = 64
CHECK = "*/5 * * * *"
GRACE, SILENT = "20", "30"
LONGEST_SECONDS = 3600
LOOKED_FOR = 10
"""Boards whose definitions are looked for before a worker begins."""
LOOK_WHETHER_EMPTY = 0.5
"""Seconds between two looks whether anything is left to do."""


@click.command(
    "worker",
    short_help="Compute what waits in the queue of many machines.",
    epilog=examples(
        "twixt worker",
        "twixt worker --slots 4 --timeout 30 --memory 2",
        'twixt worker --check "0 * * * *" --log json',
        "twixt worker --drain",
    ),
)
@click.option("--slots", metavar="N", help=f"Boards computed at once, at most {MOST_SLOTS}.  [default: 1]")
@click.option("--check", metavar="CRON", default=CHECK, show_default=True, help="When to look for due boards, UTC.")
@click.option("--drain", is_flag=True, help="Look for due boards once, and end when no task waits or runs any more.")
@click.option(
    "--grace",
    metavar="SECONDS",
    default=GRACE,
    show_default=True,
    help="What running boards may still take after SIGTERM; then they wait for another worker.",
)
@click.option(
    "--silent-after",
    metavar="SECONDS",
    default=SILENT,
    show_default=True,
    help="When a worker without a sign of life is taken for dead, and others take over its tasks.",
)
@health_options
@job_options
@json_option
@with_session
def command(session: Session, /, *, drain: bool, as_json: bool, **options: Any) -> None:
    """Take tasks from the queue in PostgreSQL and compute them, each in a child process, until SIGTERM or Ctrl-C.

    Any number of workers on any number of machines share the queue; each has a TWIXT_HOME of its own, the same
    TWIXT_DB, and TWIXT_ARTEFACTS where all of them reach the files. A board is computed by one of them at a time and
    published once, also when a worker dies over it.
    """
    from app.metrics import Work
    from app.queue_metrics import QueueGauges
    from forecasts.jobs import health

    log, store = log_to_stderr(options["log"], _now), session.workspace().store
    work = Work(lambda: health.read(store, now=_now()))
    with ExitStack() as opened:
        worker = _worker(session, _counted(log, work), opened, options)
        work.also(QueueGauges(store, heard_within=worker.duties.silent))
        opened.enter_context(health_server(store, work, options, clock=_now))
        _tell_what_libraries_say(log)
        slots = len(worker.children)
        log("worker_started", f"worker on {worker.store.label}, boards at once: {slots}", slots=slots)
        done = asyncio.run(_serve(worker, drain=drain))
    log("worker_ended", f"worker ended; boards: {sum(done.values())}", outcomes=done)
    if as_json:
        print_json({"boards": done})


def _counted(log: JobLog, work: Work) -> Callable[..., None]:
    """Return a log that also counts looks and runs for the metrics."""

    def tell(event: str, message: str, **fields: Any) -> None:
        log(event, message, **fields)
        if event == "board_ended":
            work.ended(fields["outcome"], fields["seconds"])
        elif event == "looked":
            work.looked()
        elif event == "look_failed":
            work.erred()

    return tell


def _worker(session: Session, tell: Callable[..., None], opened: ExitStack, options: dict[str, Any]) -> Worker:
    """Read the options and open the queue; raises CommandError or StoreError before anything begins."""
    slots = whole("--slots", options["slots"], 1, MOST_SLOTS) or 1
    silent = whole("--silent-after", options["silent_after"], 3, LONGEST_SECONDS) or 0
    grace = whole("--grace", options["grace"], 0, LONGEST_SECONDS) or 0
    allowed = limits(options["timeout"], options["memory"])
    if options["memory"] is None:
        allowed = replace(allowed, memory=allowed.memory // slots)
    store = session.workspace().store
    from forecasts.jobs import queue_tables

    queue_tables.require_postgresql(store)
    session.prepare_caches()
    from forecasts.jobs.worker import Duties, Worker, is_cron
    from forecasts.side_by_side import processors

    if not is_cron(check := options["check"]):
        raise CommandError(f"--check: {check[:60]!r}: five fields of cron are needed, for example {CHECK!r}")
    _check_files(session)
    queue_tables.install(store)
    duties = Duties(check, threads=max(1, processors() // slots), grace=grace, heartbeat=silent / 3, silent=silent)
    children = [opened.enter_context(child_of(session, allowed)) for _ in range(slots)]
    return Worker(store, children, duties, _now, tell)


def _check_files(session: Session) -> None:
    """Raise CommandError where the definitions of boards are not among the files that this machine reaches."""
    from forecasts.jobs import due

    opened = session.workspace()
    standings = due.read(opened.store, now=session.now)[:LOOKED_FOR]
    missing = [s.board for s in standings if s.definition and not opened.artefacts.has(s.definition)]
    if missing:
        raise CommandError(
            f"TWIXT_ARTEFACTS: {opened.artefacts.label}: the definition of {missing[0]} is not there; "
            "it must lead to the files that the other machines write"
        )


async def _serve(worker: Worker, *, drain: bool) -> dict[str, int]:
    """Work until a signal comes, or until nothing is left to do; returns how many boards ended in which way."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    emptied = asyncio.create_task(_stop_when_empty(worker, stop)) if drain else None
    await worker.serve(stop)
    if emptied is not None:
        emptied.cancel()
    return dict(worker.done)


async def _stop_when_empty(worker: Worker, stop: asyncio.Event) -> None:
    from forecasts.jobs import queue

    await asyncio.to_thread(worker.look_for_due)
    while any(state in queue.ACTIVE for state in await asyncio.to_thread(queue.counts, worker.store)):
        await asyncio.sleep(LOOK_WHETHER_EMPTY)
    stop.set()


def _tell_what_libraries_say(log: JobLog) -> None:
    """Let what the queue's libraries complain of be lines of the log: without it they would be written between them."""
    handler = _Told(log)
    for name, level in {"procrastinate": logging.WARNING, "psycopg": logging.ERROR, "asyncio": logging.ERROR}.items():
        logger = logging.getLogger(name)
        logger.setLevel(level)
        logger.propagate = False
        logger.handlers = [handler]


class _Told(logging.Handler):
    """Writes the complaints of libraries; that the database is gone only once for many that notice it."""

    def __init__(self, log: JobLog) -> None:
        super().__init__(logging.WARNING)
        self._log = log
        self._last = ""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        from procrastinate.exceptions import ConnectorException

        from forecasts.errors import StoreError
        from forecasts.jobs.worker import TaskFailedError

        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, TaskFailedError | StoreError):
            return  # the worker has told it itself
        message = f"{record.name}: {record.getMessage()}{f': {error!r}' if error else ''}"
        if isinstance(error, ConnectorException):
            message = f"the queue does not answer: {error.__cause__ or error}"
        if message != self._last:
            self._log("library", message, level="error" if record.levelno >= logging.ERROR else "warning")
        self._last = message


def _now() -> datetime:
    return datetime.now(UTC)
