"""Isotonic regression by its minimax formula: cubic, plain, and written without the algorithm under test."""

import numpy as np


def isotonic(mean: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return max over i <= k of min over j >= k of the weighted mean of i..j (Robertson, Wright and Dykstra 1988)."""
    total = np.concatenate([[0.0], np.cumsum(mean * weight)])
    mass = np.concatenate([[0.0], np.cumsum(weight)])
    size = mean.size
    return np.array(
        [
            max(min((total[j + 1] - total[i]) / (mass[j + 1] - mass[i]) for j in range(k, size)) for i in range(k + 1))
            for k in range(size)
        ]
    )
