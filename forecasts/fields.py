"""Read raw text that a person typed into typed values, collecting every mistake with the field it belongs to.

The form and the command line share it, so both refuse the same things in the same words. Rules that need the board,
the ledger or the clock are not here.
"""

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple
from urllib.parse import urlsplit

DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
"""A decimal number as people write it: no `nan`, `inf`, `_` or other script's digits."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(\S|$)")
_EXECUTABLE = re.compile(r"(javascript|data|vbscript|file|blob|about)\s*:", re.IGNORECASE)
_INVISIBLE = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029\ufeff\ufffe\uffff"
)

LINK_LIMIT = 2_000
"""Characters of the longest link."""
SHOWN = 40
"""Characters of a refused value that a message repeats."""


class FieldProblem(NamedTuple):
    """One mistake, in the words that are shown beside the field."""

    field: str
    """Name of the field, for example `published_on` or `effects[1].lr`."""
    message: str
    """The value (shortened) and what is allowed."""


def shown(value: str) -> str:
    """Return a value as a message may repeat it: quoted, on one line, at most `SHOWN` characters."""
    head = value if len(value) <= SHOWN else value[: SHOWN - 3] + "..."
    return ascii(head) if odd_character(head) else repr(head)


def looks_like_address(text: str) -> bool:
    """Tell whether a source is meant as a link (`scheme:rest` without a space) and not as words."""
    return bool(_ADDRESS.match(text.strip()) or _EXECUTABLE.match(text.strip()))


def odd_character(text: str, *, allowed: str = "") -> str:
    """Return the code of the first control, direction or surrogate character that is not allowed, or ""."""
    if text.isprintable():
        return ""
    for c in text:
        if c not in allowed and (c in _INVISIBLE or unicodedata.category(c) in {"Cc", "Cs"}):
            return f"U+{ord(c):04X}"
    return ""


class Fields:
    """Reads one record's raw fields; the problems found so far are in `problems`.

    A method returns a usable stand-in where the value is wrong, so that reading goes on and all mistakes are reported
    at once; a record may be built only when `problems` is empty.
    """

    def __init__(self, raw: Mapping[str, str], *, known: Iterable[str], prefix: str = "") -> None:
        self._raw = {name: value.strip(" \t\r\n") for name, value in raw.items()}
        self._prefix = prefix
        self.problems: list[FieldProblem] = []
        if unknown := sorted(set(raw) - set(known)):
            raise KeyError(f"unknown fields {unknown}; known: {sorted(known)}")

    def refuse(self, name: str, message: str) -> None:
        """Record a mistake in one field."""
        self.problems.append(FieldProblem(self._prefix + name, message))

    def given(self, name: str) -> bool:
        """Tell whether the field holds anything."""
        return bool(self._raw.get(name))

    def raw(self, name: str) -> str:
        """Return the trimmed text as it came."""
        return self._raw.get(name, "")

    def text(self, name: str, *, limit: int, required: bool = True) -> str:
        """Return one line of printable text of at most `limit` characters."""
        value = self.raw(name)
        if not value and required:
            self.refuse(name, "is empty; some text is needed")
        elif len(value) > limit:
            self.refuse(name, f"{shown(value)} has {len(value)} characters; at most {limit} are allowed")
        elif bad := odd_character(value):
            self.refuse(name, f"{shown(value)} contains the control character {bad}; one line of plain text is allowed")
        else:
            return unicodedata.normalize("NFC", value)
        return ""

    def name(self, name: str, *, limit: int = 60) -> str:
        """Return an identifier of letters, digits, `_` and `-`."""
        value = self.text(name, limit=limit)
        if value and not _NAME.fullmatch(value):
            self.refuse(name, f"{shown(value)}: letters, digits, _ and - are allowed")
        return value

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        """Return one of a few allowed words."""
        value = self.raw(name)
        if value in allowed:
            return value
        self.refuse(name, f"{shown(value)}: allowed are {', '.join(allowed)}")
        return allowed[0]

    def day(self, name: str) -> date:
        """Return a calendar day written as YYYY-MM-DD."""
        value = self.raw(name)
        try:
            if DATE.fullmatch(value):
                return date.fromisoformat(value)
        except ValueError:
            pass
        self.refuse(name, f"{shown(value)}: a day as YYYY-MM-DD is needed")
        return date.min

    def positive(self, name: str, *, what: str) -> float:
        """Return a finite number above zero; `what` says in words what is expected."""
        value = self.raw(name)
        number = float(value) if NUMBER.fullmatch(value) else math.nan
        if not (math.isfinite(number) and number > 0):
            self.refuse(name, f"{shown(value)}: {what} above 0 is needed")
            return 1.0
        return number

    def link(self, name: str, *, limit: int = LINK_LIMIT) -> str:
        """Return an http(s) address, or "" when the field is empty."""
        value = self.text(name, limit=limit, required=False)
        if value and (problem := _link_problem(value)):
            self.refuse(name, f"{shown(value)}: {problem}")
            return ""
        return value


def _link_problem(value: str) -> str:
    if any(c.isspace() or c in '<>"\\^`{|}' for c in value):
        return "a link without spaces, quotes or brackets is needed"
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "not a valid address"
    if parts.scheme.lower() not in {"http", "https"}:
        return "only http:// and https:// links are allowed"
    if not host or parts.username is not None:
        return "a link with a host and without a user name is needed"
    return ""
