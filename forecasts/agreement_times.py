"""How long security agreements took to reach, and how long they lasted in name and in deed: one table, three outcomes.

`security_agreements.csv` has one row for each negotiation. The outcomes are different questions: *signature* runs from
the start of talks; *in name* from entry into force until the text is denounced, violated or its war resumes; *in deed*
until the first major breach, which may come within days of a text that stands for years (Minsk II: 2 days and 7 years).
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from models.durability_curves import Durations, days_known

FEATURES = ("treaty", "ceasefire", "russia", "united states")
LIMITED = ("limited truce", "limited deal")
"""Kinds that were meant to be short: no agreement that could last."""
ENDED = {"in name": ("years_in_effect", "failed"), "in deed": ("years_to_first_major_breach", "breached")}
SHAPE = (float(np.log(0.8)), 0.4)
"""Prior of the log shape: nearer to a constant hazard than for wars, which return early or not at all."""
LEVELS = {
    "signature": (float(np.log(1.6)), 1.0),
    "in name": (float(np.log(0.3)), 1.0),
    "in deed": (float(np.log(0.45)), 1.0),
}
"""Priors of the log cumulative hazard within five years: 80 % signed, 26 % ended in name and 36 % in deed, all wide."""


@dataclass(frozen=True, slots=True)
class History:
    """The cases of one outcome."""

    names: tuple[str, ...]
    cases: Durations
    post_soviet: np.ndarray
    """(C,) whether Russia is a party to a post-Soviet agreement, or to one of its own."""


def read(path: Path) -> dict[str, History]:
    """Return the histories of the three outcomes by name.

    Raises
    ------
    OSError, KeyError, ValueError
        When the table cannot be read, or a cell is no number or day.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["kind"] not in LIMITED]
    talks = [r for r in rows if r["negotiation_start"] and (r["signed"] or r["end_date"])]
    found = {"signature": _history(talks, [_talks(r) for r in talks])}
    for name, (years, ended) in ENDED.items():
        lasting = [r for r in rows if r[years]]
        found[name] = _history(lasting, [(float(r[years]), r[ended] == "1") for r in lasting])
    return found


def _talks(row: Mapping[str, str]) -> tuple[float, bool]:
    end = row["signed"] or row["end_date"]
    days = (date.fromisoformat(end) - date.fromisoformat(row["negotiation_start"])).days
    return days / 365.25, bool(row["signed"])


def _history(rows: Sequence[Mapping[str, str]], outcomes: Sequence[tuple[float, bool]]) -> History:
    design = np.array([_features(r) for r in rows], float)
    lower, upper = days_known(
        np.array([years for years, _ in outcomes]), ended=np.array([done for _, done in outcomes], bool), coarse=0.0
    )
    cases = Durations(FEATURES, lower, upper, design - design.mean(axis=0), np.ones(len(rows)))
    near = np.array([r["region"] in {"Post-Soviet", "Russia internal"} for r in rows], bool)
    return History(tuple(r["name"] for r in rows), cases, near)


def _features(row: Mapping[str, str]) -> list[bool]:
    """Return what a text is and who made it, of `FEATURES`; a treaty that was sought counts as one."""
    fighting = "ceasefire" in row["kind"] or row["form"] in {"ceasefire", "armistice"}
    return [row["form"].startswith("treaty"), fighting, row["russia_ussr_party"] == "1", row["us_party"] == "1"]


def prior(outcome: str) -> dict[str, Any]:
    """Return the fields of `models.durability.Prior` for an outcome: a Weibull clock, effects shrunk as there."""
    effects = np.tile([0.0, 0.25], (len(FEATURES), 1))
    return {"log_level": LEVELS[outcome], "log_shape": SHAPE, "effect": effects, "log_settling": None}
