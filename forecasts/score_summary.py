"""Score a set of issued probabilities: the whole of it, each forecaster, and simple pools of them.

A result names its scoring rule by hash, says how many rows it left out and why, and holds no ranking.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecasts import scoring
from forecasts.pools import NAMES, pool
from forecasts.scored_arrays import Issued
from forecasts.spot_scores import Spot, spot_scores
from models.reliability import Decomposition, Null, decompose, fit, null
from models.resampling import Interval, clusters_needed, interval

Float = NDArray[np.float64]

BINS = np.arange(11) / 10
"""Bounds of the bins in which observed frequencies are shown; .7 is a bound, which `linspace` would miss by a bit."""
RESAMPLES = 1000
SEED = 1
WORTH = 0.02
"""A difference of mean Brier scores that is worth seeing; ranking waits for the questions that this needs."""
DROPPED = ("after resolution", "unresolved", "annulled", "out of range")
"""Reasons that every result lists, even with a count of 0."""


@dataclass(frozen=True, slots=True)
class Losses:
    """Mean losses."""

    brier: float
    log: float


@dataclass(frozen=True, slots=True)
class Summary:
    """How a set of forecasts did."""

    questions: int
    forecasts: int
    clipped: int
    """Forecasts that the log score clips."""
    losses: Losses
    """Means over forecasts."""
    brier_interval: Interval
    log_interval: Interval
    calibration: tuple[Decomposition, Null] | None
    """None while no question may join."""
    waiting: int
    """Forecasts of questions that ended before a deadline that is still to come; not in the calibration."""
    averaged: Averaged | None
    """Time averages; None where no question has times."""
    spot: Spot | None
    """At the lead time asked for; None where none was, or nothing stood then."""
    forecasters: pl.DataFrame
    """The columns of `forecaster_table`."""
    pools: Mapping[str, Losses]


@dataclass(frozen=True, slots=True)
class Averaged:
    """Time-averaged losses: means over pairs of forecaster and question."""

    brier: float
    log: float
    coverage: float
    questions: int
    """Questions whose scheduled life is known."""


def keep(rows: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int]]:
    """Return the rows that can be scored, and how many were left out for each reason.

    Left out are annulled questions, unresolved ones, and rows issued after the outcome was settled.
    """
    after = (pl.col("at") > pl.col("resolved_at")).fill_null(value=False)
    reason = (
        pl.when(pl.col("annulled"))
        .then(pl.lit("annulled"))
        .when(pl.col("outcome").is_null())
        .then(pl.lit("unresolved"))
        .when(after)
        .then(pl.lit("after resolution"))
    )
    marked = rows.with_columns(reason=reason)
    counts = dict(marked.filter(pl.col("reason").is_not_null()).group_by("reason").len().iter_rows())
    kept = marked.filter(pl.col("reason").is_null()).drop("reason")
    return kept, {name: int(counts.get(name, 0)) for name in DROPPED}


def summarise(issued: Issued, *, anonymous: bool = False, lead_days: float | None = None, threads: int = 1) -> Summary:
    """Score everything that was issued; at least one probability is needed.

    `anonymous`: rows name neither forecaster nor time, so that each is a voice of its own; `lead_days`: also score what
    stood so long before each scheduled close; `threads` change no number.
    """
    rows = np.flatnonzero(issued.issued)
    p, y = issued.p[rows], issued.y[rows]
    forecasters = forecaster_table(issued, anonymous=anonymous)
    return Summary(
        questions=np.unique(issued.question[rows]).size,
        forecasts=rows.size,
        clipped=scoring.clipped(p),
        losses=Losses(float(issued.brier[rows].mean()), float(issued.log[rows].mean())),
        brier_interval=clustered(issued.brier[rows], issued.cluster[rows], threads=threads),
        log_interval=clustered(issued.log[rows], issued.cluster[rows], threads=threads),
        calibration=calibration(p, y, cluster=issued.cluster[rows], joins=issued.joins[rows], threads=threads),
        waiting=int((~issued.joins[rows]).sum()),
        averaged=averaged(issued),
        spot=None if lead_days is None else spot_scores(issued, lead_days=lead_days),
        forecasters=forecasters,
        pools=pools(issued, rows if anonymous else issued.last[issued.last >= 0]),
    )


def clustered(score: Float, cluster: NDArray[np.int64], *, threads: int = 1) -> Interval:
    """Return the mean of a score over forecasts with its interval, whole clusters resampled."""
    count = np.bincount(cluster)
    total = np.bincount(cluster, weights=score)
    return interval(total[count > 0], count[count > 0].astype(float), seed=SEED, threads=threads)


def calibration(
    p: Float, y: Float, *, cluster: NDArray[np.int64], joins: NDArray[np.bool_], threads: int
) -> tuple[Decomposition, Null] | None:
    """Return the CORP decomposition and its null, over the forecasts that may join; None when there are none."""
    if not joins.any():
        return None
    found = fit(p[joins], y[joins])
    return decompose(found), null(found, cluster[joins], edges=BINS, resamples=RESAMPLES, seed=SEED, threads=threads)


def averaged(issued: Issued) -> Averaged | None:
    """Return losses averaged over scheduled lives, over all pairs of forecaster and question with a known life."""
    if not issued.timed.any():
        return None
    first = np.unique(issued.pair, return_index=True)[1]
    stood = issued.stood
    scheduled = np.bincount(issued.pair, weights=stood.scheduled)
    life = issued.life[issued.question[first]]
    some = scheduled > 0
    if not some.any():
        return None
    brier = np.bincount(issued.pair, weights=issued.brier * stood.actual)[some] / scheduled[some]
    log = np.bincount(issued.pair, weights=issued.log * stood.actual)[some] / scheduled[some]
    known = issued.timed[issued.question[first]] & (issued.last >= 0)
    coverage = scheduled[known] / (life[known, 1] - life[known, 0])
    return Averaged(float(brier.mean()), float(log.mean()), float(coverage.mean()), int(issued.timed.sum()))


def forecaster_table(issued: Issued, *, anonymous: bool) -> pl.DataFrame:
    """Return one line for each forecaster, sorted by name: means over the forecaster's questions.

    Baseline and peer score are averaged over the scheduled life where it is known, and of the last forecast where it is
    not. `versus_others` is the mean over questions of the others' mean Brier loss minus one's own, on last forecasts
    (above 0 is better), `low` and `high` its 95 % Student-t interval over the `shared` questions, and `more_questions`
    how many more of these it takes until a true difference of `WORTH` could be seen; null below two, and while all of
    them came out the same, when the one who leant further that way has won every time.
    """
    pair, last = issued.pair, issued.last
    first = np.unique(pair, return_index=True)[1]
    question, who = issued.question[first], issued.who[first]
    count = np.bincount(pair, weights=issued.issued)
    per = {name: _divide(np.bincount(pair, weights=getattr(issued, name)), count) for name in ("brier", "log")}
    spot, versus = _against_others(issued, last)
    every = _divide(np.bincount(pair, weights=issued.baseline), count) if anonymous else issued.baseline[last]
    known = issued.timed[question]
    whole = np.where(known, issued.life[question, 1] - issued.life[question, 0], 1.0)
    base = np.bincount(pair, weights=issued.baseline * issued.stood.actual) / whole
    peer = 100 * np.bincount(pair, weights=issued.stood.peer) / whole
    columns = per | {
        "baseline": np.where(known, base, every),
        "peer": np.where(known, peer, spot),
        "spot_peer": spot,
        "versus_others": versus,
    }
    some = last >= 0
    frame = pl.DataFrame(
        {"who": who[some], "n": count[some], "y": issued.y[last[some]], **{k: v[some] for k, v in columns.items()}}
    )
    return _by_forecaster(frame, issued.forecasters)


def _divide(top: Float, bottom: Float) -> Float:
    return np.asarray(np.divide(top, bottom, out=np.full(top.size, np.nan), where=bottom > 0))


def _against_others(issued: Issued, last: NDArray[np.int64]) -> tuple[Float, Float]:
    """Return for each pair its spot peer score and the others' mean Brier loss minus its own; NaN without forecast.

    Somebody alone on a question has a peer score of 0, as Metaculus counts it, and no difference to others.
    """
    rows = last[last >= 0]
    question = issued.question[rows]
    size = len(issued.questions)
    n = np.bincount(question, minlength=size)[question]
    spot, versus = np.full(last.size, np.nan), np.full(last.size, np.nan)
    others = np.maximum(n - 1, 1)
    logs = -issued.log[rows]
    mean_log = (np.bincount(question, weights=logs, minlength=size)[question] - logs) / others
    own = issued.brier[rows]
    mean_brier = (np.bincount(question, weights=own, minlength=size)[question] - own) / others
    spot[last >= 0] = np.where(n > 1, 100 * (logs - mean_log), 0.0)
    versus[last >= 0] = np.where(n > 1, mean_brier - own, np.nan)
    return spot, versus


def _by_forecaster(pairs: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    """Average pairs over each forecaster's questions; peer scores are null for somebody who was always alone."""
    means = ["brier", "log", "baseline", "peer", "spot_peer"]
    pairs = pairs.with_columns(pl.col("versus_others").fill_nan(None))
    table = (
        pairs.group_by("who")
        .agg(
            pl.len().alias("n_questions"),
            pl.col("n").sum().cast(pl.Int64).alias("n_forecasts"),
            pl.col(means).mean(),
            pl.col("versus_others").mean(),
            pl.col("versus_others").var().alias("variance"),
            pl.col("versus_others").count().cast(pl.Int64).alias("shared"),
            (pl.col("y").filter(pl.col("versus_others").is_not_null()).n_unique() > 1).alias("mixed"),
        )
        .sort("who")
    )
    alone = pl.col("shared") == 0
    return table.with_columns(
        pl.Series("forecaster", names, dtype=pl.String).gather(table["who"]),
        pl.when(alone).then(None).otherwise(pl.col("peer")).alias("peer"),
        pl.when(alone).then(None).otherwise(pl.col("spot_peer")).alias("spot_peer"),
        *_how_far_known(table),
    ).select(
        "forecaster", "n_questions", "n_forecasts", *means, "versus_others", "low", "high", "shared", "more_questions"
    )


