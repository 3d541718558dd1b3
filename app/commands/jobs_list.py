"""`twixt jobs list`: what runs, what waits in which order, and what has ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from app.commands.common import common, examples, whole
from app.session import Session
from app.terminal import print_json, table

if TYPE_CHECKING:
    from forecasts.jobs.queue import Job

MOST = "50"


@click.command(
    "list",
    short_help="List the tasks of the queue.",
    epilog=examples("twixt jobs list", "twixt jobs list --all --board harvest --json"),
)
@click.option("--all", "everything", is_flag=True, help="Also tasks that have ended, those of the last 30 days.")
@click.option("--limit", metavar="N", default=MOST, show_default=True, help="At most so many.")
@common
def command(session: Session, *, everything: bool, limit: str, board_id: str | None, as_json: bool) -> None:
    """List what runs, then what waits in the order of its turn, then what has ended, newest first."""
    from forecasts.jobs import queue

    store = session.workspace().store
    board = None if board_id is None else session.board(board_id)
    most = whole("--limit", limit, 1, 100_000) or 0
    found = queue.read(store, board=board, states=() if everything else queue.ACTIVE, limit=most)
    states, workers = queue.counts(store), queue.workers(store, heard_within=queue.HEARD_WITHIN)
    if as_json:
        print_json({"workers": workers, "counts": states, "tasks": [document(job) for job in found]})
        return
    if found:
        columns = ("task", "state", "board", "mode", "as of", "for", "tries", "since")
        click.echo(table(columns, [_row(job, session.now) for job in found]))
    click.echo(f"{states.get('doing', 0)} running, {states.get('todo', 0)} waiting; workers: {workers}")


def document(job: Job) -> dict[str, Any]:
    """Return a task as one JSON object."""
    return {
        "task": job.number,
        "state": job.state,
        "board": job.task.board,
        "mode": job.task.mode,
        "as_of": job.task.as_of,
        "priority": job.priority,
        "attempts": job.attempts,
        "worker": job.worker,
        "entered_at": job.entered_at,
        "not_before": job.not_before,
        "started_at": job.started_at,
        "ended_at": job.ended_at,
    }


def _row(job: Job, now: datetime) -> tuple[str, ...]:
    since = job.ended_at or job.started_at if job.state != "todo" else job.entered_at
    return (
        f"{job.number}",
        job.state,
        job.task.board,
        job.task.mode,
        f"{job.task.as_of:%Y-%m-%d %H:%M}",
        _for_whom(job.priority),
        f"{job.attempts}",
        _ago(now - since) if since else "",
    )


def _for_whom(priority: int) -> str:
    from forecasts.jobs.queue import Priority

    return "a person" if priority > Priority.DUE else "history" if priority < Priority.DUE - 1 else "due"


def _ago(passed: timedelta) -> str:
    seconds = max(0, round(passed.total_seconds()))
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"
