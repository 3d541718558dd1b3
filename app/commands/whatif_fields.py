"""What the commands on what-ifs share: the options of conditions, and how a kept one is chosen and told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from app.failures import CommandError

if TYPE_CHECKING:
    from forecasts.domain import NamedWhatIf, WhatIfMode
    from forecasts.replay import Moment

see_option = click.option(
    "--see", "seen", multiple=True, metavar="TEXT", help="QUESTION by DAY, or scenario ID; not before either."
)
do_option = click.option(
    "--do", "made", multiple=True, metavar="TEXT", help="QUESTION on DAY, or between DAY and DAY; never it."
)


def conditions_of(seen: Sequence[str], made: Sequence[str]) -> tuple[tuple[str, ...], WhatIfMode]:
    """Return the conditions and which kind they are; raises CommandError unless exactly one kind was given."""
    if bool(seen) == bool(made):
        said = "both --see and --do were given" if seen else "neither --see nor --do was given"
        raise CommandError(f"--see, --do: {said}; one of the two kinds is needed")
    return (tuple(seen), "see") if seen else (tuple(made), "do")


def chosen(moment: Moment, name: str) -> NamedWhatIf:
    """Return the what-if in force that a name or entry id means; raises CommandError naming those there are."""
    from forecasts import what_if_entry

    try:
        return what_if_entry.named(moment, name)
    except LookupError as error:
        raise CommandError(f"NAME: {error.args[0]}") from error


def document(what_if: NamedWhatIf) -> dict[str, Any]:
    """Return a kept what-if as plain values."""
    return {
        "entry": what_if.id,
        "name": what_if.name,
        "mode": what_if.mode,
        "conditions": list(what_if.conditions),
        "note": what_if.note,
    }


def spoken(what_if: NamedWhatIf) -> str:
    """Return a kept what-if in one line."""
    verb = "seen" if what_if.mode == "see" else "made"
    return f"{verb}: {'; '.join(what_if.conditions)}"


def answered(fact: Mapping[str, Any]) -> str:
    """Return how an answer fared, in a few words."""
    if fact["reason"] is not None:
        return f"not answered: {fact['reason']}"
    return f"{fact['ess']:,.0f} effective futures of {fact['ess_draws']:,.0f} draws"
