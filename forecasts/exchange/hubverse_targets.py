"""What a board asks, in the words of a hub: its targets, each with its model task, for `tasks.json`.

| target | what | output type |
|---|---|---|
| `QUESTION` | whether it has happened by `target_end_date` | `pmf` of `no` and `yes` |
| `day of QUESTION` | the day on which it happens | `cdf` at its deadlines |
| `which scenario` | the scenario of the partition | `pmf` over their ids and `(none)` |
| `scenario ID` | whether an overlay holds | `pmf` of `no` and `yes` |
| `level of SERIES` | its value for the year that ends on `target_end_date` | `quantile` and `mean` |
| `days to QUESTION` | days from the origin to the event | `sample` |
| `SERIES in YEAR` | its value for the year | `sample` |

All samples stand in one model task, because the hub's checks let no sample index reach beyond one; only `origin_date`
is in its compound task ids, so rows with one index are one future across all questions and series.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from forecasts.definition import Board, Question, Scenario
from forecasts.summary import LEVELS

ORIGIN, TARGET, ENDS = "origin_date", "target", "target_end_date"
"""The task ids of every model task."""
WHICH_SCENARIO = "which scenario"
NO_SCENARIO = "(none)"
"""The category of futures in which no scenario of the partition holds; no id of a scenario can be this."""
NO, YES = "no", "yes"
QUANTILES = tuple(sorted(LEVELS))
LONGEST_ID, LONGEST_NAME = 30, 100
"""Characters of a target's id, and of its name and units, that the schema allows."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """What the samples of a round are, as its model task says it."""

    count: int
    targets: tuple["Target", ...]


@dataclass(frozen=True, slots=True)
class Target:
    """One target: its value of the task id `target`, and what its metadata say."""

    name: str
    title: str
    units: str
    kind: str
    """One of the schema's target types."""
    description: str = ""

    def metadata(self) -> dict[str, Any]:
        """Return the target's entry in `target_metadata`."""
        found = {
            "target_id": short_id(self.name),
            "target_name": self.title[:LONGEST_NAME],
            "target_units": self.units[:LONGEST_NAME],
            "target_keys": {TARGET: self.name},
            "target_type": self.kind,
            "is_step_ahead": False,
        }
        return found | ({"description": self.description} if self.description else {})


def short_id(name: str) -> str:
    """Return a target's id: its name, or where that is too long its beginning and a hash that tells it apart."""
    if len(name) <= LONGEST_ID:
        return name
    return f"{name[: LONGEST_ID - 9]}~{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def binary(question: Question) -> Target:
    """Return the target whether a question has happened by a day."""
    return Target(question.id, question.title, "no or yes", "binary", question.criteria)


def day_of(question: Question) -> Target:
    """Return the target of a question's day."""
    return Target(f"day of {question.id}", question.title, "day", "date", question.criteria)


def days_to(question: Question, *, never: int) -> Target:
    """Return the target of a question's samples; `never` is the value of futures in which it does not happen."""
    said = f"Days from the origin date; {never} where it has not happened by the board's horizon."
    return Target(f"days to {question.id}", question.title, "days after the origin date", "discrete", said)


def level_of(board: Board, series: str) -> Target:
    """Return the target of a series' yearly values."""
    found = next(s for s in board.series if s.id == series)
    return Target(f"level of {series}", found.title, found.unit or "1", "continuous")


def level_in(board: Board, series: str, year: int) -> Target:
    """Return the target of a series' samples for one year."""
    found = level_of(board, series)
    return Target(f"{series} in {year}", f"{found.title}, {year}", found.units, "continuous")


def model_tasks(board: Board, rows: pl.DataFrame, origin: date, sampled: Sampled | None) -> list[dict[str, Any]]:
    """Return the model tasks of a round.

    Parameters
    ----------
    board
        The definition that the snapshot was computed under.
    rows
        The snapshot's rows (`snapshot_rows.ROWS`): they say which years of a series it speaks of.
    origin
        The round's day.
    sampled
        The samples that go with it, if any.
    """
    found = []
    for deadlines in dict.fromkeys(q.deadlines for q in board.questions):
        asked = [q for q in board.questions if q.deadlines == deadlines]
        days = [d.isoformat() for d in deadlines]
        found.append(_task(origin, [binary(q) for q in asked], {"pmf": _shares([NO, YES])}, ends=days))
        found.append(_task(origin, [day_of(q) for q in asked], {"cdf": _shares(days)}))
    found += _of_scenarios(board, origin)
    for series, years in series_years(rows).items():
        values = {"mean": _mean(), "quantile": _quantile()}
        found.append(_task(origin, [level_of(board, series)], values, ends=[d.isoformat() for d in years]))
    if sampled is not None:
        found.append(_task(origin, sampled.targets, {"sample": _sample(sampled.count)}))
    return found


def _of_scenarios(board: Board, origin: date) -> list[dict[str, Any]]:
    partition = [s.id for s in board.scenarios if s.group == "partition"]
    overlays = [overlay(s) for s in board.scenarios if s.group == "overlay"]
    found = []
    if partition:
        which = Target(WHICH_SCENARIO, f"{board.title}: which scenario", "scenario", "nominal")
        found.append(_task(origin, [which], {"pmf": _shares([*partition, NO_SCENARIO])}))
    return [*found, *([_task(origin, overlays, {"pmf": _shares([NO, YES])})] if overlays else [])]


def overlay(scenario: Scenario) -> Target:
    """Return the target whether an overlay holds."""
    return Target(f"scenario {scenario.id}", scenario.title, "no or yes", "binary", scenario.description)


def series_years(rows: pl.DataFrame) -> dict[str, list[date]]:
    """Return for each series the last days of the years of which a snapshot speaks."""
    found: dict[str, list[date]] = {}
    of_series = rows.filter((pl.col("group") == "series") & (pl.col("measure") == "mean"))
    for subject, ends in of_series.select("subject", "deadline").iter_rows():
        found.setdefault(subject, []).append(ends)
    return found


def _task(
    origin: date, targets: Sequence[Target], values: dict[str, Any], *, ends: Iterable[str] = ()
) -> dict[str, Any]:
    return {
        "task_ids": {
            ORIGIN: _needed([origin.isoformat()]),
            TARGET: _needed([t.name for t in targets]),
            ENDS: _needed(list(ends)),
        },
        "output_type": values,
        "target_metadata": [t.metadata() for t in targets],
    }


def _needed(values: list[str]) -> dict[str, Any]:
    return {"required": values or None, "optional": None}


def _shares(values: list[str]) -> dict[str, Any]:
    share = {"type": "double", "minimum": 0, "maximum": 1}
    return {"output_type_id": {"required": values}, "value": share, "is_required": True}


def _mean() -> dict[str, Any]:
    return {"output_type_id": {"required": None}, "value": {"type": "double"}, "is_required": True}


def _quantile() -> dict[str, Any]:
    return {"output_type_id": {"required": list(QUANTILES)}, "value": {"type": "double"}, "is_required": True}


def _sample(count: int) -> dict[str, Any]:
    drawn = {
        "type": "integer",
        "min_samples_per_task": count,
        "max_samples_per_task": count,
        "compound_taskid_set": [ORIGIN],
    }
    return {"output_type_id_params": drawn, "value": {"type": "double"}, "is_required": True}
