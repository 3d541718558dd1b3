"""What a snapshot's pages show of reference classes: before and after their cases, and how long agreements held."""

from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasts import durability_fit
from forecasts.definition import Board, Question
from forecasts.encode_clock import PRIOR_EXPOSURE
from forecasts.parameters import Parameters
from models.durability_curves import HORIZON, Durations, Hazard, kaplan_meier, survival

Float = NDArray[np.float64]

YEARS = np.concatenate([[0.0, 1 / 12, 0.25, 0.5, 0.75], np.arange(1.0, 20.5, 0.5)])
"""Where the curve is drawn: close together early, where it is steep."""
_POINTS = (0.5, 0.05, 0.95)
_BAND = (0.05, 0.25, 0.75, 0.95)


def classes(board: Board, parameters: Parameters) -> dict[str, Any]:
    """Return, by event question with a reference class, `prior` and `posterior` of its rate, each [median, 5 %, 95 %].

    Questions fitted to durations have more: `shape`, `level` (share that ends within five years) and `effects`, before
    and after; `curve`: years, value, low90, low50, high50, high90; and `steps`, years and value of Kaplan and Meier's
    estimate of the cases without any edge's effect.
    """
    found: dict[str, Any] = {}
    for name in parameters.rates.questions:
        rate = np.quantile(parameters.rates.of(name), _POINTS)
        found[name] = {"prior": _numbers(rate_prior(p) for p in _POINTS), "posterior": _numbers(rate)}
    timed = [q for q in board.questions if q.duration is not None]
    return found | {q.id: _durations(board, q, parameters) for q in timed}


def rate_prior(probability: float) -> float:
    """Return a quantile of the class rate's prior, Gamma(1/2, b): Z^2 / (2 b) with Z standard normal."""
    z = NormalDist().inv_cdf((1 + probability) / 2)
    return z**2 / (2 * PRIOR_EXPOSURE)


def _durations(board: Board, question: Question, parameters: Parameters) -> dict[str, Any]:
    file = parameters.fits[question.id]
    law, cases, prior = durability_fit.hazard(file), durability_fit.durations(question), _prior(board, question)
    ended = [1 - survival(h, np.array([HORIZON]), np.zeros(len(cases.effects)))[:, 0] for h in (prior, law)]
    return {
        "prior": _numbers(np.quantile(prior.rate, _POINTS)),
        "posterior": _numbers(np.quantile(law.rate, _POINTS)),
        "shape": _both(prior.shape, law.shape),
        "level": _both(*ended),
        "effects": {
            name: _both(np.exp(prior.log_hr[:, k]), np.exp(law.log_hr[:, k])) for k, name in enumerate(cases.effects)
        },
        "curve": _curve(law, cases),
        "steps": _steps(question, cases),
    }


def _prior(board: Board, question: Question) -> Hazard:
    """Return the prior as stratified draws: one quantity's quantiles beside another's in an order of their own."""
    moments, rng = durability_fit.priors(board, question), np.random.default_rng(1)
    scores = np.array([NormalDist().inv_cdf((i + 0.5) / 2000) for i in range(2000)])
    rows = [moments["log_level"], moments["log_shape"], *moments["effect"].tolist()]
    drawn = [mean + sd * rng.permutation(scores) for mean, sd in rows]
    effects = np.stack(drawn[2:], axis=1) if drawn[2:] else np.zeros((2000, 0))
    return Hazard(drawn[0], np.exp(drawn[1]), effects, None)


def _curve(law: Hazard, cases: Durations) -> dict[str, list[float]]:
    held = survival(law, YEARS, np.zeros(len(cases.effects)))
    low90, low50, high50, high90 = np.quantile(held, _BAND, axis=0)
    columns = {"years": YEARS, "value": held.mean(axis=0), "low90": low90, "low50": low50}
    columns |= {"high50": high50, "high90": high90}
    return {name: _numbers(values) for name, values in columns.items()}


def _steps(question: Question, cases: Durations) -> dict[str, list[float]]:
    """Return Kaplan and Meier's estimate of the cases without any edge's effect, weighted, as far as the curve goes."""
    assert question.duration is not None
    edges = {f for e in question.duration.effects if e.ratio is None for f in e.features}
    bare = np.array([not edges & set(s.features) for s in question.duration.spells])
    if not (bare & cases.ended).any():
        return {"years": [0.0], "value": [1.0]}
    times, values = kaplan_meier(cases.years[bare], cases.ended[bare], weight=cases.weight[bare])
    shown = times <= YEARS[-1]
    return {"years": _numbers([0.0, *times[shown]]), "value": _numbers([1.0, *values[shown]])}


def _both(prior: Float, posterior: Float) -> dict[str, list[float]]:
    return {"prior": _numbers(np.quantile(prior, _POINTS)), "posterior": _numbers(np.quantile(posterior, _POINTS))}


def _numbers(values: Any) -> list[float]:
    return [float(f"{v:.5g}") for v in values]
