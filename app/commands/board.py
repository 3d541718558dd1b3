"""`twixt board`: definitions of one's own."""

from __future__ import annotations

import click

from app.lazy import LazyGroup

MODULES = {"new": "app.commands.board_new"}


@click.group("board", cls=LazyGroup, modules=MODULES, short_help="Write a board of your own.")
def command() -> None:
    """Work with board definitions."""
