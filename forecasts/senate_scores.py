"""Scores of forecasts of votes: two thirds met, the number of yeas, each senator.

Axes: V votes, N = senators in office + 1, G senators who voted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasts import scoring
from models import reliability
from models.resampling import Interval, interval

Float = NDArray[np.float64]
Int = NDArray[np.int64]


COPIES = 2000
"""Simulated outcomes of all votes behind the judgement of coverage."""
RANDOMISED = 100
"""Randomisations of the probability integral transform that are averaged."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A forecast of one vote."""

    two_thirds: float
    """Probability of consent."""
    yeas: Float
    """(N,) probability of each number of yeas."""
    member: Float
    """(G,) probability of a yea of each senator who voted, had it been known that they would vote."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one vote."""

    consented: bool
    yeas: int
    member: NDArray[np.bool_]
    """(G,) yea or nay of each senator who voted."""
    cluster: int
    """Code of its day."""


@dataclass(frozen=True, slots=True)
class Scores:
    """How one forecaster did."""

    brier: Float
    """(V,) of two thirds met."""
    log: Float
    """(V,) nats, probabilities clipped as `scoring.CLIP`."""
    clipped: int
    """Probabilities of two thirds that the clip moved."""
    crps: Float
    """(V,) of the number of yeas, in senators."""
    below: Float
    """(V, 2) probability that the forecast gave to fewer yeas than came, and to no more."""
    senator: Float
    """(V,) sum over senators who voted of the log loss."""
    senators: Float
    """(V,) senators who voted."""
    mcb: float
    """Miscalibration of the senators' probabilities: what recalibration would gain in Brier score (CORP)."""

    @property
    def covered(self) -> Float:
        """(V,) chance that the randomised probability integral transform lies in its central 90 %."""
        return _covered(self.below)

    @property
    def senator_log_loss(self) -> float:
        """Mean over all votes cast."""
        return float(self.senator.sum() / self.senators.sum())


def score(forecasts: Sequence[Issued], outcomes: Sequence[Outcome]) -> Scores:
    """Score a forecaster's votes.

    CRPS = sum over k of (P(yeas <= k) - 1[came <= k])^2, the discrete case (Epstein 1969; Gneiting and Raftery 2007,
    JASA 102:359, eq. 20).
    """
    p = np.array([f.two_thirds for f in forecasts])
    y = np.array([o.consented for o in outcomes], float)
    member = np.concatenate([f.member for f in forecasts])
    came = np.concatenate([o.member for o in outcomes]).astype(float)
    each = scoring.log_loss(member, came)
    sizes = [o.member.size for o in outcomes]
    parts = np.split(each, np.cumsum(sizes)[:-1])
    below = np.array([_below(f.yeas, o.yeas) for f, o in zip(forecasts, outcomes, strict=True)])
    return Scores(
        brier=scoring.brier(p, y),
        log=scoring.log_loss(p, y),
        clipped=scoring.clipped(p),
        crps=np.array([crps(f.yeas, o.yeas) for f, o in zip(forecasts, outcomes, strict=True)]),
        below=below,
        senator=np.array([part.sum() for part in parts]),
        senators=np.array(sizes, float),
        mcb=reliability.decompose(reliability.fit(member, came)).mcb,
    )


def crps(law: Float, came: int) -> float:
    """Return the continuous ranked probability score of a law on 0, 1, ... where `came` came."""
    return float(np.sum((np.cumsum(law) - (np.arange(law.size) >= came)) ** 2))


def _below(law: Float, came: int) -> tuple[float, float]:
    cumulative = np.minimum(np.cumsum(law), 1.0)
    return (float(cumulative[came - 1]) if came > 0 else 0.0), float(cumulative[came])


def paired(total: Float, weight: Float, cluster: Int) -> Interval:
    """Return the mean difference of two forecasters' scores with its 95 % interval, whole days drawn together.

    Parameters
    ----------
    total
        (V,) difference of the summed scores; below 0 the first forecaster did better.
    weight
        (V,) scores in each sum.
    cluster
        (V,) code of each vote's day.
    """
    return interval(np.bincount(cluster, weights=total), np.bincount(cluster, weights=weight))


@dataclass(frozen=True, slots=True)
class Coverage:
    """Whether the numbers of yeas came as often where they were forecast as they should: days as clusters."""

    share: float
    """Mean chance of lying in the central 90 %."""
    p_share: float
    """Probability of a share this far from .9 if the forecasts are right (two-sided)."""
    p_uniform: float
    """Probability of randomised transforms as far from uniform (Cramer and von Mises) if the forecasts are right."""


def coverage(scores: Scores, laws: Sequence[Float], cluster: Int, *, rng: np.random.Generator) -> Coverage:
    """Judge the calibration of the numbers of yeas by the randomised probability integral transform.

    What would be seen if the forecasts were right is simulated: each day has one uniform number that all its votes
    share, which is as dependent as they can be, and each vote's outcome is that quantile of its law. Data and
    simulations are judged alike, averaged over the luck of the randomisation.

    Parameters
    ----------
    scores, laws, cluster
        Scores, each vote's law of the number of yeas, and (V,) code of each vote's day.
    rng
        Luck of the simulation and of the randomisation.
    """
    quantile = rng.random((COPIES, int(cluster.max()) + 1))[:, cluster]
    null = np.empty((COPIES, cluster.size, 2))
    for v, law in enumerate(laws):
        edges = np.r_[0.0, np.minimum(np.cumsum(law), 1.0)]
        came = np.clip(np.searchsorted(edges, quantile[:, v], side="right"), 1, law.size)
        null[:, v] = np.stack([edges[came - 1], edges[came]], axis=1)
    share, shares = float(_covered(scores.below).mean()), _covered(null).mean(axis=1)
    luck = rng.random((RANDOMISED, cluster.size))
    distance = _distance(scores.below[None], luck)[0]
    return Coverage(
        share=share,
        p_share=float(np.mean(np.abs(shares - shares.mean()) >= abs(share - shares.mean()) - 1e-12)),
        p_uniform=float(np.mean(_distance(null, luck) >= distance - 1e-12)),
    )


def _covered(below: Float) -> Float:
    """Return the share of each jump (..., 2) that lies in the central 90 %."""
    low, high = below[..., 0], below[..., 1]
    inside = np.minimum(high, 0.95) - np.maximum(low, 0.05)
    return np.asarray(np.clip(inside, 0, None) / np.maximum(high - low, 1e-12))


def _distance(below: Float, luck: Float) -> Float:
    """Return Cramer and von Mises's distance from uniform, the mean over randomisations (M, V), of jumps (R, V, 2)."""
    count = below.shape[1]
    ranks = (2 * np.arange(1, count + 1) - 1) / (2 * count)
    total = np.zeros(below.shape[0])
    for own in luck:
        transforms = np.sort(below[..., 0] + (below[..., 1] - below[..., 0]) * own, axis=1)
        total += np.sum((transforms - ranks) ** 2, axis=1) + 1 / (12 * count)
    return np.asarray(total / luck.shape[0])
