"""Read files that strangers made, from this disk only: bounded in size, compression, depth, values and rows.

Everything is checked before it is unpacked or parsed, so that a small file cannot fill the memory or hold the program;
every refusal is one line that names the file, what was found and what is allowed.
"""

import csv
import io
import json
import os
import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from forecasts.fields import shown

MEBIBYTE = 2**20
LARGEST_FILE = 64 * MEBIBYTE
"""Bytes of a file, and of one member of an archive once it is unpacked."""
LARGEST_ARCHIVE = 128 * MEBIBYTE
"""Bytes of all members of an archive once they are unpacked."""
MOST_MEMBERS = 100
"""Members of an archive."""
HIGHEST_RATIO = 200
"""How many times its packed size a member may have; text packs ten to thirty times, a bomb a thousand times."""
SMALL = 64 * 1024
"""A member below this size may be packed as tightly as it likes."""
DEEPEST = 64
"""Lists and objects within each other in a JSON text."""
MOST_VALUES = 5_000_000
"""Commas, lists and objects of a JSON text."""
LONGEST_DIGITS = 400
"""Characters of a number in a JSON text."""
MOST_ROWS = 1_000_000
"""Rows of a table, and lines of a JSON Lines file."""
MOST_COLUMNS = 500
"""Columns of a table."""
LONGEST_CELL = 131_072
"""Characters of one cell of a CSV table."""

_MEMBER = b"PK\x01\x02"
_PLAIN_NAME = re.compile(r"[^\x00-\x1f\x7f\\:]+")
_ENCRYPTED = 0x1


class UnsafeFileError(ValueError):
    """A file that is not read: what it is, and what is allowed, in one line."""


class Row(NamedTuple):
    """One row of a table."""

    number: int
    """Line of the file on which it ends, 1 for the header."""
    cells: dict[str, str]
    """Text by the header's names."""


def read_file(path: Path, *, largest: int = LARGEST_FILE) -> bytes:
    """Return the bytes of an ordinary file; pipes and devices, which may never end, are not read.

    Raises
    ------
    UnsafeFileError
        When it is no ordinary file, empty, or larger than `largest` bytes.
    OSError
        When it cannot be opened.
    """
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise UnsafeFileError(f"{path.name}: not an ordinary file; pipes, devices and directories are not read")
    with open(handle, "rb") as file:  # noqa: PTH123 - it was opened without waiting, which a Path cannot do
        content = file.read(largest + 1)
    if not content:
        raise UnsafeFileError(f"{path.name}: the file is empty")
    if len(content) > largest:
        raise UnsafeFileError(f"{path.name}: more than {largest / MEBIBYTE:g} MiB, the most that is read")
    return content


