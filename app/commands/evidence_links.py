"""`twixt evidence links`: the reading list of a board."""

from __future__ import annotations

import click

from app.lazy import LazyGroup

MODULES = {
    "add": "app.commands.evidence_links_add",
    "list": "app.commands.evidence_links_list",
    "mark": "app.commands.evidence_links_mark",
}


@click.group("links", cls=LazyGroup, modules=MODULES, short_help="Keep links to read, and settle them.")
def command() -> None:
    """Work with links that wait to be read before they become evidence. They are no part of the record of knowledge."""
