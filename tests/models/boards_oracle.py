"""The exact law of a small board of constant hazards: matrix exponentials over the 2^Q sets of what has happened."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import expm

from models.world import World

YEAR = 365.25


def gate_open(world: World, done: int, q: int) -> bool:
    for parent, child in zip(world.ends_parent, world.ends_child, strict=True):
        if child == q and done >> parent & 1:
            return False
    for g, child in enumerate(world.requires_child):
        members = world.requires_member[world.requires_start[g] : world.requires_start[g + 1]]
        if child == q and not any(done >> m & 1 for m in members):
            return False
    return True


def hazard(world: World, rate: np.ndarray, log_hr: np.ndarray, *, done: int, q: int) -> float:
    """Return the hazard per year of q when the questions in the bit set `done` have happened."""
    if done >> q & 1 or not gate_open(world, done, q):
        return 0.0
    total = 0.0
    for e in range(log_hr.size):
        until = world.edge_until[e]
        acts = done >> world.edge_parent[e] & 1 and not (until >= 0 and done >> until & 1)
        total += log_hr[e] if world.edge_child[e] == q and acts else 0.0
    return float(rate[q] * np.exp(total))


def after(world: World, chance: np.ndarray, *, done: int, queue: tuple[int, ...]) -> dict[int, float]:
    """Return the law of the set reached when the queued questions (already in `done`) bring their `with` children."""
    if not queue:
        return {done: 1.0}
    law = {(done, queue[1:]): 1.0}
    for w in np.flatnonzero(world.with_parent == queue[0]):
        child, split = int(world.with_child[w]), {}
        for (now, rest), p in law.items():
            joins = chance[w] if not now >> child & 1 and gate_open(world, now, child) else 0.0
            if joins < 1.0:
                split[now, rest] = split.get((now, rest), 0.0) + p * (1.0 - joins)
            if joins > 0.0:
                key = (now | 1 << child, (*rest, child))
                split[key] = split.get(key, 0.0) + p * joins
        law = split
    total: dict[int, float] = {}
    for (now, rest), p in law.items():
        for end, part in after(world, chance, done=now, queue=rest).items():
            total[end] = total.get(end, 0.0) + p * part
    return total


def generator(world: World, rate: np.ndarray, log_hr: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Return the generator (2^Q, 2^Q) per day."""
    size = 1 << world.questions
    matrix = np.zeros((size, size))
    for done in range(size):
        for q in range(world.questions):
            pace = hazard(world, rate, log_hr, done=done, q=q) / YEAR
            if pace > 0.0:
                for end, p in after(world, chance, done=done | 1 << q, queue=(q,)).items():
                    matrix[done, end] += pace * p
                matrix[done, done] -= pace
    return matrix


@dataclass(frozen=True)
class Law:
    """Joint law of the sets of what has happened by each of a few days."""

    days: tuple[int, ...]
    cell: np.ndarray
    """(cells, days) bit sets."""
    probability: np.ndarray
    """(cells,)"""

    def by(self, q: int, day: int) -> np.ndarray:
        """Return the indicator (cells,) that q has happened by a day."""
        return (self.cell[:, self.days.index(day)] >> q & 1).astype(float)


def exact(matrix: np.ndarray, *, known: int, first: int, days: Sequence[int]) -> Law:
    """Return the joint law at the given days, from the set `first` on the day `known`."""
    law, now = {(first,): 1.0}, known
    for day in days:
        step = expm(matrix * (day - now))
        law = {
            (*path, end): p * step[path[-1], end]
            for path, p in law.items()
            for end in np.flatnonzero(step[path[-1]] > 1e-18).tolist()
        }
        now = day
    cells = np.array([path[1:] for path in law], dtype=np.int64)
    return Law(tuple(days), cells, np.array(list(law.values())))
