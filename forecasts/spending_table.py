"""Read a table of defence shares: `country, year, pct_gdp`, every mistake with its row.

Columns may stand in any order and others may stand beside them. A table with several printings of one country and
year needs its column `edition` and the edition to read; so does one that carries national plans. Names that begin
with `NATO ` are aggregates and no countries.
"""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from forecasts.board_files import MAX_FILE_BYTES, Problem, near
from forecasts.fields import shown
from models.spending_paths import Panel

COLUMNS = ("country", "year", "pct_gdp")
AGGREGATE = "NATO "
"""How the name of an aggregate begins."""

FRACTION = 0.1
"""Percent of GDP; no ally has printed less, and every share in fractions is below it."""
HIGHEST = 30.0
"""Percent of GDP; above it a number is no share of a country at peace."""
_YEARS = (1900, 2100)


@dataclass(frozen=True, slots=True)
class Value:
    """One number of the table."""

    country: str
    year: int
    share: float
    """Percent of GDP."""
    line: int
    """Line of the file, from 1."""
    estimate: bool | None = None
    """Whether the table marks it as an estimate; None where the table has no such column."""
    edition: str = ""
    """What the table's column `edition` says, where it has one."""


def read_printed(path: Path) -> tuple[tuple[Value, ...], list[Problem]]:
    """Return every value as printed, aggregates and all editions included, and every mistake.

    A column `estimate` (1 or 0) or an `e` behind the year (2025e) marks estimates; without either none is known. A
    country and year may stand once in each edition.
    """
    problems: list[Problem] = []
    values = []
    for line, cells in _rows(path, COLUMNS, problems):
        text = cells["year"].strip()
        marked = text[-1:] in {"e", "E"} and text[:-1].isdigit()
        plain = cells | {"year": text[:-1] if marked else text}
        estimate = _estimate(path.name, line, cells, problems)
        if (value := _value(path.name, line, plain, problems)) is not None:
            values.append(replace(value, estimate=marked or estimate, edition=cells.get("edition", "").strip()))
    if any(v.estimate for v in values):
        values = [replace(v, estimate=bool(v.estimate)) for v in values]
    for edition in sorted({v.edition for v in values}):
        _refuse_repeats(path.name, [v for v in values if v.edition == edition], problems)
    return tuple(values), problems


def _estimate(file: str, line: int, cells: Mapping[str, str], problems: list[Problem]) -> bool | None:
    """Return the mark of an estimate, None without the column."""
    text = cells.get("estimate")
    if text is None:
        return None
    if text.strip() not in {"0", "1"}:
        who = f"line {line}, {cells['country'].strip()[:60]}"
        problems.append(Problem(file, who, f"estimate {shown(text)}: 1 (an estimate) or 0 is needed"))
    return text.strip() == "1"


def read(path: Path, *, edition: str | None = None) -> tuple[tuple[Value, ...], list[Problem]]:
    """Return the countries' values and every mistake; values are usable only where there is no mistake.

    Parameters
    ----------
    path
        CSV file in UTF-8.
    edition
        Beginning of the editions to read, where the table has a column `edition`.
    """
    problems: list[Problem] = []
    rows = _rows(path, COLUMNS if edition is None else (*COLUMNS, "edition"), problems)
    chosen = [(line, cells) for line, cells in rows if edition is None or cells["edition"].startswith(edition)]
    if rows and not chosen:
        found = sorted({cells["edition"] for _, cells in rows})
        message = f"no row of edition {shown(str(edition))}; editions: {', '.join(found)}"
        problems.append(Problem(path.name, "edition", message))
    values = [_value(path.name, line, cells, problems) for line, cells in chosen]
    read_well = [v for v in values if v is not None]
    _refuse_repeats(path.name, read_well, problems)
    return tuple(v for v in read_well if not v.country.startswith(AGGREGATE)), problems


def panel(values: Sequence[Value], *, first: int, last: int) -> Panel:
    """Return the panel of the years `first` to `last`; the values have no gap there (`missing`)."""
    shares = {(v.country, v.year): v.share for v in values}
    countries, years = tuple(sorted({v.country for v in values})), tuple(range(first, last + 1))
    logs = np.log([[shares[c, y] for y in years] for c in countries])
    return Panel(countries, years, logs, np.zeros(len(years)))


