"""`twixt evidence`: preview, add, list and retract."""

from __future__ import annotations

import click

from app.lazy import LazyGroup

MODULES = {
    "preview": "app.commands.evidence_preview",
    "add": "app.commands.evidence_add",
    "list": "app.commands.evidence_list",
    "retract": "app.commands.evidence_retract",
}


@click.group("evidence", cls=LazyGroup, modules=MODULES, short_help="Preview, add, list and retract evidence.")
def command() -> None:
    """Work with evidence: dated, sourced reports, each judged by likelihood ratios."""
