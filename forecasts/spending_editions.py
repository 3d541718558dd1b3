"""The table's editions: which value of a country and year was in force on a day.

Every edition has the day on which it was published. The newest value published by that day counts, for each country
and year by itself; a year whose values are marked as estimates is provisional. Before the first edition its settled
years stand in, as a stated later revision. National plans are no values.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from models.spending_paths import Panel

PUBLISHED: Mapping[str, date] = {
    "NATO Aug-2025 series (2021 prices)": date(2025, 8, 28),
    "NATO Aug-2025 publication, 2025e": date(2025, 8, 28),
    "NATO SG annual report 2025 (Mar 2026), one decimal": date(2026, 3, 31),
}
"""Day of publication by edition; of the report of March 2026 the day is not at hand, so the month's last one stands."""
PLAN = "national plan"
"""How the edition of a plan begins."""


@dataclass(frozen=True, slots=True)
class Printed:
    """One printed value."""

    country: str
    year: int
    share: float
    """Percent of GDP."""
    published_on: date
    estimate: bool


@dataclass(frozen=True, slots=True)
class EditionPanel:
    """The panel that was in force on a day, and what must be said of it."""

    panel: Panel
    notes: tuple[str, ...]


def read(path: Path) -> tuple[Printed, ...]:
    """Return the printed values of the shipped table's countries.

    Raises
    ------
    ValueError
        When an edition has no known day of publication; the message names the line.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = [(line, row) for line, row in enumerate(csv.DictReader(file), start=2)]
    found = []
    for line, row in rows:
        edition = row["edition"]
        if edition.startswith(PLAN) or row["country"].startswith("NATO "):
            continue
        if edition not in PUBLISHED:
            raise ValueError(f"{path.name}, line {line}: edition {edition!r}: allowed are {', '.join(PUBLISHED)}")
        share, estimate = float(row["pct_gdp"]), row["estimate"] == "1"
        found.append(Printed(row["country"], int(row["year"]), share, PUBLISHED[edition], estimate))
    return tuple(found)


def in_force(values: Sequence[Printed], *, as_of: date) -> EditionPanel:
    """Return the panel of the newest values published by a day, up to the last year that is whole.

    Parameters
    ----------
    values
        Every edition's values.
    as_of
        A value published later is not read; before the first edition, its settled years are, with a note.
    """
    first = min(v.published_on for v in values)
    known = [v for v in values if v.published_on <= as_of]
    notes = []
    if not known:
        known = [v for v in values if v.published_on == first and v.year < first.year and v.year < as_of.year]
        notes.append(f"later revision: the edition published on {first} stands in for what was known on {as_of}")
    newest: dict[tuple[str, int], Printed] = {}
    for v in sorted(known, key=lambda v: v.published_on):
        newest[v.country, v.year] = v
    panel, dropped = _rectangle(newest)
    return EditionPanel(panel, (*notes, *dropped))


def _rectangle(newest: Mapping[tuple[str, int], Printed]) -> tuple[Panel, list[str]]:
    countries = tuple(sorted({c for c, _ in newest}))
    years = sorted({y for _, y in newest})
    lacking = {y: [c for c in countries if (c, y) not in newest] for y in years}
    whole = tuple(y for y in years if not any(lacking[z] for z in years if z <= y))
    notes = [f"{y} left out: no value for {', '.join(lacking[y])}" for y in years if y not in whole]
    logs = np.log([[newest[c, y].share for y in whole] for c in countries])
    provisional = np.array([float(any(newest[c, y].estimate for c in countries)) for y in whole])
    return Panel(countries, whole, logs, provisional), notes
