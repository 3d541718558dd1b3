"""Boards of up to four events, loops included, against the exact law of what has happened by each deadline.

Evidence enters as likelihood ratios at deadlines: a future in which the question has happened by the deadline weighs
LR times as much. The comparisons of a board share its futures, so their deviations are made independent with their
exact covariance (Cholesky) before they are pooled.

Rule for degenerate comparisons: one is left out when fewer than 25 effective futures are expected among its hits or
among its misses, or when less than 1e-6 of its variance is left after the board's earlier comparisons.
"""

import numpy as np
import pytest

from models.futures import Futures, simulate
from models.world import NEVER, Draws, Start, World
from tests.models.boards import E, make_draws, make_start, make_world
from tests.models.boards_oracle import Law, exact, generator

DAYS = (500, 1300, 2600)
HORIZON = 2600
DRAWS = 1000
LEAST = 25.0


def random_board(seed: int) -> tuple[World, Draws, Start]:
    """Return a board of one to four events with edges both ways, gates, ends, joins, and perhaps a past."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 5))
    pairs = [(p, c) for p in range(size) for c in range(size) if p != c]
    edges = [(p, c, int(rng.choice([-1, *range(size)]))) for p, c in pairs if rng.random() < 0.5]
    edges = [(p, c, u if u not in (p, c) else -1) for p, c, u in edges]
    requires = [(c, tuple(range(int(rng.integers(1, c + 1))))) for c in range(1, size) if rng.random() < 0.4]
    ends = [pair for pair in pairs if rng.random() < 0.1]
    joins = [pair for pair in pairs if rng.random() < 0.2]
    keys = rng.integers(1, 2**62, size).tolist()
    world = make_world([E] * size, keys=keys, edges=edges, requires=requires, ends=ends, joins=joins)
    rate = np.exp(rng.normal(-1.5, 0.8, size))
    log_hr = rng.normal(0.3, 1.0, len(edges))
    draws = make_draws(world, DRAWS, rate=rate, log_hr=log_hr, with_probability=rng.uniform(0.1, 0.9, len(joins)))
    day = int(rng.integers(0, 200))
    occurred = {0: int(rng.integers(-50, day + 1))} if size > 1 and rng.random() < 0.3 else {}
    return world, draws, make_start(world, day, occurred=occurred)


def evidence(seed: int, questions: int) -> list[tuple[int, int, float]]:
    """Return (question, deadline, likelihood ratio) of up to four items."""
    rng = np.random.default_rng(seed + 10_000)
    rows = rng.integers(0, questions, 4), rng.choice(DAYS, 4), np.exp(rng.normal(0.0, 0.8, 4))
    return [(int(q), int(h), float(lr)) for q, h, lr in zip(*rows, strict=True)][: int(rng.integers(0, 5))]


def exact_law(world: World, draws: Draws, start: Start) -> Law:
    matrix = generator(world, draws.rate[0], draws.log_hr[0], draws.with_probability[0])
    first = sum(1 << q for q in np.flatnonzero(start.occurred != NEVER).tolist())
    return exact(matrix, known=start.day, first=first, days=DAYS)


def cell_weight(law: Law, items: list[tuple[int, int, float]]) -> np.ndarray:
    weight = np.ones(law.probability.size)
    for q, day, lr in items:
        weight *= lr ** law.by(q, day)
    return weight


def future_weight(futures: Futures, items: list[tuple[int, int, float]]) -> np.ndarray:
    weight = np.ones(futures.count)
    for q, day, lr in items:
        weight *= np.where(futures.day[:, q] <= day, lr, 1.0)
    return weight


def effective(law: Law, weight: np.ndarray, hit: np.ndarray, futures: int) -> float:
    """Return the expected effective number of futures among the hits."""
    mass, square = np.sum(law.probability * weight * hit), np.sum(law.probability * weight**2 * hit)
    return float(futures * mass**2 / square) if mass > 0.0 else 0.0


def deviations(seed: int, per_draw: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the standardised deviations of one board's posterior marginals: as they are, and made independent."""
    world, draws, start = random_board(seed)
    items = evidence(seed, world.questions)
    futures = simulate(world, draws, start, horizon=HORIZON, per_draw=per_draw, seed=seed)
    law = exact_law(world, draws, start)
    assert law.probability.sum() == pytest.approx(1.0, abs=1e-10)
    weight, total = cell_weight(law, items), future_weight(futures, items)
    share = law.probability * weight / np.sum(law.probability * weight)
    errors, influence = [], []
    for q, day in [(q, day) for q in range(world.questions) for day in DAYS]:
        hit = law.by(q, day)
        if min(effective(law, weight, hit, futures.count), effective(law, weight, 1 - hit, futures.count)) < LEAST:
            continue
        p = float(np.sum(share * hit))
        errors.append(float(np.sum(total * (futures.day[:, q] <= day)) / np.sum(total)) - p)
        influence.append(weight * (hit - p) / np.sum(law.probability * weight))
    return standardise(np.array(errors), np.array(influence), law.probability / futures.count)


def standardise(error: np.ndarray, influence: np.ndarray, spread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if error.size == 0:
        return error, error
    covariance = (influence * spread) @ influence.T
    raw = error / np.sqrt(np.diag(covariance))
    kept: list[int] = []
    for i in range(error.size):
        rest = covariance[i, i]
        if kept:
            cross = covariance[np.ix_(kept, [i])]
            rest -= float((cross.T @ np.linalg.solve(covariance[np.ix_(kept, kept)], cross))[0, 0])
        if rest > 1e-6 * covariance[i, i]:
            kept.append(i)
    lower = np.linalg.cholesky(covariance[np.ix_(kept, kept)])
    return raw, np.linalg.solve(lower, error[kept])


def check(seeds: range, per_draw: int) -> None:
    pairs = [deviations(seed, per_draw) for seed in seeds]
    raw, free = (np.concatenate([pair[i] for pair in pairs]) for i in (0, 1))
    assert raw.size >= 5 * len(seeds)
    assert free.size >= 4 * len(seeds)
    assert np.max(np.abs(raw)) <= 4.5
    assert np.max(np.abs(free)) <= 4.5
    assert 0.8 <= np.mean(free**2) <= 1.2


def test_futures_follow_the_exact_law_of_small_boards() -> None:
    check(range(200, 230), per_draw=100)


@pytest.mark.slow
def test_a_million_futures_follow_the_exact_law_of_sixty_boards() -> None:
    check(range(60), per_draw=1000)
