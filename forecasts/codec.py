"""Records as canonical JSON and back: explicit, strict, nothing guessed.

The same text is hashed by the ledger, kept by the store, dumped and shown by `--json`. A record that cannot come back
equal is refused on its way in, so nothing enters the record that a later reader could not read.
"""

import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date
from difflib import get_close_matches
from typing import Any, get_args

from forecasts.domain import (
    BoardVersion,
    Confirmation,
    Effect,
    Entry,
    Evidence,
    EvidenceKind,
    LrBasis,
    Occurrence,
    Outcome,
    Record,
    Resolution,
    Retraction,
    Verification,
)
from forecasts.errors import RecordError
from forecasts.instants import from_text, to_text

MAX_TEXT = 20_000
"""Characters of the longest text field."""
MAX_ITEMS = 1_000
"""Elements of the longest list in a record."""
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@+-]{0,99}")
HASH = re.compile(r"[0-9a-f]{64}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_WEB = re.compile(r"https?://[^\s<>\"\\]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Form:
    """How one field is written to and read from JSON."""

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]
    """Raises ValueError saying what is allowed."""


def _same(value: Any) -> Any:
    return value


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
    if not isinstance(value, str) or not IDENTIFIER.fullmatch(value):
        raise ValueError("an id of 1 to 100 letters, digits and _ . : @ + - is needed")
    return value


def check_hash(value: object) -> str:
    """Return a SHA-256 in lower-case hexadecimal; raises ValueError on anything else."""
    if not isinstance(value, str) or not HASH.fullmatch(value):
        raise ValueError("64 hexadecimal digits are needed")
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


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false is needed")
    return value


def _positive(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("a number is needed")
    if not (math.isfinite(value) and value > 0):
        raise ValueError("a positive finite number is needed")
    return float(value)


def _positive_or_none(value: object) -> float | None:
    return None if value is None else _positive(value)


def _write_number(value: float | None) -> float | None:
    return value if value is None or isinstance(value, bool) else float(value)


def _choice(allowed: tuple[str, ...]) -> _Form:
    def read(value: object) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise ValueError(f"allowed: {', '.join(allowed)}")
        return value

    return _Form(_same, read)


def _list(element: _Form) -> _Form:
    def read(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) > MAX_ITEMS:
            raise ValueError(f"a list of at most {MAX_ITEMS} is needed")
        return tuple(element.read(v) for v in value)

    return _Form(lambda values: [element.write(v) for v in values], read)


_TEXT = _Form(_same, check_text)
_ID = _Form(_same, check_identifier)
_URL = _Form(_same, check_address)
_DATE = _Form(_write_day, read_day)
_RATIO = _Form(_write_number, _positive)
_EFFECT_FORM = {"question": _ID, "deadline": _DATE, "lr": _RATIO, "low": _RATIO, "high": _RATIO}


def _write_fields(value: object, form: Mapping[str, _Form]) -> dict[str, Any]:
    return {name: f.write(getattr(value, name)) for name, f in form.items()}


def _read_effect(value: object) -> Effect:
    effect: Effect = _read_fields(value, Effect, _EFFECT_FORM)
    if not effect.low <= effect.lr <= effect.high:
        raise ValueError(f"low {effect.low:g}, lr {effect.lr:g}, high {effect.high:g}: they must not fall")
    return effect


_EFFECT = _Form(lambda effect: _write_fields(effect, _EFFECT_FORM), _read_effect)
_VERIFICATION = _choice(get_args(Verification))

RECORDS: dict[str, tuple[type, dict[str, _Form]]] = {
    "evidence": (
        Evidence,
        {
            "id": _ID,
            "occurred_on": _DATE,
            "published_on": _DATE,
            "statement": _TEXT,
            "source": _TEXT,
            "url": _URL,
            "grade_source": _choice(tuple("ABCDEF")),
            "grade_info": _choice(tuple("123456")),
            "lr_basis": _choice(get_args(LrBasis)),
            "kind": _choice(get_args(EvidenceKind)),
            "half_life_days": _Form(_write_number, _positive_or_none),
            "thread": _ID,
            "verification": _VERIFICATION,
            "effects": _list(_EFFECT),
            "forecaster": _ID,
            "official": _Form(_same, _flag),
        },
    ),
    "retraction": (Retraction, {"id": _ID, "target": _ID, "reason": _TEXT, "published_on": _DATE}),
    "occurrence": (
        Occurrence,
        {
            "id": _ID,
            "question": _ID,
            "occurred_on": _DATE,
            "published_on": _DATE,
            "source": _TEXT,
            "url": _URL,
            "verification": _VERIFICATION,
            "note": _TEXT,
        },
    ),
    "confirmation": (
        Confirmation,
        {"id": _ID, "through": _DATE, "published_on": _DATE, "questions": _list(_ID), "note": _TEXT},
    ),
    "resolution": (
        Resolution,
        {
            "id": _ID,
            "question": _ID,
            "deadline": _DATE,
            "outcome": _choice(get_args(Outcome)),
            "resolved_on": _DATE,
            "published_on": _DATE,
            "source": _TEXT,
            "url": _URL,
            "note": _TEXT,
        },
    ),
    "board_version": (
        BoardVersion,
        {
            "id": _choice(("board",)),
            "content_hash": _Form(_same, check_hash),
            "author": _ID,
            "reason": _TEXT,
            "published_on": _DATE,
        },
    ),
}
"""Name in JSON -> record type and the form of each of its fields."""

_NAMES = {kind: name for name, (kind, _) in RECORDS.items()}


def kind_of(record: Record) -> str:
    """Return the name of a record's type in JSON; raises RecordError for other objects."""
    try:
        return _NAMES[type(record)]
    except KeyError:
        allowed = ", ".join(k.__name__ for k in _NAMES)
        raise RecordError(f"{type(record).__name__} is not a record; allowed: {allowed}") from None


def encode(record: Record) -> dict[str, Any]:
    """Return a record as plain JSON values; raises RecordError when it could not be read back equal."""
    name = kind_of(record)
    try:
        value = {"type": name, **_write_fields(record, RECORDS[name][1])}
    except (TypeError, ValueError, AttributeError) as error:
        raise RecordError(f"{name} {getattr(record, 'id', '')!s:.100}: {error}") from error
    if decode(value) != record:
        raise RecordError(f"{name} {record.id}: some field does not survive being written")
    return value


def decode(value: object) -> Record:
    """Return the record of plain JSON values.

    Raises
    ------
    RecordError
        Naming the record, the field, the value and what is allowed, for an unknown type, a missing or unknown field
        or a value of the wrong type or range.
    """
    if not isinstance(value, dict):
        raise RecordError(f"{value!r:.80} is not a record; an object with a `type` is needed")
    name = value.get("type")
    if not isinstance(name, str) or name not in RECORDS:
        raise RecordError(f"record type {name!r:.80} is unknown; allowed: {', '.join(RECORDS)}")
    kind, form = RECORDS[name]
    label = f"{name} {value.get('id', '')!s:.100}"
    try:
        record: Record = _read_fields({k: v for k, v in value.items() if k != "type"}, kind, form)
        _check_half_life(record)
    except (TypeError, ValueError) as error:
        raise RecordError(f"{label}: {error}") from error
    return record


def _check_half_life(record: Record) -> None:
    if isinstance(record, Evidence) and (record.kind == "intent") != (record.half_life_days is not None):
        found = f"half_life_days {record.half_life_days} with kind {record.kind}"
        raise ValueError(f"{found}: an intent needs a half-life, a fact has none (null)")


def _read_fields(value: object, kind: type, form: Mapping[str, _Form]) -> Any:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r:.80} is not an object")
    if value.keys() != form.keys():
        _check_names(value.keys(), kind, form)
    found = {}
    for name in form:
        if name in value:
            try:
                found[name] = form[name].read(value[name])
            except (TypeError, ValueError) as error:
                raise ValueError(f"{name}: {value[name]!r:.80}: {error}") from error
    return kind(**found)


