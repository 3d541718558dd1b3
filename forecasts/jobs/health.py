"""How the jobs of a record stand, as a machine wants to hear it: what is due, for how long, and what was given up."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from forecasts.instants import utc
from forecasts.jobs import attempts, due
from forecasts.jobs.attempts import GivenUp
from forecasts.jobs.due import Standing
from forecasts.store import Store


@dataclass(frozen=True, slots=True)
class Health:
    """All boards of a record at an instant."""

    at: datetime
    standings: tuple[Standing, ...]
    """Every board that has a ledger, by id."""
    given_up: tuple[GivenUp, ...]
    """Boards whose present input is not tried again; they stay due until their input changes."""

    @property
    def waiting(self) -> tuple[Standing, ...]:
        """The boards that are due and will be tried, the one that has waited longest first."""
        left_alone = {g.board for g in self.given_up}
        return tuple(s for s in due.longest_first(self.standings) if s.board not in left_alone)

    @property
    def oldest_due(self) -> timedelta:
        """For how long the oldest board that will be tried has been due; zero when none is."""
        return due.oldest_age(self.waiting, now=self.at)


def read(store: Store, *, now: datetime) -> Health:
    """Return how all boards stand; two reads, however many there are. Raises StoreError."""
    standings = due.read(store, now=now)
    given_up = attempts.stopped(store, standings)
    return Health(utc(now), standings, tuple(given_up[board] for board in sorted(given_up)))
