"""`twixt jobs`: the queue of tasks that workers on many machines share."""

from __future__ import annotations

import click

from app.lazy import LazyGroup

MODULES = {
    "list": "app.commands.jobs_list",
    "add": "app.commands.jobs_add",
    "backfill": "app.commands.jobs_backfill",
    "cancel": "app.commands.jobs_cancel",
}


@click.group("jobs", cls=LazyGroup, modules=MODULES, short_help="Look at the queue of many machines; add and cancel.")
def command() -> None:
    """Work with the queue from which `twixt worker` takes its tasks. It needs PostgreSQL."""
