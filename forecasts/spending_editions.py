"""The panel that was in force on a day: the newest value printed by then, for each member and year.

A year whose values are marked as estimates is provisional. Before the first edition its settled years and estimates up
to the year before stand in, as a stated later revision. A last year that lacks a few members is filled in; what was
known of the world besides the table is bounded by the same day.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from forecasts.definition import Board, Series, SeriesState
from forecasts.definition_panel import FittedPanel
from forecasts.domain import Edition, LedgerView, Share
from models.spending_paths import Panel, Pledge, Setting

MOST_FILLED = 0.25
"""Part of the aggregate's weight that may be filled in for a year; a year that lacks more is left out."""


@dataclass(frozen=True, slots=True)
class EditionPanel:
    """The panel that was in force on a day, and what must be said of it."""

    panel: Panel
    setting: Setting
    """What was known of the world on the day."""
    published_on: date
    """Day of the edition that printed the newest value; a later one stands in before the first."""
    stands_in: bool
    """The edition was published only after the day."""
    aggregate: float | None
    """What that edition, or a later one, printed for the series itself in the panel's last year, percent."""
    notes: tuple[str, ...]

    @property
    def fitted(self) -> Setting:
        """What of the setting a fit to the panel reads: nothing after its last year."""
        return self.setting.until(self.panel.years[-1])


def with_editions(board: Board, view: LedgerView) -> Board:
    """Return a board whose fitted panels also have the editions that the ledger holds; its hash stays."""
    found = view.records(Edition)
    if not found:
        return board
    return replace(board, series=tuple(_with(series, found) for series in board.series))


def _with(series: Series, found: Iterable[Edition]) -> Series:
    mine = [e for e in found if e.series == series.id]
    if series.panel is None or not mine:
        return series
    editions = sorted([*series.panel.editions, *mine], key=lambda e: e.published_on)
    return replace(series, panel=replace(series.panel, editions=tuple(editions)))


def editions_of(series: Series) -> tuple[Edition, ...] | tuple[SeriesState, ...]:
    """Return what a series' numbers were printed in, rising in `published_on`."""
    return series.states if series.panel is None else series.panel.editions


def in_force(fitted: FittedPanel, *, as_of: date) -> EditionPanel:
    """Return the panel of the newest values published by a day.

    Raises
    ------
    ValueError
        When no year is whole.
    """
    known = editions_read(fitted, as_of=as_of)
    stands_in = known[0].published_on > as_of
    notes = [f"later revision: the edition of {known[0].published_on} stands in for what was known on {as_of}"]
    notes = notes if stands_in else []
    newest = newest_values(known)
    panel, filled = _rectangle(fitted, newest)
    notes += filled
    last = max(e.published_on for e in known if _prints(e, fitted, panel.years[-1]))
    whole = newest_values(e for e in known if e.published_on >= last).get((fitted.aggregate, panel.years[-1]))
    printed = whole.percent if whole else None
    return EditionPanel(panel, _setting(fitted, as_of), last, stands_in, printed, tuple(notes))


def days_of_change(fitted: FittedPanel) -> set[date]:
    """Return the days from which on something else is known: an edition, a promise, a turn or a slump."""
    told = {t.known_from for t in (*fitted.breaks, *fitted.slumps)} | {p.known_from for p in fitted.promises}
    return told | {e.published_on for e in fitted.editions}


def editions_read(fitted: FittedPanel, *, as_of: date) -> tuple[Edition, ...]:
    """Return the editions published by a day; before the first one that one, with the years before the day's own."""
    known = tuple(e for e in fitted.editions if e.published_on <= as_of)
    first = fitted.editions[0]
    return known or (replace(first, shares=tuple(s for s in first.shares if s.year < as_of.year)),)


def _prints(edition: Edition, fitted: FittedPanel, year: int) -> bool:
    """Tell whether an edition prints a member's value of a year."""
    return any(s.year == year and s.country != fitted.aggregate for s in edition.shares)


def newest_values(editions: Iterable[Edition]) -> dict[tuple[str, int], Share]:
    """Return the newest printed value of each name and year; editions rise in their day of publication."""
    return {(s.country, s.year): s for e in editions for s in e.shares}


def _setting(fitted: FittedPanel, as_of: date) -> Setting:
    return Setting(
        breaks=tuple(t.year for t in fitted.breaks if t.known_from <= as_of),
        slumps=tuple(t.year for t in fitted.slumps if t.known_from <= as_of),
        pledges=tuple(Pledge(p.known_from.year, p.deadline, p.share) for p in fitted.promises if p.known_from <= as_of),
        phase=fitted.phase,
        break_rate=fitted.break_rate,
        break_up=fitted.break_up,
        slump_rate=fitted.slump_rate,
    )


def _rectangle(fitted: FittedPanel, newest: Mapping[tuple[str, int], Share]) -> tuple[Panel, list[str]]:
    """Return the panel of all years that are whole, or lack little, and what was filled in or left out."""
    names = tuple(m.name for m in fitted.members)
    shares = {key: s.percent for key, s in newest.items() if key[0] in names}
    notes: list[str] = []
    years: list[int] = []
    printed = {y for _, y in shares}
    for year in range(min(printed, default=0), max(printed, default=-1) + 1):
        lacking = [n for n in names if (n, year) not in shares]
        if lacking and (not years or not _may_fill(fitted, lacking)):
            notes.append(f"{year} left out: no value for {', '.join(lacking)}")
            break
        if lacking:
            growth = _growth(fitted, shares, year)
            shares |= {(n, year): shares[n, year - 1] * growth for n in lacking}
            notes.append(f"{year}: {', '.join(lacking)} filled in with the growth of the others ({growth - 1:+.1%})")
        years.append(year)
    if len(years) < 3:
        raise ValueError(f"years {years}: three whole years are needed")
    logs = np.log([[shares[n, y] for y in years] for n in names])
    marked = {y for (n, y), s in newest.items() if n in names and s.estimate}
    return Panel(names, tuple(years), logs, np.array([float(y in marked) for y in years])), notes


def _may_fill(fitted: FittedPanel, lacking: Sequence[str]) -> bool:
    weight = {m.name: m.weight for m in fitted.members}
    return sum(weight[n] for n in lacking) <= MOST_FILLED * sum(weight.values())


def _growth(fitted: FittedPanel, shares: Mapping[tuple[str, int], float], year: int) -> float:
    """Return the weighted mean of a year over that of the year before, over the members that both years have."""
    both = [m for m in fitted.members if (m.name, year) in shares]
    now, before = (sum(m.weight * shares[m.name, y] for m in both) for y in (year, year - 1))
    return now / before
