"""The outside view alone: how likely a question is from the cases of its reference class and nothing else.

It is the sceptic's forecast that every skill is measured against: no adjustment, no edges but `requires`, no evidence.
The rate of a class has the posterior Gamma(1/2 + sum of weighted events, exposure), so what has not happened by now
happens within t years with probability 1 - (E / (E + t^k))^a. A question that requires others waits for them: its clock
starts when the first of each group has happened, all taken as independent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from forecasts.definition import Board, Question
from forecasts.encode_clock import PRIOR_EXPOSURE, class_exposure, median_shape

Float = NDArray[np.float64]

YEAR = 365.25
PRIOR_EVENTS = 0.5
"""The Jeffreys prior of a class rate (METHODS 1)."""


@dataclass(frozen=True, slots=True)
class BaseRates:
    """The outside view of a board from a day on."""

    known: date
    """Through this day the history is known."""
    curves: Mapping[str, Float]
    """Question -> (days + 1,) probability of having happened by so many days after `known`; only where cases exist."""

    def probability(self, question: str, deadline: date) -> float | None:
        """Return the probability by a deadline, or None where no class speaks of the question."""
        curve, days = self.curves.get(question), (deadline - self.known).days
        if curve is None:
            return None
        return float(curve[min(max(days, 0), curve.size - 1)])


def base_rates(board: Board, *, known: date, occurred: Mapping[str, date]) -> BaseRates:
    """Return the outside view of every event question that has a reference class.

    Parameters
    ----------
    board
        The definition: cases, clocks and `requires` edges.
    known
        Nothing has happened through this day but what `occurred` says.
    occurred
        Question -> day of its occurrence, for those that happened by `known`.
    """
    days = np.arange((board.horizon - known).days + 1.0)
    curves: dict[str, Float] = {}
    for question in board.questions:
        if question.id in occurred:
            curves[question.id] = np.ones(days.size)
            continue
        enabled = _enabled(board, question, curves, days)
        waiting = _waiting(board, question, days)
        if enabled is not None and waiting is not None:
            curves[question.id] = _by_then(enabled, waiting)
    return BaseRates(known, curves)


def _waiting(board: Board, question: Question, days: Float) -> Float | None:
    """Return (days,) the probability of happening within so many days of the clock, or None without a class."""
    cases = [c for c in board.cases if c.question == question.id]
    if question.kind != "event" or not cases:
        return None
    events = PRIOR_EVENTS + sum(c.comparability * c.events for c in cases)
    exposure = PRIOR_EXPOSURE + sum(c.comparability * class_exposure(board, c) for c in cases)
    spent = (days / YEAR) ** median_shape(question)
    return np.asarray(1 - (exposure / (exposure + spent)) ** events)


def _enabled(board: Board, question: Question, curves: Mapping[str, Float], days: Float) -> Float | None:
    """Return (days,) the probability that all that the question requires has happened; None where a class is missing.

    What had happened by the known day counts from that day: the clock of a base rate starts anew.
    """
    enabled = np.ones(days.size)
    for edge in board.edges:
        if edge.kind == "requires" and edge.child == question.id:
            known = [curves[p] for p in edge.parents if p in curves]
            if not known:
                return None
            enabled = enabled * (1 - np.prod([1 - curve for curve in known], axis=0))
    return enabled


def _by_then(enabled: Float, waiting: Float) -> Float:
    """Return (days,) the probability of having happened: enabled on a day, and then waited long enough."""
    if enabled[0] == 1:
        return waiting
    arrivals, size = np.diff(enabled, prepend=0.0), 2 * enabled.size
    product = np.fft.irfft(np.fft.rfft(arrivals, size) * np.fft.rfft(waiting, size), size)[: enabled.size]
    return np.clip(product, 0.0, 1.0)
