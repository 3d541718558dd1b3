"""What a sceptic would use instead of the Senate model: three forecasts from the same votes, without shared shocks.

* `base_rate`: every vote is like one of the past: passes as often (one success and one failure added), shares of yeas
  as they were, each senator a yea as often as all were;
* `party_line`: senators of the president's party, of the other and of neither vote yea as often as such senators did,
  independently;
* `logistic`: logistic regression of a yea on ideal point, party and being of the president's party; senators vote
  independently.

All are given the same absences: those of the last votes before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasts.senate_scores import Issued
from models.senate_chamber import consent_of, count_law, yea_law
from models.senate_history import NEITHER, YEA, History

Float = NDArray[np.float64]

NAMES = ("base_rate", "party_line", "logistic")
RECENT = 20
"""Votes before whose absences are taken."""
RIDGE = 1e-6
"""Weight of the squared coefficients: a party that never dissented has no finite estimate without it."""


@dataclass(frozen=True, slots=True)
class Voters:
    """The senators of a vote to be forecast; G in office."""

    president: float
    ideal_point: Float
    side: Float
    voted: NDArray[np.bool_]
    """(G,) who voted, of whom probabilities are asked."""


def forecasts(history: History, coming: Sequence[Voters]) -> Mapping[str, list[Issued]]:
    """Return each sceptic's forecasts of the coming votes from votes known by member."""
    absent = ((history.seats - history.voting) / history.seats)[-RECENT:]
    by_senator = {"party_line": _party_line(history), "logistic": _logistic(history)}
    found = {"base_rate": [_base_rate(history, absent, vote) for vote in coming]}
    for name, rule in by_senator.items():
        found[name] = [_independent(rule.of(vote), absent, vote) for vote in coming]
    return found


def _base_rate(history: History, absent: Float, vote: Voters) -> Issued:
    yeas = history.voting - history.nays
    size = vote.side.size
    counts = np.rint(np.outer(yeas / history.voting, (1 - absent) * size)).astype(int).ravel()
    passed = float(np.sum(yeas >= 2 * history.nays))
    share = float(yeas.sum() / history.voting.sum())
    law = np.bincount(counts, minlength=size + 1) / counts.size
    return Issued((passed + 1) / (yeas.size + 2), law, np.full(int(vote.voted.sum()), share))


def _independent(yea: Float, absent: Float, vote: Voters) -> Issued:
    """Return the forecast of senators who vote independently, each absent as often as in one of the recent votes."""
    nay = np.repeat(1 - yea[None, :], absent.size, axis=0)
    counts = count_law(nay, np.maximum(absent, 1e-6), np.full(absent.size, 1 / absent.size))
    return Issued(consent_of(counts), yea_law(counts), yea[vote.voted])


@dataclass(frozen=True, slots=True)
class _Regression:
    """Log-odds of a yea, linear in features of the senator and the vote."""

    coefficient: Float
    by_ideal_point: bool

    def of(self, vote: Voters) -> Float:
        """Return each senator's probability of a yea, (G,)."""
        features = _features(vote.ideal_point, vote.side, vote.president, by_ideal_point=self.by_ideal_point)
        return 1 / (1 + np.exp(-features @ self.coefficient))


def _party_line(history: History) -> _Regression:
    """Return the shares of yeas of the president's party, of the other and of neither, as a saturated regression."""
    return _fitted(history, by_ideal_point=False)


def _logistic(history: History) -> _Regression:
    return _fitted(history, by_ideal_point=True)


def _features(place: Float, side: Float, president: Float | float, *, by_ideal_point: bool) -> Float:
    """Return the columns of the regression: constant, of the president's party, of no party, and ideal point, party."""
    ours = np.sign(side) * president
    columns = [np.ones_like(side), (ours > 0).astype(float), (side == 0).astype(float)]
    return np.stack([*columns, place, (side > 0).astype(float)] if by_ideal_point else columns, axis=-1)


def _fitted(history: History, *, by_ideal_point: bool) -> _Regression:
    """Return the regression of greatest likelihood (BFGS on the exact gradient; a negligible ridge)."""
    from scipy.optimize import minimize

    m = history.members
    cast = m.vote != NEITHER
    president = np.broadcast_to(history.president[:, None], m.vote.shape)[cast]
    x = _features(m.ideal_point[cast], m.side[cast], president, by_ideal_point=by_ideal_point)
    y = (m.vote[cast] == YEA).astype(float)

    def loss(b: Float) -> tuple[float, Float]:
        log_odds = x @ b
        value = np.logaddexp(0, log_odds).sum() - y @ log_odds + RIDGE * b @ b
        return value / y.size, (x.T @ (1 / (1 + np.exp(-log_odds)) - y) + 2 * RIDGE * b) / y.size

    found = minimize(loss, np.zeros(x.shape[1]), jac=True, method="BFGS", options={"gtol": 1e-8})
    return _Regression(np.asarray(found.x), by_ideal_point)
