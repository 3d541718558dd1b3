"""Simulate the coming years of a board, many times, from its parameter draws.

The generative story of one future, which belongs to one joint draw of all parameters:

1. It starts at t = K, the end of the day through which the board's status is known. What happened by then is as it
   was; nothing else has happened.
2. Every EVENT has a unit exponential budget. Its hazard is that of its clock, `H(t) = rate * t ** shape`, times the
   hazard ratios of the edges in force; 0 while something it requires is missing, or once something has ended it. The
   event happens when the integrated hazard reaches the budget. An edge is in force while its parent has happened and
   the question that ends its effect has not. A clock of its own starts when all `requires` groups are first met.
3. On a parent's day its `with` children happen with their probability, if their own gates are open.
4. A VOTE is held when its trigger happens and passes with the gate of that day: by period of the deciding body,
   president's party and class of terms. After a failure, also one before K, one second vote follows at a hazard of its
   own; its gate is that of its day.
5. A series moves at each publication by `growth * years + response * (log hazard ratios in force, integrated over
   the years since the last publication) + noise`; then the growth is damped. A LEVEL happens at the first publication
   whose log reaches it, lower levels first.
6. A scheduled event happens on its day with its probability.
7. A question that is known to have happened on a day D after K does so in every future, at the end of that day, and
   the future's log weight gains `log hazard(D | path) - integral of the hazard from K to D`. A discrete chance m of
   that day (a vote, a `with` parent, a schedule) counts as the hazard m * 365.25; one that passed on another day adds
   log(1 - m). An age is taken at least half a day. A LEVEL gains nothing: its series has seen those data.

Event times are continuous; a change acts from its instant. Day k is the interval (k - 1, k]. On one instant fixed days
come first, then known and forced days, parents before children. An edge whose `until` has happened is never in force,
also where its parent happens later.
"""

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.budgets import seed_word
from models.kernel import Parameters, Work, simulate_draws
from models.pace import DAMPING, ETA, FORCED_ROW, KEPT, KNOWN_DAY, LAST, OCCURRED, PATH_ROWS, STATE_ROWS, UNTIL
from models.printing import level_marks, print_shares
from models.structure import levels, structure
from models.world import NEVER, Draws, Float, Int, Int16, Kind, Start, World
from models.world_checks import check_forced, check_inputs, check_run, check_tilt

UNTILTED = 0.3
"""Share of each draw's futures that is never tilted, so that no weight exceeds 1 / .3."""

CHUNKS_PER_THREAD = 8


@dataclass(frozen=True, slots=True)
class Tilt:
    """Make events more or less frequent than they are; the weights take it back."""

    eta: Float
    """(Q,) log factor on the hazard of EVENT questions, within log 8 of 0; ignored for all others."""
    until: Int
    """(Q,) last day of the factor."""


@dataclass(frozen=True, slots=True)
class Forced:
    """Make questions happen (`do`): nothing else causes or prevents them, their effects are as always.

    A forced level brings the lower levels of its series with it; one that is kept from happening holds back the higher.
    A known day of a forced question is ignored, with its weight.
    """

    question: Int
    """(F,) distinct questions that have not happened by the start day."""
    day: Int16
    """(F, N) day after the start day in each future; `NEVER`, or a day after the horizon, keeps it from happening."""


@dataclass(frozen=True, slots=True)
class Futures:
    """Simulated futures: N = draws * per_draw rows, in the order of their draws."""

    day: Int16
    """(N, Q) day of each question, `NEVER` if not by the horizon."""
    draw: NDArray[np.int32]
    """(N,) the parameter draw that each future belongs to."""
    share: NDArray[np.float32]
    """(N, S, Y) the series at each coming publication, in its unit; NaN for publications after the horizon."""
    log_tilt: Float
    """(N,) log weight that takes the tilt back, at most log(1 / .3); 0 without a tilt."""
    log_clamp: Float
    """(N,) log likelihood of the known days after the start day; 0 without any, -inf where impossible."""

    @property
    def count(self) -> int:
        """Number of futures N."""
        return int(self.draw.size)


def simulate(
    world: World,
    draws: Draws,
    start: Start,
    *,
    horizon: int,
    per_draw: int,
    seed: int,
    tilt: Tilt | None = None,
    forced: Forced | None = None,
    threads: int = 2,
) -> Futures:
    """Simulate futures of a board from the day through which it is known to its horizon.

    Luck is keyed by (seed, draw, future within the draw, question, purpose): the result is the same to the byte for
    any number of threads, and a question that an input does not reach keeps its days.

    Parameters
    ----------
    world, draws, start
        Structure, D joint parameter draws, and what is known.
    horizon
        Last simulated day, after the start day and below `NEVER`.
    per_draw
        Futures of each draw.
    seed
        0 .. 2**64 - 1.
    tilt
        Makes events more or less frequent in the last 70 % of each draw's futures; balanced by `log_tilt`, the log of
        1 / (a + (1 - a) * ratio) with `a` the exact share of untilted futures (the balance heuristic, Veach and Guibas
        1995; defensive mixture, Hesterberg 1995).
    forced
        Questions that are made to happen.
    threads
        Threads to use; the result does not depend on it.

    Returns
    -------
    Futures
        N = D * per_draw futures.

    Raises
    ------
    ValueError
        When an array has the wrong shape, is not finite or lies outside its range; the message names the array, the
        place, the value and what is allowed.
    """
    check_inputs(world, draws, start)
    check_run(start, horizon=horizon, per_draw=per_draw, threads=threads)
    seed_number = seed_word(seed)
    if tilt is not None:
        check_tilt(world, tilt.eta, tilt.until)
    if forced is not None:
        check_forced(world, start, forced.question, day=forced.day, futures=draws.count * per_draw)
    eta, until = _tilt(world, start, horizon=horizon, tilt=tilt, forced=forced)
    untilted = int(np.ceil(UNTILTED * per_draw - 1e-9))
    tilting, ties = bool(np.any(eta != 0.0)), forced is not None or bool(np.any(start.clamped != NEVER))
    days = {"known_through": start.day, "horizon": horizon}
    net = structure(world, **days, tilting=tilting, untilted=untilted, ties=ties)
    state = _questions(world, start, eta=eta, until=until, forced=forced)
    forced_day = np.zeros((0, 0), dtype=np.int64) if forced is None else forced.day.astype(np.int64)
    job = _Job(net, state, world, draws, forced_day, seed_number, per_draw, threads)
    return _run(job)


