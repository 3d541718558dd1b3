"""What must hold before a run is published: finite numbers, enough precision, sound weights, no unexplained jump.

Each gate is one line of the snapshot's record: what was measured, its bound, and whether it held. A gate that cannot
be measured has not held.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasts.definition import Board
from models.precision import KHAT_LIMIT, MCSE_LIMIT, MIN_DRAWS, MIN_FUTURES, Precision, khat_bound
from models.weighing import Weighed

Float = NDArray[np.float64]

JUMP_LIMIT = 1.0
"""Largest unexplained move in log-odds (METHODS 10)."""
JUMP_RANGE = 0.01, 0.99
"""A jump counts where either end lies within."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition of publication."""

    name: str
    """`finite`, `precision`, `ess_futures`, `ess_draws`, `khat`, `history_khat`, `history_ess` or `jump`."""
    value: float | None
    """What was measured; None where it is not a finite number."""
    bound: float
    holds: bool
    place: str
    """Where the value was worst, or what else there is to say."""

    def __str__(self) -> str:
        """Return the gate as one line."""
        sign = "holds" if self.holds else "FAILS"
        value = "not a number" if self.value is None else f"{self.value:.4g}"
        return f"{self.name} {sign}: {value} against {self.bound:.4g}{f' ({self.place})' if self.place else ''}"


def precision_gates(board: Board, weighed: Weighed, precision: Precision, *, draws: int) -> list[Gate]:
    """Return the gates of METHODS 4 on weighted futures: every published number is finite and precise enough.

    The weights whose Pareto shape k is judged are those of the `draws`, each the sum over its futures. The bound is the
    largest k for which so many draws are enough, 10^(1 / (1 - k)) of them (Vehtari, Simpson, Gelman, Yao and Gabry
    2024); the cap of .7 is kept for the history weights, which are smoothed. A day known after the known-through day
    gives few futures much weight without harm: error and effective sizes are measured on the same weights.
    """
    names = [f"{q.id} by {d}" for q in board.questions for d in board.deadlines]
    names += [s.id for s in board.scenarios]
    values = np.r_[weighed.probability.ravel(), weighed.scenario]
    errors = np.r_[precision.question.mcse.ravel(), precision.scenario.mcse]
    inside = np.isfinite(values) & (values >= 0.0) & (values <= 1.0) & np.isfinite(errors)
    worst = int(np.argmax(np.where(np.isfinite(errors), errors, np.inf)))
    odd = "" if inside.all() else names[int(np.argmin(inside))]
    return [
        Gate("finite", float(np.count_nonzero(~inside)), 0.0, bool(inside.all()), odd),
        at_most("precision", float(errors[worst]), MCSE_LIMIT, names[worst]),
        at_least("ess_futures", precision.ess_futures, MIN_FUTURES),
        at_least("ess_draws", precision.ess_draws, MIN_DRAWS),
        khat_gate("khat", precision.khat, draws, cap=1.0),
    ]


def history_gates(khat: float, ess: float, *, draws: int) -> list[Gate]:
    """Return the gates on the history weights: k-hat, and an ESS floor because k-hat alone passes at too few draws."""
    return [khat_gate("history_khat", khat, draws), at_least("history_ess", ess, MIN_DRAWS)]


def at_most(name: str, value: float, bound: float, place: str = "") -> Gate:
    """Return a gate that holds for finite values up to the bound."""
    return Gate(name, value if np.isfinite(value) else None, bound, bool(np.isfinite(value) and value <= bound), place)


def at_least(name: str, value: float, bound: float, place: str = "") -> Gate:
    """Return a gate that holds for finite values from the bound on."""
    return Gate(name, value if np.isfinite(value) else None, bound, bool(np.isfinite(value) and value >= bound), place)


def khat_gate(name: str, value: float, count: int, *, cap: float = KHAT_LIMIT) -> Gate:
    """Return the gate on a Pareto shape: below min(1 - 1 / log10(count), cap)."""
    bound = khat_bound(count, cap=cap)
    return Gate(name, value if np.isfinite(value) else None, bound, bool(value < bound), "")


def jump_gate(board: Board, expected: Float, found: Float, *, waived: bool = False) -> Gate:
    """Return the gate on moves that nothing new explains.

    Parameters
    ----------
    board
        Names the places.
    expected
        (Q, G) what survival and fading make of the last published numbers; NaN where it cannot be said.
    found
        (Q, G) what the run found.
    waived
        A person has looked at the jump and confirms it.
    """
    low, high = JUMP_RANGE
    counts = np.isfinite(expected) & (((expected >= low) & (expected <= high)) | ((found >= low) & (found <= high)))
    size = np.zeros_like(found)
    size[counts] = np.abs(log_odds(found[counts]) - log_odds(expected[counts]))
    worst = np.unravel_index(int(np.argmax(size)), size.shape)
    place = f"{board.questions[worst[0]].id} by {board.deadlines[worst[1]]}" if counts.any() else "nothing to compare"
    gate = at_most("jump", float(size.max()), JUMP_LIMIT, place)
    if waived and not gate.holds:
        return Gate("jump", gate.value, gate.bound, True, f"{place}; confirmed by a person")
    return gate


def log_odds(probability: Float) -> Float:
    """Return log-odds, infinite at 0 and 1."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(probability) - np.log1p(-probability))


def failed(gates: Sequence[Gate]) -> list[Gate]:
    """Return the gates that do not hold."""
    return [g for g in gates if not g.holds]
