"""Where a run spends its futures: as the board says, tilted where evidence is far from the prior, then more draws."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from forecasts.class_rates import ClassRates
from forecasts.definition import Board
from forecasts.evaluation import Effort, judge, simulate_board
from forecasts.replay import Moment
from models.weighing import shares

CAP = 4
"""A run that misses its precision is repeated with at most so many times the draws."""
PILOT_DRAWS, PILOT_FUTURES = 2_000, 5
"""Size of the small run that decides on the tilt; it depends on nothing but board, evidence and seed."""
LARGEST_TILT = float(np.log(8.0))
SMALLEST_TILT = float(np.log(1.5))


def first_effort(board: Board, *, futures: int | None, seed: int | None) -> Effort:
    """Return the effort of a board's settings, or of a wanted number of futures (whole draws, rounded up).

    Raises
    ------
    ValueError
        When `futures` is below the futures of one draw, or the seed is negative.
    """
    settings = board.settings
    if futures is not None and futures < settings.futures_per_draw:
        raise ValueError(
            f"futures {futures}: at least {settings.futures_per_draw}, the futures of one draw, are needed"
        )
    if seed is not None and not 0 <= seed < 2**63:
        raise ValueError(f"seed {seed}: a whole number from 0 to 2^63 - 1 is needed")
    draws = settings.draws if futures is None else -(-futures // settings.futures_per_draw)
    return Effort(draws, settings.futures_per_draw, settings.seed if seed is None else seed)


def efforts(moment: Moment, rates: ClassRates, first: Effort, *, threads: int) -> Iterator[Effort]:
    """Return efforts in the order in which they are tried: as asked, tilted where that helps, with more draws.

    A tilt is decided from the evidence in force only, so taking the evidence back restores the first effort exactly.
    """
    yield first
    tilted = replace(first, tilt=pilot_tilt(moment, rates, seed=first.seed, threads=threads))
    if tilted.tilt:
        yield tilted
    grown = 2
    while grown <= CAP:
        yield replace(tilted, draws=first.draws * grown)
        grown *= 2


def pilot_tilt(moment: Moment, rates: ClassRates, *, seed: int, threads: int) -> tuple[tuple[str, float, int], ...]:
    """Return (question, log factor, last day) for each event question that evidence moves far from its prior.

    The factor is the ratio of its integrated hazards with and without the evidence, up to the last deadline that
    evidence speaks of, in a small run of its own.
    """
    board = moment.board
    judged = judge(moment)
    pilot = simulate_board(moment, rates, Effort(PILOT_DRAWS, PILOT_FUTURES, seed), threads=threads)
    everything = np.arange(len(board.questions))
    table = judged.table[:, :, : judged.design.points]
    after = shares(pilot.sample, np.ascontiguousarray(table), everything, threads=threads).mean(axis=2)
    before = shares(pilot.sample, np.zeros((*table.shape[:2], 1)), everything, threads=threads)[:, :, 0]
    found = []
    for q, question in enumerate(board.questions):
        spoken = judged.items.day[(judged.items.question == q) & (judged.items.day > moment.known)]
        if question.kind != "event" or not spoken.size:
            continue
        g = int(np.searchsorted(pilot.sample.grid, spoken.max()))
        p, p0 = float(after[q, g]), float(before[q, g])
        if 0.0 < p < 1.0 and 0.0 < p0 < 1.0:
            factor = float(np.log(np.log1p(-p) / np.log1p(-p0)))
            if abs(factor) >= SMALLEST_TILT:
                found.append((question.id, float(np.clip(factor, -LARGEST_TILT, LARGEST_TILT)), int(spoken.max())))
    return tuple(found)
