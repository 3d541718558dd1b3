"""What evidence did to a snapshot's numbers, and what time alone will do: left-out items and the expected drift.

Both are columns of one weighing of the same futures, so a difference is a difference and not Monte Carlo noise.
"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasts.detail import DIGITS
from forecasts.evaluation import Judged, Simulated
from forecasts.gates import log_odds
from models.evidence import tables
from models.precision import MIN_FUTURES
from models.weighing import Sample, shares, stack_columns

Float = NDArray[np.float64]

SMALLEST_SHIFT = 0.002
"""Contributions to a question that an item does not speak of are listed from this size on (log-odds)."""

DRIFT_DAYS = (0, 14, 30, 61, 91, 122, 152, 183, 243, 304, 365, 456, 548, 639, 730)
"""Days ahead of the expected drift: two years, closer together at first."""
DRIFT_FUTURES = 40_000
"""Futures that the drift is read from: it is a line on a chart, not a published number."""


def contributions(simulated: Simulated, judged: Judged, *, threads: int) -> dict[str, Any]:
    """Return what each probability would be without each evidence item, at the central reading.

    Leaving an item out gives its story's other items their weight back, so contributions need not add up to the whole.
    Listed per question and deadline, largest first: `id`, `before` (without the item), `delta_log_odds` (with it).
    """
    board, items = simulated.moment.board, judged.items
    entries = np.unique(items.entry)
    keep = np.ones((entries.size + 1, items.count), bool)
    keep[1:] = items.entry[None, :] != entries[:, None]
    share = _central_shares(simulated, judged, keep, threads=threads)
    direct = {(int(i), int(q)) for i, q in zip(items.entry, items.question, strict=True)}
    result: dict[str, Any] = {}
    for q, question in enumerate(board.questions):
        result[question.id] = {}
        for g, deadline in enumerate(board.deadlines):
            if deadline in question.deadlines and 0.0 < share[q, g, 0] < 1.0:
                shift = log_odds(share[q, g, 0]) - log_odds(share[q, g, 1:])
                listed = [
                    {
                        "id": judged.labels.entries[entry],
                        "before": round(float(share[q, g, k + 1]), DIGITS),
                        "delta_log_odds": round(float(shift[k]), DIGITS),
                    }
                    for k, entry in enumerate(entries)
                    if abs(shift[k]) >= SMALLEST_SHIFT or (shift[k] != 0.0 and (int(entry), q) in direct)
                ]
                listed.sort(key=lambda c: (-abs(float(str(c["delta_log_odds"]))), str(c["id"])))
                result[question.id][deadline.isoformat()] = listed
    return result


def _central_shares(simulated: Simulated, judged: Judged, keep: NDArray[np.bool_], *, threads: int) -> Float:
    """Return (Q, G, sets) probabilities with each set of items, at the centre of the design."""
    sample = simulated.sample
    stack = tables(
        judged.items,
        judged.design.centre(),
        grid=sample.grid,
        questions=sample.questions,
        known=simulated.moment.known,
        keep=keep,
    )
    return shares(sample, stack_columns(stack), np.arange(sample.questions), threads=threads)


def drift(simulated: Simulated, judged: Judged, *, threads: int) -> dict[str, Any]:
    """Return how each probability is expected to move if nothing on the board happens and nobody reports anything.

    The first point is now. The probability on a later day t is that of the same futures, given that t is confirmed and
    no open question of the board has happened by then, with the evidence as old as it is then. Days on which too few
    futures are left are not listed.
    """
    moment = simulated.moment
    rows = np.arange(0, simulated.sample.count, -(-simulated.sample.count // DRIFT_FUTURES))
    sample, first = subset(simulated.sample, rows), first_event(simulated)[rows]
    points: list[tuple[date, Float]] = []
    for ahead in DRIFT_DAYS:
        then = moment.day + timedelta(days=ahead)
        known = (then - moment.board.opens).days if ahead else moment.known
        alive = first > known
        if then >= moment.board.horizon or alive.sum() < MIN_FUTURES:
            break
        left = subset(sample, alive)
        points.append((then, probabilities_on(left, judged, known=known, ahead=ahead, threads=threads)))
    return {
        question.id: {
            deadline.isoformat(): [[then.isoformat(), round(float(p[q, g]), DIGITS)] for then, p in points]
            for g, deadline in enumerate(moment.board.deadlines)
            if deadline in question.deadlines and deadline > moment.known_through
        }
        for q, question in enumerate(moment.board.questions)
    }


def first_event(simulated: Simulated) -> NDArray[np.int16]:
    """Return (N,) the day on which the first question that was open at the known day happens in each future."""
    day = simulated.stored.day
    return np.where(day > simulated.moment.known, day, np.iinfo(np.int16).max).min(axis=1)


def probabilities_on(alive: Sample, judged: Judged, *, known: int, ahead: int, threads: int) -> Float:
    """Return (Q, G) probabilities on a later day, from the futures in which nothing has happened by then.

    Parameters
    ----------
    alive
        The futures in which nothing has happened by the day.
    judged
        The evidence in force.
    known
        The day through which the board is known then.
    ahead
        Days by which the evidence is older then.
    """
    items = replace(judged.items, age_days=judged.items.age_days + ahead)
    table = tables(items, judged.design, grid=alive.grid, questions=alive.questions, known=known)
    columns = np.ascontiguousarray(table[:, :, : judged.design.points])
    share = shares(alive, columns, np.arange(alive.questions), threads=threads)
    return np.asarray(share.mean(axis=2))


def subset(sample: Sample, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Sample:
    """Return some of the futures of a sample, by row numbers or mask."""
    return replace(
        sample,
        codes=np.ascontiguousarray(sample.codes[rows]),
        log_prior=sample.log_prior[rows],
        draw=sample.draw[rows],
    )
