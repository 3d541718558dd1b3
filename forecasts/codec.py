"""Records as canonical JSON and back: explicit, strict, nothing guessed.

The same text is hashed by the ledger, kept by the store, dumped and shown by `--json`. A record that cannot come back
equal is refused on its way in, so nothing enters the record that a later reader could not read.
"""

from typing import Any, get_args

from forecasts.domain import (
    BoardVersion,
    Composition,
    Confirmation,
    Edition,
    Effect,
    Entry,
    Evidence,
    EvidenceKind,
    Forecast,
    LrBasis,
    NamedWhatIf,
    Occurrence,
    Outcome,
    Record,
    Resolution,
    Retraction,
    Seat,
    Share,
    Stance,
    Statement,
    Verification,
    WhatIfMode,
)
from forecasts.errors import RecordError
from forecasts.forms import (
    COUNT,
    DATE,
    FLAG,
    HASH,
    ID,
    INSTANT,
    POSITION,
    PROBABILITY,
    RATIO,
    TEXT,
    URL,
    Form,
    choice,
    list_of,
    optional,
    part,
    read_fields,
    write_fields,
)

_EFFECT_FORM = {"question": ID, "deadline": DATE, "lr": RATIO, "low": RATIO, "high": RATIO}


def _read_effect(value: object) -> Effect:
    effect: Effect = read_fields(value, Effect, _EFFECT_FORM)
    if not effect.low <= effect.lr <= effect.high:
        raise ValueError(f"low {effect.low:g}, lr {effect.lr:g}, high {effect.high:g}: they must not fall")
    return effect


_EFFECT = Form(lambda effect: write_fields(effect, _EFFECT_FORM), _read_effect)
_SEAT_FORM = {
    "member": ID,
    "name": TEXT,
    "state": TEXT,
    "party": TEXT,
    "caucus": TEXT,
    "term_end": DATE,
    "ideal_point": optional(POSITION),
    "leaving": FLAG,
}
_SHARE_FORM = {"country": TEXT, "year": COUNT, "percent": RATIO, "estimate": FLAG}
_SEAT = part(Seat, _SEAT_FORM)
_SHARE = part(Share, _SHARE_FORM)
_VERIFICATION = choice(get_args(Verification))

RECORDS: dict[str, tuple[type, dict[str, Form]]] = {
    "evidence": (
        Evidence,
        {
            "id": ID,
            "occurred_on": DATE,
            "published_on": DATE,
            "statement": TEXT,
            "source": TEXT,
            "url": URL,
            "grade_source": choice(tuple("ABCDEF")),
            "grade_info": choice(tuple("123456")),
            "lr_basis": choice(get_args(LrBasis)),
            "kind": choice(get_args(EvidenceKind)),
            "half_life_days": optional(RATIO),
            "thread": ID,
            "verification": _VERIFICATION,
            "effects": list_of(_EFFECT),
            "forecaster": ID,
            "official": FLAG,
        },
    ),
    "retraction": (Retraction, {"id": ID, "target": ID, "reason": TEXT, "published_on": DATE}),
    "occurrence": (
        Occurrence,
        {
            "id": ID,
            "question": ID,
            "occurred_on": DATE,
            "published_on": DATE,
            "source": TEXT,
            "url": URL,
            "verification": _VERIFICATION,
            "note": TEXT,
        },
    ),
    "confirmation": (
        Confirmation,
        {"id": ID, "through": DATE, "published_on": DATE, "questions": list_of(ID), "note": TEXT},
    ),
    "resolution": (
        Resolution,
        {
            "id": ID,
            "question": ID,
            "deadline": DATE,
            "outcome": choice(get_args(Outcome)),
            "resolved_on": DATE,
            "published_on": DATE,
            "source": TEXT,
            "url": URL,
            "note": TEXT,
        },
    ),
    "statement": (
        Statement,
        {
            "id": ID,
            "question": ID,
            "member": ID,
            "stance": choice(get_args(Stance)),
            "made_on": DATE,
            "published_on": DATE,
            "source": TEXT,
            "url": URL,
            "note": TEXT,
        },
    ),
    "composition": (
        Composition,
        {
            "id": ID,
            "question": ID,
            "since": DATE,
            "published_on": DATE,
            "seats": list_of(_SEAT),
            "source": TEXT,
            "url": URL,
            "note": TEXT,
        },
    ),
    "edition": (
        Edition,
        {
            "id": ID,
            "series": ID,
            "published_on": DATE,
            "title": TEXT,
            "source": TEXT,
            "url": URL,
            "shares": list_of(_SHARE),
            "note": TEXT,
        },
    ),
    "forecast": (
        Forecast,
        {
            "id": ID,
            "question": ID,
            "deadline": DATE,
            "forecaster": ID,
            "probability": optional(PROBABILITY),
            "issued_at": INSTANT,
            "published_on": DATE,
            "rationale": TEXT,
            "source": TEXT,
            "url": URL,
        },
    ),
    "what_if": (
        NamedWhatIf,
        {
            "id": ID,
            "name": TEXT,
            "mode": choice(get_args(WhatIfMode)),
            "conditions": list_of(TEXT),
            "note": TEXT,
            "published_on": DATE,
        },
    ),
    "board_version": (
        BoardVersion,
        {
            "id": choice(("board",)),
            "content_hash": HASH,
            "author": ID,
            "reason": TEXT,
            "published_on": DATE,
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
        value = {"type": name, **write_fields(record, RECORDS[name][1])}
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
    label = f"{name} {' '.join(str(value.get('id', '')).split()):.100}"
    try:
        record: Record = read_fields({k: v for k, v in value.items() if k != "type"}, kind, form)
        _check_half_life(record)
    except (TypeError, ValueError) as error:
        raise RecordError(f"{label}: {error}") from error
    return record


def _check_half_life(record: Record) -> None:
    if isinstance(record, Evidence) and (record.kind == "intent") != (record.half_life_days is not None):
        found = f"half_life_days {record.half_life_days} with kind {record.kind}"
        raise ValueError(f"{found}: an intent needs a half-life, a fact has none (null)")


_ENTRY_FORM = {
    "board": ID,
    "position": COUNT,
    "entry": ID,
    "version": COUNT,
    "recorded_at": INSTANT,
    "recorded_by": ID,
    "record": Form(encode, decode),
    "digest": HASH,
}


def encode_entry(entry: Entry) -> dict[str, Any]:
    """Return a ledger row as plain JSON values."""
    return write_fields(entry, _ENTRY_FORM)


def decode_entry(value: object) -> Entry:
    """Return the ledger row of plain JSON values; raises RecordError as `decode` does, or for another record's id."""
    try:
        entry: Entry = read_fields(value, Entry, _ENTRY_FORM)
    except (TypeError, ValueError) as error:
        raise RecordError(str(error)) from error
    if entry.entry != entry.record.id:
        raise RecordError(f"entry {entry.entry!r} holds the record {entry.record.id!r}; they must be the same")
    return entry
