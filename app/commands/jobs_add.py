"""`twixt jobs add`: ask the workers for a run of a board, before everything that nobody waits for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from app.commands.common import common, day_option, examples, mode, replay_options, whole
from app.commands.jobs_list import document
from app.commands.refit import MOST_FUTURES
from app.failures import OK, REFUSED, UNEXPECTED, CommandError, one_line
from app.session import Session
from app.terminal import ProgressLine, print_json

if TYPE_CHECKING:
    from datetime import datetime

    from forecasts.jobs.queue import Job
    from forecasts.jobs.task import Task
    from forecasts.store import Store

LOOK_EVERY = 0.5
"""Seconds between two looks whether the task has ended."""


@click.command(
    "add",
    short_help="Ask the workers for a run of a board.",
    epilog=examples("twixt jobs add", "twixt jobs add --board harvest --wait"),
)
@replay_options
@click.option("--resample", is_flag=True, help="Sample the parameter models anew, even if their inputs are the same.")
@click.option("--futures", metavar="N", help=f"Number of simulated futures, at most {MOST_FUTURES}.")
@click.option("--seed", metavar="S", help="Seed of the futures.")
@click.option("--accept-jump", is_flag=True, help="Publish a move that nothing new explains: you have looked at it.")
@click.option("--wait", is_flag=True, help="End when the task has ended, and say how.")
@click.option("--progress", "lines", is_flag=True, help="With --wait: lines on stderr, also without a terminal.")
@common
def command(session: Session, *, wait: bool, lines: bool, board_id: str | None, as_json: bool, **options: Any) -> int:
    """Enter a task that goes before boards that fell behind and before history; one that waits already is moved up.

    It is what `twixt refit` does, done by the next worker that is free.
    """
    from forecasts.jobs import queue
    from forecasts.people import LOCAL_OWNER

    board = session.board(board_id)
    store, task = session.workspace().store, _task(session, board, options)
    entered = queue.enter(store, [task], priority=queue.Priority.PERSON, actor=LOCAL_OWNER)
    job = queue.get(store, entered.numbers[0])
    if not wait:
        if as_json:
            print_json(document(job))
        else:
            click.echo(f"{board}: task {job.number} {'entered' if entered.new else 'was in the queue already'}")
        return OK
    with ProgressLine(quiet=as_json and not lines, lines=lines) as progress:
        job = _ended(store, job, progress)
    outcome, message = _ending(store, job)
    if as_json:
        print_json(document(job) | {"outcome": outcome, "message": message})
    else:
        click.echo(one_line(message), err=outcome not in {"published", "unchanged"})
    return OK if outcome in {"published", "unchanged"} else REFUSED if outcome == "refused" else UNEXPECTED


def _task(session: Session, board: str, options: dict[str, Any]) -> Task:
    from forecasts import replay
    from forecasts.jobs.task import Task

    retrospective = options["retrospective"]
    as_of: datetime | None = day_option("--as-of", options["as_of"], session)
    if as_of is None and retrospective:
        raise CommandError("--retrospective: goes with --as-of, which says as of when")
    return Task(
        board,
        as_of or replay.default_as_of(session.workspace().store, board, now=session.instant(board)),
        mode=mode(retrospective=retrospective),
        futures=whole("--futures", options["futures"], 1, MOST_FUTURES),
        seed=whole("--seed", options["seed"], 0, 2**63 - 1),
        resample=options["resample"],
        accept_jump=options["accept_jump"],
    )


def _ended(store: Store, job: Job, progress: ProgressLine) -> Job:
    """Wait until a task has ended, and tell meanwhile how many are before it."""
    from forecasts.jobs import queue

    while job.state in queue.ACTIVE:
        running = job.state == "doing"
        progress("computed by a worker" if running else f"waiting; tasks before it: {queue.before(store, job)}", 0, 1)
        time.sleep(LOOK_EVERY)
        job = queue.get(store, job.number)
    return job


def _ending(store: Store, job: Job) -> tuple[str, str]:
    """Return how a task ended: by its last attempt where one was kept, else by its state in the queue."""
    from forecasts import runs

    task = job.task
    if job.state in {"cancelled", "aborted"}:
        return job.state, f"{task.board}: task {job.number} was cancelled"
    kept = [run for run in runs.read(store, task.board, mode=task.mode) if run.as_of == task.as_of]
    if kept:
        return kept[0].outcome, kept[0].message
    if job.state == "succeeded":
        return "unchanged", f"{task.board}: nothing new as of {task.as_of.isoformat()}; the published snapshot stands"
    return "failed", f"{task.board}: task {job.number} failed; the worker's log says why"
