"""What an occurrence sets off: paces, votes, `with` children, levels; and the weight of known days. Compiled.

The arrays are those of `models.pace`.
"""

# ruff: noqa: PLR0917 -- compiled functions take arrays by position

import numpy as np

from models.budgets import exponential, uniform
from models.compiled import lean
from models.pace import (
    CLAMP_SUM,
    CLAMPED,
    DUE,
    ETA,
    EVENT,
    FIXED,
    FORCED,
    FREE,
    HALF_DAY,
    IS_LEVEL,
    IS_VOTE,
    KNOWN_DAY,
    LOG_HR,
    MARK,
    MASS,
    OPEN,
    ORIGIN,
    PACE,
    PULLED,
    PULLING,
    SECOND_RATE,
    SHAPE,
    SHUT,
    SINCE,
    STATUS,
    TILT_SUM,
    UNTIL,
    USED,
    WAIT,
    WHEN,
    WITH_ODDS,
    account,
    gate_open,
    in_force,
    item,
    stream,
    switch_edges,
    switch_gates,
)
from models.structure import (
    GATE,
    JOIN,
    JOIN_START,
    JOINT,
    KIND,
    LEVEL,
    LEVEL_START,
    PERIOD_START,
    PERIODS,
    PULL,
    PULL_START,
    SECOND_GATE,
    SECOND_VOTE,
    SERIES_OF,
    STIR,
    STIR_START,
    TERMS,
    TERMS_START,
    TILTING,
    VOTE,
    VOTE_OF,
    VOTE_QUESTION,
    VOTE_START,
    WITH_CHILD,
)
from models.world import DAYS_PER_YEAR, Float, Int, Int8


@lean
def happen(net: Int, state: Float, queue: Int, q: int, t: float) -> None:
    """Let a question happen at t; its effects are worked out by `settle`."""
    if net[TILTING] and item(net, KIND, q) == EVENT:
        account(net, state, q, t)
    state[WHEN, q] = t
    state[DUE, q] = np.inf
    queue[queue[-1]] = q
    queue[-1] += 1


@lean
def chance(net: Int, state: Float, sums: Float, queue: Int, q: int, odds: float, luck: float, t: float) -> bool:
    """Let a question happen with the given odds, or count them if it is clamped; say whether it is decided."""
    if state[WHEN, q] < np.inf or state[FIXED, q] == FORCED:
        return True
    if not gate_open(net, state, q):
        odds = 0.0
    if state[FIXED, q] == CLAMPED:
        if np.ceil(t) == state[DUE, q]:
            state[MASS, q] = 1.0 - (1.0 - state[MASS, q]) * (1.0 - odds)
        else:
            sums[CLAMP_SUM] += np.log1p(-odds)
        return False
    if luck < odds:
        happen(net, state, queue, q, t)
        return True
    return False


@lean
def gate(net: Int, state: Float, gates: Float, v: int, t: float) -> float:
    """Return the probability that a vote held at t passes: by period (with its president) and class of terms."""
    period, periods = 0, net[PERIODS]
    for p in range(1, periods):
        if item(net, PERIOD_START, v * periods + p) <= np.ceil(t):
            period = p
    first, terms = item(net, TERMS_START, v), 0
    for i in range(first, item(net, TERMS_START, v + 1)):
        if state[WHEN, item(net, TERMS, i)] < np.inf:
            terms += 1 << (i - first)
    return float(gates[v, period, terms])


@lean
def vote_failed(net: Int, state: Float, odds: Float, v: int, t: float, base: np.uint64) -> None:
    """Start the clock of the second vote."""
    q, rate = item(net, VOTE_QUESTION, v), odds[SECOND_RATE, v]
    state[STATUS, q] = OPEN
    state[MARK, q] = t
    if state[FIXED, q] == FREE and rate > 0.0:
        state[DUE, q] = t + exponential(base, stream(net, SECOND_VOTE, v)) / rate * DAYS_PER_YEAR


@lean
def hold_votes(
    net: Int,
    state: Float,
    odds: Float,
    gates: Float,
    sums: Float,
    queue: Int,
    q: int,
    t: float,
    base: np.uint64,
) -> None:
    """Hold the first votes that the occurrence of q triggers."""
    for i in range(item(net, VOTE_START, q), item(net, VOTE_START, q + 1)):
        v = item(net, VOTE, i)
        passes, luck = gate(net, state, gates, v, t), uniform(base, stream(net, GATE, v))
        if not chance(net, state, sums, queue, item(net, VOTE_QUESTION, v), passes, luck, t):
            vote_failed(net, state, odds, v, t, base)


@lean
def current_pull(net: Int, state: Float, ratio: Float, series: int) -> float:
    """Return the sum of the log hazard ratios in force on a series."""
    pull = 0.0
    for i in range(item(net, PULL_START, series), item(net, PULL_START, series + 1)):
        edge = item(net, PULL, i)
        if in_force(net, state, edge):
            pull += ratio[LOG_HR, edge]
    return pull


