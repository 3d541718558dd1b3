"""Forms of fields: how a value is written to JSON and read back strictly, with errors that say what is allowed."""

import json
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date
from difflib import get_close_matches
from typing import Any

from forecasts.errors import RecordError
from forecasts.instants import from_text, to_text

MAX_TEXT = 20_000
"""Characters of the longest text field."""
MAX_ITEMS = 1_000
"""Elements of the longest list in a record."""

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@+-]{0,99}")
_HASH = re.compile(r"[0-9a-f]{64}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WEB = re.compile(r"https?://[^\s<>\"\\]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Form:
    """How one field is written to and read from JSON."""

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]
    """Raises TypeError or ValueError saying what is needed."""


def check_text(value: object, *, longest: int = MAX_TEXT) -> str:
    """Return a text that every store can keep; raises TypeError or ValueError on anything else."""
    if not isinstance(value, str):
        raise TypeError("a text is needed")
    if len(value) > longest:
        raise ValueError(f"{len(value)} characters; at most {longest} are allowed")
    if not value.isprintable():
        odd = next((c for c in value if c not in "\n\t" and unicodedata.category(c) in {"Cc", "Cs"}), None)
        if odd is not None:
            raise ValueError(f"control character {odd!a}; plain text is needed")
    return value


def check_identifier(value: object) -> str:
    """Return an id; raises ValueError unless it is 1 to 100 letters, digits and _ . : @ + -."""
    if not isinstance(value, str) or not _IDENTIFIER.fullmatch(value):
        raise ValueError(f"{value!r:.80}: an id of 1 to 100 letters, digits and _ . : @ + - is needed")
    return value


def check_hash(value: object) -> str:
    """Return a SHA-256 in lower-case hexadecimal; raises ValueError on anything else."""
    if not isinstance(value, str) or not _HASH.fullmatch(value):
        raise ValueError(f"{value!r:.80}: 64 hexadecimal digits are needed")
    return value


def check_address(value: object) -> str:
    """Return an http(s) address or the empty text; raises ValueError on anything else, such as `javascript:`."""
    text = check_text(value, longest=2_000)
    if text and not _WEB.fullmatch(text):
        raise ValueError("an address that begins with http:// or https:// is needed, or none")
    return text


def read_day(value: object) -> date:
    """Return a day from `YYYY-MM-DD`; raises ValueError on anything else."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("a day like 2026-07-01 is needed")
    return date.fromisoformat(value)


def _write_day(value: date) -> str:
    if type(value) is not date:
        raise TypeError("a day is needed, not an instant")
    return value.isoformat()


def _read_flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false is needed")
    return value


def _read_positive(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("a number is needed")
    number = _write_number(value)
    if not (math.isfinite(number) and number > 0):
        raise ValueError("a positive finite number is needed")
    return number


def _write_number(value: float) -> float:
    if isinstance(value, bool):
        return value
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _read_between(low: float, high: float) -> Callable[[object], float]:
    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError("a number is needed")
        number = _write_number(value)
        if not low <= number <= high:
            raise ValueError(f"a number from {low:g} to {high:g} is needed")
        return number

    return read


def _read_count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise ValueError("a whole number from 0 is needed")
    return value


def _read_instant(value: object) -> Any:
    if not isinstance(value, str):
        raise TypeError("an instant like 2026-07-01T09:30:00.000000Z is needed")
    return from_text(value)


def unchanged(read: Callable[[Any], Any]) -> Form:
    """Return the form of values that JSON holds as they are."""
    return Form(lambda value: value, read)


def optional(form: Form) -> Form:
    """Return the form of a value that may be missing (null)."""
    return Form(
        lambda value: None if value is None else form.write(value),
        lambda value: None if value is None else form.read(value),
    )


def choice(allowed: tuple[str, ...]) -> Form:
    """Return the form of one word out of several."""

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise ValueError(f"allowed: {', '.join(allowed)}")
        return value

    return unchanged(read)


def list_of(element: Form) -> Form:
    """Return the form of a tuple of values, at most `MAX_ITEMS`."""

    def read(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) > MAX_ITEMS:
            raise ValueError(f"a list of at most {MAX_ITEMS} is needed")
        return tuple(element.read(v) for v in value)

    return Form(lambda values: [element.write(v) for v in values], read)


TEXT = unchanged(check_text)
ID = unchanged(check_identifier)
HASH = unchanged(check_hash)
URL = unchanged(check_address)
FLAG = unchanged(_read_flag)
COUNT = unchanged(_read_count)
DATE = Form(_write_day, read_day)
INSTANT = Form(to_text, _read_instant)
RATIO = Form(_write_number, _read_positive)
PROBABILITY = Form(_write_number, _read_between(0, 1))
POSITION = Form(_write_number, _read_between(-1, 1))


def part(kind: type, form: Mapping[str, Form]) -> Form:
    """Return the form of an object within a record, given the forms of its fields."""
    return Form(lambda value: write_fields(value, form), lambda value: read_fields(value, kind, form))


def write_fields(value: object, form: Mapping[str, Form]) -> dict[str, Any]:
    """Return an object's fields as plain JSON values."""
    return {name: f.write(getattr(value, name)) for name, f in form.items()}


def read_fields(value: object, kind: type, form: Mapping[str, Form]) -> Any:
    """Return an object of a dataclass from plain JSON values.

    Raises
    ------
    TypeError, ValueError
        Naming the field, its value and what is allowed: an unknown field (with the near match), a missing one (unless
        the dataclass has a default), or a value that its form refuses.
    """
    if not isinstance(value, dict):
        raise TypeError(f"{value!r:.80} is not an object")
    if value.keys() != form.keys():
        _check_names(value.keys(), kind, form)
    found = {}
    for name in form:
        if name in value:
            try:
                found[name] = form[name].read(value[name])
            except RecordError:
                raise
            except (TypeError, ValueError) as error:
                raise ValueError(f"{name}: {value[name]!r:.80}: {error}") from error
    return kind(**found)


def _check_names(names: Iterable[str], kind: type, form: Mapping[str, Form]) -> None:
    for name in set(names) - form.keys():
        near = get_close_matches(name, list(form), 1)
        hint = f"did you mean {near[0]!r}?" if near else f"allowed: {', '.join(form)}"
        raise ValueError(f"unknown field {name!r:.80}; {hint}")
    required = {f.name for f in fields(kind) if f.default is MISSING}
    missing = sorted(required - set(names))
    if missing:
        raise ValueError(f"field {missing[0]!r} is missing")


def canonical(value: object, *, plain: Callable[[object], object] | None = None) -> str:
    """Return JSON text that is the same for equal values: sorted keys, no spaces, UTF-8, shortest floats.

    `plain` turns what JSON does not know into what it does.

    Raises
    ------
    TypeError
        When the value holds something that has no canonical text.
    ValueError
        When it holds a number that is not finite.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=plain)


def parse(text: str) -> Any:
    """Return the JSON value of a text; raises RecordError on bad JSON, repeated keys, NaN and excessive depth."""
    try:
        return json.loads(text, object_pairs_hook=_distinct, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"not strict JSON: {str(error)[:120]}") from error


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is repeated")
    return found


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")
