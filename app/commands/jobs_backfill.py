"""`twixt jobs backfill`: enter a board's retrospective history, to be computed when nothing else waits."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import click

from app.commands.backfill import days_apart, first_day
from app.commands.common import common, examples
from app.session import Session
from app.terminal import print_json

if TYPE_CHECKING:
    from forecasts.jobs.task import Task


@click.command(
    "backfill",
    short_help="Enter a board's history.",
    epilog=examples("twixt jobs backfill --from 2025-02-15 --every 7d", "twixt jobs backfill --board harvest --json"),
)
@click.option("--from", "start", metavar="DAY", help="First day.  [default: the board's opening]")
@click.option("--every", default="7d", show_default=True, metavar="DAYS", help="Distance of the snapshots.")
@common
def command(session: Session, *, start: str | None, every: str, board_id: str | None, as_json: bool) -> None:
    """Enter a task for every so many days up to the last confirmed one, the newest first.

    Boards that fell behind and tasks that somebody waits for go first. Days that are published already cost a moment.
    """
    from forecasts import backfill
    from forecasts.jobs import queue
    from forecasts.people import LOCAL_OWNER

    days, moment = days_apart(every), session.moment(board_id)
    board = moment.board.id
    dates = backfill.wanted_dates(moment, start=first_day(start, moment), every_days=days, until=None)
    tasks = [_task(board, day, last=day == dates[-1]) for day in reversed(dates)]
    store = session.workspace().store
    entered = queue.enter(store, tasks, priority=queue.Priority.BACKFILL, actor=LOCAL_OWNER)
    if as_json:
        print_json({"board": board, "days": dates, "tasks": sorted(entered.numbers), "new": entered.new})
    else:
        click.echo(
            f"{board}: {len(dates)} days: {entered.new} entered, {len(dates) - entered.new} in the queue already"
        )


def _task(board: str, day: date, *, last: bool) -> Task:
    from forecasts.instants import end_of_day
    from forecasts.jobs.task import Task

    return Task(board, end_of_day(day), mode="retrospective", keep_futures=last)
