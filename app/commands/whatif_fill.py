"""`twixt whatif fill`: answer kept what-ifs at the snapshots that have no answer yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from app.commands.common import common, examples, whole
from app.session import Session
from app.terminal import ProgressLine, print_json

if TYPE_CHECKING:
    from forecasts.named_what_ifs import Told


@click.command(
    "fill",
    short_help="Answer what is kept at earlier snapshots.",
    epilog=examples("twixt whatif fill", "twixt whatif fill --last 30 --json"),
)
@click.option("--last", metavar="N", help="Only the newest N snapshots.  [default: all]")
@common
def command(session: Session, *, last: str | None, board_id: str | None, as_json: bool) -> None:
    """Answer every kept what-if at each published snapshot that has no answer yet, the newest first.

    Each takes the snapshot's own inputs, so it says what it would have said on that day. Snapshots that another version
    of the model has made are left alone. It can be stopped and goes on from there.
    """
    session.prepare_caches()
    count = whole("--last", last, 1, 1_000_000)
    board = session.board(board_id)
    from forecasts import named_what_ifs, snapshots

    opened = session.workspace()
    ids = snapshots.index(opened.store, board)["id"].to_list()[::-1][:count]
    told: list[tuple[str, Told]] = []
    with ProgressLine(quiet=as_json) as progress:
        for done, identifier in enumerate(ids):
            progress("snapshots", done, len(ids))
            found = snapshots.get(opened.store, identifier)
            asked = named_what_ifs.fill(opened.store, opened.artefacts, found, now=session.now)
            told += [(f"{found.as_of:%Y-%m-%d} {found.mode}", t) for t in asked]
    answered = sum(t.reason is None for _, t in told)
    refused = [{"snapshot": at, "entry": t.entry, "reason": t.reason} for at, t in told if t.reason is not None]
    if as_json:
        print_json({"board": board, "snapshots": len(ids), "answered": answered, "refused": refused})
        return
    click.echo(f"{board}: {answered} answered at {len(ids)} snapshots, {len(refused)} not")
    for row in refused:
        click.echo(f"{row['snapshot']} {row['entry']}: {row['reason']}")
