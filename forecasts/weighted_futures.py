"""The futures behind a snapshot with the weights that give its numbers, and equally weighted samples of them.

Stored futures carry the weight that they had before evidence; here they are weighed once more by the evidence of the
snapshot, and held against what it has published. `resampled` draws equally weighted futures, whole histories each, so
that everything that holds jointly holds in the sample too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecasts import encode, scenarios
from forecasts.artefacts import Artefacts
from forecasts.definition import Board
from forecasts.evaluation import judge, sample_of
from forecasts.moves import read_state
from forecasts.replay import Moment
from forecasts.snapshots import Snapshot
from forecasts.store import Store
from forecasts.stored_futures import StoredFutures, load_futures
from models.weighing import Weighed, weigh

Float = NDArray[np.float64]
Rows = NDArray[np.int64]

AGREES = 1e-9
"""How far a probability weighed again may lie from the published one: the order of summation, nothing else."""


class FuturesNotKeptError(LookupError):
    """The futures of a snapshot are gone; the message says which are kept."""


class OtherNumbersError(ValueError):
    """The stored futures give other numbers than the snapshot has published; the message names one."""


@dataclass(frozen=True)
class WeightedFutures:
    """Whole histories, each with its share of the probability. Axes: N futures, Q questions, S scenarios."""

    snapshot: Snapshot
    moment: Moment
    stored: StoredFutures
    weight: Float
    """(N,) sums to 1."""

    @property
    def board(self) -> Board:
        """The definition that the snapshot was computed under."""
        return self.moment.board

    @cached_property
    def marks(self) -> scenarios.Marks:
        """Which scenarios hold in which futures."""
        return scenarios.marks(self.board, self.stored.day)

    @property
    def coming(self) -> Iterator[tuple[int, int, str, int]]:
        """Give each coming year of each series: its two places in `stored.share`, the series' id and the year."""
        moment = self.moment
        years = encode.series_years(moment.board, as_of=moment.day, known_through=moment.known_through)
        for s, name in enumerate(self.stored.series):
            for y, year in enumerate(years[s]):
                if np.isfinite(self.stored.share[:, s, y]).all():
                    yield s, y, name, year


def of_snapshot(store: Store, artefacts: Artefacts, snapshot: Snapshot, *, threads: int) -> WeightedFutures:
    """Read the futures of a snapshot and weigh them by the evidence that it had.

    Raises
    ------
    FuturesNotKeptError
        When the futures are not kept (only those of the newest snapshot of each mode are, and only unless the run was
        told to keep none).
    OtherNumbersError
        When they give another probability than was published: another version of the model has made it.
    CorruptArtefactError, CorruptFuturesError, BoardStoreError, DrawsFileError
        When the futures, the definition or the draws of the snapshot cannot be read.
    """
    if not kept(artefacts, snapshot):
        raise FuturesNotKeptError(
            f"{snapshot.board}: the futures of the snapshot as of {snapshot.as_of.isoformat()} ({snapshot.mode}) are "
            "not kept; only those of the newest snapshot of each mode are"
        )
    state = read_state(store, artefacts, snapshot)
    name = str(snapshot.futures_hash)
    stored = load_futures(artefacts.get(name), name=name[:12])
    judged = judge(state.moment)
    weighed = weigh(sample_of(state.moment.board, stored), judged.table, points=judged.design.points, threads=threads)
    _check(snapshot, state.moment.board, weighed)
    return WeightedFutures(snapshot, state.moment, stored, weighed.weight / weighed.weight.sum())


def kept(artefacts: Artefacts, snapshot: Snapshot) -> bool:
    """Tell whether the futures of a snapshot are still there."""
    return snapshot.futures_hash is not None and artefacts.has(snapshot.futures_hash)


def _check(snapshot: Snapshot, board: Board, weighed: Weighed) -> None:
    grid = list(enumerate(board.deadlines))
    of_questions = {(q.id, d): weighed.probability[i, g] for i, q in enumerate(board.questions) for g, d in grid}
    of_scenarios = {s.id: p for s, p in zip(board.scenarios, weighed.scenario, strict=True)}
    for subject, group, deadline, value in published(snapshot.rows).iter_rows():
        again = of_scenarios[subject] if deadline is None else of_questions[subject, deadline]
        if not abs(again - value) <= AGREES:
            raise OtherNumbersError(
                f"{snapshot.board}: the futures of the snapshot as of {snapshot.as_of.isoformat()} give "
                f"{again:.6f} for {group} {subject}{f' by {deadline}' if deadline else ''}, published was {value:.6f}: "
                "another version of the model has made it; `twixt refit` publishes one that can be exported"
            )


def published(rows: pl.DataFrame) -> pl.DataFrame:
    """Return subject, group, deadline and value of the probabilities of a snapshot that were estimated."""
    estimated = (pl.col("measure") == "probability") & pl.col("state").is_in(["open", "awaiting"])
    return rows.filter(estimated).select("subject", "group", "deadline", "value")


def resampled(futures: WeightedFutures, count: int, *, seed: int) -> Rows:
    """Return places of futures, each as good as any other, that stand for the weighted ones.

    Systematic resampling (Kitagawa 1996, J. Comp. Graph. Stat. 5:1) of the futures in the order of their scenarios: a
    future of weight w is taken floor(w `count`) or one time more, a scenario of the partition within one of its share.
    The order of the result is random, so that any part of it is a fair sample too.

    Parameters
    ----------
    count
        Samples, at least 1.
    seed
        Not negative; the same seed gives the same samples.

    Returns
    -------
    (count,) places in the axis N.

    Raises
    ------
    ValueError
        When `count` or `seed` lies outside.
    """
    if count < 1 or seed < 0:
        raise ValueError(f"{count} samples with seed {seed}: at least 1 and a seed of 0 or more are needed")
    luck = np.random.default_rng(seed)
    order = np.argsort(futures.marks.code, kind="stable")
    reached = np.cumsum(futures.weight[order])
    points = (np.arange(count) + luck.random()) / count * reached[-1]
    places = np.searchsorted(reached, points, side="right")
    last = int(np.flatnonzero(futures.weight[order])[-1])
    return np.asarray(luck.permutation(order[np.minimum(places, last)]), np.int64)


def largest_difference(futures: WeightedFutures, rows: Rows) -> float:
    """Return how far the farthest estimated probability in equally weighted futures lies from the published one."""
    board, day = futures.board, futures.stored.day[rows]
    holds = dict(zip((s.id for s in board.scenarios), futures.marks.indicators[rows].mean(axis=0), strict=True))
    differences = [0.0]
    for subject, _group, deadline, value in published(futures.snapshot.rows).iter_rows():
        if deadline is None:
            found = float(holds[subject])
        else:
            found = float((day[:, board.index(subject)] <= (deadline - board.opens).days).mean())
        differences.append(abs(found - value))
    return max(differences)
