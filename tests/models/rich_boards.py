"""Random boards with everything that the kernel knows, for its laws."""

from dataclasses import dataclass, replace

import numpy as np

from models.world import NEVER, Draws, Start, World
from tests.models.boards import E, L, V, make_draws, make_start, make_world

HORIZON = 2500


@dataclass(frozen=True)
class Case:
    world: World
    draws: Draws
    start: Start


def rich_board(seed: int, *, events: int, draws: int = 12, clamps: bool = True) -> Case:
    """Return a board of events, a vote, two levels of one series; edges of all kinds in loops; a past."""
    rng = np.random.default_rng(seed)
    vote, low, high = events, events + 1, events + 2
    kinds, everything = [E] * events + [V, L, L], range(events + 3)
    pairs = [(p, c) for p in everything for c in range(events) if p != c]
    pulls = [(p, low) for p in range(events) if rng.random() < 0.4]
    edges = [(p, c, int(rng.integers(-1, events))) for p, c in pairs if rng.random() < 0.3]
    edges += [(p, c, int(rng.integers(-1, events))) for p, c in pulls]
    edges = [(p, c, u if u not in (p, c) else -1) for p, c, u in edges]
    world = make_world(
        kinds,
        keys=rng.integers(1, 2**62, events + 3).tolist(),
        own_clock=[q for q in range(events) if rng.random() < 0.3],
        edges=edges,
        requires=[(c, tuple(rng.permutation(c)[:2].tolist())) for c in range(1, events) if rng.random() < 0.3],
        ends=[pair for pair in pairs if rng.random() < 0.05],
        joins=[pair for pair in pairs if rng.random() < 0.1],
        votes=[(vote, 0, (0, 900), (events - 1,))],
        levels=[(low, 0, 3.0), (high, 0, 3.5)],
        publications=[[300, 700, 1100, 1500, 1900, 2300, 2700]],
        scheduled=[(int(rng.integers(0, events)), 1000)],
    )
    size = world.questions
    values = {
        "rate": np.exp(rng.normal(-1.2, 0.8, (draws, size))),
        "shape": np.where(world.own_clock, rng.uniform(0.4, 1.6, size), 1.0),
        "log_hr": rng.normal(0.2, 0.9, (draws, len(edges))),
        "with_probability": rng.uniform(0.1, 0.9, (draws, world.with_child.size)),
        "gate": rng.uniform(0.1, 0.9, (draws, 1, 2, 2, 2)),
        "president": rng.integers(0, 2, (draws, 1, 2)),
        "second_vote_rate": 0.5,
        "log_share": rng.normal(np.log(2.4), 0.05, (draws, 1)),
        "growth": 0.06,
        "damping": 0.9,
        "growth_sd": 0.02,
        "noise_sd": 0.05,
        "response": 0.05,
    }
    occurred = {int(rng.integers(0, events)): int(rng.integers(-100, 150))} if rng.random() < 0.5 else {}
    clamped = {}
    free = [q for q in range(events) if q not in occurred]
    if clamps and free and rng.random() < 0.4:
        clamped = {int(rng.choice(free)): int(rng.integers(160, 1200))}
    start = make_start(world, 150, occurred=occurred, clamped=clamped)
    return Case(world, make_draws(world, draws, **values), start)


def descendants(world: World, roots: set[int]) -> set[int]:
    """Return the questions that a change of the roots may reach, the roots included."""
    series = dict(zip(world.level_question.tolist(), world.level_series.tolist(), strict=True))
    arrows = [(world.edge_parent, world.edge_child), (world.edge_until, world.edge_child)]
    arrows += [(world.ends_parent, world.ends_child), (world.with_parent, world.with_child)]
    arrows += [(world.vote_trigger, world.vote_question)]
    links = {(int(p), int(c)) for parents, children in arrows for p, c in zip(parents, children, strict=True)}
    for g, child in enumerate(world.requires_child.tolist()):
        links |= {(int(m), child) for m in world.requires_member[world.requires_start[g] : world.requires_start[g + 1]]}
    for v, child in enumerate(world.vote_question.tolist()):
        links |= {(int(m), child) for m in world.terms_member[world.terms_start[v] : world.terms_start[v + 1]]}
    links |= {(a, b) for a in series for b in series if series[a] == series[b]}
    reached, size = set(roots), 0
    while len(reached) > size:
        size = len(reached)
        reached |= {c for p, c in links if p in reached}
    return reached


def some_draws(draws: Draws, rows: slice) -> Draws:
    return replace(draws, **{name: getattr(draws, name)[rows] for name in Draws.__slots__})


def days_before(day: np.ndarray) -> np.ndarray:
    """Return days with NEVER as the largest."""
    return np.where(day == NEVER, 10**6, day.astype(int))
