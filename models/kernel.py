"""The compiled next-event simulation: one future at a time, from its luck alone.

Each EVENT has a budget, a unit exponential; it happens when its integrated hazard reaches the budget. The simulation
steps from one occurrence or fixed day to the next. A question that does not descend from a change goes through the same
arithmetic, to the last bit. The arrays are those of `models.pace`.
"""

# ruff: noqa: PLR0917 -- compiled functions take arrays by position

import numpy as np
from numpy.typing import NDArray

from models.budgets import future_base, normal, uniform
from models.compiled import lean
from models.occurrences import chance, current_pull, happen, ring, settle, vote_failed
from models.pace import (
    CLAMP_SUM,
    CLAMPED,
    DAMPING,
    DUE,
    ETA,
    EVENT,
    FACTOR,
    FIXED,
    FORCED,
    FORCED_ROW,
    FREE,
    GROWTH,
    HR,
    KEPT,
    KNOWN_DAY,
    LAST,
    LOG_HR,
    MARK,
    MASS,
    NOISE,
    OCCURRED,
    OPEN,
    ORIGIN,
    PACE,
    PLAIN,
    PUBLISHED,
    PULLED,
    PULLING,
    RESPONSE,
    SCHEDULED_ODDS,
    SHAPE,
    SHUT,
    SINCE,
    SPENT,
    STATUS,
    TILT_SUM,
    TURNING,
    USED,
    WAIT,
    WHEN,
    X,
    account,
    gate_open,
    in_force,
    item,
    set_target,
    start_clock,
    stream,
)
from models.structure import (
    AGENDA_DAY,
    AGENDA_INDEX,
    AGENDA_SERIES,
    CHANCE,
    DATES,
    EDGE_CHILD,
    EDGE_PARENT,
    EDGE_UNTIL,
    EDGES,
    GROUP,
    GROUP_START,
    HORIZON,
    INNOVATION,
    KIND,
    KNOWN_THROUGH,
    LEVEL,
    LEVEL_START,
    MEMBER,
    MEMBER_START,
    ORDER,
    OWN,
    PUBLICATIONS,
    PULL,
    PULL_START,
    QUESTIONS,
    SCHEDULED,
    SERIES,
    TIES,
    TILTING,
    TRIGGER,
    TURN,
    UNTILTED,
    VOTE_QUESTION,
    VOTES,
)
from models.world import DAYS_PER_YEAR, NEVER, Float, Int, Int8, Int16

Work = tuple[Float, Float, Float, Int, Float, Float, Int8, Int8, Float, Int]
"""state, path, level_log, forced_day, templates of the first two, edges in force and their template, sums, queue."""
Parameters = tuple[Float, Float, Float, Float, Float]
"""(D, ...) rates, ratios, growths, odds, gates."""
Luck = tuple[np.uint64, int, int, int]
"""seed, futures per draw, first draw, last draw + 1."""
Rows = tuple[Int16, NDArray[np.float32], Float, Float]
"""(N, ...) day, log share, log_tilt, log_clamp."""


@lean
def cross_levels(
    net: Int, state: Float, path: Float, level_log: Float, queue: Int, series: int, index: int, t: float
) -> None:
    """Let the levels that the published value reaches happen, lowest first; one that is held back holds the rest."""
    for i in range(item(net, LEVEL_START, series), item(net, LEVEL_START, series + 1)):
        q = item(net, LEVEL, i)
        if path[X, series] < level_log[i, index]:
            return
        if state[WHEN, q] < np.inf or state[DUE, q] == t:
            continue
        if state[FIXED, q] != FREE or not gate_open(net, state, q):
            return
        happen(net, state, queue, q, t)


@lean
def publish(path: Float, series: int, day: float, turn: float, noise: float) -> float:
    """Move a series to its next publication and return the log of its value; `turn` and `noise` are standard normal."""
    years = (day - path[PUBLISHED, series]) / DAYS_PER_YEAR
    path[GROWTH, series] += path[TURNING, series] * turn
    pulled = path[PULLED, series] + path[PULLING, series] * (day - path[SINCE, series])
    path[X, series] += path[GROWTH, series] * years + path[RESPONSE, series] * pulled / DAYS_PER_YEAR
    path[X, series] += path[NOISE, series] * noise
    path[GROWTH, series] *= path[DAMPING, series]
    path[PULLED, series] = 0.0
    path[SINCE, series] = day
    path[PUBLISHED, series] = day
    return float(path[X, series])


@lean
def keep_date(
    net: Int,
    state: Float,
    path: Float,
    odds: Float,
    level_log: Float,
    sums: Float,
    queue: Int,
    row: int,
    share: NDArray[np.float32],
    base: np.uint64,
) -> None:
    """Do what is on the agenda for a fixed day: a publication or a scheduled event."""
    series, index = item(net, AGENDA_SERIES, row), item(net, AGENDA_INDEX, row)
    day = float(item(net, AGENDA_DAY, row))
    if series >= 0:
        place = series * net[PUBLICATIONS] + index
        turn = normal(base, stream(net, TURN, place)) if path[TURNING, series] > 0.0 else 0.0
        noise = normal(base, stream(net, INNOVATION, place))
        share[series, index] = publish(path, series, day, turn, noise)
        cross_levels(net, state, path, level_log, queue, series, index, day)
    else:
        luck = uniform(base, stream(net, CHANCE, index))
        chance(net, state, sums, queue, item(net, SCHEDULED, index), odds[SCHEDULED_ODDS, index], luck, day)


