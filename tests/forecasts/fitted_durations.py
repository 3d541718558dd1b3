"""Draws of durations without a sampler: importance resampling from a Student-t about the posterior's mode.

An oracle for the sampled fit, and what stands in for it where a test needs draws and no sampler.
"""

import numpy as np
from scipy import optimize, stats

from forecasts import durability_fit
from forecasts.definition import Board, Question
from forecasts.draws_file import DrawsFile, Variable
from models.durability_curves import Hazard, log_likelihood

PROPOSALS = 40_000


def posterior(board: Board, question: Question, *, rows: int, seed: int = 1) -> tuple[Hazard, float]:
    """Return `rows` draws of the posterior, and the effective number of proposals behind them."""
    cases, prior = durability_fit.durations(question), durability_fit.priors(board, question)
    moments = np.array([prior["log_level"], prior["log_shape"], *prior["effect"].tolist()])

    def log_density(points: np.ndarray) -> np.ndarray:
        own = stats.norm.logpdf(points, moments[:, 0], moments[:, 1]).sum(axis=1)
        return own + (cases.weight * log_likelihood(law_of(points), cases)).sum(axis=1)

    mode = optimize.minimize(lambda p: -float(log_density(p[None])[0]), moments[:, 0])
    spread = stats.multivariate_t(mode.x, 1.3 * (mode.hess_inv + mode.hess_inv.T) / 2, df=6, seed=seed)
    points = spread.rvs(PROPOSALS)
    log_weight = log_density(points) - spread.logpdf(points)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    chosen = np.random.default_rng(seed).choice(PROPOSALS, rows, p=weight)
    return law_of(points[chosen]), float(1 / np.sum(weight**2))


def law_of(points: np.ndarray) -> Hazard:
    """Return the law of points (D, 2 + K): log level, log shape, effects."""
    return Hazard(points[:, 0], np.exp(points[:, 1]), points[:, 2:], None)


def file_of(board: Board, question: Question, *, rows: int = 3000, seed: int = 1) -> DrawsFile:
    """Return draws as the catalogue keeps them."""
    law, _ = posterior(board, question, rows=rows, seed=seed)
    wanted, cases = durability_fit.recipe(board, question), durability_fit.durations(question)
    values = {"log_level": law.log_level, "shape": law.shape, "log_hr": law.log_hr}
    variables = {
        name: Variable(
            ("effect",) if name == "log_hr" else (),
            v.reshape(4, rows // 4, *v.shape[1:]).astype(np.float32),
            durability_fit.UNITS[name],
        )
        for name, v in values.items()
    }
    receipt = {"model": wanted.model, "cases_alike": durability_fit.alike(law, cases, seed=seed)}
    return DrawsFile(wanted.model, wanted.input_hash, {"effect": cases.effects}, variables, receipt)
