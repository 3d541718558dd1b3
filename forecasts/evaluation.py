"""From what was known to weighted futures: encode, simulate, weigh by history and by evidence.

Refit, attribution and the jump gate evaluate boards through here, so they cannot disagree about a number.
Axes as in `models.weighing`: N futures, Q questions, G deadlines of the board, C columns, S scenarios.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from forecasts import encode, scenarios
from forecasts.definition import Board
from forecasts.domain import Evidence
from forecasts.encode_fitted_votes import ComingVotes
from forecasts.parameters import Parameters
from forecasts.readings_fit import belief
from forecasts.replay import Moment
from forecasts.stored_futures import StoredFutures
from models.evidence import Design, Items, design, tables
from models.futures import Forced, Tilt, simulate
from models.history import history_log_likelihood
from models.precision import pareto_smooth
from models.weighing import Sample, Weighed, prepare, weigh

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Effort:
    """How many futures are simulated and where they are spent; part of every receipt, so that a run can be repeated."""

    draws: int
    """Parameter draws D."""
    per_draw: int
    """Futures of each draw."""
    seed: int
    tilt: tuple[tuple[str, float, int], ...] = ()
    """(question, log factor on its hazard, last day of the factor)."""

    @property
    def futures(self) -> int:
        """Number of futures N."""
        return self.draws * self.per_draw


@dataclass(frozen=True, slots=True)
class Simulated:
    """Futures of a board at a moment, weighted by history, the tilt and known days, but not by evidence."""

    moment: Moment
    effort: Effort
    stored: StoredFutures
    sample: Sample
    """With the scenarios as marks, in board order."""
    history_khat: float
    """Pareto shape of the history weights over draws."""
    history_ess: float
    """Effective number of draws after history."""
    votes: Mapping[str, ComingVotes]
    """What stands behind the gates of the fitted votes, by question."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Evidence in force as the weighing reads it."""

    items: Items
    labels: encode.Labels
    design: Design
    table: Float
    """(Q, B, C) log weights."""


def simulate_board(
    moment: Moment, parameters: Parameters, effort: Effort, *, threads: int, forced: Forced | None = None
) -> Simulated:
    """Simulate the futures of a board from what was known, and weigh each draw by the history it explains.

    Parameters
    ----------
    moment, parameters
        What was known, and draws of the fitted models.
    effort
        Size, seed and tilt.
    threads
        Threads of the kernel; the result does not depend on it.
    forced
        Questions that are made to happen, or kept from it (what-if by doing).
    """
    board, horizon = moment.board, (moment.board.horizon - moment.board.opens).days
    known = {"as_of": moment.day, "known_through": moment.known_through}
    world = encode.world(board, **known, parameters=parameters)
    start = encode.start(board, moment.view, known_through=moment.known_through)
    drawn = encode.drawn(
        board, parameters, start, as_of=moment.day, count=effort.draws, seed=effort.seed, view=moment.view
    )
    draws = drawn.draws
    log_history, khat = pareto_smooth(history_log_likelihood(world, draws, start))
    futures = simulate(
        world,
        draws,
        start,
        horizon=horizon,
        per_draw=effort.per_draw,
        seed=effort.seed,
        tilt=_tilt(board, effort),
        forced=forced,
        threads=threads,
    )
    stored = StoredFutures(
        questions=tuple(q.id for q in board.questions),
        series=tuple(s.id for s in board.series),
        publications=world.publication_day,
        day=futures.day,
        draw=futures.draw,
        share=futures.share,
        log_history=np.repeat(log_history, effort.per_draw),
        log_tilt=futures.log_tilt,
        log_clamp=futures.log_clamp,
    )
    history_ess = float(1.0 / np.exp(2.0 * log_history).sum())
    return Simulated(moment, effort, stored, sample_of(board, stored), khat, history_ess, drawn.votes)


def _tilt(board: Board, effort: Effort) -> Tilt | None:
    if not effort.tilt:
        return None
    eta, until = np.zeros(len(board.questions)), np.zeros(len(board.questions), np.int64)
    for question, factor, day in effort.tilt:
        eta[board.index(question)], until[board.index(question)] = factor, day
    return Tilt(eta, until)


def grid_of(board: Board) -> NDArray[np.int64]:
    """Return the board's deadlines as days since it opened, (G,) rising."""
    return np.array([(d - board.opens).days for d in board.deadlines], np.int64)


def sample_of(board: Board, stored: StoredFutures) -> Sample:
    """Return stored futures as the weighing reads them, with the board's scenarios as marks."""
    marks = scenarios.marks(board, stored.day).indicators
    return prepare(stored.day, stored.log_prior, draw=stored.draw, grid=grid_of(board), marks=marks)


def judge(moment: Moment, *, evidence: Sequence[Evidence] | None = None, as_of: date | None = None) -> Judged:
    """Return what the evidence in force says at a moment, or what other evidence would, or at another day of judgement.

    Parameters
    ----------
    moment
        Board, known day and evidence in force.
    evidence
        Instead of the evidence in force.
    as_of
        Day from which ages count, instead of the moment's.
    """
    board = moment.board
    chosen = moment.evidence if evidence is None else tuple(evidence)
    items, labels = encode.items(board, chosen, as_of=as_of or moment.day)
    plan = design(
        belief(moment.readings, labels.forecasters),
        labels.forecaster_key,
        readings=board.settings.readings,
        spread=board.settings.spread_columns,
    )
    table = tables(items, plan, grid=grid_of(board), questions=len(board.questions), known=moment.known)
    return Judged(items, labels, plan, table)


def weigh_board(simulated: Simulated, judged: Judged, *, threads: int) -> Weighed:
    """Return every probability of the board under the evidence."""
    return weigh(simulated.sample, judged.table, points=judged.design.points, threads=threads)
