"""Calibration of issued probabilities as tables: reliability with bands, its parts by lead time, forecaster and time.

A question joins when its scheduled close has passed: one that may end early can only end early with YES. Live and
retrospective rows are never judged together; a frame that mixes them is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecasts.score_summary import BINS, RESAMPLES, SEED, keep
from forecasts.scored_arrays import Issued, arrays
from forecasts.scored_rows import RowsError
from models.reliability import Decomposition, Null, bins_of, decompose, fit, null

Float = NDArray[np.float64]
Int = NDArray[np.int64]

LEVEL = 0.9
"""Probability with which a band holds a calibrated forecaster."""
LEADS = ((0, 30, "up to 30 days"), (30, 90, "31 to 90 days"), (90, 365, "91 to 365 days"), (365, 10**6, "over a year"))
"""Lead times: days left to the scheduled close when it was issued (above the first, at most the second)."""
JUDGED = 50
"""Questions that a bin needs before its band means what it says."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """How issued probabilities compare with what happened."""

    forecasts: int
    questions: int
    clusters: int
    """Independent units: on a board the underlying questions."""
    waiting: int
    """Forecasts of questions whose scheduled close has not passed."""
    parts: Decomposition
    null: Null
    bins: pl.DataFrame
    """low, high, mean, observed, band_low, band_high, n_forecasts, n_questions, mid_p, inside; bins that hold any."""
    curve: pl.DataFrame
    """value, fitted, band_low, band_high: the isotonic fit at up to 101 of its values."""
    histogram: pl.DataFrame
    """low, high, yes, no: how many forecasts of questions that came out so lie in each bin (discrimination)."""


def judged(rows: pl.DataFrame, *, as_of: float) -> Issued | None:
    """Return the rows that may be judged at an instant (seconds) as arrays, None when there are none.

    Raises
    ------
    RowsError
        When live and retrospective rows are mixed.
    """
    modes = rows["mode"].unique()
    if modes.len() > 1:
        raise RowsError("live and retrospective rows are mixed; they are judged apart")
    kept, _ = keep(rows)
    kept = kept.filter(pl.col("probability").is_not_null())
    issued = arrays(kept, as_of=as_of)
    return issued if issued.joins.any() else None


def reliability(rows: pl.DataFrame, *, as_of: float, threads: int = 1) -> Reliability | None:
    """Return the reliability of a frame of scored rows of one mode; None while no question may be judged.

    `as_of` is the instant of judgement in seconds; `threads` change no number. Raises as `judged`.
    """
    issued = judged(rows, as_of=as_of)
    if issued is None:
        return None
    use = issued.joins
    p, y, cluster = issued.p[use], issued.y[use], issued.cluster[use]
    found = fit(p, y)
    drawn = null(found, cluster, edges=BINS, resamples=RESAMPLES, seed=SEED, threads=threads)
    low, high = _band(drawn.curve)
    curve = pl.DataFrame(
        {
            "value": found.value[drawn.shown],
            "fitted": found.fitted[drawn.shown],
            "band_low": low,
            "band_high": high,
        }
    )
    place = bins_of(p, BINS)
    return Reliability(
        forecasts=p.size,
        questions=np.unique(issued.question[use]).size,
        clusters=np.unique(cluster).size,
        waiting=int((~use).sum()),
        parts=decompose(found),
        null=drawn,
        bins=_bins(p, y, question=issued.question[use], place=place, counts=drawn.bins),
        curve=curve,
        histogram=_histogram(y, place),
    )


def _band(curve: NDArray[np.floating]) -> tuple[Float, Float]:
    """Return the pointwise central band over resamples (R, S)."""
    low, high = np.quantile(curve.astype(float), [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return low, high


def _bins(p: Float, y: Float, *, question: Int, place: Int, counts: Int) -> pl.DataFrame:
    """Return the bins that hold forecasts; a bin is inside when the mid-P of its hits lies in the central band.

    mid-P = P(fewer hits) + P(as many) / 2 under the null: without the half, discrete counts would make bands too wide.
    """
    rows = []
    for b in np.unique(place):
        here = place == b
        size, hits = int(here.sum()), float(y[here].sum())
        mid = float((counts[:, b] < hits).mean() + 0.5 * (counts[:, b] == hits).mean())
        low, high = np.quantile(counts[:, b] / size, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        asked = np.unique(question[here]).size
        rows.append(
            {
                "low": float(BINS[b]),
                "high": float(BINS[b + 1]),
                "mean": float(p[here].mean()),
                "observed": hits / size,
                "band_low": float(low),
                "band_high": float(high),
                "n_forecasts": size,
                "n_questions": asked,
                "mid_p": mid,
                "inside": (1 - LEVEL) / 2 <= mid <= (1 + LEVEL) / 2,
            }
        )
    return pl.DataFrame(rows)


def _histogram(y: Float, place: Int) -> pl.DataFrame:
    many = BINS.size - 1
    yes = np.bincount(place[y == 1], minlength=many)
    no = np.bincount(place[y == 0], minlength=many)
    return pl.DataFrame({"low": BINS[:-1], "high": BINS[1:], "yes": yes, "no": no})


def by_lead_time(rows: pl.DataFrame, *, as_of: float, threads: int = 1) -> pl.DataFrame:
    """Return the parts of the Brier score for each class of lead time; columns as `by`."""
    days = (pl.col("closes_at") - pl.col("at")).dt.total_seconds() / 86400
    group: pl.Expr = pl.lit(None, pl.String)
    for low, high, name in LEADS:
        group = pl.when((days > low) & (days <= high)).then(pl.lit(name)).otherwise(group)
    order = [name for *_, name in LEADS]
    table = by(rows.with_columns(group=group), as_of=as_of, threads=threads)
    return table.sort(pl.col("group").replace_strict(order, range(len(order)), return_dtype=pl.Int64))


def by_forecaster(rows: pl.DataFrame, *, as_of: float, threads: int = 1) -> pl.DataFrame:
    """Return the parts of the Brier score for each forecaster; columns as `by`."""
    return by(rows.with_columns(group=pl.col("forecaster")), as_of=as_of, threads=threads)


def by_quarter(rows: pl.DataFrame, *, as_of: float, threads: int = 1) -> pl.DataFrame:
    """Return the parts of the Brier score for each quarter of a year in which it was issued; columns as `by`."""
    at = pl.col("at").dt
    group = pl.concat_str([at.year().cast(pl.String), pl.lit(" Q"), at.quarter().cast(pl.String)])
    return by(rows.with_columns(group=group), as_of=as_of, threads=threads)


PARTS = {
    "group": pl.String,
    "n_forecasts": pl.Int64,
    "n_questions": pl.Int64,
    "brier": pl.Float64,
    "mcb": pl.Float64,
    "mcb_null95": pl.Float64,
    "dsc": pl.Float64,
    "unc": pl.Float64,
}


def by(rows: pl.DataFrame, *, as_of: float, threads: int = 1) -> pl.DataFrame:
    """Return the parts of the Brier score for each value of the column `group`, sorted by it.

    Rows without a group are left out; columns as `PARTS`. Each group has its own null, because a group with few
    questions shows more miscalibration.
    """
    found = []
    for (name,), part in rows.drop_nulls("group").group_by("group"):
        mine = reliability(part.drop("group"), as_of=as_of, threads=threads)
        if mine is not None:
            parts = mine.parts
            sizes = (str(name), mine.forecasts, mine.questions)
            found.append((*sizes, parts.brier, parts.mcb, mine.null.mcb95, parts.dsc, parts.unc))
    return pl.DataFrame(found, schema=PARTS, orient="row").sort("group")


def pit_bands(bins: int, count: int) -> tuple[float, float]:
    """Return how few and how many of `count` probability integral transforms a bin holds, 90 %, if calibrated.

    Each of `bins` equal bins then holds Binomial(count, 1 / bins) of them: forecasts of a number are calibrated when
    the transform is uniform (Gneiting, Balabdaoui and Raftery 2007, JRSS B 69:243).
    """
    from scipy.special import bdtrik

    low, high = (max(0.0, np.ceil(float(bdtrik(q, count, 1 / bins)))) for q in ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return float(low), float(high)
