"""From "this is what I now believe" to the likelihood ratio that it implies, given everything else.

A ratio on one question multiplies every future by a factor of that question's bucket alone, so in each column the new
probability follows from the shares of the question's buckets under the other evidence: the futures are read once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from forecasts.domain import Effect, Evidence
from forecasts.evaluation import Judged, judge
from forecasts.replay import Moment
from models.evidence import ITEM_CAP
from models.weighing import Sample, shares

Float = NDArray[np.float64]

BISECTIONS = 40
"""Halvings of the log ratio's range: finer than the rounding of the probability."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A draft whose ratio on one question by one deadline is sought, and the board around it."""

    moment: Moment
    others: Sequence[Evidence]
    """Evidence in force beside the draft."""
    draft: Evidence
    place: Effect
    """Question and deadline that the ratio is sought for."""

    def judged(self, log_lr: float) -> Judged:
        """Return the evidence with the draft saying so much."""
        lr = float(np.exp(log_lr))
        key = (self.place.question, self.place.deadline)
        effects = tuple(f for f in self.draft.effects if (f.question, f.deadline) != key)
        item = replace(self.draft, effects=(*effects, replace(self.place, lr=lr, low=lr, high=lr)))
        rest = [e for e in self.others if e.id != item.id]
        return judge(self.moment, evidence=(*rest, item))


def implied_lr(
    moment: Moment, sample: Sample, others: Sequence[Evidence], draft: Evidence, place: Effect, *, target: float
) -> float:
    """Return the likelihood ratio of a draft on one question and deadline that makes its probability the target.

    Parameters
    ----------
    moment, sample
        The board, and its stored futures.
    others
        Evidence in force beside the draft.
    draft
        The report: its grade, story, age and forecaster shrink the ratio as in a preview; its other effects hold.
    place
        Question and deadline of the ratio.
    target
        Wanted probability.

    Raises
    ------
    ValueError
        When the target is not inside (0, 1), the deadline has passed, or no ratio within the cap of one item reaches
        the target; the message names the nearest probability that is reached.
    """
    if not 0.0 < target < 1.0:
        raise ValueError(f"target {target}: a probability inside (0, 1) is needed")
    if place.deadline <= moment.known_through:
        raise ValueError(f"{place.question} by {place.deadline} is past the known day; nothing moves it")
    wanted = _Wanted(moment, others, draft, place)
    curve = _curve(wanted, sample)
    low, high = -ITEM_CAP, ITEM_CAP
    least, most = curve(low), curve(high)
    if not least <= target <= most:
        cap = round(float(np.exp(ITEM_CAP)))
        raise ValueError(
            f"target {target}: ratios from 1/{cap} to {cap} of this report reach {least:.4f} to {most:.4f}"
        )
    for _ in range(BISECTIONS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if curve(middle) < target else (low, middle)
    return float(np.exp((low + high) / 2.0))


def _curve(wanted: _Wanted, sample: Sample) -> Callable[[float], float]:
    """Return the probability as a function of the log ratio."""
    board = wanted.moment.board
    q, g = board.index(wanted.place.question), board.deadlines.index(wanted.place.deadline)
    start = wanted.judged(0.0)
    table = start.table[:, :, : start.design.points]
    share = shares(sample, np.ascontiguousarray(table), np.array([q]), threads=1)[0]
    mass = np.diff(share, axis=0, prepend=0.0, append=1.0)

    def probability(log_lr: float) -> float:
        moved = wanted.judged(log_lr).table[q, :, : start.design.points]
        weight = mass * np.exp(moved - table[q])
        return float((weight[: g + 1].sum(axis=0) / weight.sum(axis=0)).mean())

    return probability
