"""Take typed values out of one record of a board file, collecting every mistake with its place.

One reader serves TOML tables (typed values) and CSV rows (text cells). A method returns a usable stand-in where the
value is wrong, so that reading goes on; a record may be built only where `Row.ok()` says so.
"""

import math
import re
from collections.abc import Mapping
from datetime import date, datetime
from itertools import pairwise

from forecasts.board_files import CsvRow, Lines, Problem, near
from forecasts.definition import Elicited
from forecasts.fields import DATE, NUMBER, odd_character, shown

TEXT_LIMIT = 6000
"""Characters of the longest text of a definition."""

_ID = re.compile(r"[a-z][a-z0-9_]{0,47}")
_RESERVED = frozenset({"and", "or", "not", "is", "null", "true", "false", "date"})


class Row:
    """Reads one record; `what` names it in messages (`question ceasefire`)."""

    def __init__(
        self,
        values: Mapping[str, object],
        *,
        file: str,
        path: tuple[str | int, ...],
        lines: Lines,
        what: str,
        problems: list[Problem],
        textual: bool = False,
        parent: "Row | None" = None,
    ) -> None:
        self._values = values
        self._path = path
        self._lines = lines
        self._problems = problems
        self._asked: set[str] = set()
        self._failed = False
        self._parent = parent
        self._textual = textual
        self.file = file
        self.what = what

    def refuse(self, key: str, message: str) -> None:
        """Record a mistake at one key of this record (`""` for the record as a whole)."""
        self.fail()
        self._problems.append(Problem(self.file, self.place(key), message))

    def fail(self) -> None:
        """Mark this record, and the one it stands in, as unusable."""
        self._failed = True
        if self._parent is not None:
            self._parent.fail()

    def note(self, key: str, message: str) -> None:
        """Record a warning at one key: the record stays usable."""
        self._problems.append(Problem(self.file, self.place(key), message, "warning"))

    def report(self, problems: "list[Problem]") -> None:
        """Add the mistakes of a table that this record names; with an error the record is unusable."""
        if any(problem.severity == "error" for problem in problems):
            self.fail()
        self._problems.extend(problems)

    def place(self, key: str = "") -> str:
        """Return line, record and key for a message."""
        paths = [(*self._path, key), *(self._path[:end] for end in range(len(self._path), -1, -1))]
        line = next((self._lines[path] for path in paths if path in self._lines), 0)
        found = ", ".join(part for part in (f"line {line}" if line else "", self.what, key) if part)
        return found if found.isprintable() else ascii(found)[1:-1]

    def ok(self) -> bool:
        """Report keys that nobody asked for, and tell whether the record has no mistake."""
        for key in sorted(set(self._values) - self._asked):
            allowed = sorted(self._asked)
            self.refuse(key, f"unknown key {shown(key)}{near(key, allowed)}; allowed: {', '.join(allowed)}")
        return not self._failed

    def given(self, key: str) -> bool:
        """Tell whether the key holds anything; the key counts as known from here on."""
        self._asked.add(key)
        value = self._values.get(key)
        return value is not None and not (isinstance(value, str) and not value.strip())

    def text(self, key: str, *, limit: int = TEXT_LIMIT, required: bool = True) -> str:
        """Return text without control characters; line breaks are kept."""
        if not self.given(key):
            if required:
                self.refuse(key, "is missing; some text is needed")
            return ""
        value = self._values[key]
        if not isinstance(value, str):
            self.refuse(key, f"{_show(value)}: text in quotes is needed")
        elif len(value) > limit:
            self.refuse(key, f"{shown(value)} has {len(value)} characters; at most {limit} are allowed")
        elif bad := odd_character(value, allowed="\t\n"):
            self.refuse(key, f"{shown(value)} contains the control character {bad}")
        else:
            return value.strip()
        return ""

    def name(self, key: str, *, required: bool = True) -> str:
        """Return an id: a small letter, then small letters, digits and `_`, at most 48 characters, no SQL word."""
        value = self.text(key, required=required)
        return value if not value or self._is_id(key, value) else ""

    def names(self, key: str) -> tuple[str, ...]:
        """Return a list of ids (in a CSV cell separated by `;`); may be empty."""
        if not self.given(key):
            return ()
        value = self._values[key]
        items = value.split(";") if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            self.refuse(key, f"{_show(value)}: a list of ids is needed")
            return ()
        names = tuple(item.strip() for item in items)
        if len(set(names)) < len(names):
            self.refuse(key, f"{_show(value)}: an id stands more than once")
        wrong = sum(not self._is_id(key, name) for name in names)
        return names if wrong == 0 else ()

    def texts(self, key: str, *, limit: int) -> tuple[str, ...]:
        """Return a list of short texts without control characters; may be empty."""
        items = self._list(key, "texts")
        if all(isinstance(item, str) and len(item) <= limit and not odd_character(item) for item in items):
            return tuple(str(item).strip() for item in items)
        self.refuse(key, f"a list of texts of at most {limit} plain characters is needed")
        return ()

    def choice(self, key: str, allowed: tuple[str, ...]) -> str:
        """Return one of a few allowed words."""
        value = self.text(key)
        if value and value not in allowed:
            self.refuse(key, f"{shown(value)}{near(value, allowed)}: allowed are {', '.join(allowed)}")
        return value if value in allowed else allowed[0]

    def day(self, key: str) -> date:
        """Return a calendar day: a TOML date (no quotes), or YYYY-MM-DD in a CSV cell."""
        if not self.given(key):
            self.refuse(key, "is missing; a day as YYYY-MM-DD is needed")
            return date.min
        return self._as_day(key, self._values[key])

    def days(self, key: str) -> tuple[date, ...]:
        """Return a list of rising calendar days."""
        days = tuple(self._as_day(key, item) for item in self._list(key, "days"))
        if date.min not in days and any(later <= earlier for earlier, later in pairwise(days)):
            self.refuse(key, f"{', '.join(d.isoformat() for d in days)}: must rise")
        return days

    def number(self, key: str, *, low: float, high: float, open_low: bool = False) -> float:
        """Return a finite number within the closed range (or above `low`)."""
        if not self.given(key):
            self.refuse(key, f"is missing; a number {_range(low, high, open_low=open_low)} is needed")
            return math.nan
        return self._as_number(key, self._values[key], low=low, high=high, open_low=open_low)

    def numbers(self, key: str, *, low: float, high: float, open_low: bool = False) -> tuple[float, ...]:
        """Return a list of finite numbers within the closed range (or above `low`)."""
        items = self._list(key, "numbers")
        return tuple(self._as_number(key, item, low=low, high=high, open_low=open_low) for item in items)

    def integer(self, key: str, *, low: int, high: int) -> int:
        """Return a whole number within the closed range."""
        if not self.given(key):
            self.refuse(key, f"is missing; a whole number from {low} to {high} is needed")
            return low
        value = self._values[key]
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.refuse(key, f"{_show(value)}: a whole number from {low} to {high} is needed")
            return low
        return value

    def elicited(self, key: str, *, low: float, high: float, open_low: bool = False) -> Elicited:
        """Return a judged quantity from an inline table with median, low, high and reason."""
        inner = self.inner(key)
        if inner is None:
            return Elicited(high, high, high, "")
        judged = inner.judged(("median", "low", "high"), "reason", low=low, high=high, open_low=open_low)
        inner.ok()
        return judged

    def judged(
        self, keys: tuple[str, str, str], reason: str, *, low: float, high: float, open_low: bool = False
    ) -> Elicited:
        """Return a judged quantity from this record's own keys for median, 5 % point, 95 % point and reason."""
        median, bottom, top = (self.number(key, low=low, high=high, open_low=open_low) for key in keys)
        if bottom > median or median > top:
            self.refuse(keys[0], f"{median:g} lies outside its range {bottom:g} to {top:g}")
        return Elicited(median, bottom, top, self.text(reason))

    def inner(self, key: str) -> "Row | None":
        """Return the table at a key, or None (reported) when there is none."""
        if not self.given(key):
            self.refuse(key, "is missing; a table is needed")
            return None
        return self._child(self._values[key], key, (*self._path, key), f"{self.what}, {key}".removeprefix(", "))

    def inners(self, key: str) -> "list[Row]":
        """Return the tables of an array of tables; may be empty."""
        if not self.given(key):
            return []
        items = self._values[key]
        if not isinstance(items, list):
            self.refuse(key, f"{_show(items)}: tables as [[{key}]] are needed")
            return []
        children = [
            self._child(item, key, (*self._path, key, i), f"{self.what}, {key} {i + 1}".removeprefix(", "))
            for i, item in enumerate(items)
        ]
        return [child for child in children if child is not None]

    def peek(self, key: str) -> object:
        """Return the raw value at a key (None where absent) without asking for it."""
        return self._values.get(key)

    def keys(self) -> tuple[str, ...]:
        """Return the keys as written, for a table whose keys are ids."""
        self._asked.update(self._values)
        return tuple(self._values)

    def _child(self, value: object, key: str, path: tuple[str | int, ...], what: str) -> "Row | None":
        if not isinstance(value, dict):
            self.refuse(key, f"{_show(value)}: a table is needed")
            return None
        return Row(value, file=self.file, path=path, lines=self._lines, what=what, problems=self._problems, parent=self)

    def _is_id(self, key: str, value: str) -> bool:
        if _ID.fullmatch(value) and value not in _RESERVED:
            return True
        self.refuse(key, f"{shown(value)}: an id of small letters, digits and _ is needed (no SQL word)")
        return False

    def _list(self, key: str, what: str) -> list[object]:
        if not self.given(key):
            return []
        value = self._values[key]
        if isinstance(value, list):
            return value
        self.refuse(key, f"{_show(value)}: a list of {what} is needed")
        return []

    def _as_day(self, key: str, value: object) -> date:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        try:
            if self._textual and isinstance(value, str) and DATE.fullmatch(value.strip()):
                return date.fromisoformat(value.strip())
        except ValueError:
            pass
        quoted = isinstance(value, str) and not self._textual and DATE.fullmatch(value)
        needed = "write the day without quotes" if quoted else "a day as YYYY-MM-DD is needed"
        self.refuse(key, f"{_show(value)}: {needed}")
        return date.min

    def _as_number(self, key: str, value: object, *, low: float, high: float, open_low: bool) -> float:
        number = math.nan
        if self._textual and isinstance(value, str) and NUMBER.fullmatch(value.strip()):
            number = float(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            number = float(value) if abs(value) < 1e300 else math.nan
        if low <= number <= high and not (open_low and number == low):
            return number
        self.refuse(key, f"{_show(value)}: a number {_range(low, high, open_low=open_low)} is needed")
        return math.nan


def csv_row(row: CsvRow, *, what: str, problems: list[Problem]) -> Row:
    """Return a reader of one CSV row's text cells."""
    lines: Lines = {(): row.line}
    return Row(row.values, file=row.file, path=(), lines=lines, what=what, problems=problems, textual=True)


def _range(low: float, high: float, *, open_low: bool) -> str:
    return f"above {low:g} up to {high:g}" if open_low else f"from {low:g} to {high:g}"


def _show(value: object) -> str:
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"a {type(value).__name__}" if isinstance(value, list | dict) else shown(str(value)).strip("'")
