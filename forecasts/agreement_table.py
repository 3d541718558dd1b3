"""Read a table of agreements: `name, signed, ended, censored_at` and features of 0 or 1, every mistake with its row.

Columns may stand in any order; every further column is a feature. `ended` is empty while an agreement is in force.
`censored_at` is the last day through which it was watched; where an ended one has none, the latest of the table counts.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from forecasts.board_files import MAX_FILE_BYTES, Problem, near
from forecasts.fields import DATE, SHOWN, shown

COLUMNS = ("name", "signed", "ended", "censored_at")
MOST_FEATURES = 30
LONGEST_NAME = 1000
"""Characters; the full titles of protocols are long."""
_FEATURE = re.compile(r"[A-Za-z][A-Za-z0-9_ -]{0,47}")


@dataclass(frozen=True, slots=True)
class Agreement:
    """One row of the table."""

    name: str
    signed: date
    ended: date | None
    """None while in force."""
    watched: date
    """Last day through which it is known whether it had ended."""
    features: tuple[int, ...]
    """0 or 1, in the order of the table's features."""
    line: int
    """Line of the file, from 1."""

    def until(self, day: date) -> "Agreement":
        """Return what was known of it on a day: a later end is not, and watching stops."""
        known = self.ended if self.ended is not None and self.ended < day else None
        return replace(self, ended=known, watched=min(self.watched, day))

    @property
    def years(self) -> float:
        """Years it held, or was seen to hold."""
        return ((self.ended or self.watched) - self.signed).days / 365.25

    @property
    def followed(self) -> float:
        """Years from its signature through which it was watched."""
        return (self.watched - self.signed).days / 365.25


@dataclass(frozen=True, slots=True)
class Agreements:
    """A table that was read without a mistake."""

    features: tuple[str, ...]
    rows: tuple[Agreement, ...]
    """In order of the file."""


def read(path: Path) -> tuple[Agreements, list[Problem]]:
    """Return the table and every mistake; the table is usable only where there is none."""
    problems: list[Problem] = []
    header, lines = _cells(path, problems)
    features = tuple(name for name in header if name not in COLUMNS)
    _check_features(path.name, features, problems)
    found = [row for line, cells in lines if (row := _row(path.name, line, cells, features, problems)) is not None]
    _refuse_repeats(path.name, found, problems)
    return Agreements(features, _with_last_day(path.name, found, problems)), problems


def _cells(path: Path, problems: list[Problem]) -> tuple[list[str], list[tuple[int, Mapping[str, str]]]]:
    """Return the header, and line and cells of every row."""
    reader = csv.reader(io.StringIO(_text(path, problems)), strict=True)
    rows: list[tuple[int, Mapping[str, str]]] = []
    header: list[str] = []
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _check_header(path.name, header, problems)
        for cells in reader if not problems else ():
            if len(cells) == len(header):
                rows.append((reader.line_num, dict(zip(header, (c.strip() for c in cells), strict=True))))
            elif any(cell.strip() for cell in cells):
                message = f"{len(cells)} cells; the header has {len(header)}"
                problems.append(Problem(path.name, f"line {reader.line_num}", message))
    except csv.Error as error:
        problems.append(Problem(path.name, f"line {reader.line_num}", f"not valid CSV: {error}"))
    if not rows and not problems:
        problems.append(Problem(path.name, "", "no rows; one for each agreement is needed"))
    return header, rows


def _text(path: Path, problems: list[Problem]) -> str:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            problems.append(Problem(path.name, "", f"larger than {MAX_FILE_BYTES} bytes; not read"))
            return ""
        return path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        problems.append(Problem(path.name, "", f"not UTF-8 text: {error.reason} at byte {error.start}"))
    except OSError as error:
        problems.append(Problem(path.name, "", f"cannot be read: {error.strerror or error}"))
    return ""


def _check_header(file: str, header: list[str], problems: list[Problem]) -> None:
    if problems:
        return
    for name in COLUMNS:
        if name not in header:
            message = f"column {name!r} is missing{near(name, header)}; needed: {', '.join(COLUMNS)}"
            problems.append(Problem(file, "line 1", message))
    repeated = sorted({name for name in header if header.count(name) > 1})
    problems.extend(Problem(file, "line 1", f"column {shown(name)} stands more than once") for name in repeated)


