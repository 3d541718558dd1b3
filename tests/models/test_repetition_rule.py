"""Why repetition matters (METHODS 4): a simulated judge of correlated reports, scored with the rule that ships."""

import numpy as np
import pytest

from models.evidence import tables
from tests.models.evidence_cases import GRID, items, plain

CASES, REPORTS, BASE = 20_000, 8, 0.2
SHIFT = 0.6
"""Distance of a report's mean between YES and NO, in its standard deviations."""


def simulate(correlation: float) -> tuple[np.ndarray, np.ndarray]:
    """Return outcomes (cases,) and each report's own log likelihood ratio (cases, reports)."""
    rng = np.random.default_rng(1)
    outcome = rng.random(CASES) < BASE
    shared = np.sqrt(correlation) * rng.normal(size=(CASES, 1))
    noise = shared + np.sqrt(1 - correlation) * rng.normal(size=(CASES, REPORTS))
    # Normal(+-SHIFT / 2, 1): the log likelihood ratio of x is SHIFT * x
    return outcome, SHIFT * (np.where(outcome, 1, -1)[:, None] * SHIFT / 2 + noise)


def brier(outcome: np.ndarray, log_ratio: np.ndarray) -> float:
    """Return the mean Brier score (0 to 1) of the base rate moved by a log ratio."""
    p = 1 / (1 + (1 - BASE) / BASE * np.exp(-log_ratio))
    return float(np.mean((p - outcome) ** 2))


def shipped(reports: np.ndarray) -> np.ndarray:
    """Return the table's sum for one thread of reports per case; each case is a question of its own."""
    rows = [{"log_lr": float(x), "question": q, "thread": q} for q, case in enumerate(reports) for x in case]
    return tables(items(*rows), plain(0.5), grid=GRID, questions=len(reports), known=0)[:, 0, 0]


def test_brier_scores() -> None:
    outcome, independent = simulate(0.0)
    same_outcome, repeated = simulate(0.5)
    assert (outcome == same_outcome).all()
    base = brier(outcome, np.zeros(CASES))
    naive = brier(outcome, repeated.sum(axis=1))
    ours = brier(outcome, shipped(repeated))
    # the exact posterior under correlation r divides the sum of n reports by 1 + (n - 1) r = 4.5
    ideal = brier(outcome, repeated.sum(axis=1) / 4.5)
    assert base == pytest.approx(0.160, abs=0.003)
    assert brier(outcome, independent.sum(axis=1)) == pytest.approx(0.098, abs=0.003)
    assert naive == pytest.approx(0.211, abs=0.004)
    assert ideal == pytest.approx(0.144, abs=0.003)
    # measured .154: most of what naive adding loses is won back, and reports still beat the base rate
    assert ideal < ours < base < naive
    assert naive - ours > 0.75 * (naive - ideal)
