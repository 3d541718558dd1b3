"""Where a run spends its futures: as the board says, tilted where evidence is far from the prior, then more draws."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from forecasts.definition import Board
from forecasts.evaluation import Effort, judge, simulate_board, weigh_board
from forecasts.parameters import Parameters
from forecasts.replay import Moment

CAP = 4
"""A run that misses its precision is repeated with at most so many times the draws."""
PILOT_DRAWS, PILOT_FUTURES = 2_000, 5
"""Size of the small run that decides on the tilt; it depends on nothing but board, evidence and seed."""
ENOUGH_KEPT = 0.4
"""A pilot that keeps less than this share of its effective size under the evidence calls for a tilt at once."""
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


def efforts(moment: Moment, parameters: Parameters, first: Effort, *, threads: int) -> Iterator[Effort]:
    """Return efforts in the order in which they are tried: as asked, tilted, with more draws.

    Where a pilot run loses most of its effective size to the evidence, the first effort is tilted already. The tilt is
    decided from the evidence in force only, so taking the evidence back restores the untilted effort exactly.
    """
    pilot = run_pilot(moment, parameters, seed=first.seed, threads=threads)
    tilted = replace(first, tilt=pilot.tilt)
    if pilot.kept >= ENOUGH_KEPT or not pilot.tilt:
        yield first
    if tilted.tilt:
        yield tilted
    grown = 2
    while grown <= CAP:
        yield replace(tilted, draws=first.draws * grown)
        grown *= 2


@dataclass(frozen=True, slots=True)
class Pilot:
    """What a small run says about where futures should go."""

    tilt: tuple[tuple[str, float, int], ...]
    """(question, log factor on its hazard, last day) of each event question that evidence moves far from its prior."""
    kept: float
    """Effective number of futures with the evidence, as a share of that without."""


def run_pilot(moment: Moment, parameters: Parameters, *, seed: int, threads: int) -> Pilot:
    """Simulate a few futures and compare them with and without the evidence.

    The factor of a question is the ratio of its integrated hazards with and without the evidence, up to the last
    deadline that evidence speaks of.
    """
    board = moment.board
    judged = judge(moment)
    pilot = simulate_board(moment, parameters, Effort(PILOT_DRAWS, PILOT_FUTURES, seed), threads=threads)
    bare = replace(judged, table=np.zeros((*judged.table.shape[:2], 1)), design=judged.design.centre())
    after, before = (weigh_board(pilot, evidence, threads=threads) for evidence in (judged, bare))
    found = []
    for q, question in enumerate(board.questions):
        spoken = judged.items.day[(judged.items.question == q) & (judged.items.day > moment.known)]
        if question.kind == "event" and spoken.size:
            g = int(np.searchsorted(pilot.sample.grid, spoken.max()))
            factor = _log_factor(float(after.probability[q, g]), float(before.probability[q, g]))
            if abs(factor) >= SMALLEST_TILT:
                found.append((question.id, float(np.clip(factor, -LARGEST_TILT, LARGEST_TILT)), int(spoken.max())))
    return Pilot(tuple(found), float((before.weight**2).sum() / (after.weight**2).sum()))


def _log_factor(after: float, before: float) -> float:
    """Return the log ratio of the integrated hazards of two probabilities; 0 where one of them is certain."""
    if not (0.0 < after < 1.0 and 0.0 < before < 1.0):
        return 0.0
    return float(np.log(np.log1p(-after) / np.log1p(-before)))
