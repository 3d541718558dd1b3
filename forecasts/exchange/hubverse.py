"""A board as a hub of the hubverse: model output (pmf, cdf, quantile, mean, sample), `tasks.json`, and what came of it.

The files of a hub, each at its place: `hub-config/tasks.json` and `admin.json` (schema v6.0.0), in `model-output` one
Parquet file for each round, `model-metadata/<model>.yml` and `target-data/oracle-output.csv`. A round is one snapshot
and has the day of its `as_of` as `origin_date`; where several snapshots share a day, the last one stands. Everything
but the samples is read off the published rows; `hubverse_targets` says what the targets are.

Samples are equally weighted futures, `weighted_futures.resampled`: one index, one future, across all questions and
series. A question that does not happen by the board's horizon has the day after the horizon.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from forecasts.definition import Board
from forecasts.exchange import hubverse_targets as targets
from forecasts.exchange import parquet_files
from forecasts.exchange.hubverse_targets import ENDS, NO, NO_SCENARIO, ORIGIN, QUANTILES, TARGET, WHICH_SCENARIO, YES
from forecasts.instants import to_text
from forecasts.outcomes import Decided
from forecasts.people_forecasts import Pair
from forecasts.replay import day_of
from forecasts.snapshots import Snapshot
from forecasts.weighted_futures import Rows, WeightedFutures
from models.world import NEVER

SCHEMA = "https://raw.githubusercontent.com/hubverse-org/schemas/main/v6.0.0"
"""Where the schemas live that the two configuration files name."""
TEAM = "twixt"
ALWAYS_UTC = "Africa/Abidjan"
"""A zone that the schema of `admin.json` knows and that is UTC all year; `UTC` itself it does not know."""
COLUMNS: dict[str, Any] = {
    ORIGIN: pl.Date,
    TARGET: pl.String,
    ENDS: pl.Date,
    "output_type": pl.String,
    "output_type_id": pl.String,
    "value": pl.Float64,
}
"""Columns of model output, in order."""
_OF_LEVEL = dict(zip(QUANTILES, ("low90", "low50", "value", "high50", "high90"), strict=True))


@dataclass(frozen=True)
class Round:
    """One snapshot as a round of a hub."""

    board: Board
    """The definition that the snapshot was computed under."""
    snapshot: Snapshot
    futures: WeightedFutures | None = None
    rows: Rows | None = None
    """Places of the samples among the futures; None without samples."""
    seed: int = 0
    """With which the samples were drawn."""

    @property
    def origin(self) -> date:
        """The round's day."""
        return day_of(self.snapshot.as_of, self.snapshot.mode)

    @property
    def never(self) -> int:
        """What a sample says of a question that does not happen by the horizon, in days from the origin."""
        return (self.board.horizon - self.origin).days + 1

    @cached_property
    def sampled(self) -> targets.Sampled | None:
        """The samples as their model task says them."""
        if self.futures is None or self.rows is None:
            return None
        days = [targets.days_to(q, never=self.never) for q in self.board.questions]
        levels = [targets.level_in(self.board, name, year) for _, _, name, year in self.futures.coming]
        return targets.Sampled(len(self.rows), (*days, *levels))

    def config(self) -> dict[str, Any]:
        """Return the round's entry in `tasks.json`."""
        told: dict[str, str | int] = {
            "board": self.board.id,
            "snapshot": self.snapshot.id,
            "mode": self.snapshot.mode,
            "as_of": to_text(self.snapshot.as_of),
        }
        if self.rows is not None:
            told |= {"sample_seed": self.seed, "sample_value_of_never": self.never}
        day = self.origin.isoformat()
        return {
            "round_id_from_variable": True,
            "round_id": ORIGIN,
            "model_tasks": targets.model_tasks(self.board, self.snapshot.rows, self.origin, self.sampled),
            "submissions_due": {"start": day, "end": day},
            "last_data_date": self.snapshot.known_through.isoformat(),
            "file_format": ["parquet"],
            "additional_metadata": told,
        }


def last_of_each_day(rounds: Sequence[Round]) -> list[Round]:
    """Return the rounds without those whose day has a later one; `rounds` stand in the order of their instants."""
    return list({r.origin: r for r in rounds}.values())


def files(rounds: Sequence[Round], decided: Mapping[Pair, Decided]) -> Iterator[tuple[str, bytes]]:
    """Give the files of the hub: path below its folder, and content; the same snapshots give the same bytes.

    Parameters
    ----------
    rounds
        One board's, all of one mode, each of a day of its own; at least one.
    decided
        What has been decided on the board (`outcomes.decided`).
    """
    board, mode = rounds[-1].board, rounds[-1].snapshot.mode
    model = model_id(board.id, mode)
    yield "hub-config/tasks.json", _json(tasks(rounds))
    yield "hub-config/admin.json", _json(admin(board))
    yield f"model-metadata/{model}.yml", _json(metadata(rounds[-1]))
    for one in rounds:
        yield f"model-output/{model}/{one.origin}-{model}.parquet", parquet_files.content(model_output(one))
    yield "target-data/oracle-output.csv", oracle(decided).write_csv().encode()


def model_id(board: str, mode: str) -> str:
    """Return the name of the board's numbers as a model: the team's and its own, without signs that a hub refuses."""
    own = re.sub(r"[^A-Za-z0-9_]", "_", board)
    return f"{TEAM}-{own}" if mode == "live" else f"{TEAM}-{own}_{mode}"


def tasks(rounds: Sequence[Round]) -> dict[str, Any]:
    """Return what `tasks.json` says."""
    return {
        "schema_version": f"{SCHEMA}/tasks-schema.json",
        "rounds": [r.config() for r in rounds],
        "output_type_id_datatype": "character",
    }


