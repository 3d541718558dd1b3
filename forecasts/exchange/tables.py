"""Tables of forecasts as analysts keep them, CSV or Parquet, each row as a dict: the same bounds for both."""

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from forecasts import foreign_parquet
from forecasts.exchange.safe_reading import MOST_COLUMNS, MOST_ROWS, UnsafeFileError, csv_rows_of, text_of

_MAGIC = b"PAR1"
_ALLOWED = (pl.String, pl.Boolean, pl.Date, pl.Datetime, pl.Categorical, pl.Null)

type Placed = tuple[str, dict[str, Any]]
"""Where a row stands, and its cells by name: text in a CSV file, the file's own types in a Parquet file."""


def is_table(content: bytes) -> bool:
    """Tell whether a file is a table and not JSON."""
    return content[:4] == _MAGIC or content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] not in (b"[", b"{")


def rows_of(content: bytes, name: str, *, needed: Sequence[str], wanted: Sequence[str] = ()) -> Iterator[Placed]:
    """Give the rows of a table.

    Parameters
    ----------
    content, name
        The file and what messages call it.
    needed
        Columns without which it is another kind of table.
    wanted
        Columns that are read where they stand there; others are not.

    Raises
    ------
    UnsafeFileError
        When a column is missing, or the file is damaged, too large, or has other values than texts, numbers and times.
    """
    if content[:4] == _MAGIC:
        yield from _parquet(content, name, needed, wanted)
        return
    for row in csv_rows_of(text_of(content, name), name, needed=needed):
        yield f"line {row.number}", row.cells


def _parquet(content: bytes, name: str, needed: Sequence[str], wanted: Sequence[str]) -> Iterator[Placed]:
    try:
        table = foreign_parquet.read(content)
    except foreign_parquet.ParquetError as error:
        raise UnsafeFileError(f"{name}: not a readable Parquet file ({error})") from None
    _check_schema(table.schema, name, needed)
    if table.height > MOST_ROWS:
        raise UnsafeFileError(f"{name}: {table.height} rows; at most {MOST_ROWS} are read")
    chosen = table.select([column for column in (*needed, *wanted) if column in table.schema])
    for number, cells in enumerate(chosen.iter_rows(named=True), 1):
        yield f"row {number}", cells


def _check_schema(schema: pl.Schema, name: str, needed: Sequence[str]) -> None:
    if len(schema) > MOST_COLUMNS:
        raise UnsafeFileError(f"{name}: {len(schema)} columns; at most {MOST_COLUMNS} are read")
    for column in needed:
        if column not in schema:
            found = ", ".join(list(schema)[:8])
            raise UnsafeFileError(f"{name}: column {column!r} is missing; found: {found[:200]}")
    for column, kind in schema.items():
        if not (kind.is_numeric() or kind in _ALLOWED):
            raise UnsafeFileError(
                f"{name}: column {column!r:.60} holds {kind!s:.40}; texts, numbers and times are read"
            )
