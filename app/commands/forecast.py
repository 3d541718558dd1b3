"""`twixt forecast`: what people and crowds believe; add, list and withdraw."""

from __future__ import annotations

import click

from app.lazy import LazyGroup

MODULES = {
    "add": "app.commands.forecast_add",
    "list": "app.commands.forecast_list",
    "withdraw": "app.commands.forecast_withdraw",
}


@click.group("forecast", cls=LazyGroup, modules=MODULES, short_help="Enter, list and withdraw people's forecasts.")
def command() -> None:
    """Work with the forecasts of people and crowds: each is kept as issued and judged later."""
