"""What the board has learned about its own claims: each edge's hazard ratio before and after, and how much that is.

Before: as it was elicited. After: the draws of the run, weighted by what each explains of history and evidence; where
an edge was fitted with the cases of its child, those draws already know the cases. How much was learned is the
Kullback-Leibler divergence of the later from the earlier distribution of the log ratio, in bits, both taken as normal
(the earlier one is): a move by 1.2 standard deviations is one bit, half the width is about half a bit.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasts.definition import Board, Edge, Elicited
from forecasts.encode_chance import Chance, log_sd
from forecasts.encode_draws import edge_draws
from forecasts.encode_world import edges_of
from forecasts.evaluation import Simulated
from forecasts.parameters import Parameters
from models.weighing import Weighed

Float = NDArray[np.float64]

DIGITS = 6
_POINTS = (0.5, 0.05, 0.95)
_SHAPE_DRAWS = 10_000
"""Draws from which ranges and widths are read; probabilities are taken from all."""


def edge_reports(simulated: Simulated, weighed: Weighed, parameters: Parameters) -> list[dict[str, Any]]:
    """Return one report for each hazard-ratio edge, in board order.

    Keys: `parent`, `child`, `fitted` (with the cases of the child), `prior` and `posterior` (each `median`, `low`,
    `high` of the ratio and `above_one`, the probability that it is above 1), `bits`, `sd_ratio` (of the log ratio,
    after to before) and `mcse` (standard error of the later `above_one`).
    """
    board, effort = simulated.moment.board, simulated.effort
    mass = np.bincount(simulated.stored.draw, weights=weighed.weight, minlength=effort.draws)
    chance = Chance(effort.draws, effort.seed)
    drawn = edge_draws(board, parameters, chance)
    clusters = parameters.clusters(chance)
    return [_report(board, e, drawn[e.parents[0], e.child], mass, clusters) for e in edges_of(board, "hazard_ratio")]


def _report(board: Board, edge: Edge, log_hr: Float, mass: Float, clusters: NDArray[np.int64]) -> dict[str, Any]:
    assert edge.hazard_ratio is not None  # `edge_draws` has refused an edge without one
    fitted = board.question(edge.child).duration
    above = float(mass @ (log_hr > 0))
    some = slice(None, None, max(1, log_hr.size // _SHAPE_DRAWS))
    values, weight = log_hr[some], mass[some] / mass[some].sum()
    residual = np.bincount(clusters, weights=mass * ((log_hr > 0) - above))
    return {
        "parent": edge.parents[0],
        "child": edge.child,
        "fitted": fitted is not None and edge.parents[0] in {e.name for e in fitted.effects if e.ratio is None},
        "prior": before(edge.hazard_ratio),
        "posterior": _plain(np.exp(weighted_quantiles(values, weight, _POINTS)), above),
        **learned(edge.hazard_ratio, values, weight),
        "mcse": round(float(np.sqrt(np.sum(residual**2))), DIGITS),
    }


def before(ratio: Elicited) -> dict[str, float]:
    """Return an elicited ratio in the words of a report."""
    sd, median = log_sd(ratio), float(np.log(ratio.median))
    above = 0.5 if median == 0 else _above_zero(median, sd)
    return _plain(np.exp(median + sd * np.array([0.0, -1.6448536, 1.6448536])), above)


def _above_zero(mean: float, sd: float) -> float:
    from statistics import NormalDist

    return 1 - NormalDist(mean, sd).cdf(0.0) if sd > 0 else float(mean > 0)


def learned(ratio: Elicited, log_hr: Float, mass: Float) -> dict[str, float]:
    """Return how far the weighted draws of a log ratio have come from what was elicited: bits, and ratio of widths."""
    sd = log_sd(ratio)
    mean = float(mass @ log_hr)
    after = float(np.sqrt(mass @ (log_hr - mean) ** 2))
    if sd == 0 or after == 0:  # a ratio that was given as certain cannot be learned about
        return {"bits": 0.0, "sd_ratio": 1.0}
    shift = (mean - np.log(ratio.median)) / sd
    nats = np.log(sd / after) + ((after / sd) ** 2 + shift**2 - 1) / 2
    return {"bits": round(float(nats / np.log(2)), DIGITS), "sd_ratio": round(after / sd, DIGITS)}


def weighted_quantiles(values: Float, weight: Float, points: tuple[float, ...]) -> Float:
    """Return quantiles of weighted values: the smallest value below or at which so much of the weight lies."""
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(weight[order])
    at = np.searchsorted(cumulated, np.array(points) * cumulated[-1])
    return np.asarray(values[order][np.minimum(at, values.size - 1)], float)


def _plain(numbers: Float, above: float) -> dict[str, float]:
    median, low, high = (float(f"{v:.6g}") for v in numbers)
    return {"median": median, "low": low, "high": high, "above_one": round(above, DIGITS)}
