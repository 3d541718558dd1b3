"""`twixt observe`: enter observations that fitted models read: who sits in a body, what an edition printed."""

from __future__ import annotations

import click

from app.lazy import LazyGroup

MODULES: dict[str, str] = {
    "composition": "app.commands.observe_composition",
    "spending": "app.commands.observe_spending",
}
"""Each command's module; the module's `command` is what runs."""


@click.group("observe", cls=LazyGroup, modules=MODULES, short_help="Enter who sits in a body, or what was printed.")
def command() -> None:
    """Enter observations from a file. The next refit uses them; an earlier `as_of` does not."""
