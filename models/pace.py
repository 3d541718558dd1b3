"""The pace of events: clocks, gates, and the hazard ratios in force. Compiled.

Times are days since the board opened, continuous; `inf` is never. "Clock" is the integrated hazard of a question
before its parents: `rate * age ** shape` with age in years, times exp(eta) until the tilt ends. "Pace" is the product
of the hazard ratios in force, 0 while a gate is shut. Between two changes of its pace nothing is computed for an event:
only the questions that an occurrence touches are brought up to date.

Arrays that the functions share (rows are named below, columns are items):
`net` the structure (models.structure); `state` (rows, Q) questions; `ratio` (2, E) hazard ratios and their logs;
`path` (rows, S) series; `odds` (3, most items) rates and chances of one draw; `gates` (V, P, C) with the president of
each period looked up; `sums` (2,) log weights; `queue` (Q + 1,) questions that happened at this instant, length last.
`t` is the day, `q` the question, `base` the future's luck.
"""

import numpy as np

from models.compiled import compiled
from models.structure import (
    EDGE_PARENT,
    EDGE_UNTIL,
    GROUP,
    GROUP_START,
    INTO,
    INTO_START,
    MEMBER,
    MEMBER_START,
    PULL,
    PULL_START,
    STOP,
    STOP_START,
    TILTING,
)
from models.world import DAYS_PER_YEAR, Float, Int

EVENT, IS_VOTE, IS_LEVEL = 0, 1, 2
FREE, CLAMPED, FORCED = 0.0, 1.0, 2.0
HALF_DAY = 0.5

(
    WHEN,  # when it happened
    PACE,  # product of the hazard ratios in force; of a VOTE: 1 once the first vote has failed
    MARK,  # clock at the last change of pace; of a VOTE: the day on which the first vote failed
    ORIGIN,  # day on which the clock started
    DUE,  # when it will happen if no pace changes
    LEFT,  # budget left at the last change of pace; of a clamped question: minus the hazard used
    SPENT,  # hazard used while the tilt lasted
    MASS,  # chance, from discrete causes, that a clamped question happened on its day
    FIXED,  # FREE, CLAMPED or FORCED
    RATE,
    SHAPE,
    FACTOR,  # exp(eta) in a tilted future, else 1
    ETA,
    UNTIL,  # last day of the tilt
    KNOWN_DAY,  # day of a clamp, or inf
    FORCED_ROW,  # row of the forced days, or -1
    OCCURRED,  # day of what happened by the start, or inf
    STATE_ROWS,
) = range(18)
KEPT = 4
"""The first rows of `state` are kept as the template of a draw."""

(X, GROWTH, PULLING, PULLED, SINCE, PUBLISHED, DAMPING, NOISE, RESPONSE, LAST, PATH_ROWS) = range(11)
HR, LOG_HR = range(2)
SECOND_RATE, WITH_ODDS, SCHEDULED_ODDS = range(3)
CLAMP_SUM, TILT_SUM = range(2)
"""Rows of `path`, `ratio`, `odds` and `sums`; PULLING is the sum of the log hazard ratios in force on a series,
PULLED its integral over the days from the last publication to SINCE."""


@compiled
def item(net: Int, section: int, i: int) -> int:
    """Return entry i of a section."""
    return int(net[net[section] + i])


@compiled
def stream(net: Int, section: int, i: int) -> np.uint64:
    """Return entry i of a section of luck."""
    return np.uint64(net[net[section] + i])


@compiled
def plain_clock(age: float, rate: float, shape: float) -> float:
    """Return the cumulative hazard at an age in days."""
    if age <= 0.0:
        return 0.0
    if shape == 1.0:
        return rate * (age / DAYS_PER_YEAR)
    return float(rate * (age / DAYS_PER_YEAR) ** shape)


@compiled
def plain_age(hazard: float, rate: float, shape: float) -> float:
    """Return the age in days at which the cumulative hazard reaches a value."""
    if shape == 1.0:
        return hazard / rate * DAYS_PER_YEAR
    return float((hazard / rate) ** (1.0 / shape) * DAYS_PER_YEAR)


@compiled
def clock(state: Float, q: int, t: float) -> float:
    """Return the cumulative hazard before parents at day t."""
    rate, shape, factor = state[RATE, q], state[SHAPE, q], state[FACTOR, q]
    now = plain_clock(t - state[ORIGIN, q], rate, shape)
    if factor == 1.0:
        return now
    if t <= state[UNTIL, q]:
        return float(factor * now)
    bend = plain_clock(state[UNTIL, q] - state[ORIGIN, q], rate, shape)
    return float(factor * bend + (now - bend))