@lean
def stir_series(net: Int, state: Float, ratio: Float, path: Float, q: int, t: float) -> None:
    """Bring every series whose growth q changes up to date."""
    for i in range(item(net, STIR_START, q), item(net, STIR_START, q + 1)):
        series = item(net, STIR, i)
        path[PULLED, series] += path[PULLING, series] * (t - path[SINCE, series])
        path[SINCE, series] = t
        path[PULLING, series] = current_pull(net, state, ratio, series)


@lean
def join(net: Int, state: Float, odds: Float, sums: Float, queue: Int, q: int, t: float, base: np.uint64) -> None:
    """Let the `with` children of q happen on its day, each with its probability."""
    for i in range(item(net, JOIN_START, q), item(net, JOIN_START, q + 1)):
        w = item(net, JOIN, i)
        luck = uniform(base, stream(net, JOINT, w))
        chance(net, state, sums, queue, item(net, WITH_CHILD, w), odds[WITH_ODDS, w], luck, t)


@lean
def lower_levels(net: Int, state: Float, queue: Int, q: int, t: float) -> None:
    """Let the lower levels of a series happen with a level that was clamped or forced."""
    series = item(net, SERIES_OF, q)
    if series < 0:
        return
    for i in range(item(net, LEVEL_START, series), item(net, LEVEL_START, series + 1)):
        c = item(net, LEVEL, i)
        if c == q:
            return
        if state[WHEN, c] == np.inf and state[FIXED, c] != FORCED:
            happen(net, state, queue, c, t)


@lean
def settle(
    net: Int,
    state: Float,
    ratio: Float,
    active: Int8,
    path: Float,
    odds: Float,
    gates: Float,
    sums: Float,
    queue: Int,
    t: float,
    base: np.uint64,
) -> None:
    """Work out the effects of everything that happened at t, in the order in which it happened."""
    i = 0
    while i < queue[-1]:
        q = queue[i]
        switch_edges(net, state, ratio, active, q, t)
        switch_gates(net, state, q, t, base)
        stir_series(net, state, ratio, path, q, t)
        hold_votes(net, state, odds, gates, sums, queue, q, t, base)
        join(net, state, odds, sums, queue, q, t, base)
        lower_levels(net, state, queue, q, t)
        i += 1
    queue[-1] = 0


@lean
def event_density(net: Int, state: Float, sums: Float, q: int) -> float:
    """Return the hazard per year of a clamped EVENT on its day, and charge the hazard that it survived."""
    day = state[KNOWN_DAY, q]
    account(net, state, q, day)
    sums[CLAMP_SUM] -= state[USED, q]
    if state[STATUS, q] == SHUT:
        return 0.0
    age = max(day - state[ORIGIN, q], HALF_DAY) / DAYS_PER_YEAR
    rate = DAYS_PER_YEAR / state[WAIT, q]
    return float(state[PACE, q] * rate * state[SHAPE, q] * age ** (state[SHAPE, q] - 1.0))


@lean
def second_vote_density(net: Int, state: Float, odds: Float, gates: Float, sums: Float, q: int) -> float:
    """Return the hazard per year that a second vote passes on the known day, and charge the wait for it."""
    if state[STATUS, q] == SHUT:
        return 0.0
    v, day = item(net, VOTE_OF, q), state[KNOWN_DAY, q]
    rate = odds[SECOND_RATE, v]
    sums[CLAMP_SUM] -= rate * (day - state[MARK, q]) / DAYS_PER_YEAR
    return rate * gate(net, state, gates, v, day) if gate_open(net, state, q) else 0.0


@lean
def clamp(net: Int, state: Float, odds: Float, gates: Float, sums: Float, q: int) -> None:
    """Weigh the known day of a clamped EVENT or VOTE: log hazard on the day minus the hazard survived until then.

    A discrete chance of the day counts as if spread over it: m per day is m * 365.25 per year.
    """
    if item(net, KIND, q) == IS_LEVEL:
        return
    if item(net, KIND, q) == EVENT:
        density = event_density(net, state, sums, q)
    else:
        density = second_vote_density(net, state, odds, gates, sums, q)
    sums[CLAMP_SUM] += np.log(state[MASS, q] * DAYS_PER_YEAR + (1.0 - state[MASS, q]) * density)


@lean
def ring(
    net: Int,
    state: Float,
    odds: Float,
    gates: Float,
    sums: Float,
    queue: Int,
    q: int,
    t: float,
    base: np.uint64,
) -> None:
    """Do what is due for q at t: its budget ran out, its known or forced day came, or its second vote is held."""
    if state[FIXED, q] == CLAMPED:
        clamp(net, state, odds, gates, sums, q)
    elif state[FIXED, q] == FREE and item(net, KIND, q) == IS_VOTE:
        v = item(net, VOTE_OF, q)
        state[DUE, q] = np.inf
        luck = uniform(base, stream(net, SECOND_GATE, v))
        chance(net, state, sums, queue, q, gate(net, state, gates, v, t), luck, t)
        return
    elif state[FIXED, q] == FREE and t <= state[UNTIL, q]:
        sums[TILT_SUM] += state[ETA, q]
    happen(net, state, queue, q, t)
