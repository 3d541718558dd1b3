"""Read `[series.panel]`: the members, printed editions and known turns from which a series is fitted.

The numbers stand in two CSV tables that the panel names: they are looked for in the board's own directory first, then
among the reference tables that come with twixt. What was read becomes part of the definition.
"""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from forecasts import spending_table
from forecasts.board_files import REFERENCE, near, table_path
from forecasts.board_rows import Row
from forecasts.definition_panel import FittedPanel, Goal, Member, Promise, Turn
from forecasts.domain import Edition, Share
from forecasts.fields import shown
from forecasts.spending_table import Value

_YEARS = {"low": 1900, "high": 2200}


@dataclass(frozen=True, slots=True)
class _Names:
    """Every name that a row of the table may bear."""

    members: frozenset[str]
    others: tuple[str, ...]
    """The aggregate, and what is ignored."""


def panel(row: Row, *, series: str, directory: Path) -> FittedPanel | None:
    """Read the panel of a series; every mistake of it and of its tables is reported through the row."""
    weights = _weights(row, directory)
    aggregate = row.text("aggregate", limit=60)
    ignored = _texts(row, "ignored")
    outside = _texts(row, "outside")
    for name in (n for n in outside if weights and n not in weights):
        row.refuse("outside", f"{shown(name)} has no weight{near(name, list(weights))}")
    names = _Names(frozenset(weights), (aggregate, *ignored))
    editions = _editions(row, series=series, directory=directory, names=names)
    goal = _goal(row)
    record = FittedPanel(
        aggregate=aggregate,
        members=tuple(Member(n, 0.0 if n in outside else w) for n, w in sorted(weights.items())),
        ignored=ignored,
        editions=editions,
        breaks=_turns(row, "break"),
        slumps=_turns(row, "slump"),
        promises=_promises(row),
        phase=row.integer("phase", low=1, high=50),
        break_rate=row.number("break_rate", low=0.0, high=1.0),
        break_up=row.number("break_up", low=0.0, high=1.0),
        slump_rate=row.number("slump_rate", low=0.0, high=1.0),
        chances_reason=row.text("chances_reason"),
        discrepancy=row.elicited("discrepancy", low=-1.0, high=1.0),
        goal=goal,
        lines=row.numbers("lines", low=0.0, high=spending_table.HIGHEST, open_low=True),
    )
    if weights and not any(m.weight for m in record.members):
        row.refuse("outside", "every member stands outside the aggregate")
    if not record.lines or list(record.lines) != sorted(set(record.lines)):
        row.refuse("lines", f"{', '.join(f'{v:g}' for v in record.lines) or 'none'}: rising numbers are needed")
    return record if row.ok() else None


def _weights(row: Row, directory: Path) -> dict[str, float]:
    """Return the weight of each member by name."""
    path, column = _table(row, "weights", directory), row.text("weight_column", limit=60)
    found: dict[str, float] = {}
    for line, cells in _cells(row, path) if path else []:
        name, text = cells.get("country", "").strip(), cells.get(column, "")
        try:
            weight = float(text)
        except ValueError:
            weight = -1.0
        if not name or not 0 < weight < float("inf"):
            row.refuse("weights", f"{row.peek('weights')}, line {line}: {shown(name)} with {column} {shown(text)}")
        elif name in found:
            row.refuse("weights", f"{row.peek('weights')}, line {line}: {name} stands already above")
        else:
            found[name] = weight
    if path and len(found) < 2:
        row.refuse("weights", "two members or more are needed, with columns `country` and the weight's")
    return found


