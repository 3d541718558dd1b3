"""The rows of a snapshot: every question by every deadline, every scenario, every coming year of a series."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecasts import encode
from forecasts.evaluation import Simulated
from forecasts.replay import Moment
from forecasts.snapshot_rows import ROWS
from models.precision import Bands, Precision, bands, column_variance
from models.weighing import Weighed

Float = NDArray[np.float64]

LEVELS = (0.5, 0.25, 0.75, 0.05, 0.95)
"""Quantiles of a series in a year: the median and the 50 and 90 % ranges."""


def deadline_state(moment: Moment, question: str, deadline: date) -> str:
    """Return how a question stands by a deadline at a moment.

    `occurred`: it happened by then. `passed`: it is confirmed that it did not. `awaiting`: the deadline is over, but
    nobody has confirmed the board's status through it. `open`: everything else.
    """
    happened = moment.occurrences.get(question)
    if happened is not None:
        return "occurred" if happened <= deadline else "passed"
    if deadline <= moment.known_through:
        return "passed"
    return "awaiting" if deadline <= moment.day else "open"


def rows(simulated: Simulated, weighed: Weighed, precision: Precision) -> pl.DataFrame:
    """Return the rows of a snapshot, in the order of the board: questions, partition, overlays, series."""
    found = [*_questions(simulated.moment, weighed, precision), *_scenarios(simulated.moment, weighed, precision)]
    found += _series(simulated, weighed)
    return pl.DataFrame(found, schema=ROWS, orient="row")


def _questions(moment: Moment, weighed: Weighed, precision: Precision) -> Iterator[dict[str, Any]]:
    board = moment.board
    variance = column_variance(weighed.share, weighed.points)
    band = bands(weighed.probability, precision.question, variance)
    for q, question in enumerate(board.questions):
        for g, deadline in enumerate(board.deadlines):
            if deadline not in question.deadlines:
                continue
            state = deadline_state(moment, question.id, deadline)
            line = {"subject": question.id, "group": "question", "deadline": deadline, "state": state}
            if state in {"occurred", "passed"}:
                yield line | _certain(1.0 if state == "occurred" else 0.0)
            else:
                error = float(precision.question.mcse[q, g])
                yield line | _estimated(float(weighed.probability[q, g]), band, (q, g), error)


def _scenarios(moment: Moment, weighed: Weighed, precision: Precision) -> Iterator[dict[str, Any]]:
    variance = column_variance(weighed.scenario_share, weighed.points)
    band = bands(weighed.scenario, precision.scenario, variance)
    for s, scenario in enumerate(moment.board.scenarios):
        line = {"subject": scenario.id, "group": scenario.group, "deadline": None, "state": "open"}
        yield line | _estimated(float(weighed.scenario[s]), band, (s,), float(precision.scenario.mcse[s]))


def _certain(value: float) -> dict[str, Any]:
    names = ("value", "low50", "high50", "low90", "high90")
    return {"measure": "probability", **dict.fromkeys(names, value), "mcse": 0.0, "band_resolved": True}


def _estimated(value: float, band: Bands, place: tuple[int, ...], error: float) -> dict[str, Any]:
    return {
        "measure": "probability",
        "value": value,
        "low50": float(band.low50[place]),
        "high50": float(band.high50[place]),
        "low90": float(band.low90[place]),
        "high90": float(band.high90[place]),
        "mcse": error,
        "band_resolved": bool(band.resolved[place]),
    }


def _series(simulated: Simulated, weighed: Weighed) -> Iterator[dict[str, Any]]:
    moment, stored = simulated.moment, simulated.stored
    years = encode.series_years(moment.board, as_of=moment.day, known_through=moment.known_through)
    for s, name in enumerate(stored.series):
        for y, year in enumerate(years[s]):
            value = stored.share[:, s, y].astype(np.float64)
            if np.isfinite(value).all():
                line = {"subject": name, "group": "series", "deadline": date(year, 12, 31), "state": "open"}
                yield from (line | numbers for numbers in _year(value, weighed.weight, stored.draw))


def _year(value: Float, weight: Float, draw: NDArray[np.int32]) -> Iterator[dict[str, Any]]:
    mean = float((weight * value).sum())
    error = float(np.sqrt((np.bincount(draw, weight * (value - mean)) ** 2).sum()))
    yield {"measure": "mean", "value": mean, "mcse": error}
    middle, low50, high50, low90, high90 = quantiles(value, weight)
    yield {
        "measure": "quantile",
        "value": middle,
        "low50": low50,
        "high50": high50,
        "low90": low90,
        "high90": high90,
    }


def quantiles(value: Float, weight: Float) -> list[float]:
    """Return the weighted quantiles of `LEVELS`: the smallest value with at least that share of the weight below it."""
    order = np.argsort(value)
    reached = np.cumsum(weight[order])
    places = np.searchsorted(reached, np.array(LEVELS) * reached[-1])
    return [float(v) for v in value[order[np.minimum(places, value.size - 1)]]]
