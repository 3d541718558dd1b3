"""Scenarios and questions, each given the other: read off the same weighted futures as every published number."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasts.definition import Board
from forecasts.detail import DIGITS

Weights = NDArray[np.float64]

RAREST = 0.001
"""A condition with less weight than this has too few futures to say anything."""


def scenario_links(
    code: NDArray[np.uint8], weight: Weights, *, board: Board, still_open: Sequence[bool]
) -> dict[str, Any]:
    """Return for each scenario what it goes with and what it hangs on.

    Parameters
    ----------
    code
        (N, Q + S) index of the first deadline not before each question's day; 0 where a scenario holds.
    weight
        (N,) summing to 1.
    still_open
        (Q,) whether a question is open: what has happened tells nothing.

    Returns
    -------
    By scenario id: `questions` {question: probability by its headline deadline, given the scenario} (empty where the
    scenario has less than a thousandth of the weight), and `drivers`, list of `question, p_if_yes, p_if_no`
    (probability of the scenario if the question happens by its headline deadline, and if not), the strongest first.
    """
    happened = _happened(code, board)
    alone = _sums(happened, weight)
    result = {}
    for s, scenario in enumerate(board.scenarios):
        inside = np.where(code[:, len(board.questions) + s] == 0, weight, 0.0)
        both, chance = _sums(happened, inside), float(inside.sum())
        result[scenario.id] = {
            "questions": _given(both, chance, board, still_open),
            "drivers": _drivers(both, chance, alone, board, still_open),
        }
    return result


def _happened(code: NDArray[np.uint8], board: Board) -> NDArray[np.float64]:
    """Return (N, Q) 1 where a question happens by its headline deadline."""
    latest = np.array([board.deadlines.index(q.headline_deadline) for q in board.questions], np.uint8)
    return np.asarray(code[:, : len(board.questions)] <= latest, np.float64)


def _sums(happened: NDArray[np.float64], weight: Weights) -> Weights:
    """Return (Q,) sums of weight; the plain loop of einsum keeps one order of summation for any number of threads."""
    return np.asarray(np.einsum("n,nq->q", weight, happened))


def _given(both: Weights, chance: float, board: Board, still_open: Sequence[bool]) -> dict[str, float]:
    if chance < RAREST:
        return {}
    return {
        q.id: round(min(float(both[i]) / chance, 1.0), DIGITS) for i, q in enumerate(board.questions) if still_open[i]
    }


def _drivers(
    both: Weights, chance: float, alone: Weights, board: Board, still_open: Sequence[bool]
) -> list[dict[str, Any]]:
    rows = []
    for i, question in enumerate(board.questions):
        if still_open[i] and RAREST <= alone[i] <= 1 - RAREST:
            yes, no = both[i] / alone[i], (chance - both[i]) / (1.0 - alone[i])
            pair = {"p_if_yes": _share(yes), "p_if_no": _share(no)}
            rows.append({"question": question.id} | pair)
    return sorted(rows, key=lambda r: -abs(r["p_if_yes"] - r["p_if_no"]))


def _share(value: float) -> float:
    """Return a probability without the rounding of its sums beyond 0 and 1."""
    return round(float(np.clip(value, 0.0, 1.0)), DIGITS)