def _cells(row: Row, path: Path) -> list[tuple[int, Mapping[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True, restval="")
            return [(reader.line_num, {k: v for k, v in r.items() if k is not None}) for r in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        row.refuse("weights", f"{path.name}: cannot be read: {error}")
        return []


def _table(row: Row, key: str, directory: Path) -> Path | None:
    """Return the file that a key names, in the board's directory or among the reference tables."""
    name = row.text(key, limit=100)
    found = table_path(directory, name) if name else None
    if name and found is None:
        known = sorted(p.name for p in REFERENCE.glob("*.csv"))
        row.refuse(key, f"{shown(name)}: no such .csv file beside the board's files{near(name, known)}")
    return found


def _editions(row: Row, *, series: str, directory: Path, names: _Names) -> tuple[Edition, ...]:
    """Return the editions with their shares; each row of the table belongs to one, or is left out by name."""
    path, left_out = _table(row, "table", directory), _texts(row, "left_out")
    values, problems = spending_table.read_printed(path) if path else ((), [])
    for problem in problems[:20]:
        row.refuse("table", f"{problem.file}, {problem.place}: {problem.message}")
    heads = [_edition(inner, series=series) for inner in row.inners("edition")]
    known = {label for labels, _ in heads for label in labels}
    chosen = [v for v in values if v.edition not in left_out]
    for label in sorted({v.edition for v in chosen} - known):
        row.refuse("table", f"edition {shown(label)} belongs to no [[series.panel.edition]]{near(label, list(known))}")
    _refuse_strangers(chosen, names, lambda message: row.refuse("table", message))
    editions = tuple(
        replace(head, shares=_shares([v for v in chosen if v.edition in labels], names)) for labels, head in heads
    )
    days = [e.published_on for e in editions]
    if not editions or days != sorted(set(days)):
        row.refuse("edition", "one [[series.panel.edition]] or more, rising in published_on, are needed")
    for edition in editions:
        if problems == [] and path and not edition.shares:
            row.refuse("edition", f"{edition.title}: no row of the table bears its labels")
    return editions


def _edition(row: Row, *, series: str) -> tuple[tuple[str, ...], Edition]:
    """Return the labels of an edition's rows in the table, and the edition without its shares."""
    labels = _texts(row, "labels")
    if not labels:
        row.refuse("labels", "is empty; the table's column `edition` names what belongs here")
    published = row.day("published_on")
    head = Edition(
        id=f"{series}-{published}",
        series=series,
        published_on=published,
        title=row.text("title", limit=200),
        source=row.text("source", limit=300),
        url=row.text("url", limit=2000, required=False),
        shares=(),
        note=row.text("note", limit=1000, required=False),
    )
    row.ok()
    return labels, head


def _refuse_strangers(values: Sequence[Value], names: _Names, refuse: Callable[[str], None]) -> None:
    """Report names that are neither members nor known otherwise, and members that the table never mentions."""
    for name in sorted({v.country for v in values} - names.members - {*names.others}):
        line = next(v.line for v in values if v.country == name)
        refuse(f"line {line}: {shown(name)} has no weight{near(name, [*names.members, *names.others])}")
    if values:
        for name in sorted(names.members - {v.country for v in values}):
            refuse(f"no row for {name}, which has a weight")


def _shares(values: Sequence[Value], names: _Names) -> tuple[Share, ...]:
    """Return an edition's shares by country and year, without the names that are ignored."""
    wanted = [v for v in values if v.country in names.members or v.country == names.others[0]]
    wanted.sort(key=lambda v: (v.country, v.year))
    return tuple(Share(v.country, v.year, v.share, bool(v.estimate)) for v in wanted)


def _turns(row: Row, key: str) -> tuple[Turn, ...]:
    found = []
    for inner in row.inners(key):
        year = inner.integer("year", **_YEARS)
        found.append(Turn(year, inner.day("known_from"), inner.text("reason")))
        inner.ok()
    if [t.year for t in found] != sorted({t.year for t in found}):
        row.refuse(key, "years must rise")
    return tuple(found)


def _promises(row: Row) -> tuple[Promise, ...]:
    found = []
    for inner in row.inners("promise"):
        known, deadline = inner.day("known_from"), inner.integer("deadline", **_YEARS)
        if deadline <= known.year:
            inner.refuse("deadline", f"{deadline}: a year after {known} is needed")
        report = inner.text("evidence", limit=100) if inner.given("evidence") else ""
        found.append(Promise(known, deadline, _share(inner), inner.text("reason"), report))
        inner.ok()
    if [p.known_from for p in found] != sorted({p.known_from for p in found}):
        row.refuse("promise", "known_from must rise")
    return tuple(found)


def _goal(row: Row) -> Goal:
    inner = row.inner("goal")
    if inner is None:
        return Goal(2000, 2001, 2002, 1.0, "")
    since, review, by = (inner.integer(key, **_YEARS) for key in ("since", "review", "by"))
    if not since < review <= by:
        inner.refuse("review", f"{review}: a year after {since} and up to {by} is needed")
    found = Goal(since, review, by, _share(inner), inner.text("reason"))
    inner.ok()
    return found


def _share(row: Row) -> float:
    return row.number("share", low=0.0, high=spending_table.HIGHEST, open_low=True)


def _texts(row: Row, key: str) -> tuple[str, ...]:
    """Return a list of texts; may be absent."""
    if not row.given(key):
        return ()
    value = row.peek(key)
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() and v.isprintable() for v in value):
        row.refuse(key, "a list of texts is needed")
        return ()
    return tuple(v.strip() for v in value)
