"""`twixt alerts`: who is told of what happens on a board; add, list, test, send, resume and remove."""

from __future__ import annotations

import click

from app.lazy import LazyGroup

MODULES = {
    "add": "app.commands.alerts_add",
    "list": "app.commands.alerts_list",
    "test": "app.commands.alerts_test",
    "send": "app.commands.alerts_send",
    "resume": "app.commands.alerts_resume",
    "remove": "app.commands.alerts_remove",
}


@click.group("alerts", cls=LazyGroup, modules=MODULES, short_help="Tell webhooks and chats what happens on a board.")
def command() -> None:
    """Work with the subscribers of a board: webhooks and chats that are told what changes, each by rules of its own.

    Addresses and signing secrets are kept encrypted; the key is in TWIXT_ALERTS_KEY or in the home's alerts.key.
    """
