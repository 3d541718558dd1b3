"""Which questions of other sites a question of ours was compared with: those whose forecasts stand on it."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from forecasts.domain import Forecast, LedgerView
from forecasts.exchange.formats import FORMATS
from forecasts.exchange.outside_store import KeptQuestion


class Elsewhere(NamedTuple):
    """A question of another site beside one of ours."""

    site: str
    """What a person calls the site."""
    kept: KeptQuestion
    deadlines: tuple[date, ...]
    """Our deadlines on which its forecasts stand, rising."""


def origin(kind: str, outside: str) -> str:
    """Return what a forecast's record calls its origin: the site, and which of its questions."""
    return f"{FORMATS[kind].site} {outside}"


def elsewhere(view: LedgerView, kept: Iterable[KeptQuestion], question: str) -> tuple[Elsewhere, ...]:
    """Return the outside questions whose forecasts stand on a question, by site and id.

    Parameters
    ----------
    view
        The records in force.
    kept
        The newest version of each outside question of the board.
    question
        Id of our question.
    """
    days: dict[str, set[date]] = {}
    for forecast in view.records(Forecast):
        if forecast.question == question:
            days.setdefault(forecast.source, set()).add(forecast.deadline)
    named = {origin(k.question.source, k.question.id): k for k in kept if k.question.source in FORMATS}
    found = (
        Elsewhere(FORMATS[k.question.source].site, k, tuple(sorted(days[o]))) for o, k in named.items() if o in days
    )
    return tuple(sorted(found, key=lambda e: (e.site, e.kept.question.id)))
