"""The arrays that the simulation kernel reads: a board's structure, its parameter draws, its known past.

Time is in days since the board opened: an event in the interval (k - 1, k] has day k, a deadline of day h includes
its whole day, and a board known through day K is simulated from t = K. Rates are per year of 365.25 days.

Axes: D draws, Q questions, E hazard-ratio edges, W `with` edges, G `requires` groups, V votes, P periods of the
deciding body, C classes of terms, S series, Y publications of a series, X scheduled events.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

NEVER = 32767
"""The day of an event that does not happen by the horizon (the largest int16)."""

DAYS_PER_YEAR = 365.25

Int = NDArray[np.int64]
Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]
Key = NDArray[np.uint64]
Float = NDArray[np.float64]


class Kind(IntEnum):
    """How a question is decided."""

    EVENT = 0
    VOTE = 1
    LEVEL = 2


@dataclass(frozen=True, slots=True)
class World:
    """Structure of a board, the same for every draw. Questions are in an order with parents of `requires` first."""

    key: Key
    """(Q,) stable key of each question's luck: the same question has the same luck on every board version."""
    kind: Int8
    """(Q,) a `Kind`."""
    own_clock: NDArray[np.bool_]
    """(Q,) the hazard runs on time since the question's `requires` were first met, not on calendar time."""
    edge_parent: Int
    """(E,) question whose occurrence multiplies the child's pace by exp(log_hr)."""
    edge_child: Int
    """(E,) an EVENT (its hazard) or a LEVEL (the log growth of its series)."""
    edge_until: Int
    """(E,) question whose occurrence ends the effect, or -1."""
    requires_child: Int
    """(G,) the child of each group: it cannot happen before one member of every one of its groups has."""
    requires_start: Int
    """(G + 1,) offsets into requires_member."""
    requires_member: Int
    """(sum of group sizes,) questions."""
    ends_parent: Int
    """(number of `ends` edges,) after this question has happened ..."""
    ends_child: Int
    """(number of `ends` edges,) ... this one can no longer happen."""
    with_parent: Int
    """(W,) on the day this question happens ..."""
    with_child: Int
    """(W,) ... this one happens too with probability `with_probability`."""
    vote_question: Int
    """(V,) questions of kind VOTE, decided on the day of their trigger."""
    vote_trigger: Int
    """(V,) the question whose occurrence is the (first) vote."""
    period_start: Int
    """(V, P) first day of each period of the deciding body, rising; the first is <= 0, padded with NEVER."""
    terms_start: Int
    """(V + 1,) offsets into terms_member."""
    terms_member: Int
    """Questions that set the class of terms: bit i of the class is set where the i-th member has happened."""
    level_question: Int
    """(number of levels,) questions of kind LEVEL."""
    level_series: Int
    """(number of levels,) the series that decides each."""
    level_log: Float
    """(number of levels,) log of the smallest value that counts as the level at the printed precision."""
    walked: Float
    """(S, Y, K) rising knots of the log that the kernel walks at each publication ..."""
    printed: Float
    """(S, Y, K) ... and of the log that is printed there; linear between them, at a constant distance beyond; with
    K = 0 what is walked is printed."""
    series_key: Key
    """(S,) stable key of each series' innovations."""
    publication_day: Int
    """(S, Y) days of the coming yearly publications, rising, all after the start day; padded with NEVER."""
    last_publication: Int
    """(S,) day of the publication that the state (`log_share`, `growth`) refers to; may be negative."""
    scheduled_question: Int
    """(X,) a question that is decided on a known day: it happens then or the schedule has passed ..."""
    scheduled_day: Int
    """(X,) ... that day (after the start day) ..."""
    scheduled_key: Key
    """(X,) ... with its own luck."""

    @property
    def questions(self) -> int:
        """Number of questions Q."""
        return int(self.key.size)


@dataclass(frozen=True, slots=True)
class Draws:
    """Joint parameter draws, axis 0 = draw. Frailties are already inside `rate` and `gate`."""

    rate: Float
    """(D, Q) cumulative hazard of the first year on the question's clock, before any parent: H(t) = rate * t**shape."""
    shape: Float
    """(D, Q) Weibull shape of the clock; 1 is a constant hazard (and then `rate` is the hazard per year)."""
    log_hr: Float
    """(D, E) log hazard ratio of each edge."""
    with_probability: Float
    """(D, W) probability that the child happens on the parent's day."""
    gate: Float
    """(D, V, P, 2, C) probability that the vote passes, by period, president's party and class of terms."""
    president: Int8
    """(D, V, P) the president's party in each period: 0 or 1."""
    second_vote_rate: Float
    """(D, V) hazard per year of a second vote after a failed first one."""
    log_share: Float
    """(D, S) log of the series at its last publication (series in percent: log of the percentage)."""
    growth: Float
    """(D, S) log growth per year at that publication."""
    damping: Float
    """(D, S) factor on the growth from one yearly publication to the next."""
    growth_sd: Float
    """(D, S) standard deviation of the innovation of the growth at each publication, felt from that one on."""
    noise_sd: Float
    """(D, S) standard deviation of the innovation of the log share at each publication."""
    response: Float
    """(D, S) log growth per year added per unit of log hazard ratio in force."""
    scheduled_probability: Float
    """(D, X) probability that the scheduled event happens on its day."""

    @property
    def count(self) -> int:
        """Number of draws D."""
        return int(self.rate.shape[0])


@dataclass(frozen=True, slots=True)
class Start:
    """What is known when the futures begin."""

    day: int
    """K, the day through which the board's status is known."""
    occurred: Int16
    """(Q,) day of each question that happened by K (may be negative), else NEVER."""
    clamped: Int16
    """(Q,) day after K on which the question is known to have happened, else NEVER."""
