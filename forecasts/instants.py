"""Instants and days: aware UTC datetimes, and the rule that a day given as an `as_of` means its end."""

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta

TICK = timedelta(microseconds=1)
"""The smallest step between two rows of a ledger."""


def utc(instant: datetime) -> datetime:
    """Return the instant in UTC; raises ValueError when it has no time zone."""
    if instant.tzinfo is None:
        raise ValueError(f"instant {instant.isoformat()} has no time zone; an aware datetime is needed")
    return instant.astimezone(UTC)


def start_of_day(day: date) -> datetime:
    """Return the first instant of a UTC calendar day."""
    return datetime.combine(day, time.min, UTC)


def end_of_day(day: date) -> datetime:
    """Return the last instant of a UTC calendar day: what an `as_of` given as a date means."""
    return datetime.combine(day, time.max, UTC)


def last_whole_day(instant: datetime) -> date:
    """Return the latest UTC day that is over at the instant (its end included): what was published by then is known."""
    at = utc(instant)
    return at.date() if at == end_of_day(at.date()) else at.date() - timedelta(days=1)


def to_text(instant: datetime) -> str:
    """Return an instant as fixed-width ISO text in UTC, `2026-07-01T09:30:00.000000Z`; text order is time order."""
    return utc(instant).isoformat(timespec="microseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """Read what `to_text` wrote; raises ValueError when the text is not exactly that."""
    with suppress(ValueError, OverflowError):
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is not None and to_text(instant) == text:
            return instant
    raise ValueError(f"{text!r:.60} is not an instant like 2026-07-01T09:30:00.000000Z")
