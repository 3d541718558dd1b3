"""`twixt import`: files into the record."""

from __future__ import annotations

import click

from app.lazy import LazyGroup

MODULES = {
    "ledger": "app.commands.import_ledger",
    "forecasts": "app.commands.import_forecasts",
    "undo": "app.commands.import_undo",
    "questions": "app.commands.import_questions",
}


@click.group("import", cls=LazyGroup, modules=MODULES, short_help="Read a file into the record.")
def command() -> None:
    """Read files into the record: what is taken enters in one step, or nothing does."""
