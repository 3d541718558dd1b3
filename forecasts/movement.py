"""Excess movement: whether a stream of probabilities moves more, or less, than its uncertainty fell.

For updates by Bayes' rule the expected movement equals the expected reduction of uncertainty (Augenblick and Rabin
2021, Quarterly Journal of Economics 136:933, proposition 1): X = sum (p_{t+1} - p_t)^2 - p_0 (1 - p_0) + p_T (1 - p_T)
has mean 0, whatever the outcome and whether or not there is one. Too much movement is overreaction or noise, too little
is underreaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from forecasts.score_summary import SEED
from models.resampling import Interval, interval


@dataclass(frozen=True, slots=True)
class Movement:
    """Excess movement of one forecaster: means over streams, one stream for each question with an update."""

    forecaster: str
    streams: int
    updates: int
    movement: float
    """Mean sum of squared changes."""
    reduction: float
    """Mean fall of p (1 - p) from the first to the last."""
    excess: Interval
    """Movement minus reduction, by cluster."""

    @property
    def z(self) -> float:
        """Excess over its clustered standard error; NaN with fewer than two clusters or without spread."""
        return self.excess.mean / self.excess.se if self.excess.se > 0 else float("nan")


def movements(rows: pl.DataFrame, *, threads: int = 1) -> tuple[Movement, ...]:
    """Return the excess movement of every forecaster who ever updated, by name; rows of one mode, resolved or not.

    A withdrawal ends no stream: the next probability is compared with the last one issued.
    """
    issued = rows.drop_nulls(["probability", "at"]).sort("at", maintain_order=True)
    p = pl.col("probability")
    streams = (
        issued.group_by("forecaster", "question", "cluster")
        .agg(
            (p.diff() ** 2).sum().alias("movement"),
            (p.first() * (1 - p.first()) - p.last() * (1 - p.last())).alias("reduction"),
            (p.len() - 1).alias("updates"),
        )
        .filter(pl.col("updates") > 0)
    )
    parts = streams.partition_by("forecaster", as_dict=True)
    return tuple(_movement(str(name), parts[name,], threads) for name in sorted(n for (n,) in parts))


def _movement(forecaster: str, streams: pl.DataFrame, threads: int) -> Movement:
    clusters = (
        streams.with_columns(excess=pl.col("movement") - pl.col("reduction"))
        .group_by("cluster")
        .agg(pl.len(), pl.col("excess").sum())
        .sort("cluster")
    )
    weight = clusters["len"].to_numpy().astype(float)
    return Movement(
        forecaster=forecaster,
        streams=streams.height,
        updates=int(streams["updates"].sum()),
        movement=float(streams["movement"].to_numpy().mean()),
        reduction=float(streams["reduction"].to_numpy().mean()),
        excess=interval(clusters["excess"].to_numpy(), weight, seed=SEED, threads=threads),
    )


def document(found: Movement) -> Mapping[str, Any]:
    """Return a forecaster's excess movement as JSON fields."""
    return {
        "forecaster": found.forecaster,
        "n_streams": found.streams,
        "n_updates": found.updates,
        "n_independent": found.excess.clusters,
        "movement": found.movement,
        "reduction": found.reduction,
        "excess": found.excess.mean,
        "z": None if np.isnan(found.z) else found.z,
    }