def admin(board: Board) -> dict[str, Any]:
    """Return what `admin.json` says; contact and repository are for whoever runs the hub to fill in."""
    return {
        "schema_version": f"{SCHEMA}/admin-schema.json",
        "name": board.title,
        "maintainer": TEAM,
        "contact": {},
        "repository": {},
        "file_format": ["parquet"],
        "timezone": ALWAYS_UTC,
    }


def metadata(newest: Round) -> dict[str, Any]:
    """Return what is told of the model; JSON is YAML, which the hub asks for."""
    model = model_id(newest.board.id, newest.snapshot.mode)
    return {
        "team_name": TEAM,
        "team_abbr": TEAM,
        "model_name": newest.board.title,
        "model_abbr": model.removeprefix(f"{TEAM}-"),
        "model_version": str(newest.snapshot.receipt.get("model_version", "")),
        "methods": "All numbers are read off one set of simulated futures, weighted by history and judged evidence.",
    }


def _json(value: object) -> bytes:
    """Return JSON that a person can edit and that is YAML too: escapes for everything beyond ASCII."""
    return f"{json.dumps(value, indent=2, allow_nan=False)}\n".encode("ascii")


def model_output(one: Round) -> pl.DataFrame:
    """Return the round's model output, columns as `COLUMNS`."""
    parts = [pl.DataFrame(list(_lines(one)), schema=COLUMNS, orient="row")]
    if one.futures is not None and one.rows is not None:
        parts.append(_samples(one, one.futures, one.rows))
    return pl.concat(parts)


type _Line = tuple[date, str, date | None, str, str | None, float]


def _lines(one: Round) -> Iterator[_Line]:
    """Give everything but the samples, off the published rows."""
    probability = one.snapshot.rows.filter(pl.col("measure") == "probability")
    for group, lines in (("question", _question), ("overlay", _overlay)):
        for subject, deadline, value in _of(probability, group).iter_rows():
            yield from ((one.origin, *line) for line in lines(subject, deadline, value))
    yield from ((one.origin, *line) for line in _partition(_of(probability, "partition")))
    of_series = one.snapshot.rows.filter((pl.col("group") == "series") & pl.col("measure").is_in(["mean", "quantile"]))
    for row in of_series.iter_rows(named=True):
        yield from ((one.origin, *line) for line in _series(row))


def _of(rows: pl.DataFrame, group: str) -> pl.DataFrame:
    return rows.filter(pl.col("group") == group).select("subject", "deadline", "value")


def _yes_or_no(target: str, ends: date | None, value: float) -> list[tuple[Any, ...]]:
    return [(target, ends, "pmf", NO, 1.0 - value), (target, ends, "pmf", YES, value)]


def _question(subject: str, deadline: date, value: float) -> list[tuple[Any, ...]]:
    by = (f"day of {subject}", None, "cdf", deadline.isoformat(), value)
    return [*_yes_or_no(subject, deadline, value), by]


def _overlay(subject: str, _deadline: None, value: float) -> list[tuple[Any, ...]]:
    return _yes_or_no(f"scenario {subject}", None, value)


def _partition(rows: pl.DataFrame) -> Iterator[tuple[Any, ...]]:
    if not rows.is_empty():
        values = dict(rows.select("subject", "value").iter_rows())
        values[NO_SCENARIO] = max(0.0, 1.0 - sum(values.values()))
        yield from ((WHICH_SCENARIO, None, "pmf", name, value) for name, value in values.items())


def _series(row: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    target, ends = f"level of {row['subject']}", row["deadline"]
    if row["measure"] == "mean":
        yield target, ends, "mean", None, row["value"]
    else:
        yield from ((target, ends, "quantile", repr(level), row[column]) for level, column in _OF_LEVEL.items())


def _samples(one: Round, futures: WeightedFutures, rows: Rows) -> pl.DataFrame:
    """Return the samples, target after target, each with the indices 1, 2, ... of the same futures."""
    since = (one.origin - one.board.opens).days
    day = futures.stored.day[rows].astype(np.int64)
    ahead = np.where(day == NEVER, one.never, day - since).astype(np.float64)
    values = [ahead[:, q] for q in range(ahead.shape[1])]
    values += [futures.stored.share[rows, s, y].astype(np.float64) for s, y, _, _ in futures.coming]
    assert one.sampled is not None
    names = [t.name for t in one.sampled.targets]
    index = [str(i) for i in range(1, len(rows) + 1)]
    columns = {
        TARGET: pl.Series(names).gather(np.repeat(np.arange(len(names)), len(rows))),
        "output_type_id": pl.concat([pl.Series(index)] * len(names)),
        "value": np.concatenate(values),
    }
    constant = {ORIGIN: pl.lit(one.origin), ENDS: pl.lit(None, pl.Date), "output_type": pl.lit("sample")}
    return pl.DataFrame(columns).with_columns(**constant).select(list(COLUMNS))


def oracle(decided: Mapping[Pair, Decided]) -> pl.DataFrame:
    """Return what a model that knew the outcomes would have said, for what is decided and may be scored."""
    rows: list[tuple[Any, ...]] = []
    for (question, deadline), one in decided.items():
        if one.scored:
            rows += _question(question, deadline, float(one.outcome == "yes"))
    schema = {name: kind for name, kind in COLUMNS.items() if name not in {ORIGIN, "value"}}
    return pl.DataFrame(rows, schema=schema | {"oracle_value": pl.Float64}, orient="row")