def _check_features(file: str, features: Sequence[str], problems: list[Problem]) -> None:
    if wrong := [name for name in features if not _FEATURE.fullmatch(name)]:
        message = f"column {shown(wrong[0])}: a feature's name is letters, digits, spaces, _ and -, at most 48"
        problems.append(Problem(file, "line 1", message))
    if len(features) > MOST_FEATURES:
        problems.append(Problem(file, "line 1", f"{len(features)} features; at most {MOST_FEATURES} are allowed"))


def _row(
    file: str, line: int, cells: Mapping[str, str], features: Sequence[str], problems: list[Problem]
) -> Agreement | None:
    name = " ".join(cells["name"].split())
    faults = (
        [] if name and len(name) <= LONGEST_NAME else [f"name {shown(name)}: 1 to {LONGEST_NAME} letters are needed"]
    )
    days = {key: _day(cells[key]) for key in COLUMNS[1:]}
    faults += [
        f"{key} {shown(cells[key])}: a day as YYYY-MM-DD is needed{_or_nothing(key)}"
        for key, day in days.items()
        if day is None and (cells[key] or key == "signed")
    ]
    faults += [f"{f} {shown(cells[f])}: 0 or 1 is needed" for f in features if cells[f] not in {"0", "1"}]
    signed, ended, watched = (days[key] for key in COLUMNS[1:])
    if signed is not None:
        faults += _order(signed, ended, watched, open_end=not cells["ended"])
    problems.extend(Problem(file, _place(line, name), f) for f in faults)
    if faults or signed is None:
        return None
    return Agreement(name, signed, ended, watched or date.min, tuple(int(cells[f]) for f in features), line)


def _order(signed: date, ended: date | None, watched: date | None, *, open_end: bool) -> list[str]:
    if open_end and watched is None:
        return ["censored_at is empty: an agreement in force needs the day through which it was watched"]
    if ended is not None and ended < signed:
        return [f"ended {ended} lies before it was signed, {signed}"]
    if ended is not None and watched is not None and ended > watched:
        return [f"ended {ended} lies after censored_at {watched}: it was not watched then"]
    if watched is not None and watched <= signed:
        return [f"censored_at {watched} does not lie after it was signed, {signed}"]
    return []


def _day(cell: str) -> date | None:
    try:
        return date.fromisoformat(cell) if DATE.fullmatch(cell) else None
    except ValueError:
        return None


def _place(line: int, name: str) -> str:
    head = name if len(name) <= SHOWN else f"{name[: SHOWN - 3]}..."
    return f"line {line}, {head if head.isprintable() else ascii(head)}" if name else f"line {line}"


def _or_nothing(key: str) -> str:
    return {"ended": " (empty while in force)", "censored_at": ""}.get(key, "")


def _refuse_repeats(file: str, rows: Sequence[Agreement], problems: list[Problem]) -> None:
    seen: dict[tuple[str, date], Agreement] = {}
    for row in rows:
        first = seen.setdefault((row.name.casefold(), row.signed), row)
        if first is not row:
            message = f"signed {row.signed}: stands already in line {first.line}; one row for each is allowed"
            problems.append(Problem(file, _place(row.line, row.name), message))


def _with_last_day(file: str, rows: Sequence[Agreement], problems: list[Problem]) -> tuple[Agreement, ...]:
    """Fill in the day through which ended agreements were watched, where the table does not say."""
    last = max((row.watched for row in rows), default=date.min)
    for row in (r for r in rows if r.watched == date.min and r.ended is not None and r.ended > last):
        after = f"censored_at is empty and it ended on {row.ended}, after the table's last, {last}"
        message = after if last > date.min else "no row of the table has censored_at"
        problems.append(Problem(file, _place(row.line, row.name), message))
    return tuple(replace(row, watched=last) if row.watched == date.min else row for row in rows)
