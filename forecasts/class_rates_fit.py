"""Fit the class rates of a board: its historical cases, the sampler's settings, and what the receipt tells of them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from forecasts import class_rates
from forecasts.definition import Board
from forecasts.draws_file import DrawsFile
from forecasts.encode_clock import PRIOR_EXPOSURE, class_exposure
from forecasts.recipe import Recipe

if TYPE_CHECKING:
    import pymc as pm

    from models.reference_class import Cases

SAMPLER: Mapping[str, Any] = {"chains": 4, "draws": 2000, "tune": 1000, "target_accept": 0.9, "seed": 20250215}
"""8,000 draws: a run of 48,000 parameter draws reuses each six times, and its error counts them as one."""
BITS = 5
"""An error of 1.6 % at the most, in rates that are known to 20 % at best."""


def recipe(board: Board) -> Recipe:
    """Return what the class rates of a board with cases are sampled from.

    Building the model raises ValueError when a case has an exposure, count or weight that no rate can be fitted to.
    """
    rows = [[c.question, class_exposure(board, c), c.events, c.comparability] for c in board.cases]

    def build() -> "pm.Model":
        from models import reference_class

        return reference_class.build(_cases(board), prior_exposure=PRIOR_EXPOSURE)

    return Recipe(
        model=class_rates.MODEL,
        variant="",
        inputs={"cases": rows, "prior_exposure": PRIOR_EXPOSURE},
        sources=("models/reference_class.py",),
        sampler=SAMPLER,
        build=build,
        units=class_rates.UNITS,
        bits=BITS,
        report=lambda file: {"prior_exposure": PRIOR_EXPOSURE, "cases_alike": _alike(board, file)},
    )


def _cases(board: Board) -> "Cases":
    from models.reference_class import Cases

    questions = tuple(dict.fromkeys(c.question for c in board.cases))
    return Cases(
        questions,
        np.array([questions.index(c.question) for c in board.cases], np.int64),
        np.array([class_exposure(board, c) for c in board.cases], float),
        np.array([c.events for c in board.cases], float),
        np.array([c.comparability for c in board.cases], float),
    )


def _alike(board: Board, file: DrawsFile) -> dict[str, float]:
    """Return, by question, the probability of cases at least as unlike each other as seen under one rate."""
    from models.reference_class import heterogeneity

    cases, luck = _cases(board), np.random.default_rng(SAMPLER["seed"])
    tails = heterogeneity(file.of("rate"), cases, rng=luck)
    return {q: round(float(p), 4) for q, p in zip(cases.questions, tails, strict=True)}
