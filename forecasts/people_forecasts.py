"""What people and crowds have forecast: every entry in the order of issue, and what is in force at an instant.

A forecast stays in force until its forecaster updates or withdraws it, its deadline has passed, or its question is
decided. Whoever reads by `live` counts what had been entered by then; a crowd's series that was entered later than it
was issued is marked, because nobody could check it at the time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from forecasts.domain import Entry, Forecast, LedgerView
from forecasts.instants import utc

CROWD = "crowd:"
"""Begins the forecaster id of a crowd or market series; what follows names the source."""

ENTERED_IN_TIME = timedelta(days=1)
"""An entry made within a day of its issue counts as live; one made later is in the record with hindsight."""

STALE_AFTER = timedelta(days=45)
"""A person's forecast that is older asks for a look."""

type Pair = tuple[str, date]
"""A question and one of its deadlines."""
type Key = tuple[str, str, date]
"""A forecaster, a question and one of its deadlines."""


@dataclass(frozen=True, slots=True)
class Issued:
    """One forecast as issued, with its row of the ledger."""

    forecast: Forecast
    entry: Entry

    @property
    def key(self) -> Key:
        """Forecaster, question and deadline."""
        return self.forecast.forecaster, self.forecast.question, self.forecast.deadline

    @property
    def pair(self) -> Pair:
        """Question and deadline."""
        return self.forecast.question, self.forecast.deadline

    @property
    def at(self) -> datetime:
        """When it was issued."""
        return self.forecast.issued_at

    @property
    def live(self) -> bool:
        """Whether it entered the record when it was issued, and not with hindsight."""
        return self.entry.recorded_at - self.forecast.issued_at <= ENTERED_IN_TIME


def is_crowd(forecaster: str) -> bool:
    """Tell whether a forecaster id is a crowd's or market's."""
    return forecaster.startswith(CROWD)


def issued(view: LedgerView) -> tuple[Issued, ...]:
    """Return every forecast and withdrawal that a view holds, by instant of issue and then by place in the ledger."""
    found = [Issued(e.record, e) for e in view.entries if isinstance(e.record, Forecast)]
    return tuple(sorted(found, key=lambda i: (i.at, i.entry.position)))


def in_force(forecasts: Iterable[Issued], *, at: datetime) -> dict[Key, Issued]:
    """Return the newest forecast of every forecaster, question and deadline at an instant; a withdrawn one is absent.

    Parameters
    ----------
    forecasts
        As `issued` returns them: in order of issue.
    at
        Aware instant; what was issued later does not count.
    """
    at = utc(at)
    newest = {i.key: i for i in forecasts if i.at <= at}
    return {key: i for key, i in newest.items() if i.forecast.probability is not None}


def of_pair(forecasts: Iterable[Issued], pair: Pair) -> tuple[Issued, ...]:
    """Return the forecasts of one question and deadline, in order of issue."""
    return tuple(i for i in forecasts if i.pair == pair)


def own(force: Mapping[Key, Issued], forecaster: str) -> dict[Pair, float]:
    """Return what a forecaster says now: question and deadline -> probability."""
    return {i.pair: _given(i) for i in force.values() if i.forecast.forecaster == forecaster}


def _given(found: Issued) -> float:
    assert found.forecast.probability is not None, "a withdrawn forecast is never in force"
    return found.forecast.probability


def stale(found: Issued, *, now: datetime) -> bool:
    """Tell whether a forecast has stood for longer than `STALE_AFTER` and is still open."""
    return utc(now) - found.at > STALE_AFTER and found.forecast.deadline >= utc(now).date()
