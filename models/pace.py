"""The pace of events: clocks, gates, and the hazard ratios in force. Compiled.

Times are days since the board opened, continuous; `inf` is never. The hazard of an EVENT integrates to
`rate * clock / 365.25 * pace`, where

* the clock is `365.25 * (age / 365.25) ** shape`, so that at shape 1 it is the age in days; while a tilt lasts it runs
  exp(eta) times as fast;
* the pace is the product of the hazard ratios in force.

The question happens when its clock reads `target`. Between two changes of its pace nothing is computed for it: only the
questions that an occurrence touches are brought up to date.

Arrays that the functions share (rows are named below, columns are items):
`net` the structure (models.structure); `state` (rows, Q) questions; `ratio` (3, E) hazard ratios; `active` (E,) edges
in force; `path` (rows, S) series; `odds` (3, most items) rates and chances of one draw; `gates` (V, P, C) with the
president of each period looked up; `sums` (2,) log weights; `queue` (Q + 1,) questions that happened at this instant,
length last. `t` is the day, `q` the question, `base` the future's luck.
"""

# ruff: noqa: PLR0917 -- compiled functions take arrays by position

import numpy as np

from models.budgets import exponential
from models.compiled import lean
from models.structure import (
    BUDGET,
    CUT,
    CUT_START,
    EDGE_CHILD,
    EDGE_PARENT,
    EDGE_UNTIL,
    FINISH,
    FINISH_START,
    GROUP,
    GROUP_START,
    MEMBER,
    MEMBER_START,
    OUT,
    OUT_START,
    STOP,
    STOP_START,
    TILTING,
    UNLOCK,
    UNLOCK_START,
)
from models.world import DAYS_PER_YEAR, Float, Int, Int8

EVENT, IS_VOTE, IS_LEVEL = 0, 1, 2
FREE, CLAMPED, FORCED = 0.0, 1.0, 2.0
SHUT, OPEN = 0.0, 1.0
HALF_DAY = 0.5

(
    WHEN,  # when it happened
    PACE,  # product of the hazard ratios in force, also while the gate is shut
    STATUS,  # SHUT until all that is required is there and after the end; of a VOTE: OPEN for a second one
    ORIGIN,  # day on which the clock started
    MARK,  # clock at the last change of pace; of a VOTE: the day on which the first vote failed
    DUE,  # when it will happen if nothing changes
    TARGET,  # what its clock reads then; kept only where the clock is not plain
    USED,  # hazard used by a clamped question
    SPENT,  # hazard used while the tilt lasted
    MASS,  # chance, from discrete causes, that a clamped question happened on its day
    FIXED,  # FREE, CLAMPED or FORCED
    WAIT,  # days of its clock for one unit of hazard, before parents: 365.25 / rate
    SHAPE,
    FACTOR,  # exp(eta) in a tilted future, else 1
    PLAIN,  # 1 where the clock is the day itself: shape 1 and no tilt
    ETA,
    UNTIL,  # last day of the tilt
    KNOWN_DAY,  # day of a clamp, or inf
    FORCED_ROW,  # row of the forced days, or -1
    OCCURRED,  # day of what happened by the start, or inf
    STATE_ROWS,
) = range(21)
KEPT = 5
"""The first rows of `state` are kept as the template of a draw."""

(X, GROWTH, PULLING, PULLED, SINCE, PUBLISHED, DAMPING, TURNING, NOISE, RESPONSE, LAST, PATH_ROWS) = range(12)
HR, INVERSE_HR, LOG_HR = range(3)
SECOND_RATE, WITH_ODDS, SCHEDULED_ODDS = range(3)
CLAMP_SUM, TILT_SUM = range(2)
"""Rows of `path`, `ratio`, `odds` and `sums`; PULLING is the sum of the log hazard ratios in force on a series,
PULLED its integral over the days from the last publication to SINCE."""


@lean
def item(net: Int, section: int, i: int) -> int:
    """Return entry i of a section."""
    return int(net[net[section] + i])


@lean
def stream(net: Int, section: int, i: int) -> np.uint64:
    """Return entry i of a section of luck."""
    return np.uint64(net[net[section] + i])


@lean
def shaped(age: float, shape: float) -> float:
    """Return what an untilted clock reads at an age in days."""
    if age <= 0.0:
        return 0.0
    return age if shape == 1.0 else float((age / DAYS_PER_YEAR) ** shape * DAYS_PER_YEAR)


@lean
def clock(state: Float, q: int, t: float) -> float:
    """Return what the clock of q reads on day t; a plain clock reads the day."""
    if state[PLAIN, q] == 1.0:
        return t
    now = shaped(t - state[ORIGIN, q], state[SHAPE, q])
    if state[FACTOR, q] == 1.0:
        return now
    if t <= state[UNTIL, q]:
        return float(state[FACTOR, q] * now)
    bend = shaped(state[UNTIL, q] - state[ORIGIN, q], state[SHAPE, q])
    return float(state[FACTOR, q] * bend + (now - bend))


