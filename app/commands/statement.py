"""`twixt statement`: add and list what members of a voting body have said of a coming vote."""

from __future__ import annotations

import click

from app.lazy import LazyGroup

MODULES = {
    "add": "app.commands.statement_add",
    "list": "app.commands.statement_list",
}


@click.group("statement", cls=LazyGroup, modules=MODULES, short_help="Add and list what members have said.")
def command() -> None:
    """Work with statements: what a member of a voting body has said in public of how they would vote.

    A statement moves that member, and through what all members share also the others.
    """
