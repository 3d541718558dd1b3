"""`twixt backtest`: the parameter models on history they have not seen."""

from __future__ import annotations

import click

from app.lazy import LazyGroup

MODULES = {
    "reference-class": "app.commands.backtest_reference_class",
    "senate": "app.commands.backtest_senate",
    "spending": "app.commands.backtest_spending",
}


@click.group("backtest", cls=LazyGroup, modules=MODULES, short_help="Models on history they have not seen.")
def command() -> None:
    """Train a model on the past of a table, forecast the rest of it, and score it beside what a sceptic would use."""
