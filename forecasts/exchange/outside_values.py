"""Read single values of other sites' files: instants in their several writings, prices, texts. Nothing is guessed.

Every function raises OddValueError with the value and what is allowed, or returns None where the file says that there
is nothing; the reader of a format turns the former into a skip with its place.
"""

import hashlib
import math
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

from forecasts.fields import odd_character, shown
from forecasts.forms import MAX_TEXT, check_address

FIRST_YEAR = 1995
"""No forecast was issued on a site before; an earlier instant is one in another unit."""
LAST_YEAR = 2200
"""A later close means never: sites write the year 9999 or the largest instant of their language."""
TITLE_LIMIT = 500
ID_LIMIT = 200
CUT = " [...]"


class OddValueError(ValueError):
    """A value that is not what its field needs: the value, and what is allowed."""


_LARGEST_WHOLE = 10**300
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2}):([0-9]{1,2})(\.[0-9]{1,9})?"
    r"\s*(Z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
_NOTHING = frozenset({"", "n/a", "na", "none", "null", "nan"})
_NUMBER = re.compile(r"[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})([eE][+-]?[0-9]{1,3})?")


def number(value: Any) -> float | None:
    """Return a finite number, written as one or as text; None for nothing."""
    if value is None or (isinstance(value, str) and value.strip().lower() in _NOTHING):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise OddValueError(f"{_told(value)}: a number is needed")
    if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
        raise OddValueError(f"{_told(value)}: a number is needed")
    found = float(value) if not isinstance(value, int) or abs(value) < _LARGEST_WHOLE else math.inf
    if not math.isfinite(found):
        raise OddValueError(f"{_told(value)}: a finite number is needed")
    return found


def probability(value: Any) -> float | None:
    """Return a probability from 0 to 1; None for nothing."""
    found = number(value)
    if found is not None and not 0 <= found <= 1:
        raise OddValueError(f"{_told(value)}: a probability from 0 to 1 is needed")
    return found


def percent(value: Any) -> float | None:
    """Return the probability that a percentage from 0 to 100 means; None for nothing."""
    found = number(value)
    if found is not None and not 0 <= found <= 100:
        raise OddValueError(f"{_told(value)}: a percentage from 0 to 100 is needed")
    return None if found is None else found / 100


def price(value: Any) -> float | None:
    """Return the price of a contract that pays a dollar: text is dollars (`"0.5600"`), a whole number is cents (56)."""
    if isinstance(value, str):
        found = number(value.strip().removeprefix("$"))
    elif isinstance(value, float):
        raise OddValueError(f"{value!r}: dollars as text or whole cents are needed")
    else:
        cents = number(value)
        found = None if cents is None else cents / 100
    if found is not None and not 0 <= found <= 1:
        raise OddValueError(f"{_told(value)}: a price from 0 to 1 dollar, or 0 to 100 cents, is needed")
    return found


def milliseconds(value: Any) -> datetime | None:
    """Return the instant of a JavaScript time stamp; None for nothing and for one that means never."""
    return _since_epoch(value, timedelta(milliseconds=1), "milliseconds")


def seconds(value: Any) -> datetime | None:
    """Return the instant of a Unix time stamp; None for nothing and for one that means never."""
    return _since_epoch(value, timedelta(seconds=1), "seconds")


def _since_epoch(value: Any, unit: timedelta, name: str) -> datetime | None:
    found = number(value)
    if found is None or found * unit.total_seconds() >= _seconds_until(LAST_YEAR):
        return None
    if found * unit.total_seconds() < _seconds_until(FIRST_YEAR):
        raise OddValueError(f"{_told(value)}: {name} since 1970 are needed, and not before {FIRST_YEAR}")
    return _EPOCH + timedelta(microseconds=round(found * unit.total_seconds() * 1_000_000))


def _seconds_until(year: int) -> float:
    return (datetime(year, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds()


def instant(value: Any) -> datetime | None:
    """Return the instant of an ISO text, a day as its start; without a zone it is UTC; None for nothing and for never.

    Also read are a blank for the `T`, `+00` for `+00:00`, and seconds of one digit, as sites write them.
    """
    if value is None or isinstance(value, datetime):
        return _within(value, value)
    if not isinstance(value, str):
        raise OddValueError(f"{_told(value)}: a time like 2026-07-01T09:30:00Z is needed")
    text = value.strip()
    if text.lower() in _NOTHING:
        return None
    try:
        return _within(_of_text(text), value)
    except (ValueError, OverflowError):
        raise OddValueError(f"{_told(value)}: a time like 2026-07-01T09:30:00Z is needed") from None


def _of_text(text: str) -> datetime:
    if _DAY.fullmatch(text):
        return datetime.fromisoformat(text)
    parts = _TIME.fullmatch(text)
    if parts is None:
        raise OddValueError(text)
    day, clock, whole, part, zone = parts.groups()
    fraction = f"{part or '.':0<7.7}"
    zone = "Z" if zone in (None, "UTC") else zone
    return datetime.fromisoformat(f"{day}T{clock}:{int(whole):02d}{fraction}{zone}")


def _within(found: datetime | None, value: Any) -> datetime | None:
    if found is None or found.year >= LAST_YEAR:
        return None
    if found.year < FIRST_YEAR:
        raise OddValueError(f"{_told(value)}: a time not before {FIRST_YEAR} is needed")
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def has_no_zone(value: Any) -> bool:
    """Tell whether a text is an instant without a zone."""
    if not isinstance(value, str):
        return isinstance(value, datetime) and value.tzinfo is None
    parts = _TIME.fullmatch(value.strip())
    return parts is not None and parts.group(5) is None


def text(value: Any, *, limit: int = MAX_TEXT) -> str:
    """Return text that the record can keep: control and direction characters as blanks, cut at a limit."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise OddValueError(f"{_told(value)}: a text is needed")
    head = value[: 2 * limit + len(CUT)].replace("\r\n", "\n")
    if not head.replace("\n", "").isprintable():
        head = "".join(c if c == "\n" or c.isprintable() or not _is_odd(c) else " " for c in head)
    found = unicodedata.normalize("NFC", head).strip()
    return found if len(found) <= limit else found[: limit - len(CUT)] + CUT


def line(value: Any, *, limit: int = TITLE_LIMIT) -> str:
    """Return text on one line."""
    found = " ".join(text(value).split())
    return found if len(found) <= limit else found[: limit - len(CUT)] + CUT


def _is_odd(character: str) -> bool:
    return bool(odd_character(character))


def identifier(value: Any) -> str:
    """Return a site's id, a text or a whole number, as text of one line."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    found = line(value, limit=ID_LIMIT + 1) if isinstance(value, str) else ""
    if not found or len(found) > ID_LIMIT:
        raise OddValueError(f"{_told(value)}: an id of 1 to {ID_LIMIT} characters is needed")
    return found


def address(value: Any) -> str:
    """Return an http(s) address, or the empty text where there is none that is safe to show."""
    if not isinstance(value, str):
        return ""
    try:
        return check_address(value.strip())
    except (TypeError, ValueError):
        return ""


def code(*parts: str) -> str:
    """Return a short name made from others: the same for the same parts, and telling nothing of them."""
    return hashlib.sha256("\n".join(parts).encode("utf-8", "backslashreplace")).hexdigest()[:10]


def _told(value: Any) -> str:
    if isinstance(value, dict | list | bytes):
        return {dict: "an object", list: "a list"}.get(type(value), "bytes")
    return shown(value if isinstance(value, str) else repr(value))
