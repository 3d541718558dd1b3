"""`twixt evidence`: preview, add, edit, list and retract, and the links to read."""

from __future__ import annotations

import click

from app.lazy import LazyGroup

MODULES = {
    "preview": "app.commands.evidence_preview",
    "add": "app.commands.evidence_add",
    "edit": "app.commands.evidence_edit",
    "list": "app.commands.evidence_list",
    "retract": "app.commands.evidence_retract",
    "links": "app.commands.evidence_links",
}


@click.group("evidence", cls=LazyGroup, modules=MODULES, short_help="Preview, add, edit, list and retract evidence.")
def command() -> None:
    """Work with evidence: dated, sourced reports, each judged by likelihood ratios."""
