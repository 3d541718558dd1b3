"""`twixt export netcdf`: the parameter draws behind a snapshot, for ArviZ and xarray."""

from __future__ import annotations

import click

from app.commands.common import common, examples
from app.commands.diagnose import find
from app.commands.export_files import check_folder, write_folder
from app.commands.export_report import report
from app.session import Session


@click.command(
    "netcdf",
    short_help="Parameter draws as NetCDF for ArviZ.",
    epilog=examples("twixt export netcdf draws", "twixt export netcdf draws --snapshot 15394d4214"),
)
@click.argument("folder")
@click.option("--snapshot", "wanted", metavar="ID", help="A snapshot's id or its beginning; by default the newest.")
@common
def command(session: Session, folder: str, *, wanted: str | None, board_id: str | None, as_json: bool) -> None:
    """Write the draws of each fitted model that a snapshot has read to FOLDER, which must be new or empty.

    `arviz.from_netcdf` opens each: the group `posterior` by chain and draw, with units, and the receipt of the fit.
    """
    from forecasts.exchange import netcdf

    check_folder(folder)
    board = session.board(board_id)
    snapshot = find(session, board, wanted)
    sizes = write_folder(folder, netcdf.files(session.workspace().artefacts, snapshot))
    report(board, folder, sizes, as_json=as_json, more={"snapshot": snapshot.id})
