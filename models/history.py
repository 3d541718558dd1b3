"""The exact likelihood of what has happened on a board so far, and of what has not, for each parameter draw.

For every EVENT that was open when the board opened (day 0), with the parents' states as they were,

    log L_d = sum over events of [ 1{happened on day T} log lambda_d(T) - integral of lambda_d from 0 to min(T, K) ].

Votes and levels do not enter: their models have seen those data. The hazard is that of `models.futures`. A hazard with
a clock of its own is taken at least half a day after the clock's start, because days are all that is known. A chance m
that a `with` parent brought the event on the same day counts as the hazard m * 365.25 per year of that day; a `with`
parent whose day passed without it contributes log(1 - m).
"""

import itertools

import numpy as np

from models.structure import same_day_order
from models.world import DAYS_PER_YEAR, NEVER, Draws, Float, Kind, Start, World
from models.world_checks import check_inputs

HALF_DAY = 0.5


def history_log_likelihood(world: World, draws: Draws, start: Start) -> Float:
    """Return the log likelihood of the history from day 0 through the start day.

    Parameters
    ----------
    world, draws, start
        Structure, D joint parameter draws, and what is known. Clamped days, after the start day, do not enter here.

    Returns
    -------
    Float
        (D,) log likelihood, in densities per year; -inf for a draw that rules the history out.

    Raises
    ------
    ValueError
        When an input is not a board (see `models.world_checks`), or when no draw allows the history: a question
        happened before what it requires, after what ends it, or at a hazard of zero.
    """
    check_inputs(world, draws, start)
    total = np.zeros(draws.count)
    happened = _instants(world, start)
    for q in np.flatnonzero(world.kind == Kind.EVENT):
        part = _event(world, draws, start, q=int(q), happened=happened)
        if np.all(np.isneginf(part)):
            raise ValueError(
                f"question {q} happened on day {start.occurred[q]}, which no draw allows: gate shut or rate 0"
            )
        total += part
    return total


def _instants(world: World, start: Start) -> Float:
    """Return when each question happened by the start day; within a day, parents a little before children."""
    place = np.empty(world.questions)
    place[same_day_order(world)] = np.arange(1, world.questions + 1)
    within = place / (world.questions + 1) - 1.0
    return np.where(start.occurred <= start.day, start.occurred + within, np.inf)


def _event(world: World, draws: Draws, start: Start, *, q: int, happened: Float) -> Float:
    """Return one event's part (D,)."""
    if start.occurred[q] <= 0:
        return np.zeros(draws.count)
    occurred = bool(start.occurred[q] != NEVER)
    end = float(start.occurred[q]) if occurred else float(start.day)
    origin = clock_start(world, start, q)
    part = -_integral(world, draws, start, q=q, end=end, origin=origin)
    chance = np.zeros(draws.count)
    for w in np.flatnonzero(world.with_child == q):
        parent = world.with_parent[w]
        if not 0 < start.occurred[parent] <= end or not _gate_open(world, happened, q, happened[parent]):
            continue
        if occurred and start.occurred[parent] == end:
            chance = 1.0 - (1.0 - chance) * (1.0 - draws.with_probability[:, w])
        else:
            part += _log(1.0 - draws.with_probability[:, w])
    if not occurred:
        return part
    density = _hazard(world, draws, q=q, happened=happened, age=end - origin)
    return part + _log(chance * DAYS_PER_YEAR + (1.0 - chance) * density)


def clock_start(world: World, start: Start, q: int) -> float:
    """Return the day on which a question's clock started, inf if it has not.

    Day 0 for a calendar clock; for a clock of its own the day on which all `requires` groups were first met.
    """
    groups = [_group_day(world, start, int(g)) for g in np.flatnonzero(world.requires_child == q)]
    if not world.own_clock[q] or not groups:
        return 0.0
    return max(groups)


def _group_day(world: World, start: Start, group: int) -> float:
    """Return the day on which a `requires` group was first met, inf if it has not been."""
    members = world.requires_member[world.requires_start[group] : world.requires_start[group + 1]]
    days = start.occurred[members]
    return float(days.min()) if days.min() != NEVER else np.inf


def _gate_open(world: World, happened: Float, q: int, instant: float) -> bool:
    """Say whether a question's gates were open at an instant."""
    ended = happened[world.ends_parent[world.ends_child == q]] < instant
    for g in np.flatnonzero(world.requires_child == q):
        members = world.requires_member[world.requires_start[g] : world.requires_start[g + 1]]
        if not np.any(happened[members] <= instant):
            return False
    return not np.any(ended)


def _pace(world: World, draws: Draws, *, q: int, happened: Float, instant: float) -> Float:
    """Return the product (D,) of the hazard ratios in force just after an instant, 0 while a gate was shut."""
    if not _gate_open(world, happened, q, np.nextafter(instant, np.inf)):
        return np.zeros(draws.count)
    until = np.where(world.edge_until >= 0, happened[world.edge_until], np.inf)
    acts = (world.edge_child == q) & (happened[world.edge_parent] <= instant) & (until > instant)
    return np.asarray(np.exp(draws.log_hr[:, acts].sum(axis=1)))


def _integral(world: World, draws: Draws, start: Start, *, q: int, end: float, origin: float) -> Float:
    """Return the hazard (D,) integrated from day 0 to the end, changes of state at the ends of their days."""
    days = np.where(start.occurred <= start.day, start.occurred.astype(float), np.inf)
    inside = np.unique(days[(days > 0.0) & (days < end)])
    bounds = np.concatenate(([0.0], inside, [end]))
    total = np.zeros(draws.count)
    for left, right in itertools.pairwise(bounds):
        pace = _pace(world, draws, q=q, happened=days, instant=left)
        total += pace * (_clock(draws, q, right - origin) - _clock(draws, q, left - origin))
    return total


def _clock(draws: Draws, q: int, age: float) -> Float:
    """Return the cumulative hazard before parents (D,) at an age in days."""
    years = max(age, 0.0) / DAYS_PER_YEAR if np.isfinite(age) else 0.0
    return np.asarray(draws.rate[:, q] * years ** draws.shape[:, q])


def _hazard(world: World, draws: Draws, *, q: int, happened: Float, age: float) -> Float:
    """Return the hazard per year (D,) at the instant just before the question happened."""
    pace = _pace(world, draws, q=q, happened=happened, instant=np.nextafter(happened[q], -np.inf))
    years = max(age, HALF_DAY) / DAYS_PER_YEAR
    shape = draws.shape[:, q]
    return np.asarray(pace * draws.rate[:, q] * shape * years ** (shape - 1.0))


def _log(value: Float) -> Float:
    """Return the logarithm, -inf at 0."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(value))