def missing(values: Sequence[Value], *, file: str, years: Sequence[int]) -> list[Problem]:
    """Return one problem for each country that lacks years: the panel has no place for a gap."""
    present: dict[str, set[int]] = {}
    for v in values:
        present.setdefault(v.country, set()).add(v.year)
    lines = {v.country: v.line for v in values}
    gaps = {c: [str(y) for y in years if y not in has] for c, has in sorted(present.items())}
    return [
        Problem(
            file, f"line {lines[c]}, {c}", f"no row for {', '.join(gap)}; every country needs {years[0]} to {years[-1]}"
        )
        for c, gap in gaps.items()
        if gap
    ]


def _rows(path: Path, columns: tuple[str, ...], problems: list[Problem]) -> list[tuple[int, dict[str, str]]]:
    """Return line and cells of every row; a header is read whatever its capitals."""
    text = _text(path, problems)
    if text is None:
        return []
    reader = csv.reader(io.StringIO(text), strict=True)
    rows: list[tuple[int, dict[str, str]]] = []
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        for name in columns:
            if header.count(name) != 1:
                fault = "stands more than once" if name in header else f"is missing{near(name, header)}"
                problems.append(Problem(path.name, "line 1", f"column {name!r} {fault}; needed: {', '.join(columns)}"))
        for cells in reader if not problems else ():
            if len(cells) == len(header):
                rows.append((reader.line_num, dict(zip(header, cells, strict=True))))
            elif any(cell.strip() for cell in cells):
                message = f"{len(cells)} cells; the header has {len(header)}"
                problems.append(Problem(path.name, f"line {reader.line_num}", message))
    except csv.Error as error:
        problems.append(Problem(path.name, f"line {reader.line_num}", f"not valid CSV: {error}"))
    if not rows and not problems:
        problems.append(Problem(path.name, "", "no rows; one for each country and year is needed"))
    return rows


def _text(path: Path, problems: list[Problem]) -> str | None:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            problems.append(Problem(path.name, "", f"larger than {MAX_FILE_BYTES} bytes; not read"))
            return None
        return path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        problems.append(Problem(path.name, "", f"not UTF-8 text: {error.reason} at byte {error.start}"))
    except OSError as error:
        problems.append(Problem(path.name, "", f"cannot be read: {error.strerror or error}"))
    return None


def _value(file: str, line: int, cells: Mapping[str, str], problems: list[Problem]) -> Value | None:
    country = cells["country"].strip()
    year = _year(cells["year"])
    share = _share(cells["pct_gdp"])
    who = ", ".join(x for x in (f"line {line}", country[:60], cells["year"].strip()[:10]) if x)
    faults = []
    if not country or not country.isprintable() or len(country) > 60:
        faults.append(f"country {shown(country)}: a name of at most 60 characters is needed")
    if year is None:
        faults.append(f"year {shown(cells['year'])}: a year from {_YEARS[0]} to {_YEARS[1]} is needed")
    if isinstance(share, str):
        faults.append(share)
    problems.extend(Problem(file, who, fault) for fault in faults)
    if faults or year is None or isinstance(share, str):
        return None
    return Value(country, year, share, line)


def _year(cell: str) -> int | None:
    text = cell.strip()
    plain = text.isascii() and text.isdigit() and len(text) == 4
    return int(text) if plain and _YEARS[0] <= int(text) <= _YEARS[1] else None


def _share(cell: str) -> float | str:
    """Return the share in percent, or what is wrong with it."""
    try:
        share = float(cell.strip())
    except ValueError:
        share = math.nan
    if not math.isfinite(share) or share <= 0:
        return f"pct_gdp {shown(cell)}: a share above 0 in percent of GDP is needed"
    if share < FRACTION:
        return f"pct_gdp {shown(cell)}: looks like a fraction; percent of GDP is needed ({100 * share:.3g}?)"
    if share > HIGHEST:
        return f"pct_gdp {shown(cell)}: at most {HIGHEST:g} percent of GDP is allowed"
    return share


def _refuse_repeats(file: str, values: Sequence[Value], problems: list[Problem]) -> None:
    seen: dict[tuple[str, int], Value] = {}
    for v in values:
        first = seen.setdefault((v.country, v.year), v)
        if first is not v:
            message = f"{v.country} {v.year} stands already in line {first.line}; one row for each is allowed"
            problems.append(
                Problem(file, f"line {v.line}, {v.country}, {v.year}", f"{message} (several editions: name one)")
            )
    names = sorted({v.country for v in values})
    folded: dict[str, str] = {}
    for name in names:
        other = folded.setdefault(name.casefold(), name)
        if other != name:
            problems.append(
                Problem(
                    file, name, f"{name} and {other} differ by case only; one spelling is needed{near(name, [other])}"
                )
            )
