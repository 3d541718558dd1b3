"""`twixt export`: the record as files that others can read."""

from __future__ import annotations

import click

from app.lazy import LazyGroup

MODULES = {"ledger": "app.commands.export_ledger"}


@click.group("export", cls=LazyGroup, modules=MODULES, short_help="Write the record to a file.")
def command() -> None:
    """Write what the record holds to files."""
