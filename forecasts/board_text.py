"""The canonical text of a board definition: what its hash names and what the record keeps as an artefact.

JSON with sorted keys, one field a line, days as YYYY-MM-DD. `parse(text(board)) == board`, byte for byte.
"""

import hashlib
import json
from dataclasses import asdict, fields, is_dataclass, replace
from datetime import date
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from forecasts.definition import Board


class BoardTextError(ValueError):
    """A text that is no board definition; the message names the field."""


def text(board: Board) -> str:
    """Return the canonical text of a board; its hash is not part of it."""
    values = asdict(board)
    del values["content_hash"]
    return json.dumps(values, default=date.isoformat, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def content_hash(board: Board) -> str:
    """Return the SHA-256 of the canonical text, in hexadecimal."""
    return hashlib.sha256(text(board).encode()).hexdigest()


def sealed(board: Board) -> Board:
    """Return the board with its content hash filled in."""
    return replace(board, content_hash=content_hash(board))


def parse(canonical: str) -> Board:
    """Return the board of a canonical text.

    Fields that were added after the text was written take their default.

    Raises
    ------
    ValueError
        When the text is not JSON, or (BoardTextError) not that of a board definition; the message names the field.
    """
    try:
        values = json.loads(canonical)
    except RecursionError:
        raise BoardTextError("not a board definition: nested too deeply") from None
    if not isinstance(values, dict):
        raise BoardTextError(f"not a board definition: a JSON object is needed, not {type(values).__name__}")
    board = _decode(Board, {**values, "content_hash": ""}, "board")
    assert isinstance(board, Board)
    return replace(board, content_hash=hashlib.sha256(canonical.encode()).hexdigest())


def _decode(kind: Any, value: Any, place: str) -> Any:
    origin = get_origin(kind)
    if is_dataclass(kind):
        return _decode_record(kind, value, place)
    if origin is tuple:
        return _decode_tuple(get_args(kind), value, place)
    if origin in {UnionType, Union}:
        return None if value is None else _decode(next(k for k in get_args(kind) if k is not NoneType), value, place)
    if origin is Literal:
        if value not in get_args(kind):
            raise BoardTextError(f"{place}: {value!r} is not one of {', '.join(map(repr, get_args(kind)))}")
        return value
    return _decode_plain(kind, value, place)


def _decode_record(kind: Any, value: Any, place: str) -> Any:
    if not isinstance(value, dict):
        raise BoardTextError(f"{place}: an object is needed, not {value!r:.40}")
    hints = get_type_hints(kind)
    if unknown := set(value) - set(hints):
        raise BoardTextError(
            f"{place}: unknown field {min(unknown)!r}; known: {', '.join(f.name for f in fields(kind))}"
        )
    given = {name: _decode(hints[name], item, f"{place}.{name}") for name, item in value.items()}
    try:
        return kind(**given)
    except TypeError as error:
        raise BoardTextError(f"{place}: {error}") from error


def _decode_tuple(kinds: tuple[Any, ...], value: Any, place: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise BoardTextError(f"{place}: a list is needed, not {value!r:.40}")
    if kinds[-1] is Ellipsis:
        return tuple(_decode(kinds[0], item, f"{place}[{i}]") for i, item in enumerate(value))
    if len(kinds) != len(value):
        raise BoardTextError(f"{place}: {len(kinds)} values are needed, not {len(value)}")
    return tuple(_decode(kind, item, f"{place}[{i}]") for i, (kind, item) in enumerate(zip(kinds, value, strict=True)))


def _decode_plain(kind: Any, value: Any, place: str) -> Any:
    if kind is date and isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise BoardTextError(f"{place}: {value!r:.40} is no day") from error
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    raise BoardTextError(f"{place}: a {kind.__name__} is needed, not {value!r:.40}")