@lean
def first_due(net: Int, state: Float) -> int:
    """Return the question that is due first; on one instant parents before children."""
    first, soonest = 0, state[DUE, 0]
    for q in range(1, state.shape[1]):
        if state[DUE, q] < soonest:
            first, soonest = q, state[DUE, q]
    if net[TIES]:
        for i in range(state.shape[1]):
            q = item(net, ORDER, i)
            if state[DUE, q] == soonest:
                return q
    return first


@lean
def run(
    net: Int,
    state: Float,
    ratio: Float,
    active: Int8,
    path: Float,
    odds: Float,
    gates: Float,
    level_log: Float,
    sums: Float,
    queue: Int,
    share: NDArray[np.float32],
    base: np.uint64,
) -> None:
    """Run one future to the horizon; fixed days come before the known and forced ones that share them."""
    q, row = first_due(net, state), 0
    while True:
        t = state[DUE, q]
        day = float(item(net, AGENDA_DAY, row)) if row < net[DATES] else np.inf
        if min(t, day) > net[HORIZON]:
            return
        if t < day:
            ring(net, state, odds, gates, sums, queue, q, t, base)
        else:
            t = day
            keep_date(net, state, path, odds, level_log, sums, queue, row, share, base)
            row += 1
            if queue[-1] == 0:
                continue
        settle(net, state, ratio, active, path, odds, gates, sums, queue, t, base)
        q = first_due(net, state)


@lean
def pulled_before(net: Int, state: Float, ratio: Float, path: Float, series: int) -> float:
    """Return the pull on a series between its last publication and the start, integrated in days."""
    total = 0.0
    for i in range(item(net, PULL_START, series), item(net, PULL_START, series + 1)):
        edge = item(net, PULL, i)
        until, end = item(net, EDGE_UNTIL, edge), float(net[KNOWN_THROUGH])
        if until >= 0:
            end = min(state[OCCURRED, until], end)
        begin = max(state[OCCURRED, item(net, EDGE_PARENT, edge)], path[LAST, series])
        total += ratio[LOG_HR, edge] * max(end - begin, 0.0)
    return total


@lean
def enabled_day(net: Int, state: Float, q: int) -> float:
    """Return the day on which the clock of q started: all its groups first met, or day 0 for a calendar clock."""
    if item(net, OWN, q) == 0 or item(net, GROUP_START, q) == item(net, GROUP_START, q + 1):
        return 0.0
    day = -np.inf
    for i in range(item(net, GROUP_START, q), item(net, GROUP_START, q + 1)):
        group, first = item(net, GROUP, i), np.inf
        for j in range(item(net, MEMBER_START, group), item(net, MEMBER_START, group + 1)):
            first = min(first, state[OCCURRED, item(net, MEMBER, j)])
        day = max(day, first)
    return day


@lean
def prepare_question(net: Int, state: Float, q: int, rate: float, shape: float, tilted: bool) -> None:
    """Set the clock of a question as it stands on the start day."""
    state[WAIT, q] = DAYS_PER_YEAR / rate
    state[SHAPE, q] = shape
    state[FACTOR, q] = np.exp(state[ETA, q]) if tilted else 1.0
    state[PLAIN, q] = 1.0 if shape == 1.0 and state[FACTOR, q] == 1.0 else 0.0
    state[ORIGIN, q] = enabled_day(net, state, q)
    state[PACE, q], state[STATUS, q], state[MARK, q] = 1.0, SHUT, 0.0
    left_to_chance = item(net, KIND, q) == EVENT and state[WHEN, q] == np.inf and state[FORCED_ROW, q] < 0.0
    if left_to_chance and gate_open(net, state, q):
        start_clock(state, q, float(net[KNOWN_THROUGH]))


@lean
def prepare_series(net: Int, state: Float, ratio: Float, path: Float, growth: Float) -> None:
    """Set the series as they stand on the start day."""
    for s in range(net[SERIES]):
        path[X, s], path[GROWTH, s], path[DAMPING, s] = growth[0, s], growth[1, s], growth[2, s]
        path[TURNING, s], path[NOISE, s], path[RESPONSE, s] = growth[3, s], growth[4, s], growth[5, s]
        path[SINCE, s], path[PUBLISHED, s] = float(net[KNOWN_THROUGH]), path[LAST, s]
        path[PULLING, s] = current_pull(net, state, ratio, s)
        path[PULLED, s] = pulled_before(net, state, ratio, path, s)


