"""Skill, paired: how much less a forecaster lost than a reference on the same questions at the same instants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from forecasts import scoring
from forecasts.score_summary import SEED, WORTH, keep
from forecasts.scored_rows import CROWD, REFERENCES, STATUS_QUO
from models.resampling import Interval, clusters_needed, interval


@dataclass(frozen=True, slots=True)
class Skill:
    """A forecaster and a reference; differences are the reference's loss minus the forecaster's: above 0 is better."""

    forecaster: str
    reference: str
    forecasts: int
    """Forecasts at whose instant the reference stood too."""
    questions: int
    unpaired: int
    """Forecasts without a reference at their instant; they are not in the comparison."""
    brier: float
    brier_reference: float
    """Mean Brier losses: means over questions of means over their paired forecasts."""
    difference: Interval
    """Of mean Brier losses, by cluster; bounds within the -1 to 1 that such a difference can be."""
    log: Interval
    """Of mean log losses, by cluster."""
    more: int | None
    """Further independent questions until a true difference of `WORTH` could be seen; None below two, and while every
    outcome was the same: then whoever leant further that way has won each time, and nothing is known of the rest."""

    @property
    def verdict(self) -> str:
        """What can be said: `better`, `worse`, `not told apart`, or that questions are missing."""
        if self.more is None:
            return "too few questions"
        if self.difference.resolved:
            return "better" if self.difference.mean > 0 else "worse"
        return "not told apart" if self.more == 0 else "too few questions"


def skills(
    rows: pl.DataFrame, *, forecaster: str, references: Iterable[str] = REFERENCES, threads: int = 1
) -> tuple[Skill, ...]:
    """Return the skill of a forecaster against each reference that ever stood beside it; rows of one mode."""
    kept, _ = keep(rows)
    found = (_skill(kept, forecaster, name, threads=threads) for name in references if name != forecaster)
    return tuple(s for s in found if s is not None)


def _skill(kept: pl.DataFrame, forecaster: str, reference: str, *, threads: int) -> Skill | None:
    own = kept.filter((pl.col("forecaster") == forecaster) & pl.col("probability").is_not_null())
    paired = beside(own, kept, reference)
    both = paired.drop_nulls("reference")
    if both.is_empty():
        return None
    p, q, y = (both[name].to_numpy().astype(float) for name in ("probability", "reference", "outcome"))
    losses = both.select("question", "cluster").with_columns(
        own=scoring.brier(p, y),
        other=scoring.brier(q, y),
        log=scoring.log_loss(q, y) - scoring.log_loss(p, y),
    )
    by_question = losses.group_by("question", "cluster").agg(pl.col("own", "other", "log").mean())
    units = by_question.with_columns(gain=pl.col("other") - pl.col("own")).group_by("cluster")
    clusters = units.agg(pl.len(), pl.col("gain", "log").sum(), mean=pl.col("gain").mean()).sort("cluster")
    weight = clusters["len"].to_numpy().astype(float)
    gain, log = (interval(clusters[name].to_numpy(), weight, seed=SEED, threads=threads) for name in ("gain", "log"))
    gain = replace(gain, low=float(np.clip(gain.low, -1, 1)), high=float(np.clip(gain.high, -1, 1)))
    return Skill(
        forecaster=forecaster,
        reference=reference,
        forecasts=both.height,
        questions=by_question.height,
        unpaired=own.height - both.height,
        brier=float(by_question["own"].to_numpy().mean()),
        brier_reference=float(by_question["other"].to_numpy().mean()),
        difference=gain,
        log=log,
        more=_more(clusters["mean"].to_numpy()) if y.min() < y.max() else None,
    )


def _more(means: Any) -> int | None:
    if means.size < 2:
        return None
    needed = clusters_needed(np.array([means.var(ddof=1)]), np.array([means.size]), worth=WORTH)[0]
    return int(max(needed - means.size, 0))


def beside(own: pl.DataFrame, rows: pl.DataFrame, reference: str) -> pl.DataFrame:
    """Return `own` with a column `reference`: what the reference gave to the same question at the same instant.

    That is its newest probability issued by then, of the crowd the newest of any source; null where it had none or had
    withdrawn. The status quo says 0 to everything that would have to happen.
    """
    if reference == STATUS_QUO:
        return own.with_columns(reference=pl.lit(0.0))
    chosen = pl.col("forecaster") == reference
    if reference == CROWD:
        chosen = pl.col("forecaster").str.starts_with(f"{CROWD}:")
    theirs = rows.filter(chosen).select("question", "at", reference="probability").sort("at", maintain_order=True)
    ordered = own.sort("at", maintain_order=True)
    return ordered.join_asof(theirs, on="at", by="question", strategy="backward", check_sortedness=False)


def document(found: Skill) -> Mapping[str, Any]:
    """Return a comparison as JSON fields."""
    known = not np.isnan(found.difference.low)
    return {
        "forecaster": found.forecaster,
        "reference": found.reference,
        "n_forecasts": found.forecasts,
        "n_questions": found.questions,
        "n_independent": found.difference.clusters,
        "unpaired": found.unpaired,
        "brier": found.brier,
        "brier_reference": found.brier_reference,
        "skill": found.difference.mean,
        "low": found.difference.low if known else None,
        "high": found.difference.high if known else None,
        "skill_log": found.log.mean,
        "more_questions": found.more,
        "verdict": found.verdict,
    }