def _how_far_known(table: pl.DataFrame) -> list[pl.Series]:
    """Return bounds of `versus_others` and the questions that are still needed, null where nothing can be said."""
    from scipy.special import stdtrit

    shared = table["shared"].to_numpy()
    variance = table["variance"].fill_null(0.0).to_numpy()
    known = shared > 1
    reach = stdtrit(np.maximum(shared - 1, 1), 0.975) * np.sqrt(variance / np.maximum(shared, 1))
    middle = table["versus_others"].fill_null(0.0).to_numpy()
    more = np.maximum(clusters_needed(variance, shared, worth=WORTH) - shared, 0)
    more = np.where(table["mixed"].to_numpy(), more, np.nan)
    found = {"low": middle - reach, "high": middle + reach, "more_questions": more}
    columns = [pl.Series(name, np.where(known, value, np.nan)).fill_nan(None) for name, value in found.items()]
    return [*columns[:2], columns[2].cast(pl.Int64)]


def pools(issued: Issued, voices: NDArray[np.int64]) -> dict[str, Losses]:
    """Return the losses of each pool, means over questions; `voices` are the rows that are pooled."""
    question = issued.question[voices]
    pooled = pool(question, issued.p[voices], outcome=issued.y[voices], cluster=issued.cluster[voices])
    y = issued.y[issued.starts[pooled.question]]
    found = {}
    for name in NAMES:
        p = pooled.probability[name]
        found[name] = Losses(float(scoring.brier(p, y).mean()), float(scoring.log_loss(p, y).mean()))
    return found


