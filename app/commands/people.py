"""`twixt people`: who may do what; list, add, role and erase."""

from __future__ import annotations

import click

from app.lazy import LazyGroup

MODULES = {
    "list": "app.commands.people_list",
    "add": "app.commands.people_add",
    "role": "app.commands.people_role",
    "erase": "app.commands.people_erase",
}


@click.group("people", cls=LazyGroup, modules=MODULES, short_help="List people, add them, give roles, erase them.")
def command() -> None:
    """Work with the people of the record: what each is called, how they log in, and what they may do.

    Whoever can read and write the files of the home may use these commands, as its owner. Roles count for the pages.
    """
