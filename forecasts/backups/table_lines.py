"""The rows of any table as lines of JSON, the same on both databases, and back.

A line is an array of one row's values, columns in the order of their names; lines stand in the order of the primary
key, texts by their bytes. Instants, days and numbers have one writing, and zero has no sign, because SQLite keeps none:
equal rows have equal lines wherever they lie.
Tables are read as they are in the database, not as this program knows them, so that older schemas have lines too.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import batched
from typing import Any

import sqlalchemy as sa

from forecasts import schema
from forecasts.errors import BackupError, StoreError
from forecasts.forms import parse
from forecasts.instants import from_text, to_text

_AT_A_TIME = 2_000
"""Rows that are in memory at once."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What a list of lines was: enough to tell it from every other one."""

    columns: tuple[str, ...]
    rows: int
    sha256: str
    """Of the lines, each with its line end."""


class Counted:
    """Lines that are counted and hashed as they pass."""

    def __init__(self, columns: Iterable[str], lines: Generator[bytes] | Iterable[bytes]) -> None:
        self._columns, self._lines = tuple(columns), lines
        self._rows, self._hash = 0, hashlib.sha256()

    def __iter__(self) -> Generator[bytes]:
        for line in self._lines:
            self._rows += 1
            self._hash.update(line + b"\n")
            yield line

    def close(self) -> None:
        """Give the database's cursor back when the lines are not read to their end."""
        if isinstance(self._lines, Generator):
            self._lines.close()

    @property
    def tally(self) -> Tally:
        """What has passed so far."""
        return Tally(self._columns, self._rows, self._hash.hexdigest())


def tables(connection: sa.Connection, revision: str) -> tuple[sa.Table, ...]:
    """Return the tables of a store of some schema as they are in the database, parents before children.

    Tables of others in the same database are not among them. Raises StoreError when one of ours is missing.
    """
    found = sa.MetaData()
    try:
        found.reflect(connection, only=sorted(names(revision)), resolve_fks=False)
    except sa.exc.InvalidRequestError as error:
        raise StoreError(f"a table of schema {revision} is missing: {' '.join(str(error).split())[:200]}") from error
    return tuple(found.sorted_tables)


def names(revision: str) -> Iterable[str]:
    """Return the names of the tables of a schema."""
    if revision == schema.SCHEMA:
        return schema.metadata.tables
    from forecasts import migrations

    return migrations.table_names(revision)


def columns(table: sa.Table) -> tuple[str, ...]:
    """Return the names of a table's columns in the order in which its lines hold them."""
    return tuple(sorted(table.columns.keys()))


def read(connection: sa.Connection, table: sa.Table) -> Counted:
    """Give a table's rows as lines, and count them."""
    shown = columns(table)
    return Counted(shown, _lines(connection, table, shown))


def _lines(connection: sa.Connection, table: sa.Table, shown: tuple[str, ...]) -> Generator[bytes]:
    order = (_by_bytes(connection, column) for column in table.primary_key)
    query = sa.select(*(table.c[name] for name in shown)).order_by(*order)
    encode = json.JSONEncoder(
        ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False, default=_plain
    ).encode
    unsigned = [isinstance(table.c[name].type, sa.Float) for name in shown]
    with connection.execute(query.execution_options(yield_per=_AT_A_TIME)) as rows:
        for row in rows:
            try:
                line = encode([v + 0.0 if f and v is not None else v for v, f in zip(row, unsigned, strict=True)])
            except (TypeError, ValueError) as error:
                raise BackupError(f"table {table.name}: a row cannot be written: {error}") from error
            yield line.encode("utf-8")


def _by_bytes(connection: sa.Connection, column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """Order texts by their bytes: what SQLite does, and PostgreSQL only when told to."""
    is_text = isinstance(column.type, sa.String)
    return sa.collate(column, "C") if is_text and connection.dialect.name == "postgresql" else column


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return to_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    raise TypeError(f"a value of type {type(value).__name__}")


def insert(connection: sa.Connection, table: sa.Table, lines: Iterable[bytes]) -> None:
    """Add rows to a table of the same columns; numbers that the database gives go on after the highest one.

    Raises
    ------
    BackupError
        When a line is no row of the table: not JSON, another number of values, a value of another type.
    """
    readers = [(name, _reader(table.c[name])) for name in columns(table)]
    for some in batched(lines, _AT_A_TIME, strict=False):
        connection.execute(table.insert(), [_row(table.name, line, readers) for line in some])
    if connection.dialect.name == "postgresql":
        _continue_numbers(connection, table)


_Reader = tuple[str, Callable[[Any], Any]]


def _row(table: str, line: bytes, readers: list[_Reader]) -> dict[str, Any]:
    try:
        values = parse(line.decode("utf-8"))
        if not isinstance(values, list) or len(values) != len(readers):
            raise ValueError(f"a list of {len(readers)} values is needed")  # noqa: TRY301
        return {n: None if v is None else read(v) for (n, read), v in zip(readers, values, strict=True)}
    except (TypeError, ValueError, binascii.Error) as error:
        raise BackupError(f"table {table}: {line[:60]!r} is not one of its rows: {error}") from error


def _reader(column: sa.Column[Any]) -> Callable[[Any], Any]:
    """Return what turns a value of a line into one that the column takes."""
    kind = column.type
    for of, read in _READERS.items():
        if isinstance(kind, of):
            return read
    return lambda value: value


def _exactly(kind: type) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(f"{value!r:.40}: {kind.__name__} is needed")
        return value

    return read


_READERS: dict[type[sa.types.TypeEngine[Any]], Callable[[Any], Any]] = {
    sa.DateTime: from_text,
    sa.Date: date.fromisoformat,
    sa.LargeBinary: lambda value: base64.b64decode(value, validate=True),
    sa.Boolean: _exactly(bool),
    sa.Integer: _exactly(int),
    sa.Double: _exactly(float),
    sa.String: _exactly(str),
}


def _continue_numbers(connection: sa.Connection, table: sa.Table) -> None:
    for column in table.primary_key:
        if not isinstance(column.type, sa.Integer):
            continue
        asked = sa.func.pg_get_serial_sequence(table.name, column.name)
        sequence = connection.execute(sa.select(asked)).scalar_one()
        highest = connection.execute(sa.select(sa.func.max(column))).scalar_one()
        if sequence is not None and highest is not None:
            connection.execute(sa.select(sa.func.setval(sequence, highest)))