@compiled
def due_day(state: Float, q: int, hazard: float) -> float:
    """Return the day on which the clock reads `hazard` (the inverse of `clock`)."""
    rate, shape, factor = state[RATE, q], state[SHAPE, q], state[FACTOR, q]
    if factor == 1.0:
        return float(state[ORIGIN, q] + plain_age(hazard, rate, shape))
    bend = plain_clock(state[UNTIL, q] - state[ORIGIN, q], rate, shape)
    if hazard <= factor * bend:
        return float(state[ORIGIN, q] + plain_age(hazard / factor, rate, shape))
    return float(state[ORIGIN, q] + plain_age(bend + (hazard - factor * bend), rate, shape))


@compiled
def group_met(net: Int, state: Float, group: int) -> bool:
    """Say whether a member of a `requires` group has happened."""
    for i in range(item(net, MEMBER_START, group), item(net, MEMBER_START, group + 1)):
        if state[WHEN, item(net, MEMBER, i)] < np.inf:
            return True
    return False


@compiled
def gate_open(net: Int, state: Float, q: int) -> bool:
    """Say whether everything required has happened and nothing has ended the question."""
    for i in range(item(net, STOP_START, q), item(net, STOP_START, q + 1)):
        if state[WHEN, item(net, STOP, i)] < np.inf:
            return False
    for i in range(item(net, GROUP_START, q), item(net, GROUP_START, q + 1)):
        if not group_met(net, state, item(net, GROUP, i)):
            return False
    return True


@compiled
def in_force(net: Int, state: Float, edge: int) -> bool:
    """Say whether an edge acts: its parent has happened and what ends it has not."""
    until = item(net, EDGE_UNTIL, edge)
    return state[WHEN, item(net, EDGE_PARENT, edge)] < np.inf and (until < 0 or state[WHEN, until] == np.inf)


@compiled
def current_pace(net: Int, state: Float, ratio: Float, q: int) -> float:
    """Return the product of the hazard ratios in force, 0 while the gate is shut."""
    if not gate_open(net, state, q):
        return 0.0
    pace = 1.0
    for i in range(item(net, INTO_START, q), item(net, INTO_START, q + 1)):
        edge = item(net, INTO, i)
        if in_force(net, state, edge):
            pace *= ratio[HR, edge]
    return pace


@compiled
def current_pull(net: Int, state: Float, ratio: Float, series: int) -> float:
    """Return the sum of the log hazard ratios in force on a series."""
    pull = 0.0
    for i in range(item(net, PULL_START, series), item(net, PULL_START, series + 1)):
        edge = item(net, PULL, i)
        if in_force(net, state, edge):
            pull += ratio[LOG_HR, edge]
    return pull


@compiled
def use_hazard(net: Int, state: Float, q: int, t: float) -> None:
    """Bring the budget of an EVENT up to day t."""
    pace = state[PACE, q]
    if pace == 0.0:
        return
    now = clock(state, q, t)
    if net[TILTING]:
        cap = clock(state, q, state[UNTIL, q])
        state[SPENT, q] += pace * (min(now, cap) - min(state[MARK, q], cap))
    state[LEFT, q] -= pace * (now - state[MARK, q])
    state[MARK, q] = now


@compiled
def set_pace(net: Int, state: Float, ratio: Float, q: int, t: float) -> None:
    """Give an EVENT its pace from day t on; a clock of its own starts when the gate first opens."""
    state[PACE, q] = current_pace(net, state, ratio, q)
    if state[PACE, q] > 0.0:
        if state[ORIGIN, q] == np.inf:
            state[ORIGIN, q] = t
        state[MARK, q] = clock(state, q, t)


@compiled
def set_due(state: Float, q: int, t: float) -> None:
    """Work out when the budget of a free EVENT runs out at its present pace."""
    if state[FIXED, q] != FREE:
        return
    if state[PACE, q] == 0.0 or state[RATE, q] == 0.0:
        state[DUE, q] = np.inf
    else:
        state[DUE, q] = max(t, due_day(state, q, state[MARK, q] + max(state[LEFT, q], 0.0) / state[PACE, q]))
