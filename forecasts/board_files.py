"""Read the files of a board definition: TOML tables and CSV rows, each with the line it stands on.

Mistakes are collected as `Problem` records with file and place; nothing here raises for what a person wrote.
"""

import csv
import io
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from forecasts.fields import shown

BOARD_ID = re.compile(r"[a-z][a-z0-9-]{0,59}")
"""A board's id, which is the name of its directory."""

MAX_FILE_BYTES = 4_000_000
"""A definition file above this size is refused unread."""
MAX_TOML_CHARACTERS = 400_000
"""TOML takes seconds to read long before a table does."""

Lines = dict[tuple[str | int, ...], int]
"""Line of every key, by its path: `("question", 3, "deadlines")`."""

REFERENCE = Path(__file__).resolve().parent.parent / "data" / "reference"
"""Tables of facts that come with twixt; a definition may name one of them."""

_TABLE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,80}\.csv")
_HEADER = re.compile(r"\s*(\[\[?)([^\[\]]+)\]\]?\s*(#.*)?$")
_KEY = re.compile(r"\s*(?:\"([^\"]+)\"|([A-Za-z0-9_.-]+))\s*=(.*)$")
_LONG_NAME = re.compile(r"(?<![A-Za-z0-9_-])(?:(?:[A-Za-z0-9_-]++|\"[^\"\n]*+\"|'[^'\n]*+')[ \t]*+\.[ \t]*+){12}")
"""A dozen names joined by dots: reading a key of thousands takes minutes."""
_PARSE_PLACE = re.compile(r"\s*\(at (line [0-9]+), column [0-9]+\)$")


class Problem(NamedTuple):
    """One mistake in a board's files."""

    file: str
    """File name inside the board's directory."""
    place: str
    """Line, record and key as far as known, for example `line 12, question ceasefire, deadlines`."""
    message: str
    """The offending value and what is allowed."""
    severity: Literal["error", "warning"] = "error"
    """A board with an error is not loaded; a warning is only shown."""

    def __str__(self) -> str:
        """Return the one line that a person reads."""
        where = ": ".join(part for part in (self.file, self.place) if part)
        return f"{where}: {'warning: ' if self.severity == 'warning' else ''}{self.message}"


@dataclass(frozen=True, slots=True)
class Table:
    """The parsed content of one TOML file."""

    file: str
    values: Mapping[str, object]
    lines: Lines


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One row of a CSV file: text by column name."""

    file: str
    line: int
    values: Mapping[str, str]


def read_toml(path: Path, problems: list[Problem]) -> Table:
    """Return a TOML file's values with the line of every key; an unreadable file is reported and empty."""
    text = _read(path, problems)
    try:
        return Table(path.name, parse_toml(text), key_lines(text))
    except ValueError as error:
        place = _PARSE_PLACE.search(str(error))
        problems.append(Problem(path.name, place.group(1) if place else "", _PARSE_PLACE.sub("", str(error))))
        return Table(path.name, {}, {})


def parse_toml(text: str) -> dict[str, object]:
    """Return the values of a TOML text in bounded time; raises ValueError with one line, which ends with the place."""
    if len(text) > MAX_TOML_CHARACTERS:
        raise ValueError(f"{len(text)} characters; at most {MAX_TOML_CHARACTERS} are read")
    if found := _LONG_NAME.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise ValueError(f"nested too deeply: a dozen names or more joined by dots (at line {line}, column 1)")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"not valid TOML: {error}") from error


def read_csv(
    path: Path,
    columns: tuple[str, ...],
    problems: list[Problem],
    *,
    optional: tuple[str, ...] = (),
    renamed: Mapping[str, str] | None = None,
) -> list[CsvRow]:
    """Return the rows of a CSV file that has exactly the given columns, in any order.

    A file with other columns is reported (naming the near match) and empty; so is a row with too many or too few cells.

    Parameters
    ----------
    path, columns, problems
        The file, the columns that it must have, and where mistakes are collected.
    optional
        Columns that it may have.
    renamed
        Other names of columns, by the name in the file.
    """
    text = _read(path, problems)
    if not text:
        return []
    reader = csv.reader(io.StringIO(text), strict=True)
    rows: list[CsvRow] = []
    try:
        header = [(renamed or {}).get(cell.strip(), cell.strip()) for cell in next(reader, [])]
        if not _columns_fit(path.name, header, columns, problems, optional):
            return []
        for cells in reader:
            if len(cells) == len(header):
                rows.append(CsvRow(path.name, reader.line_num, dict(zip(header, cells, strict=True))))
            elif any(cell.strip() for cell in cells):
                message = f"{len(cells)} cells; the header has {len(header)}"
                problems.append(Problem(path.name, f"line {reader.line_num}", message))
    except csv.Error as error:
        problems.append(Problem(path.name, f"line {reader.line_num}", f"not valid CSV: {error}"))
    return rows


