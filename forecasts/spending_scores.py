"""Scores of forecasts of a number: continuous ranked probability score, coverage, probability integral transform.

Forecasts come as equally likely draws or as a normal law; axis F = forecast, M = draw.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scores:
    """How forecasts did; all (F,)."""

    crps: Float
    """In the unit of the forecast (here log share); smaller is better."""
    pit: Float
    """Probability that the forecast gave to less than what came; uniform when calibrated."""

    def coverage(self, level: float) -> float:
        """Return the share of outcomes inside the central interval of this probability."""
        return float(np.mean(np.abs(self.pit - 0.5) <= level / 2))

    def pit_counts(self, bins: int) -> NDArray[np.int64]:
        """Return how many outcomes fell into each of `bins` equal parts of the forecasts' probability."""
        return np.histogram(self.pit, bins=bins, range=(0.0, 1.0))[0]


def score_draws(draws: Float, outcome: Float) -> Scores:
    """Score draws (M, F) against outcomes (F,).

    CRPS = mean |X - y| - mean |X - X'| / 2 over all pairs, by the sorted sample (Gneiting and Raftery 2007, JASA
    102:359, eq. 21; the sum over pairs as in Jordan, Krueger and Lerch 2019, JSS 90(12), `fair` left out).
    """
    if (
        draws.ndim != 2
        or draws.shape[1:] != outcome.shape
        or not (np.isfinite(draws).all() and np.isfinite(outcome).all())
    ):
        raise ValueError(f"draws {draws.shape}, outcome {outcome.shape}: finite (M, F) and (F,) are needed")
    count = draws.shape[0]
    order = (2.0 * np.arange(1, count + 1) - count - 1)[:, None]
    spread = (order * np.sort(draws, axis=0)).sum(axis=0) / count**2
    below = (draws < outcome).mean(axis=0) + 0.5 * (draws == outcome).mean(axis=0)
    return Scores(np.abs(draws - outcome).mean(axis=0) - spread, below)


def score_normal(mean: Float, sd: Float, outcome: Float) -> Scores:
    """Score normal laws, all (F,).

    CRPS = sd (z (2 Phi(z) - 1) + 2 phi(z) - 1 / sqrt(pi)) (Gneiting and Raftery 2007, eq. 20).
    """
    from scipy.special import ndtr

    if not (np.isfinite(mean).all() and np.isfinite(outcome).all() and (sd > 0).all()):
        raise ValueError("mean and outcome have to be finite and sd above 0")
    z = (outcome - mean) / sd
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return Scores(sd * (z * (2 * ndtr(z) - 1) + 2 * density - 1 / np.sqrt(np.pi)), ndtr(z))