def document(found: Summary, *, dropped: Mapping[str, int], notes: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a summary as JSON fields; numbers that do not exist are null."""
    parts, under_null = found.calibration or (None, None)
    return {
        "scoring_rule": scoring.rule_hash(),
        "n_questions": found.questions,
        "n_forecasts": found.forecasts,
        "dropped": dict(dropped),
        "clipped": found.clipped,
        "brier": found.losses.brier,
        "brier_interval": _bounds(found.brier_interval),
        "log": found.losses.log,
        "log_interval": _bounds(found.log_interval),
        "mcb": parts and parts.mcb,
        "dsc": parts and parts.dsc,
        "unc": parts and parts.unc,
        "mcb_null95": under_null and under_null.mcb95,
        "not_yet_in_calibration": found.waiting,
        **({"time_averaged": _averages(found.averaged)} if found.averaged else {}),
        **({"spot": asdict(found.spot)} if found.spot else {}),
        "forecasters": found.forecasters.fill_nan(None).to_dicts(),
        "pools": {name: {"brier": v.brier, "log": v.log} for name, v in found.pools.items()},
        "notes": [*notes, *populations(found)],
    }


def populations(found: Summary) -> list[str]:
    """Return a warning where forecasters answered different questions: their mean losses do not compare."""
    if (found.forecasters["n_questions"] == found.questions).all():
        return []
    return ["Forecasters answered different questions: their mean losses do not compare, their peer scores do."]


def _averages(found: Averaged) -> dict[str, float | int]:
    averages = {"brier": found.brier, "log": found.log, "coverage": found.coverage}
    return {**averages, "n_questions": found.questions}


def _bounds(found: Interval) -> list[float] | None:
    return None if np.isnan(found.low) or np.isnan(found.high) else [found.low, found.high]
