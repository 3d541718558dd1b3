"""`twixt export parquet`: every published number, and the futures behind a snapshot with their weights."""

from __future__ import annotations

import click

from app.commands.common import common, examples
from app.commands.diagnose import find
from app.commands.export_files import check_folder, write_folder
from app.commands.export_report import report
from app.failures import CommandError
from app.session import Session


@click.command(
    "parquet",
    short_help="History and weighted futures as Parquet.",
    epilog=examples("twixt export parquet analysis", "twixt export parquet analysis --no-futures"),
)
@click.argument("folder")
@click.option("--snapshot", "wanted", metavar="ID", help="Futures of which snapshot: its id or beginning; the newest.")
@click.option("--no-futures", is_flag=True, help="Only the history: also where no futures are kept.")
@common
def command(
    session: Session, folder: str, *, wanted: str | None, no_futures: bool, board_id: str | None, as_json: bool
) -> None:
    """Write history.parquet, snapshots.parquet and futures.parquet to FOLDER, which must be new or empty.

    A row of futures.parquet is one simulated future; the sums of its column `weight` are the published probabilities.
    """
    from forecasts import weighted_futures
    from forecasts.exchange import parquet_files

    check_folder(folder)
    session.prepare_caches()
    board, opened = session.board(board_id), session.workspace()
    snapshot = find(session, board, wanted)
    if not no_futures and not weighted_futures.kept(opened.artefacts, snapshot):
        raise CommandError(
            f"{board}: the futures of the snapshot as of {snapshot.as_of:%Y-%m-%d %H:%M} UTC are not kept (only those "
            "of the newest one of each mode are); --no-futures exports the history"
        )
    of_snapshot = weighted_futures.of_snapshot
    futures = None if no_futures else of_snapshot(opened.store, opened.artefacts, snapshot, threads=2)
    sizes = write_folder(folder, parquet_files.files(opened.store, board, futures))
    count = None if futures is None else len(futures.weight)
    said = () if count is None else (f"{count:,} futures of the snapshot as of {snapshot.as_of:%Y-%m-%d %H:%M} UTC",)
    report(board, folder, sizes, as_json=as_json, more={"snapshot": snapshot.id, "futures": count}, remarks=said)
