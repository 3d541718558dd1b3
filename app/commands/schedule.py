"""`twixt schedule`: compute what is due, again and again, in the foreground: for those without cron."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from app.commands.afterwards import Afterwards, after_options, go
from app.commands.common import common, examples
from app.commands.health_options import health_options, health_server
from app.commands.job_options import child_of, job_options, limits, log_to_stderr, tell_done, tell_look
from app.failures import INTERRUPTED, OK, CommandError
from app.session import Session
from app.terminal import print_json

if TYPE_CHECKING:
    from app.health_server import HealthServer
    from app.job_log import JobLog
    from app.metrics import Work
    from forecasts.jobs.child import Child
    from forecasts.jobs.clock import Schedule
    from forecasts.jobs.rounds import Done
    from forecasts.store import Store

EVERY = "15m"
NAP = 1.0
"""Seconds between two looks at the clock: it may jump, and a machine may have slept."""
AGAIN_AFTER = timedelta(minutes=1)
"""When to look again after the record or the disk refused, at the latest."""


class TerminatedError(BaseException):
    """Somebody asked this process to end."""


@click.command(
    "schedule",
    short_help="Compute what is due, again and again.",
    epilog=examples(
        "twixt schedule",
        "twixt schedule --every 1h --timeout 30 --memory 4",
        "twixt schedule --at 06:00 --at 18:00",
        "twixt schedule --log json --listen 9108 --metrics",
        "twixt schedule --publish /srv/site --tell",
    ),
)
@click.option("--every", metavar="STEP", help=f"How often to look for due boards: 5m, 1h, 1d.  [default: {EVERY}]")
@click.option(
    "--at", "times", metavar="TIME", multiple=True, help="Look at this time of the day, UTC; can be repeated."
)
@click.option("--looks", metavar="N", help="End after so many looks.")
@health_options
@job_options
@after_options
@common
def command(session: Session, *, board_id: str | None, as_json: bool, **options: Any) -> int:
    """Look for due boards at once, and then by the clock, until SIGTERM or Ctrl-C ends it.

    However many looks were missed while the machine was off, asleep or busy, one look makes them up. A run that is cut
    off publishes nothing and counts as no attempt.
    """
    plan = _plan(session, board_id, options)
    began = datetime.now(UTC)
    with _ends_on_sigterm(), plan.child, plan.server:
        try:
            _work(plan)
            code = OK
        except TerminatedError:
            code = OK
        except KeyboardInterrupt:
            code = INTERRUPTED
    plan.log("ended", f"ended after {plan.looks} look{'' if plan.looks == 1 else 's'}", looks=plan.looks)
    if as_json:
        print_json({"began": began, "looks": plan.looks, "outcomes": plan.outcomes})
    return code


@dataclass
class _Plan:
    """What the loop works with, and what it has done."""

    session: Session
    store: Store
    after: Afterwards
    only: tuple[str, ...] | None
    child: Child
    schedule: Schedule
    log: JobLog
    work: Work
    server: AbstractContextManager[HealthServer | None]
    most: int | None
    """Looks after which it ends; None for no end."""
    looks: int
    outcomes: dict[str, int]


def _plan(session: Session, board_id: str | None, options: dict[str, Any]) -> _Plan:
    """Read the options; raises CommandError before anything begins."""
    from app.commands.common import whole
    from app.metrics import Work
    from forecasts.jobs import health

    log = log_to_stderr(options["log"], _now)
    store = session.workspace().store
    work = Work(lambda: health.read(store, now=_now()))
    return _Plan(
        store=store,
        only=None if board_id is None else (session.board(board_id),),
        child=child_of(session, limits(options["timeout"], options["memory"])),
        schedule=_schedule(options["every"], options["times"]),
        log=log,
        work=work,
        after=Afterwards.of(options["publish"], options["url"], options["tell"]),
        session=session,
        server=health_server(store, work, options, clock=_now),
        most=whole("--looks", options["looks"], 1, 1_000_000),
        looks=0,
        outcomes={},
    )


def _schedule(every: str | None, times: tuple[str, ...]) -> Schedule:
    from forecasts.jobs import clock

    if every is not None and times:
        raise CommandError("--every: goes without --at")
    option = "--at" if times else "--every"
    try:
        return clock.daily(times) if times else clock.every(every or EVERY)
    except clock.ScheduleError as error:
        raise CommandError(f"{option}: {error}") from error


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _ends_on_sigterm() -> Iterator[None]:
    """Turn SIGTERM into an exception for the length of a block, so that the child ends and locks are let go."""

    def end(_number: int, _frame: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it is heard; what is being closed is closed whole
        raise TerminatedError

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _work(plan: _Plan) -> None:
    """Look, wait, look again."""
    looked_at = _now()
    while True:
        following = plan.schedule.after(looked_at)
        if not _look(plan):
            following = min(following, _now() + AGAIN_AFTER)
        plan.looks += 1
        if plan.most is not None and plan.looks >= plan.most:
            return
        _wait(plan, following)
        looked_at = _made_up(plan, following)


def _made_up(plan: _Plan, following: datetime) -> datetime:
    """Return the instant of the look that begins, having told how many looks were missed before it."""
    now = _now()
    missed = plan.schedule.between(following, now)
    if missed:
        plan.log("missed", f"{missed} looks were missed; this one makes them up", missed=missed)
    return now


def _wait(plan: _Plan, until: datetime) -> None:
    """Sleep until an instant; where the clock goes back, no longer than the schedule says from there."""
    if _now() < until:
        plan.log("waiting", f"next look at {until.isoformat(timespec='seconds')}", until=until)
    while (now := _now()) < (until := min(until, plan.schedule.after(now))):
        time.sleep(min(NAP, (until - now).total_seconds()))


def _look(plan: _Plan) -> bool:
    """Compute everything that is due; returns False where the record or the disk refused."""
    from forecasts.errors import StoreError
    from forecasts.jobs import rounds

    plan.work.looked()
    found: list[Done] = []
    try:
        for done in rounds.run_round(plan.store, plan.child, clock=_now, only=plan.only, tell=_teller(plan.log)):
            found.append(done)
            tell_done(plan.log, done)
            plan.work.count(done)
            plan.outcomes[done.ended.kind] = plan.outcomes.get(done.ended.kind, 0) + 1
    except (StoreError, OSError) as error:
        plan.work.erred()
        plan.log("look_failed", str(error), level="error")
        return False
    tell_look(plan.log, found)
    go(plan.session, plan.after, published=any(d.ended.kind == "published" for d in found), log=plan.log)
    return True


def _teller(log: JobLog) -> Callable[[str], Callable[[str, int, int], None]]:
    """Return what tells that a board has begun; its stages are too many for a log."""

    def begin(board: str) -> Callable[[str, int, int], None]:
        log("board_started", f"{board}: due, computing it", board=board)
        return lambda _stage, _done, _total: None

    return begin
