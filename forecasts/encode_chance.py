"""From judged quantities to stratified draws, each quantity with luck of its own.

Every quantity has a name, and the name keys its stream: adding a question, or drawing in another order, moves no other
quantity's draws. Within a quantity the draws are the D equal-probability mid-quantiles in an order given by its stream
(Latin hypercube; McKay, Beckman and Conover 1979): medians and ranges come out as they were elicited, and the error of
an average is smaller than that of independent draws, never larger to first order.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from forecasts.definition import Elicited

Float = NDArray[np.float64]

RANGE_90 = 2 * NormalDist().inv_cdf(0.95)
"""Width of a normal's 5 to 95 % range in standard deviations."""


def stable_key(*names: str) -> int:
    """Return 64 bits that name something for ever: the same on every machine and in every version."""
    return int.from_bytes(hashlib.sha256("\0".join(names).encode("utf-8")).digest()[:8], "little")


def log_sd(elicited: Elicited) -> float:
    """Return the standard deviation of the log of a positive quantity from its 90 % range."""
    return float(np.log(elicited.high / elicited.low)) / RANGE_90


def logit_sd(elicited: Elicited) -> float:
    """Return the standard deviation of the logit of a probability from its 90 % range."""
    return (logit(elicited.high) - logit(elicited.low)) / RANGE_90


def logit(probability: float) -> float:
    """Return the log-odds of a probability in (0, 1)."""
    return float(np.log(probability / (1 - probability)))


def expit(log_odds: Float) -> Float:
    """Return the probabilities of log-odds."""
    return np.asarray(1 / (1 + np.exp(-log_odds)))


@dataclass(frozen=True, slots=True)
class Chance:
    """Where draws come from: D of them for each name, the same for the same seed."""

    count: int
    """Number of draws D."""
    seed: int

    def __post_init__(self) -> None:
        if self.count < 1 or self.seed < 0:
            raise ValueError(f"{self.count} draws with seed {self.seed}: need at least 1 and a seed of 0 or more")

    def order(self, name: str, size: int) -> NDArray[np.int64]:
        """Return a shuffled 0 .. size - 1."""
        return np.random.Generator(np.random.Philox(stable_key(str(self.seed), name))).permutation(size)

    def normal(self, name: str) -> Float:
        """Return (D,) standard normal draws."""
        return _normal_scores(self.count)[self.order(name, self.count)]

    def uniform(self, name: str) -> Float:
        """Return (D,) uniform draws in (0, 1)."""
        return (self.order(name, self.count) + 0.5) / self.count

    def log_positive(self, elicited: Elicited, name: str) -> Float:
        """Return (D,) logs of a positive quantity: normal about the log of its median."""
        return np.asarray(np.log(elicited.median) + log_sd(elicited) * self.normal(name))

    def positive(self, elicited: Elicited, name: str) -> Float:
        """Return (D,) draws of a positive quantity (log-normal)."""
        return np.asarray(np.exp(self.log_positive(elicited, name)))

    def real(self, elicited: Elicited, name: str) -> Float:
        """Return (D,) draws of a quantity of either sign (normal)."""
        return elicited.median + (elicited.high - elicited.low) / RANGE_90 * self.normal(name)

    def probability(self, elicited: Elicited, name: str) -> Float:
        """Return (D,) draws of a probability (logit-normal)."""
        return expit(logit(elicited.median) + logit_sd(elicited) * self.normal(name))


@lru_cache(maxsize=8)
def _normal_scores(count: int) -> Float:
    """Return the mid-quantiles of a standard normal, rising; exactly antisymmetric, so they average to zero."""
    quantile = NormalDist().inv_cdf
    lower = [quantile((i + 0.5) / count) for i in range(count // 2)]
    middle = [0.0] * (count % 2)
    scores = np.array([*lower, *middle, *(-x for x in reversed(lower))])
    scores.flags.writeable = False
    return scores
