"""Issued probabilities as arrays: codes for names, seconds for instants, and everything that stands on each row.

Axes: F = row (an issued probability or a withdrawal), Q = question, C = cluster, W = forecaster ("who").
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecasts.scoring import baseline_score, brier, given, log_loss
from models.standing_kernels import NOBODY, sweep

Float = NDArray[np.float64]
Int = NDArray[np.int64]


@dataclass(frozen=True)
class Issued:
    """Rows that can be scored, sorted by question, then time, then place in the record."""

    questions: tuple[str, ...]
    forecasters: tuple[str, ...]
    question: Int
    """(F,) code, rising."""
    cluster: Int
    """(F,) code."""
    who: Int
    """(F,) code of the forecaster."""
    at: Float
    """(F,) seconds; NaN throughout where the record has no times."""
    p: Float
    """(F,) probability; NaN withdraws."""
    y: Float
    """(F,) outcome, 0 or 1."""
    life: Float
    """(Q, 3) seconds: opened, scheduled close, end of scoring; NaN where a question's life is not known."""
    joins: NDArray[np.bool_]
    """(F,) true where the row may join calibration: not before the deadline of a question that ended early."""

    @cached_property
    def issued(self) -> NDArray[np.bool_]:
        """(F,) true for probabilities, false for withdrawals."""
        return ~np.isnan(self.p)

    @cached_property
    def timed(self) -> NDArray[np.bool_]:
        """(Q,) true where a time average can be taken."""
        return ~np.isnan(self.life).any(axis=1)

    @cached_property
    def brier(self) -> Float:
        """(F,) Brier loss; 0 on withdrawals."""
        return np.where(self.issued, brier(self._filled, self.y), 0.0)

    @cached_property
    def log(self) -> Float:
        """(F,) log loss; 0 on withdrawals."""
        return np.where(self.issued, log_loss(self._filled, self.y), 0.0)

    @cached_property
    def baseline(self) -> Float:
        """(F,) baseline score; 0 on withdrawals."""
        return np.where(self.issued, baseline_score(self._filled, self.y), 0.0)

    @cached_property
    def _filled(self) -> Float:
        return np.where(self.issued, self.p, 0.5)

    @cached_property
    def starts(self) -> Int:
        """(Q + 1,) first row of each question."""
        return np.searchsorted(self.question, np.arange(len(self.questions) + 1))

    @cached_property
    def pair(self) -> Int:
        """(F,) code of (question, forecaster), in the order of those."""
        if len(self.forecasters) == 1:
            return self.question
        return np.asarray(np.unique(self.question * len(self.forecasters) + self.who, return_inverse=True)[1])

    @cached_property
    def last(self) -> Int:
        """(P,) the last row of each (question, forecaster) that is a probability, -1 where there is none."""
        found = np.full(int(self.pair.max(initial=-1)) + 1, -1)
        rows = np.flatnonzero(self.issued)
        np.maximum.at(found, self.pair[rows], rows)
        return found

    @cached_property
    def stood(self) -> Stood:
        """How long each row stood and how it did against the others standing then."""
        scheduled, actual, peer = (np.zeros(self.p.size) for _ in range(3))
        logs = np.where(self.issued, np.log(given(self._filled, self.y)), np.nan)
        sweep(
            self.starts,
            self.who.astype(np.int32),
            self.at,
            self.life,
            logs,
            np.full(len(self.forecasters), NOBODY),
            scheduled,
            actual,
            peer,
        )
        return Stood(scheduled, actual, peer)


@dataclass(frozen=True, slots=True)
class Stood:
    """Time in which each row stood, all (F,); zero for withdrawals and for questions without a known life."""

    scheduled: Float
    """Seconds until the forecaster's next row, at most to the scheduled close."""
    actual: Float
    """Seconds of these before the outcome was settled."""
    peer: Float
    """Peer score integrated over `actual`, nats times seconds."""


def arrays(rows: pl.DataFrame, *, as_of: float | None = None) -> Issued:
    """Return a frame of scored rows, all with an outcome, as arrays.

    `as_of` (seconds) is the instant of judgement: questions whose scheduled close lies after it do not join
    calibration yet, because those that have ended early over-represent YES. None lets every question join. Rows stay
    in the order given where the record has no times.

    Raises
    ------
    ValueError
        When some rows have a time and some have none, or one has no outcome.
    """
    without = rows["at"].null_count()
    if without not in {0, rows.height} or rows["outcome"].null_count():
        raise ValueError(f"{without} of {rows.height} rows have no time, {rows['outcome'].null_count()} no outcome")
    questions, question = _codes(rows["question"])
    forecasters, who = _codes(rows["forecaster"])
    same = rows["cluster"].equals(rows["question"])
    cluster = question if same else _codes(rows["cluster"])[1]
    at = _seconds(rows["at"])
    order = np.argsort(question, kind="stable") if without else np.lexsort((at, question))
    question = question[order]
    opened, closes, resolved = (_seconds(rows[name])[order] for name in ("opened_at", "closes_at", "resolved_at"))
    first = np.searchsorted(question, np.arange(len(questions)))
    life = np.column_stack([opened, closes, np.fmin(resolved, closes)])[first]
    return Issued(
        questions=questions,
        forecasters=forecasters,
        question=question,
        cluster=cluster[order],
        who=who[order],
        at=at[order],
        p=rows["probability"].fill_null(np.nan).to_numpy()[order],
        y=rows["outcome"].to_numpy()[order].astype(float),
        life=np.full(life.shape, np.nan) if without else life,
        joins=np.ones(question.size, bool) if as_of is None else ~(closes > as_of),
    )


def _codes(names: pl.Series) -> tuple[tuple[str, ...], Int]:
    """Return the sorted names and each row's place among them."""
    first = names.cast(pl.Categorical).to_physical().to_numpy().astype(np.int64)
    seen = np.full(int(first.max(initial=-1)) + 1, -1)
    seen[first[::-1]] = np.arange(first.size)[::-1]
    present = np.flatnonzero(seen >= 0)
    words = names.gather(seen[present])
    rank = words.rank("ordinal").to_numpy().astype(np.int64) - 1
    place = np.zeros(seen.size, np.int64)
    place[present] = rank
    return tuple(words.sort().to_list()), place[first]


def _seconds(instants: pl.Series) -> Float:
    """Return instants as seconds since 1970, NaN where there is none."""
    return instants.dt.epoch("us").cast(pl.Float64).fill_null(np.nan).to_numpy() / 1e6
