"""What the shipped classes themselves say about the assumption of one rate for all cases of a class.

The marginal likelihood of a gamma frailty between cases (mean 1, variance v) is worked out on a grid of the rate,
independently of the model: it is where the figures in the docstring of `models.reference_class` come from.
"""

import numpy as np
import pytest
from scipy.special import gammaln, logsumexp

from forecasts.board import load
from forecasts.definition import Board
from forecasts.encode_clock import class_exposure
from forecasts.settings import SHIPPED_BOARDS

LOG_RATE = np.linspace(np.log(1e-5), np.log(50), 3000)


@pytest.fixture(scope="module")
def board() -> Board:
    found, problems = load(SHIPPED_BOARDS / "indivisible-security")
    assert found is not None, problems
    return found


def log_posterior(board: Board, question: str, variance: float) -> np.ndarray:
    """Return the log density of log rate on the grid, not normalised: its sum is the marginal likelihood."""
    cases = [c for c in board.cases if c.question == question]
    y, weight = (np.array(x)[:, None] for x in ([c.events for c in cases], [c.comparability for c in cases]))
    hazard = np.exp(LOG_RATE) * np.array([class_exposure(board, c) for c in cases])[:, None]
    if variance == 0:
        log_likelihood = y * np.log(hazard) - hazard
    else:  # E over u ~ Gamma(1/v, 1/v) of (u H)^y exp(-u H)
        k = 1 / variance
        log_likelihood = (
            gammaln(y + k) - gammaln(k) + y * np.log(hazard * variance) - (y + k) * np.log1p(hazard * variance)
        )
    return (weight * log_likelihood).sum(axis=0) + 0.5 * LOG_RATE - 0.01 * np.exp(LOG_RATE)


def quantiles(board: Board, question: str, variance: float) -> np.ndarray:
    density = log_posterior(board, question, variance)
    mass = np.cumsum(np.exp(density - logsumexp(density)))
    return np.interp([0.05, 0.5, 0.95], mass, LOG_RATE)


def test_spread_between_cases_is_favoured_by_all_classes_together(board: Board) -> None:
    names = sorted({c.question for c in board.cases})
    variances = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
    total = np.array([sum(logsumexp(log_posterior(board, n, v)) for n in names) for v in variances])
    assert variances[int(total.argmax())] in {2.0, 2.5}
    assert total.max() - total[0] == pytest.approx(29.4, abs=0.5)


def test_what_a_spread_of_one_half_would_change(board: Board) -> None:
    plain, spread = (
        np.array([quantiles(board, n, v) for n in sorted({c.question for c in board.cases})]) for v in (0.0, 0.5)
    )
    raised = np.exp(spread[:, 1] - plain[:, 1])
    assert (raised.min(), raised.max()) == pytest.approx((1.16, 3.27), abs=0.02)
    wider = np.diff(spread[:, [0, 2]]) / np.diff(plain[:, [0, 2]])
    assert (wider.min(), wider.max()) == pytest.approx((1.09, 1.47), abs=0.02)
