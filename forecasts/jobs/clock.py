"""When to look for due boards: every so long, or at times of the day; and which of these were missed.

Times are UTC and lie on the same instants whenever a scheduler was started: every 15 minutes means at 0, 15, 30 and 45
past the hour. However many were missed while a machine slept or a run took long, they are made up by one look, at once.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from forecasts.instants import start_of_day, utc

DAY = timedelta(days=1)
SHORTEST = timedelta(minutes=1)

_STEP = re.compile(r"([1-9][0-9]{0,3})(m|h|d)", re.ASCII)
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": DAY}


class ScheduleError(ValueError):
    """A schedule cannot be read; the message names the text and what is allowed."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The instants of every UTC day at which to look, as distances from its start, rising, at least one."""

    offsets: tuple[timedelta, ...]

    def after(self, instant: datetime) -> datetime:
        """Return the first instant of the schedule after one."""
        today = start_of_day(utc(instant).date())
        place = bisect_right(self.offsets, utc(instant) - today)
        return today + self.offsets[place] if place < len(self.offsets) else today + DAY + self.offsets[0]

    def between(self, after: datetime, until: datetime) -> int:
        """Return how many instants of the schedule lie after one instant and not after another; 0 if it is earlier."""
        return max(0, self._count(until) - self._count(after))

    def _count(self, instant: datetime) -> int:
        """Return how many instants lie up to one, counted from the first day of the calendar."""
        at = utc(instant)
        today = start_of_day(at.date())
        return at.toordinal() * len(self.offsets) + bisect_right(self.offsets, at - today)


def every(text: str) -> Schedule:
    """Return the schedule of a step such as `15m`, `2h` or `1d`.

    Raises
    ------
    ScheduleError
        When it is no such step, or a day is no whole number of them.
    """
    found = _STEP.fullmatch(text.strip())
    step = int(found[1]) * _UNITS[found[2]] if found else timedelta(0)
    if not SHORTEST <= step <= DAY or DAY % step:
        raise ScheduleError(f"{text[:40]!r}: a step that divides a day is needed, such as 5m, 15m, 1h, 6h or 1d")
    return Schedule(tuple(k * step for k in range(DAY // step)))


def daily(times: Sequence[str]) -> Schedule:
    """Return the schedule of times of the day such as `06:00`, UTC; raises ScheduleError for any other text."""
    return Schedule(tuple(sorted({_offset(text) for text in times})))


def _offset(text: str) -> timedelta:
    found = _TIME.fullmatch(text.strip())
    if not found:
        raise ScheduleError(f"{text[:40]!r}: a time of the day, UTC, from 00:00 to 23:59 is needed")
    return timedelta(hours=int(found[1]), minutes=int(found[2]))