@lean
def clock_day(state: Float, q: int, reading: float) -> float:
    """Return the day on which the clock of q reads a value (the inverse of `clock`)."""
    if state[PLAIN, q] == 1.0:
        return reading
    shape, factor = state[SHAPE, q], state[FACTOR, q]
    if factor != 1.0:
        bend = shaped(state[UNTIL, q] - state[ORIGIN, q], shape)
        reading = reading / factor if reading <= factor * bend else bend + (reading - factor * bend)
    if shape != 1.0:
        reading = (reading / DAYS_PER_YEAR) ** (1.0 / shape) * DAYS_PER_YEAR
    return float(state[ORIGIN, q] + reading)


@lean
def group_met(net: Int, state: Float, group: int) -> bool:
    """Say whether a member of a `requires` group has happened."""
    for i in range(item(net, MEMBER_START, group), item(net, MEMBER_START, group + 1)):
        if state[WHEN, item(net, MEMBER, i)] < np.inf:
            return True
    return False


@lean
def gate_open(net: Int, state: Float, q: int) -> bool:
    """Say whether everything required has happened and nothing has ended the question."""
    for i in range(item(net, STOP_START, q), item(net, STOP_START, q + 1)):
        if state[WHEN, item(net, STOP, i)] < np.inf:
            return False
    for i in range(item(net, GROUP_START, q), item(net, GROUP_START, q + 1)):
        if not group_met(net, state, item(net, GROUP, i)):
            return False
    return True


@lean
def in_force(net: Int, state: Float, edge: int) -> bool:
    """Say whether an edge acts: its parent has happened and what ends it has not."""
    until = item(net, EDGE_UNTIL, edge)
    return state[WHEN, item(net, EDGE_PARENT, edge)] < np.inf and (until < 0 or state[WHEN, until] == np.inf)


@lean
def account(net: Int, state: Float, q: int, t: float) -> None:
    """Book the hazard of q up to day t, where a weight needs it: of clamped questions, and under a tilt."""
    if state[STATUS, q] == SHUT or not (net[TILTING] or state[FIXED, q] == CLAMPED):
        return
    now, pace = clock(state, q, t), state[PACE, q] / state[WAIT, q]
    cap = clock(state, q, state[UNTIL, q])
    state[USED, q] += pace * (now - state[MARK, q])
    state[SPENT, q] += pace * (min(now, cap) - min(state[MARK, q], cap))
    state[MARK, q] = now


@lean
def start_clock(state: Float, q: int, t: float) -> None:
    """Open the gate of q on day t: from now on its hazard runs."""
    state[STATUS, q] = OPEN
    if state[ORIGIN, q] == np.inf:
        state[ORIGIN, q] = t
    state[MARK, q] = clock(state, q, t)


@lean
def set_target(net: Int, state: Float, q: int, t: float, base: np.uint64) -> None:
    """Give q, whose hazard begins to run on day t, its budget: work out when it runs out."""
    wait = state[WAIT, q] / state[PACE, q]
    target = clock(state, q, t) + exponential(base, stream(net, BUDGET, q)) * wait
    state[TARGET, q] = target
    state[DUE, q] = max(t, clock_day(state, q, target))


@lean
def change_pace(net: Int, state: Float, q: int, t: float, factor: float, inverse: float) -> None:
    """Multiply the pace of q by a factor from day t on."""
    if state[WHEN, q] < np.inf:
        return
    account(net, state, q, t)
    state[PACE, q] *= factor
    if state[STATUS, q] == SHUT or state[FIXED, q] != FREE:
        return
    if state[PLAIN, q] == 1.0:
        state[DUE, q] = t + (state[DUE, q] - t) * inverse
        return
    now = clock(state, q, t)
    state[TARGET, q] = now + max(state[TARGET, q] - now, 0.0) * inverse
    state[DUE, q] = max(t, clock_day(state, q, state[TARGET, q]))


@lean
def switch_edges(net: Int, state: Float, ratio: Float, active: Int8, q: int, t: float) -> None:
    """Bring into force the edges that start from q, and end those that last until q."""
    for i in range(item(net, OUT_START, q), item(net, OUT_START, q + 1)):
        e = item(net, OUT, i)
        if in_force(net, state, e) and active[e] == 0:
            active[e] = 1
            change_pace(net, state, item(net, EDGE_CHILD, e), t, ratio[HR, e], ratio[INVERSE_HR, e])
    for i in range(item(net, CUT_START, q), item(net, CUT_START, q + 1)):
        e = item(net, CUT, i)
        if active[e] == 1:
            active[e] = 0
            change_pace(net, state, item(net, EDGE_CHILD, e), t, ratio[INVERSE_HR, e], ratio[HR, e])


@lean
def switch_gates(net: Int, state: Float, q: int, t: float, base: np.uint64) -> None:
    """Open the gates for which q was the last thing missing, and end what q ends."""
    for i in range(item(net, UNLOCK_START, q), item(net, UNLOCK_START, q + 1)):
        c = item(net, UNLOCK, i)
        waiting = state[WHEN, c] == np.inf and state[STATUS, c] == SHUT and state[FIXED, c] != FORCED
        if waiting and gate_open(net, state, c):
            start_clock(state, c, t)
            if state[FIXED, c] == FREE:
                set_target(net, state, c, t, base)
    for i in range(item(net, FINISH_START, q), item(net, FINISH_START, q + 1)):
        c = item(net, FINISH, i)
        if state[WHEN, c] == np.inf and state[FIXED, c] != FORCED:
            account(net, state, c, t)
            state[STATUS, c] = SHUT
            if state[FIXED, c] == FREE:
                state[DUE, c] = np.inf
