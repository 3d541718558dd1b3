"""History, evidence and futures together against two independent answers: quadrature, and a plain PyMC model.

Three events. A happened on day 200; B and C had not by day 600. A and C each multiply the pace of B. Unknown: the rates
of A and B, and A's ratio. One report is three times as likely if B happens by day 1200.
"""

import numpy as np
import pytest

from models.futures import simulate
from models.history import history_log_likelihood
from models.world import Draws, Start, World
from tests.models.boards import YEAR, E, make_draws, make_start, make_world

A_DAY, K, ASKED, TOLD, LR = 200, 600, 1000, 1200, 3.0
MEAN = np.log([0.3, 0.2, 2.0])
SD = np.array([0.6, 0.7, 0.5])
C_RATE, C_RATIO = 0.4, 2.5
DRAWS, PER_DRAW = 100_000, 10


def log_history(theta, exp=np.exp):
    """Return the log likelihood of the history: theta = log rate of A, log rate of B, log ratio of A on B."""
    a, b, ratio = exp(theta[0]), exp(theta[1]), exp(theta[2])
    used = a * A_DAY + b * A_DAY + b * ratio * (K - A_DAY) + C_RATE * K
    return theta[0] - used / YEAR


def by(theta, day: int, exp=np.exp):
    """Return the probability that B happens by a day, given the parameters and the history."""
    b, t = exp(theta[1] + theta[2]), (day - K) / YEAR
    gap = C_RATE + b - C_RATIO * b
    late = C_RATE * (exp(-C_RATIO * b * t) - exp(-(C_RATE + b) * t)) / gap
    return 1.0 - exp(-(C_RATE + b) * t) - late


def quadrature() -> tuple[np.ndarray, float]:
    """Return the posterior means of the parameters and of B by the day asked, by Gauss-Hermite quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    z = np.array(np.meshgrid(nodes, nodes, nodes, indexing="ij")).reshape(3, -1)
    prior = np.prod(np.array(np.meshgrid(weights, weights, weights, indexing="ij")).reshape(3, -1), axis=0)
    theta = MEAN[:, None] + SD[:, None] * z
    history = prior * np.exp(log_history(theta))
    weight = history * (1.0 + (LR - 1.0) * by(theta, TOLD))
    return (theta * weight).sum(axis=1) / weight.sum(), float((history * LR * by(theta, ASKED)).sum() / weight.sum())


def board(theta: np.ndarray) -> tuple[World, Draws, Start]:
    world = make_world([E, E, E], edges=[(0, 1, -1), (2, 1, -1)])
    rate = np.column_stack([np.exp(theta[:, 0]), np.exp(theta[:, 1]), np.full(len(theta), C_RATE)])
    log_hr = np.column_stack([theta[:, 2], np.full(len(theta), np.log(C_RATIO))])
    return world, make_draws(world, len(theta), rate=rate, log_hr=log_hr), make_start(world, K, occurred={0: A_DAY})


def agrees(found: float, error: float, exact: float) -> None:
    assert 0.0 < error < 0.05
    assert abs(found - exact) <= 4.5 * error, (found, error, exact)


def test_weighted_futures_agree_with_quadrature() -> None:
    theta = MEAN + SD * np.random.default_rng(5).standard_normal((DRAWS, 3))
    world, draws, start = board(theta)
    history = np.exp(history_log_likelihood(world, draws, start))
    day = simulate(world, draws, start, horizon=1500, per_draw=PER_DRAW, seed=1).day[:, 1].reshape(DRAWS, PER_DRAW)
    weight = history[:, None] * np.where(day <= TOLD, LR, 1.0)
    mass, total = weight.sum(axis=1), weight.sum()
    parameters, probability = quadrature()
    for i in range(3):
        mean = np.sum(mass * theta[:, i]) / total
        agrees(mean, float(np.sqrt(np.sum((mass * (theta[:, i] - mean)) ** 2))) / total, parameters[i])
    p = np.sum(weight * (day <= ASKED)) / total
    residual = (weight * ((day <= ASKED) - p)).sum(axis=1)
    agrees(p, float(np.sqrt(np.sum(residual**2))) / total, probability)


@pytest.mark.slow
def test_a_plain_pymc_model_agrees_with_quadrature() -> None:
    import arviz as az
    import pymc as pm
    import pytensor.tensor as pt

    with pm.Model():
        theta = pm.Normal("theta", MEAN, SD, shape=3)
        pm.Potential("history", log_history(theta, exp=pt.exp))
        told = by(theta, TOLD, exp=pt.exp)
        pm.Potential("report", pt.log1p((LR - 1.0) * told))
        pm.Deterministic("asked", LR * by(theta, ASKED, exp=pt.exp) / (1.0 + (LR - 1.0) * told))
        options = {"nuts_sampler": "pymc", "progressbar": False, "compute_convergence_checks": False}
        found = pm.sample(2000, tune=1000, chains=4, cores=1, random_seed=3, **options)
    parameters, probability = quadrature()
    assert not np.any(found.sample_stats["diverging"].to_numpy())
    summary = az.summary(found, round_to="none")
    rows = [*(f"theta[{i}]" for i in range(3)), "asked"]
    for name, exact in zip(rows, [*parameters, probability], strict=True):
        assert summary.loc[name, "ess_bulk"] > 400
        agrees(float(summary.loc[name, "mean"]), float(summary.loc[name, "mcse_mean"]), exact)
