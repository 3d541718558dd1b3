"""Weighing stored futures by evidence: every probability of a board from one weighted set.

A future's weight in column c is `prior_n * prod_q exp(table[q, bucket_nq, c])`, where the bucket is the first deadline
not before the event: multiplications instead of exponentials. Each column is normalised by itself, over all draws at
once; a probability is the mean over the J point columns of each column's weighted share (METHODS 4, "the cut").

Sums run in chunks whose bounds depend on the number of futures only and are added in order, so the bytes of a result
do not depend on the number of threads.

Axes: N futures, Q questions, G grid days (deadlines), B = G + 1 buckets, S scenarios, C columns, J point columns.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.threads import in_threads
from models.weighing_kernels import Code, Mark, accumulate, mix_columns, raise_peaks
from models.world import Float, Int, Int16

CHUNKS = 64
"""Most chunks of futures; each is one task of the thread pool."""
SMALLEST_CHUNK = 1024
COLUMNS = 128
"""Columns weighed together: their weights, tables and sums of one board stay in a core's second-level cache."""
PRODUCT_RANGE = 600.0
"""Widest sum of log weights that products of doubles carry safely (they underflow at 745)."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Stored futures as the weighing reads them; made once by `prepare`, used for every preview."""

    codes: Code
    """(N, Q + S) bucket of each question's day; for a scenario 0 where it holds and B - 1 where it does not."""
    log_prior: Float
    """(N,) log weight before evidence, at most 0; -inf leaves a future out."""
    draw: NDArray[np.int32]
    """(N,) parameter draw of each future, rising from 0."""
    questions: int
    """Q."""
    grid: Int
    """(G,) deadline days."""

    @property
    def count(self) -> int:
        """Number of futures N."""
        return int(self.log_prior.size)

    def given(self, hit: Mark) -> "Sample":
        """Return the sample conditioned on (N,) `hit` (what-if by seeing); raises ValueError when no future is left."""
        left = np.where(hit, self.log_prior, -np.inf)
        if not (left > -np.inf).any():
            raise ValueError("no stored future of positive weight meets the condition")
        return replace(self, log_prior=left - left.max())


@dataclass(frozen=True, slots=True)
class Weighed:
    """What the weighted futures say."""

    share: Float
    """(Q, G, C) P(T_q <= grid day) by column."""
    scenario_share: Float
    """(S, C) P(scenario) by column."""
    weight: Float
    """(N,) mean over the point columns of the normalised weights; sums to 1."""
    points: int
    """J: columns from J on carry the spread of likelihood ratios, into bands only."""

    @property
    def probability(self) -> Float:
        """(Q, G) P(T_q <= grid day)."""
        return np.asarray(self.share[:, :, : self.points].mean(axis=2))

    @property
    def scenario(self) -> Float:
        """(S,) P(scenario)."""
        return np.asarray(self.scenario_share[:, : self.points].mean(axis=1))


def bucket(day: Int16, grid: Int) -> Code:
    """Return the index of the first grid day that is not before each day; `len(grid)` for later and for NEVER.

    Raises
    ------
    ValueError
        When the grid is empty, does not rise, or has more than 254 days.
    """
    if not 0 < grid.size < 255 or (np.diff(grid) <= 0).any():
        raise ValueError(f"the grid needs 1 to 254 rising days; found {grid.tolist()}")
    days = np.arange(-32768, 32768)
    table = np.searchsorted(grid, days).astype(np.uint8)
    table[-1] = grid.size
    return np.asarray(np.roll(table, 32768)[np.ascontiguousarray(day).view(np.uint16)])


def prepare(day: Int16, log_prior: Float, *, draw: NDArray[np.int32], grid: Int, marks: Mark | None = None) -> Sample:
    """Return futures in the form that the weighing reads.

    Parameters
    ----------
    day
        (N, Q) days since the board opened, NEVER where it does not happen.
    log_prior
        (N,) log weight before evidence: history + tilt + clamps; -inf is allowed, NaN and +inf are not.
    draw
        (N,) parameter draw of each future, not falling.
    grid
        (G,) rising deadline days of the board.
    marks
        (N, S) in which futures each scenario holds.

    Raises
    ------
    ValueError
        When shapes disagree, a log weight is NaN or +inf, all are -inf, or draws are out of order.
    """
    marks = np.zeros((day.shape[0], 0), bool) if marks is None else marks
    if not day.shape[0] == log_prior.size == draw.size == marks.shape[0] > 0:
        raise ValueError(f"futures disagree: {day.shape[0]} days, {log_prior.size} weights, {draw.size} draws, ...")
    bad = np.isnan(log_prior) | (log_prior == np.inf)
    if bad.any() or not (log_prior > -np.inf).any():
        what = f"future {int(bad.argmax())} has log weight {log_prior[bad.argmax()]}" if bad.any() else "all are -inf"
        raise ValueError(f"log weights before evidence must be finite or -inf, with one finite at least: {what}")
    if draw[0] < 0 or (np.diff(draw) < 0).any():
        raise ValueError("draws must not fall from one future to the next")
    codes = np.concatenate([bucket(day, grid), np.where(marks, np.uint8(0), np.uint8(grid.size))], axis=1)
    return Sample(np.ascontiguousarray(codes), log_prior - log_prior.max(), draw, day.shape[1], np.asarray(grid))


