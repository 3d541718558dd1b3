"""`twixt export csv`: numbers, evidence, forecasts and outcomes as tables for a spreadsheet."""

from __future__ import annotations

import click

from app.commands.common import common, examples
from app.commands.export_files import check_folder, write_folder
from app.commands.export_report import report
from app.session import Session


@click.command(
    "csv",
    short_help="Numbers, evidence and outcomes for a spreadsheet.",
    epilog=examples("twixt export csv tables", "twixt export csv tables --board garden --json"),
)
@click.argument("folder")
@common
def command(session: Session, folder: str, *, board_id: str | None, as_json: bool) -> None:
    """Write one CSV file for each table to FOLDER, which must be new or empty.

    Text stays text: a cell that a spreadsheet could run as a formula begins with an apostrophe. People are opaque ids.
    """
    from forecasts import snapshots
    from forecasts.exchange import csv_tables

    check_folder(folder)
    moment, store = session.moment(board_id), session.workspace().store
    board = moment.board.id
    newest = snapshots.latest(store, board, mode="live") or snapshots.latest(store, board, mode="retrospective")
    files = csv_tables.files(moment.board, moment.view, snapshots.history(store, board), newest=newest)
    report(board, folder, write_folder(folder, files), as_json=as_json)
