"""`twixt backfill`: the history as it would have been forecast, marked retrospective."""

from __future__ import annotations

import click

from app.commands.common import common, examples
from app.session import Session


@click.command(
    "backfill",
    short_help="Fill the retrospective history.",
    epilog=examples("twixt backfill --from 2025-02-15 --every 7d", "twixt backfill --every 28d --workers 1"),
)
@click.option("--from", "start", metavar="DAY", help="First day.  [default: the board's opening]")
@click.option("--every", default="7d", show_default=True, metavar="DAYS", help="Distance of the snapshots.")
@click.option("--workers", metavar="N", help="Processes.  [default: one for each core, at most 8]")
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
) -> None:
    """Publish a snapshot for every so many days, from what was published by then, up to the last confirmed day.

    It may be interrupted at any time and goes on where it stopped: days that are already published are skipped.
    """
