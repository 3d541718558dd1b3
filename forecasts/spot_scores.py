"""Scores at one instant of each question's life: what stood so long before its scheduled close."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasts.scored_arrays import Issued

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Spot:
    """Mean scores of the forecasts that stood at a lead time: over questions, of means over who stood."""

    lead_days: float
    questions: int
    forecasts: int
    settled: int
    """Questions that had ended by then: nothing stood, and they are not counted."""
    brier: float
    log: float
    baseline: float


def spot_scores(issued: Issued, *, lead_days: float) -> Spot | None:
    """Return the scores of what stood `lead_days` before each scheduled close; None when nothing did.

    Every question is judged at the same distance from its close, so that early and late questions compare; those that
    had ended by then are left out and counted. A question without a known life has no close.
    """
    at = issued.life[:, 1] - lead_days * DAY
    settled = issued.timed & (issued.life[:, 2] < at)
    asked = issued.timed & ~settled
    rows = np.flatnonzero(asked[issued.question] & (issued.at <= at[issued.question]))
    newest = np.full(int(issued.pair.max(initial=-1)) + 1, -1)
    np.maximum.at(newest, issued.pair[rows], rows)
    stood = newest[newest >= 0]
    stood = stood[issued.issued[stood]]
    if not stood.size:
        return None
    question = issued.question[stood]
    count = np.bincount(question)
    answered = count > 0

    def mean(score: np.ndarray) -> float:
        return float((np.bincount(question, weights=score[stood])[answered] / count[answered]).mean())

    return Spot(
        lead_days=lead_days,
        questions=int(answered.sum()),
        forecasts=stood.size,
        settled=int(settled.sum()),
        brier=mean(issued.brier),
        log=mean(issued.log),
        baseline=mean(issued.baseline),
    )