def text_of(content: bytes, name: str) -> str:
    """Return UTF-8 text without a byte order mark; raises UnsafeFileError for other bytes and for a NUL."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnsafeFileError(f"{name}: not UTF-8 text (byte {error.start + 1}: {error.reason})") from None
    if "\0" in text:
        raise UnsafeFileError(f"{name}: not a text (a NUL at character {text.index(chr(0)) + 1})")
    return text


def json_of(text: str, name: str) -> Any:
    """Return the value of a JSON text; `NaN` and the infinities, which some programs write for a gap, become None.

    Raises
    ------
    UnsafeFileError
        When it is no JSON, repeats a key, holds more than `MOST_VALUES` values, nests deeper than `DEEPEST`, or has a
        number of more than `LONGEST_DIGITS` characters.
    """
    values = text.count(",") + text.count("[") + text.count("{")
    if values > MOST_VALUES:
        raise UnsafeFileError(f"{name}: about {values} values; at most {MOST_VALUES} are read")
    try:
        value = json.loads(
            text, object_pairs_hook=_distinct, parse_constant=_gap, parse_int=_whole, parse_float=_decimal
        )
    except RecursionError:
        raise UnsafeFileError(f"{name}: nested deeper than {DEEPEST}, the most that is read") from None
    except ValueError as error:
        raise UnsafeFileError(f"{name}: not JSON ({' '.join(str(error).split())[:100]})") from None
    _check_depth(value, name)
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise ValueError(f"the key {shown(twice)} is repeated")
    return found


def _gap(_name: str) -> None:
    return None


def _whole(text: str) -> int:
    return int(_short(text))


def _decimal(text: str) -> float:
    return float(_short(text))


def _short(text: str) -> str:
    if len(text) > LONGEST_DIGITS:
        raise ValueError(f"a number of {len(text)} characters; at most {LONGEST_DIGITS} are read")
    return text


def _check_depth(value: Any, name: str) -> None:
    """Raise for a value that nests too deeply, without recursion."""
    level = [value]
    for _ in range(DEEPEST):
        level = [part for whole in level for part in _parts(whole) if isinstance(part, dict | list)]
        if not level:
            return
    raise UnsafeFileError(f"{name}: nested deeper than {DEEPEST}, the most that is read")


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def json_lines_of(text: str, name: str) -> Iterator[tuple[int, Any]]:
    """Give the number and the value of every line that is not blank; raises UnsafeFileError as `json_of` does."""
    for number, line in enumerate(io.StringIO(text, newline="\n"), 1):
        if number > MOST_ROWS:
            raise UnsafeFileError(f"{name}: more than {MOST_ROWS} lines, the most that is read")
        if line.strip():
            yield number, json_of(line, f"{name}: line {number}")


def csv_rows_of(text: str, name: str, *, needed: Sequence[str]) -> Iterator[Row]:
    """Give the rows of a comma-separated table with a header, in which every row has as many cells as the header.

    Raises
    ------
    UnsafeFileError
        When a needed column is missing, there are more than `MOST_COLUMNS` or one stands twice, a row is longer or
        shorter than the header, a cell is longer than `LONGEST_CELL`, a quotation does not end, or there are more than
        `MOST_ROWS` rows.
    """
    if (commas := text.count(",")) > 2 * MOST_VALUES:
        raise UnsafeFileError(f"{name}: about {commas} cells; at most {2 * MOST_VALUES} are read")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _check_header(header, name, needed)
        for count, cells in enumerate(reader, 1):
            if count > MOST_ROWS:
                raise UnsafeFileError(f"{name}: more than {MOST_ROWS} rows, the most that is read")
            if cells:
                yield Row(reader.line_num, _named(cells, header, f"{name}: line {reader.line_num}"))
    except csv.Error as error:
        raise UnsafeFileError(f"{name}: line {reader.line_num}: {error}") from None


def _check_header(header: Sequence[str], name: str, needed: Sequence[str]) -> None:
    if len(header) > MOST_COLUMNS:
        raise UnsafeFileError(f"{name}: {len(header)} columns; at most {MOST_COLUMNS} are read")
    missing = [column for column in needed if column not in header]
    if missing:
        found = ", ".join(map(shown, header[:8])) or "nothing"
        raise UnsafeFileError(f"{name}: column {shown(missing[0])} is missing; found: {found}")
    twice = next((column for column in header if header.count(column) > 1), None)
    if twice is not None:
        raise UnsafeFileError(f"{name}: column {shown(twice)} stands there more than once")


def _named(cells: Sequence[str], header: Sequence[str], place: str) -> dict[str, str]:
    if len(cells) != len(header):
        raise UnsafeFileError(f"{place}: {len(cells)} cells; the header names {len(header)}")
    longest = max(map(len, cells))
    if longest > LONGEST_CELL:
        raise UnsafeFileError(f"{place}: a cell of {longest} characters; at most {LONGEST_CELL} are read")
    return dict(zip(header, cells, strict=True))


def unzip(content: bytes, name: str) -> dict[str, bytes]:
    """Return the members of a zip archive by their names, unpacked in memory; nothing is written anywhere.

    Raises
    ------
    UnsafeFileError
        When it is no archive or a damaged one, has too many members, two of one name, a name that leads elsewhere, an
        encrypted member, a member or a sum that is too large once unpacked, or one that is packed too tightly.
    """
    if (count := content.count(_MEMBER)) > 10 * MOST_MEMBERS:
        raise UnsafeFileError(f"{name}: about {count} members; at most {MOST_MEMBERS} are read")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            _check_members(members, name)
            return {member.filename: _unpacked(archive, member, name) for member in members}
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError) as error:
        raise UnsafeFileError(f"{name}: not a readable zip archive ({' '.join(str(error).split())[:100]})") from None
    except (OSError, EOFError, ValueError, OverflowError, MemoryError, zlib.error) as error:
        if isinstance(error, UnsafeFileError):
            raise
        raise UnsafeFileError(f"{name}: a damaged zip archive ({' '.join(str(error).split())[:100]})") from None


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> bytes:
    content = archive.read(member)
    if len(content) != member.file_size:
        raise UnsafeFileError(f"{name}: member {shown(member.filename)}: not as large as the zip archive says")
    return content


def _check_members(members: Sequence[zipfile.ZipInfo], name: str) -> None:
    if len(members) > MOST_MEMBERS:
        raise UnsafeFileError(f"{name}: {len(members)} members; at most {MOST_MEMBERS} are read")
    names = [member.filename for member in members]
    if twice := next((n for n in names if names.count(n) > 1), None):
        raise UnsafeFileError(f"{name}: member {shown(twice)} stands there more than once")
    for member in members:
        _check_member(member, f"{name}: member {shown(member.filename)}")
    total = sum(member.file_size for member in members)
    if total > LARGEST_ARCHIVE:
        raise UnsafeFileError(
            f"{name}: {total / MEBIBYTE:.0f} MiB once unpacked; at most {LARGEST_ARCHIVE / MEBIBYTE:g} are read"
        )


def _check_member(member: zipfile.ZipInfo, place: str) -> None:
    path = member.filename
    if not _PLAIN_NAME.fullmatch(path) or path.startswith("/") or ".." in path.split("/"):
        raise UnsafeFileError(f"{place}: a plain name within the archive is needed")
    if member.flag_bits & _ENCRYPTED:
        raise UnsafeFileError(f"{place}: encrypted; members without a password are needed")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UnsafeFileError(f"{place}: compression {member.compress_type}; stored and deflated members are read")
    if member.file_size > LARGEST_FILE:
        found = f"{member.file_size / MEBIBYTE:.0f} MiB once unpacked"
        raise UnsafeFileError(f"{place}: {found}; at most {LARGEST_FILE / MEBIBYTE:g} are read")
    if member.file_size > max(SMALL, HIGHEST_RATIO * member.compress_size):
        ratio = member.file_size / max(member.compress_size, 1)
        raise UnsafeFileError(f"{place}: {ratio:.0f} times its packed size; at most {HIGHEST_RATIO} times is read")


def member_named(members: Mapping[str, bytes], wanted: str, name: str) -> bytes:
    """Return the one member of a file name, in whatever folder; raises UnsafeFileError when none or several have it."""
    found = [path for path in members if path.rsplit("/", 1)[-1] == wanted]
    if len(found) != 1:
        listed = ", ".join(map(shown, list(members)[:8])) or "nothing"
        raise UnsafeFileError(f"{name}: {len(found)} members are called {wanted}, one is needed; found: {listed}")
    return members[found[0]]