@dataclass(frozen=True, slots=True)
class _Job:
    net: Int
    state: Float
    world: World
    draws: Draws
    forced_day: Int
    seed: np.uint64
    per_draw: int
    threads: int


def _run(job: _Job) -> Futures:
    """Share the draws out among threads; every future writes its own rows only."""
    count, per_draw, world = job.draws.count, job.per_draw, job.world
    size = count * per_draw
    day = np.empty((size, world.questions), dtype=np.int16)
    share = np.full((size, *world.publication_day.shape), np.nan, dtype=np.float32)
    log_tilt, log_clamp = np.zeros(size), np.zeros(size)
    inputs = _matrices(job.draws)

    def work(bounds: tuple[int, int]) -> None:
        luck = (job.seed, per_draw, *bounds)
        simulate_draws(job.net, _work(job), inputs, luck, (day, share, log_tilt, log_clamp))
        mine = share[bounds[0] * per_draw : bounds[1] * per_draw]
        print_shares(world, mine)
        with np.errstate(over="ignore"):
            np.exp(mine, out=mine)

    parts = np.linspace(0, count, min(count, job.threads * CHUNKS_PER_THREAD) + 1).astype(int).tolist()
    with ThreadPoolExecutor(job.threads) as pool:
        list(pool.map(work, itertools.pairwise(parts)))
    return Futures(day, np.repeat(np.arange(count, dtype=np.int32), per_draw), share, log_tilt, log_clamp)


def _work(job: _Job) -> Work:
    """Return the kernel's work arrays of one thread."""
    world, state = job.world, job.state.copy()
    path = np.zeros((PATH_ROWS, world.series_key.size))
    path[LAST] = world.last_publication
    level_log = np.ascontiguousarray(level_marks(world)[levels(world)[1]], dtype=np.float64)
    active, before = (np.zeros(world.edge_child.size, dtype=np.int8) for _ in range(2))
    templates = state[:KEPT].copy(), path[:DAMPING].copy()
    queue = np.zeros(world.questions + 1, dtype=np.int64)
    return state, path, level_log, job.forced_day, *templates, active, before, np.zeros(2), queue


def _matrices(draws: Draws) -> Parameters:
    """Return the draws as the kernel reads them, axis 0 = draw: rates, ratios, growths, odds, gates."""
    rates = np.stack([draws.rate, draws.shape], axis=1)
    ratios = np.stack([np.exp(draws.log_hr), np.exp(-draws.log_hr), draws.log_hr], axis=1)
    growths = [draws.log_share, draws.growth, draws.damping, draws.growth_sd, draws.noise_sd, draws.response]
    rows = [draws.second_vote_rate, draws.with_probability, draws.scheduled_probability]
    odds = np.zeros((draws.count, len(rows), max(row.shape[1] for row in rows)))
    for i, row in enumerate(rows):
        odds[:, i, : row.shape[1]] = row
    gates = np.take_along_axis(draws.gate, draws.president[..., None, None].astype(np.int64), axis=3)[:, :, :, 0]
    return _real(rates), _real(ratios), _real(np.stack(growths, axis=1)), odds, _real(gates)


def _questions(world: World, start: Start, *, eta: Float, until: Float, forced: Forced | None) -> Float:
    """Return the kernel's question matrix with the rows that are the same in every draw."""
    state = np.zeros((STATE_ROWS, world.questions))
    state[OCCURRED] = np.where(start.occurred == NEVER, np.inf, start.occurred)
    state[KNOWN_DAY] = np.where(start.clamped == NEVER, np.inf, start.clamped)
    state[ETA], state[UNTIL] = eta, until
    state[FORCED_ROW] = -1.0
    if forced is not None:
        state[FORCED_ROW, forced.question] = np.arange(forced.question.size)
    return state


def _tilt(world: World, start: Start, *, horizon: int, tilt: Tilt | None, forced: Forced | None) -> tuple[Float, Float]:
    """Return the tilt of the questions that are left to chance, 0 elsewhere."""
    if tilt is None:
        return np.zeros(world.questions), np.full(world.questions, float(horizon))
    chance = (world.kind == Kind.EVENT) & (start.occurred == NEVER) & (start.clamped == NEVER)
    if forced is not None:
        chance[forced.question] = False
    return np.where(chance, tilt.eta, 0.0), np.minimum(_real(tilt.until), horizon)


def _real(array: object) -> Float:
    return np.ascontiguousarray(array, dtype=np.float64)
