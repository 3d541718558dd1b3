"""`twixt export`: the record, the numbers and the futures as files that others can read."""

from __future__ import annotations

import click

from app.lazy import LazyGroup

MODULES = {
    "ledger": "app.commands.export_ledger",
    "lines": "app.commands.export_lines",
    "csv": "app.commands.export_csv",
    "parquet": "app.commands.export_parquet",
    "hubverse": "app.commands.export_hubverse",
    "netcdf": "app.commands.export_netcdf",
}


@click.group("export", cls=LazyGroup, modules=MODULES, short_help="Write record, numbers and futures to files.")
def command() -> None:
    """Write what the record holds, and what was computed from it, to files."""
