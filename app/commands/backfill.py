"""`twixt backfill`: the history as it would have been forecast, marked retrospective."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.commands.common import common, examples, refuse, whole
from app.failures import INTERRUPTED, OK, REFUSED, CommandError, one_line
from app.session import Session
from app.terminal import ProgressLine, print_json
from forecasts.fields import Fields
from forecasts.file_lock import held

if TYPE_CHECKING:
    from forecasts.backfill import Progress, Report
    from forecasts.replay import Moment

MOST_WORKERS = 64


@click.command(
    "backfill",
    short_help="Fill the retrospective history.",
    epilog=examples("twixt backfill --from 2025-02-15 --every 7d", "twixt backfill --every 28d --workers 1"),
)
@click.option("--from", "start", metavar="DAY", help="First day.  [default: the board's opening]")
@click.option("--every", default="7d", show_default=True, metavar="DAYS", help="Distance of the snapshots.")
@click.option("--workers", metavar="N", help="Processes.  [default: one for each core]")
@click.option("--progress", "lines", is_flag=True, help="Progress as lines on stderr, also without a terminal.")
@click.option("--parent", metavar="PID", hidden=True, help="End when this process is no longer the parent.")
@common
def command(
    session: Session,
    *,
    start: str | None,
    every: str,
    workers: str | None,
    lines: bool,
    parent: str | None,
    board_id: str | None,
    as_json: bool,
) -> int:
    """Publish a snapshot for every so many days, from what was published by then, up to the last confirmed day.

    It may be interrupted at any time and goes on where it stopped: days that are already published are skipped.
    """
    days = days_apart(every)
    processes = whole("--workers", workers, 1, MOST_WORKERS) or min(os.cpu_count() or 1, MOST_WORKERS)
    moment = session.moment(board_id)
    session.prepare_caches()
    first = first_day(start, moment)
    with (
        held(lock_file(session, moment.board.id)) as mine,
        ProgressLine(quiet=as_json and not lines, lines=lines) as line,
    ):
        if not mine:
            raise CommandError(f"{moment.board.id}: another backfill is running; it fills the same history")
        report = _run(
            session, moment.board.id, start=first, every_days=days, workers=processes, progress=_watched(line, parent)
        )
    if as_json:
        print_json(_document(moment.board.id, report))
    else:
        _print(moment.board.id, report)
    return INTERRUPTED if report.interrupted else REFUSED if report.failed else OK


def lock_file(session: Session, board: str) -> Path:
    """Return the file that the board's running backfill holds."""
    return session.home.root / f"backfill-{board}.lock"


def _run(session: Session, board: str, **wanted: Any) -> Report:
    from forecasts import backfill

    opened = session.workspace()
    return backfill.backfill(opened.store, opened.artefacts, board, now=session.instant(board), **wanted)


def _watched(line: ProgressLine, parent: str | None) -> Callable[[Progress], None]:
    """Return what shows the progress, and interrupts the run when the process that wanted it has gone."""

    def tell(progress: Progress) -> None:
        left = "" if progress.seconds_left is None else f", about {_duration(progress.seconds_left)} left"
        line(f"{progress.stage}{left}", progress.done, progress.total)
        if parent is not None and str(os.getppid()) != parent:
            raise KeyboardInterrupt

    return tell


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def days_apart(text: str) -> int:
    """Return the days that `--every` gives; raises CommandError."""
    found = re.fullmatch(r"([1-9][0-9]{0,3})d?", text, re.ASCII)
    if not found:
        raise CommandError(f"--every: {text[:40]!r}: a number of days is needed, for example 7d")
    return int(found[1])


def first_day(text: str | None, moment: Moment) -> date:
    """Return the first day; raises CommandError when it lies outside the board's known history."""
    if text is None:
        return moment.board.opens
    read = Fields({"--from": text}, known=("--from",))
    first = read.day("--from")
    refuse(read.problems)
    if not moment.board.opens <= first <= moment.known_through:
        raise CommandError(f"--from: {first}: a day from {moment.board.opens} to {moment.known_through} is needed")
    return first


def _document(board: str, report: Report) -> dict[str, Any]:
    return {
        "board": board,
        "dates": report.dates,
        "published": report.published,
        "unchanged": report.unchanged,
        "failed": [{"date": day, "message": message} for day, message in report.failed],
        "interrupted": report.interrupted,
    }


def _print(board: str, report: Report) -> None:
    counts = f"{len(report.published)} published, {len(report.unchanged)} there already, {len(report.failed)} refused"
    click.echo(
        f"{board}: {len(report.dates)} days: {counts}{'; interrupted, run it again' if report.interrupted else ''}"
    )
    for day, message in report.failed[:5]:
        click.echo(one_line(f"{day}: {message}"), err=True)
