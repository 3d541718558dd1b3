"""How well forecasts said *when*: restricted CRPS from the probabilities issued for a question's deadlines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from forecasts.score_summary import SEED, keep
from forecasts.scoring import restricted_crps
from models.resampling import Interval, interval


@dataclass(frozen=True, slots=True)
class Timing:
    """Restricted CRPS of one forecaster: a mean over questions of means over instants, 0 to 1, smaller is better."""

    forecaster: str
    instants: int
    skipped: int
    """Instants at which a later deadline had a smaller chance than an earlier one: no distribution, not scored."""
    crps: Interval


def timings(rows: pl.DataFrame, *, as_of: float, threads: int = 1) -> tuple[Timing, ...]:
    """Return each forecaster's score for when things happened, by name; rows of one mode with several deadlines.

    A forecast at an instant is the rising line through 0 at the instant itself and the probabilities of the deadlines
    that have passed at `as_of` (seconds); the last of these is the censoring time, which does not know the outcome.
    """
    kept, _ = keep(rows)
    passed = pl.col("closes_at").dt.epoch("us") <= as_of * 1e6
    usable = kept.filter(passed & pl.col("probability").is_not_null() & (pl.col("at") < pl.col("closes_at")))
    curves = (
        usable.sort("closes_at")
        .unique(["forecaster", "cluster", "at", "closes_at"], keep="last", maintain_order=True)
        .group_by("forecaster", "cluster", "at", maintain_order=True)
        .agg("closes_at", "probability", pl.col("resolved_at").filter(pl.col("outcome") == 1).min().alias("happened"))
        .filter(pl.col("closes_at").list.len() > 1)
        .sort("forecaster", "cluster", "at")
    )
    scores = [_score(row) for row in curves.iter_rows(named=True)]
    scored = curves.select("forecaster", "cluster").with_columns(pl.Series("score", scores, pl.Float64))
    return tuple(
        _timing(str(name), part, threads) for (name,), part in scored.group_by("forecaster", maintain_order=True)
    )


def _score(row: dict[str, Any]) -> float | None:
    at, happened = row["at"], row["happened"]
    days = np.array([0.0, *((day - at).total_seconds() / 86400 for day in row["closes_at"])])
    cdf = np.array([0.0, *row["probability"]])
    if (np.diff(cdf) < 0).any():
        return None
    return restricted_crps(days, cdf, occurred=None if happened is None else (happened - at).total_seconds() / 86400)


def _timing(forecaster: str, part: pl.DataFrame, threads: int) -> Timing:
    clusters = part.drop_nulls("score").group_by("cluster").agg(pl.col("score").mean()).sort("cluster")
    values = clusters["score"].to_numpy()
    found = interval(values, np.ones(values.size), seed=SEED, threads=threads)
    return Timing(forecaster, part["score"].count(), part["score"].null_count(), found)