def _check_names(names: Any, kind: type, form: Mapping[str, _Form]) -> None:
    for name in names - form.keys():
        near = get_close_matches(str(name), list(form), 1)
        hint = f"did you mean {near[0]!r}?" if near else f"allowed: {', '.join(form)}"
        raise ValueError(f"unknown field {name!r:.80}; {hint}")
    required = {f.name for f in fields(kind) if f.default is MISSING}
    missing = sorted(required - names)
    if missing:
        raise ValueError(f"field {missing[0]!r} is missing")


def canonical(value: object) -> str:
    """Return JSON text that is the same for equal values: sorted keys, no spaces, UTF-8; raises ValueError on NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


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


def encode_entry(entry: Entry) -> dict[str, Any]:
    """Return a ledger row as plain JSON values."""
    return {
        "board": entry.board,
        "position": entry.position,
        "entry": entry.entry,
        "version": entry.version,
        "recorded_at": to_text(entry.recorded_at),
        "recorded_by": entry.recorded_by,
        "record": encode(entry.record),
        "digest": entry.digest,
    }


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value < 2**31:
        raise ValueError("a whole number from 1 is needed")
    return value


_ENTRY_FORM = {
    "board": _ID,
    "position": _Form(_same, _count),
    "entry": _ID,
    "version": _Form(_same, _count),
    "recorded_at": _Form(to_text, from_text),
    "recorded_by": _ID,
    "record": _Form(encode, decode),
    "digest": _Form(_same, check_hash),
}


def decode_entry(value: object) -> Entry:
    """Return the ledger row of plain JSON values; raises RecordError as `decode` does, or for another record's id."""
    try:
        entry: Entry = _read_fields(value, Entry, _ENTRY_FORM)
    except (TypeError, ValueError) as error:
        raise RecordError(str(error)) from error
    if entry.entry != entry.record.id:
        raise RecordError(f"entry {entry.entry!r} holds the record {entry.record.id!r}; they must be the same")
    return entry