def weigh(sample: Sample, table: Float, *, points: int, threads: int) -> Weighed:
    """Return every probability of the board under the evidence of a table.

    Parameters
    ----------
    table
        (Q, B, C) log weights by question, bucket and column (`evidence.tables`).
    points
        J, the leading columns that are readings; the others are spread columns.
    threads
        Number of threads; results do not depend on it.

    Raises
    ------
    ValueError
        When the table has another shape or holds a value that is not finite, or `points` is not in 1..C.
    """
    if not 1 <= points <= table.shape[-1]:
        raise ValueError(f"{points} point columns of {table.shape[-1]}")
    plan = _plan(sample, table)
    everything = np.arange(sample.codes.shape[1])
    total, sums = _totals(sample, plan, everything, threads=threads)
    share = np.minimum(np.cumsum(sums, axis=1) / total, 1.0)
    weight = _mean_weights(sample, plan, 1 / (points * total[:points]), threads=threads)
    return Weighed(share[: sample.questions], share[sample.questions :, 0], weight, points)


def shares(sample: Sample, table: Float, targets: Int, *, threads: int) -> Float:
    """Return P(T <= grid day) of a few targets in many columns, without weights: for attribution and leave-one-out.

    Parameters
    ----------
    table
        (Q, B, C) as in `weigh`, with C as large as wanted (`stack_columns` joins the tables of many sets of items).
    targets
        (T,) questions, or Q + s for scenario s.

    Returns
    -------
    (T, G, C); for a scenario every grid day holds the same.

    Raises
    ------
    ValueError
        As `weigh`, and when a target is not in 0..Q+S-1.
    """
    if ((targets < 0) | (targets >= sample.codes.shape[1])).any():
        raise ValueError(f"targets must be in 0..{sample.codes.shape[1] - 1}; found {targets.tolist()}")
    total, sums = _totals(sample, _plan(sample, table), targets, threads=threads)
    return np.asarray(np.minimum(np.cumsum(sums, axis=1) / total, 1.0))


def stack_columns(stack: Float) -> Float:
    """Return (sets, Q, B, C) tables of sets of items as one (Q, B, sets * C) table; sets vary slowest."""
    sets, questions, buckets, columns = stack.shape
    return np.ascontiguousarray(stack.transpose(1, 2, 0, 3)).reshape(questions, buckets, sets * columns)


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the weights of one table are computed."""

    active: Int
    """(A,) questions whose table is not zero."""
    moves: Mark
    """(A, B) buckets whose row is not zero: the others leave every weight as it is."""
    table: Float
    """(A, B, C) factors, or log factors where products could leave the range of doubles."""
    start: Float
    """(N,) weight before evidence, or its log."""
    peak: Float
    """(C,) largest log weight of each column, subtracted in the logarithmic way; else 0."""
    logarithmic: bool


def _plan(sample: Sample, table: Float) -> _Plan:
    shape = (sample.questions, sample.grid.size + 1)
    if table.ndim != 3 or table.shape[:2] != shape:
        raise ValueError(f"table of shape {table.shape}; this sample needs ({shape[0]}, {shape[1]}, columns)")
    if not np.isfinite(table).all():
        where = np.argwhere(~np.isfinite(table))[0]
        raise ValueError(f"table at question, bucket, column {where.tolist()} is {table[tuple(where)]}; must be finite")
    active = np.flatnonzero(table.any(axis=(1, 2)))
    logs = table[active]
    moves = logs.any(axis=2)
    peak = np.zeros(table.shape[2])
    if np.abs(logs).max(axis=1, initial=0.0).sum(axis=0).max(initial=0.0) <= PRODUCT_RANGE:
        return _Plan(active, moves, np.exp(logs), np.exp(sample.log_prior), peak, logarithmic=False)
    peak[:] = -np.inf
    raise_peaks(sample.codes, sample.log_prior, active, logs, peak)
    return _Plan(active, moves, logs, sample.log_prior, peak, logarithmic=True)


def _totals(sample: Sample, plan: _Plan, targets: Int, *, threads: int) -> tuple[Float, Float]:
    """Return the sums of weights (C,), and by target and bucket (T, G, C) without the last bucket."""
    columns = plan.peak.size
    total, sums = np.empty(columns), np.empty((targets.size, sample.grid.size, columns))
    for first in range(0, columns, COLUMNS):
        block = slice(first, min(first + COLUMNS, columns))
        total[block], sums[:, :, block] = _block_totals(sample, plan, block, targets, threads=threads)
    return total, sums


def _block_totals(sample: Sample, plan: _Plan, block: slice, targets: Int, *, threads: int) -> tuple[Float, Float]:
    how = (plan.active, plan.moves, np.ascontiguousarray(plan.table[:, :, block]), plan.peak[block], plan.logarithmic)
    chunks, width = list(_chunks(sample.count)), plan.peak[block].size
    totals = np.empty((len(chunks), width))
    sums = np.empty((len(chunks), targets.size, sample.grid.size, width))

    def task(k: int) -> None:
        totals[k], sums[k] = accumulate(sample.codes, plan.start, *how, targets, *chunks[k])

    in_threads(task, range(len(chunks)), threads)
    return in_order(totals), in_order(sums)


def _mean_weights(sample: Sample, plan: _Plan, scale: Float, *, threads: int) -> Float:
    """Return (N,) sums over the leading columns of weight * scale."""
    out = np.empty(sample.count)
    table = np.ascontiguousarray(plan.table[:, :, : scale.size])
    how = (plan.active, plan.moves, table, plan.peak, plan.logarithmic)
    chunks = list(_chunks(sample.count))

    def task(k: int) -> None:
        mix_columns(sample.codes, plan.start, *how, scale, *chunks[k], out)

    in_threads(task, range(len(chunks)), threads)
    return out


def in_order(parts: Float) -> Float:
    """Return the sum over the first axis, added from first to last."""
    out: Float = parts[0].copy()
    for part in parts[1:]:
        out += part
    return out


def _chunks(count: int) -> Iterator[tuple[int, int]]:
    size = max(SMALLEST_CHUNK, -(-count // CHUNKS))
    return ((first, min(first + size, count)) for first in range(0, count, size))
