"""An edition of a fitted panel's table as a person enters it: a file in, a record or every mistake with its row out.

Nothing of a file with a mistake is taken. `changes` says what an edition revises and adds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import exp, log
from pathlib import Path
from statistics import median

from forecasts import spending_table
from forecasts.board_files import Problem, near
from forecasts.definition import Board, Series
from forecasts.definition_panel import FittedPanel
from forecasts.domain import Edition, Share
from forecasts.fields import FieldProblem, Fields, shown
from forecasts.spending_editions import newest_values
from forecasts.spending_table import Value

ALIKE = 1.5
"""Repeated values that differ by more than this factor in the median are in another unit."""
_ENOUGH = 10
_TEXT, _NOTE = 300, 1000


@dataclass(frozen=True, slots=True)
class Revision:
    """A value that an edition changes."""

    country: str
    year: int
    before: float
    """Percent, as printed last."""
    after: float

    @property
    def log_ratio(self) -> float:
        """Log of the new value over the old."""
        return log(self.after / self.before)


@dataclass(frozen=True, slots=True)
class Changes:
    """What an edition changes in what is known."""

    revisions: tuple[Revision, ...]
    """Largest first."""
    repeated: int
    """Values that stand as they were."""
    new_years: tuple[int, ...]
    """Years that no edition had for any member."""
    estimates: tuple[int, ...]
    """Years with values that are marked as estimates."""


def panel_series(board: Board, wanted: str | None) -> tuple[Series, FittedPanel] | str:
    """Return the series with a fitted panel that a person speaks of, or why there is none."""
    fitted = {s.id: (s, s.panel) for s in board.series if s.panel is not None}
    if wanted is None and len(fitted) == 1:
        return next(iter(fitted.values()))
    if wanted in fitted:
        return fitted[wanted]
    allowed = ", ".join(fitted) or "none"
    return f"{'which one?' if wanted is None else shown(wanted) + ' has no fitted panel;'} series that have: {allowed}"


def edition_from_file(
    path: Path, fields: Mapping[str, str], panel: FittedPanel, *, series: str, entry: str
) -> tuple[Edition | None, list[FieldProblem], list[Problem]]:
    """Read an edition; the record is None where there is any mistake, of a field or of a row.

    Parameters
    ----------
    path
        CSV with the columns country, year, pct_gdp and, as wanted, estimate (without it the year of publication and
        the one before are taken as estimates) and edition.
    fields
        Raw text: published_on, title, source, url, note, edition (the beginning of the rows' editions to read).
    panel, series
        The panel that the edition is of, and the series' id.
    entry
        Id of the record.
    """
    read = Fields(fields, known=("published_on", "title", "source", "url", "note", "edition"))
    published = read.day("published_on")
    values, problems = spending_table.read_printed(path)
    chosen = [v for v in values if v.edition.startswith(read.raw("edition"))]
    problems += _table_problems(chosen, panel, file=path.name, published=published)
    kept = [v for v in chosen if v.country not in panel.ignored]
    record = Edition(
        id=entry,
        series=series,
        published_on=published,
        title=read.text("title", limit=_TEXT, required=False) or path.name,
        source=read.text("source", limit=_TEXT, required=False) or path.name,
        url=read.link("url"),
        shares=tuple(_share(v, published) for v in sorted(kept, key=lambda v: (v.country, v.year))),
        note=read.text("note", limit=_NOTE, required=False),
    )
    return (None if read.problems or problems else record), read.problems, problems


def check_edition(edition: Edition, panel: FittedPanel, *, today: date) -> list[FieldProblem]:
    """Return what speaks against an edition beside the ones that are known: its day, and the unit of its values."""
    day, latest = edition.published_on, panel.editions[-1]
    problems = []
    if day > today:
        problems.append(
            FieldProblem("published_on", f"{day} lies in the future; at most today, {today} UTC, is allowed")
        )
    if day <= latest.published_on:
        text = f"{day}: an edition of {latest.published_on} is known already ({latest.title}); a later day is needed"
        problems.append(FieldProblem("published_on", text))
    known = newest_values(panel.editions)
    ratios = [s.percent / known[s.country, s.year].percent for s in edition.shares if (s.country, s.year) in known]
    if len(ratios) >= _ENOUGH and not 1 / ALIKE <= median(ratios) <= ALIKE:
        text = f"values are {median(ratios):.3g} times those known, in the median: percent of GDP is needed"
        problems.append(FieldProblem("file", text))
    return problems


def changes(edition: Edition, panel: FittedPanel) -> Changes:
    """Return what an edition changes in the newest values of a panel."""
    names = {m.name for m in panel.members} | {panel.aggregate}
    known = newest_values(panel.editions)
    revised = [
        Revision(s.country, s.year, known[s.country, s.year].percent, s.percent)
        for s in edition.shares
        if (s.country, s.year) in known
    ]
    moved = [r for r in revised if r.before != r.after]
    years = {s.year for s in edition.shares} - {y for n, y in known if n in names}
    return Changes(
        tuple(sorted(moved, key=lambda r: -abs(r.log_ratio))),
        len(revised) - len(moved),
        tuple(sorted(years)),
        tuple(sorted({s.year for s in edition.shares if s.estimate})),
    )


def percent_change(revision: Revision) -> float:
    """Return a revision in percent of the old value."""
    return 100 * (exp(revision.log_ratio) - 1)


def _share(value: Value, published: date) -> Share:
    estimate = value.year >= published.year - 1 if value.estimate is None else value.estimate
    return Share(value.country, value.year, value.share, estimate)


def _table_problems(values: Sequence[Value], panel: FittedPanel, *, file: str, published: date) -> list[Problem]:
    """Return what is wrong with the rows as a whole, each with its line or its year."""
    editions = sorted({v.edition for v in values})
    if len(editions) > 1:
        return [Problem(file, "edition", f"{', '.join(map(shown, editions))}: rows of one edition are needed")]
    if not values:
        return [Problem(file, "edition", "no row of that edition")]
    return [*_strangers(values, panel, file), *_years(values, panel, file, published), *_absent(values, panel, file)]


def _strangers(values: Iterable[Value], panel: FittedPanel, file: str) -> list[Problem]:
    names = [*(m.name for m in panel.members), panel.aggregate, *panel.ignored]
    found = {v.country: v.line for v in reversed([*values]) if v.country not in names}
    return [
        Problem(file, f"line {line}", f"{shown(name)} is no member of the panel{near(name, names)}")
        for name, line in sorted(found.items(), key=lambda item: item[1])
    ]


def _years(values: Sequence[Value], panel: FittedPanel, file: str, published: date) -> list[Problem]:
    """Report years that no edition of that day can have printed, and those that leave a gap."""
    first, last = (f({s.year for e in panel.editions for s in e.shares}) for f in (min, max))
    found: dict[int, Value] = {}
    for v in values:
        found.setdefault(v.year, v)
    problems = []
    for year, v in sorted(found.items()):
        if year < first:
            problems.append(Problem(file, f"line {v.line}, {v.country}, {year}", f"the panel begins in {first}"))
        elif year > published.year:
            text = f"an edition of {published} can print no year after {published.year}"
            problems.append(Problem(file, f"line {v.line}, {v.country}, {year}", text))
        elif year > last + 1 and year - 1 not in found:
            text = f"no row for {year - 1}; known are the years to {last}"
            problems.append(Problem(file, f"line {v.line}, {v.country}, {year}", text))
    return problems


def _absent(values: Sequence[Value], panel: FittedPanel, file: str) -> list[Problem]:
    """Report each year of the file that lacks a member."""
    rows = {(v.country, v.year) for v in values}
    problems = []
    for year in sorted({v.year for v in values}):
        if lacking := [m.name for m in panel.members if (m.name, year) not in rows]:
            text = f"no row for {', '.join(lacking)}; every year needs all {len(panel.members)} members"
            problems.append(Problem(file, str(year), text))
    return problems