@lean
def prepare(
    net: Int, state: Float, ratio: Float, active: Int8, path: Float, rates: Float, growth: Float, tilted: bool
) -> None:
    """Set everything that the futures of one draw share: rates, paces, clocks and pulls on the start day."""
    for q in range(net[QUESTIONS]):
        state[WHEN, q] = state[OCCURRED, q]
    for q in range(net[QUESTIONS]):
        prepare_question(net, state, q, rates[0, q], rates[1, q], tilted)
    for e in range(net[EDGES]):
        child = item(net, EDGE_CHILD, e)
        active[e] = 1 if item(net, KIND, child) == EVENT and in_force(net, state, e) else 0
        if active[e] == 1:
            state[PACE, child] *= ratio[HR, e]
    prepare_series(net, state, ratio, path, growth)


@lean
def begin_question(net: Int, state: Float, forced_day: Int, q: int, n: int, base: np.uint64) -> None:
    """Give a question its budget, or its known or forced day."""
    state[FIXED, q], state[DUE, q], state[USED, q] = FREE, np.inf, 0.0
    state[SPENT, q], state[MASS, q] = 0.0, 0.0
    if state[FORCED_ROW, q] >= 0.0:
        day = forced_day[int(state[FORCED_ROW, q]), n]
        state[FIXED, q], state[DUE, q] = FORCED, float(day) if day < NEVER else np.inf
    elif state[KNOWN_DAY, q] < np.inf:
        state[FIXED, q], state[DUE, q] = CLAMPED, state[KNOWN_DAY, q]
    elif state[STATUS, q] == OPEN:
        set_target(net, state, q, float(net[KNOWN_THROUGH]), base)


@lean
def begin(net: Int, state: Float, odds: Float, forced_day: Int, n: int, base: np.uint64) -> None:
    """Set the questions of a future on the start day, after the template has been copied."""
    for q in range(net[QUESTIONS]):
        begin_question(net, state, forced_day, q, n, base)
    for v in range(net[VOTES]):
        untried = state[WHEN, item(net, VOTE_QUESTION, v)] == np.inf
        if untried and state[WHEN, item(net, TRIGGER, v)] < np.inf:
            vote_failed(net, state, odds, v, float(net[KNOWN_THROUGH]), base)


@lean
def copy_rows(source: Float, target: Float, rows: int) -> None:
    """Copy the first rows of a matrix."""
    for i in range(rows):
        for j in range(source.shape[1]):
            target[i, j] = source[i, j]


@lean
def tilt_log_weight(net: Int, state: Float, sums: Float, per_draw: int) -> float:
    """Return the log weight of a future under the mixture of tilted and untilted futures of its draw."""
    log_ratio = sums[TILT_SUM]
    for q in range(net[QUESTIONS]):
        if state[ETA, q] != 0.0:
            if state[WHEN, q] == np.inf:
                account(net, state, q, float(net[HORIZON]))
            log_ratio -= np.expm1(state[ETA, q]) * state[SPENT, q] / state[FACTOR, q]
    alpha = net[UNTILTED] / per_draw
    return float(-np.logaddexp(np.log(alpha), np.log1p(-alpha) + log_ratio))


@lean
def write_days(net: Int, state: Float, day: Int16) -> None:
    """Write the day of each question: the day that its instant falls in, at least the day after the start."""
    for q in range(net[QUESTIONS]):
        when = state[WHEN, q]
        if when == np.inf:
            day[q] = NEVER
        elif when == state[OCCURRED, q]:
            day[q] = int(when)
        else:
            day[q] = max(int(np.ceil(when)), net[KNOWN_THROUGH] + 1)


@lean
def simulate_draws(net: Int, work: Work, draws: Parameters, luck: Luck, rows: Rows) -> None:
    """Simulate the futures of a chunk of draws into the rows that belong to them."""
    state, path, level_log, forced_day, kept, moving, active, before, sums, queue = work
    rates, ratios, growths, all_odds, all_gates = draws
    seed, per_draw, first, last = luck
    day, share, log_tilt, log_clamp = rows
    for d in range(first, last):
        ratio, odds, gates = ratios[d], all_odds[d], all_gates[d]
        for m in range(per_draw):
            if m in (0, net[UNTILTED]):
                prepare(net, state, ratio, before, path, rates[d], growths[d], bool(net[TILTING]) and m > 0)
                copy_rows(state, kept, KEPT)
                copy_rows(path, moving, DAMPING)
            n, base = d * per_draw + m, future_base(seed, d, m)
            copy_rows(kept, state, KEPT)
            copy_rows(moving, path, DAMPING)
            for e in range(active.size):
                active[e] = before[e]
            sums[CLAMP_SUM], sums[TILT_SUM] = 0.0, 0.0
            begin(net, state, odds, forced_day, n, base)
            run(net, state, ratio, active, path, odds, gates, level_log, sums, queue, share[n], base)
            write_days(net, state, day[n])
            log_clamp[n] = sums[CLAMP_SUM]
            if net[TILTING]:
                log_tilt[n] = tilt_log_weight(net, state, sums, per_draw)
