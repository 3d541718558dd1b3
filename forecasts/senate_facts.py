"""Facts about the Senate that a table of votes leaves out: presidents, seats, where the parties stood."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date

_PRESIDENTS: tuple[tuple[date, str], ...] = (
    (date(1933, 3, 4), "D"),
    (date(1953, 1, 20), "R"),
    (date(1961, 1, 20), "D"),
    (date(1969, 1, 20), "R"),
    (date(1977, 1, 20), "D"),
    (date(1981, 1, 20), "R"),
    (date(1993, 1, 20), "D"),
    (date(2001, 1, 20), "R"),
    (date(2009, 1, 20), "D"),
    (date(2017, 1, 20), "R"),
    (date(2021, 1, 20), "D"),
    (date(2025, 1, 20), "R"),
)
"""First day of each party's hold on the presidency."""
FIRST_DAY = _PRESIDENTS[0][0]
"""Earlier votes are refused: before it this table says nothing."""

_SEATS: tuple[tuple[date, int], ...] = ((date(1912, 2, 14), 96), (date(1959, 1, 3), 98), (date(1959, 8, 21), 100))
"""Seats since Arizona, Alaska and Hawaii joined."""


@dataclass(frozen=True, slots=True)
class PartyPlaces:
    """Where a party's senators stood on the first NOMINATE dimension, (Democrats, Republicans)."""

    centre: tuple[float, float]
    within: tuple[float, float]
    """Standard deviation within the party."""


_PLACES: tuple[tuple[int, PartyPlaces], ...] = (
    (1945, PartyPlaces((-0.25, 0.25), (0.20, 0.15))),
    (1961, PartyPlaces((-0.30, 0.25), (0.20, 0.20))),
    (1971, PartyPlaces((-0.30, 0.25), (0.15, 0.20))),
    (1981, PartyPlaces((-0.30, 0.30), (0.10, 0.20))),
    (1991, PartyPlaces((-0.30, 0.35), (0.10, 0.15))),
    (2007, PartyPlaces((-0.30, 0.40), (0.10, 0.15))),
    (2015, PartyPlaces((-0.35, 0.50), (0.10, 0.15))),
    (2021, PartyPlaces((-0.35, 0.55), (0.10, 0.20))),
)
"""By first year, rounded to .05: the parties' means as Voteview draws them; a test compares them with votes by name."""


def president(day: date) -> str:
    """Return the president's party on a day, `D` or `R`; raises ValueError before 1933."""
    if day < FIRST_DAY:
        raise ValueError(f"{day}: presidents are known from {FIRST_DAY} on")
    return _PRESIDENTS[bisect_right(_PRESIDENTS, day, key=lambda row: row[0]) - 1][1]


def seats(day: date) -> int:
    """Return the number of seats on a day; before 1912 those of 1912."""
    return _SEATS[max(bisect_right(_SEATS, day, key=lambda row: row[0]) - 1, 0)][1]


def places(day: date) -> PartyPlaces:
    """Return where the parties' senators stood."""
    return _PLACES[max(bisect_right(_PLACES, day.year, key=lambda row: row[0]) - 1, 0)][1]
