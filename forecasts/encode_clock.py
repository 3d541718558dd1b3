"""Clocks of class rates: how much exposure a case counts for, and rates carried from one shape of the clock to another.

On the clock `since_enabled` with Weibull shape k the cumulative hazard of t years is rate * t**k, so a case of t years
has the exposure t**k. The class-rate model is fitted at the median of k. Given k, its posterior is Gamma(a, b(k)) and
only b depends on k: a draw times b(median) / b(k) is a draw given k, exactly.
"""

import numpy as np
from numpy.typing import NDArray

from forecasts.definition import Board, Case, Question

Float = NDArray[np.float64]

PRIOR_EXPOSURE = 0.01
"""Years without an event that the prior of a class rate is worth (see `models.reference_class`)."""


def class_exposure(board: Board, case: Case) -> float:
    """Return a case's exposure on its question's clock, at the median of the clock's shape."""
    return float(case.exposure_years ** median_shape(board.question(case.question)))


def median_shape(question: Question) -> float:
    """Return the median Weibull shape of a question's clock; 1 for a constant hazard."""
    return question.shape.median if question.shape and question.clock == "since_enabled" else 1.0


def at_shape(board: Board, question: Question, rate: Float, shape: Float) -> Float:
    """Return (D,) class rates given each draw's shape, from draws given the median shape."""
    if question.shape is None or question.clock == "calendar":
        return rate
    cases = [c for c in board.cases if c.question == question.id]

    def exposure(k: Float) -> Float:
        return sum((c.comparability * c.exposure_years**k for c in cases), np.full(k.shape, PRIOR_EXPOSURE))

    return np.asarray(rate * exposure(np.array([median_shape(question)])) / exposure(shape))