def table_path(directory: Path, name: str) -> Path | None:
    """Return where a table that a definition names lies: beside the definition, else among the reference tables.

    None when the name is no plain file name that ends in `.csv`, or there is no such file in either place.
    """
    if not _TABLE_NAME.fullmatch(name):
        return None
    return next((path for path in (directory / name, REFERENCE / name) if path.is_file()), None)


def tables_named(values: object) -> frozenset[str]:
    """Return every text in a parsed TOML file that names a CSV table, at any depth."""
    if isinstance(values, str):
        return frozenset({values} if _TABLE_NAME.fullmatch(values) else ())
    items = values.values() if isinstance(values, Mapping) else values if isinstance(values, list) else ()
    return frozenset().union(*map(tables_named, items))


def key_lines(text: str) -> Lines:
    """Return the line of every key and table header of a valid TOML text (best effort inside inline tables)."""
    lines: Lines = {}
    counts: dict[tuple[str | int, ...], int] = {}
    prefix: tuple[str | int, ...] = ()
    closing = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if closing:
            closing = "" if closing in line else closing
        elif header := _HEADER.match(line):
            prefix = _enter(header.group(2).strip().split("."), counts, array=header.group(1) == "[[")
            lines[prefix] = number
        elif key := _KEY.match(line):
            lines[(*prefix, key.group(1) or key.group(2))] = number
            closing = _opens_multiline(key.group(3))
    return lines


def near(word: str, allowed: tuple[str, ...] | list[str], *, likeness: float = 0.6) -> str:
    """Return ` (did you mean 'x'?)` for the closest allowed word, or "" when none is as like it (0 to 1)."""
    import difflib

    match = difflib.get_close_matches(word, allowed, n=1, cutoff=likeness)
    return f" (did you mean {match[0]!r}?)" if match else ""


def _read(path: Path, problems: list[Problem]) -> str:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            problems.append(Problem(path.name, "", "no plain file; not read"))
            return ""
        if found.st_size > MAX_FILE_BYTES:
            problems.append(Problem(path.name, "", f"larger than {MAX_FILE_BYTES} bytes; not read"))
            return ""
        return path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        problems.append(Problem(path.name, "", f"not UTF-8 text: {error.reason} at byte {error.start}"))
    except OSError as error:
        problems.append(Problem(path.name, "", f"cannot be read: {error.strerror or error}"))
    return ""


def _columns_fit(
    file: str, header: list[str], columns: tuple[str, ...], problems: list[Problem], optional: tuple[str, ...]
) -> bool:
    before, known = len(problems), columns + optional
    for name in sorted(set(header) - set(known)):
        message = f"unknown column {shown(name)}{near(name, known)}; allowed: {', '.join(known)}"
        problems.append(Problem(file, "line 1", message))
    for name in known:
        if header.count(name) != 1 and (name in columns or name in header):
            message = f"column {name!r} is missing" if name not in header else f"column {name!r} stands more than once"
            problems.append(Problem(file, "line 1", message))
    return len(problems) == before


def _enter(parts: list[str], counts: dict[tuple[str | int, ...], int], *, array: bool) -> tuple[str | int, ...]:
    prefix: tuple[str | int, ...] = ()
    for part in parts[:-1]:
        prefix = (*prefix, part.strip())
        if prefix in counts:
            prefix = (*prefix, counts[prefix])
    prefix = (*prefix, parts[-1].strip())
    if not array:
        return prefix
    counts[prefix] = counts.get(prefix, -1) + 1
    return (*prefix, counts[prefix])


def _opens_multiline(rest: str) -> str:
    for quotes in ('"""', "'''"):
        if rest.lstrip().startswith(quotes) and rest.count(quotes) == 1:
            return quotes
    return ""
