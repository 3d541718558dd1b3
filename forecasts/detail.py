"""Tables behind a snapshot that are read off the same weighted futures: when it happens, what drives it, warnings.

Every function takes arrays of the run and returns plain dicts and lists for the snapshot's detail artefact.
N futures, Q questions; days count from the board's opening; `weight` sums to one.
"""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasts.definition import Board
from forecasts.domain import Evidence
from models.world import NEVER

Days = NDArray[np.int16]
Weights = NDArray[np.float64]

DIGITS = 6
"""Decimals kept in the detail tables: far below Monte Carlo error, so that the file stays small."""

EXPIRING_DAYS = 90
"""Evidence whose deadline passes within so many days is listed."""

CLIFF_RATIO = 3.0
"""A posterior hazard that falls by more than this factor at an evidence deadline is flagged (METHODS 4)."""

CLIFF_WINDOW_DAYS = 90
CLIFF_FLOOR = 50
"""Occurrences needed on either side of a deadline before a cliff is called one and not noise."""


def month_ends(first: date, last: date) -> list[date]:
    """Return the last days of the months from `first`'s month to `last`, all after `first`."""
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    ends = [date(m // 12, m % 12 + 1, monthrange(m // 12, m % 12 + 1)[1]) for m in months]
    return [d for d in ends if first < d <= last]


def timing(day: Days, weight: Weights, *, board: Board, known: date) -> dict[str, Any]:
    """Return per question the probability of having happened by each coming month's end, and the median date.

    The cumulative curve starts at `known` (0, or 1 where it has happened); the median is None beyond the horizon.
    """
    ends = month_ends(known, board.horizon)
    grid = np.array([(d - board.opens).days for d in ends])
    top = int(grid[-1])
    result = {}
    for q, question in enumerate(board.questions):
        mass = np.bincount(np.clip(day[:, q], 0, top + 1), weights=weight, minlength=top + 2)
        cdf = np.minimum(np.cumsum(mass[: top + 1]), 1.0)
        reached = np.flatnonzero(cdf >= 0.5)
        median = board.opens + timedelta(days=int(reached[0])) if reached.size else None
        result[question.id] = {
            "months": [d.isoformat() for d in ends],
            "cdf": rounded(cdf[grid]),
            "median": median.isoformat() if median else None,
        }
    return result


def drivers(day: Days, weight: Weights, *, board: Board, still_open: Sequence[bool]) -> dict[str, Any]:
    """Return per open question how likely it is by its headline deadline if each other one happens by then, or not.

    This is *seeing*, not doing: the difference holds what causes it, what it causes and what both share. Sorted by the
    size of the difference; a pair is left out where one side has less than a thousandth of the weight.
    """
    alone: dict[date, Weights] = {}
    result: dict[str, Any] = {}
    for q, question in enumerate(board.questions):
        h = (question.headline_deadline - board.opens).days
        if question.headline_deadline not in alone:
            alone[question.headline_deadline] = _shares(day <= h, weight)
        happened = alone[question.headline_deadline]
        yes = np.flatnonzero(day[:, q] <= h)
        both = _shares(day[yes] <= h, weight[yes])
        pairs = [
            (p, both[p] / happened[p], (happened[q] - both[p]) / (1.0 - happened[p]))
            for p in range(len(board.questions))
            if p != q and still_open[p] and 0.001 <= happened[p] <= 0.999
        ]
        found = [
            {"question": board.questions[p].id, "p_if_yes": round(float(a), DIGITS), "p_if_no": round(float(b), DIGITS)}
            for p, a, b in sorted(pairs, key=lambda pair: -abs(pair[1] - pair[2]))
        ]
        result[question.id] = found if still_open[q] else []
    return result


def _shares(happened: NDArray[np.bool_], weight: Weights) -> Weights:
    """Return (Q,) sums of weight; the plain loop of einsum keeps one order of summation for any number of threads."""
    return np.asarray(np.einsum("n,np->p", weight, happened.astype(np.float64)))


def expiring(evidence: Sequence[Evidence], *, known: date, as_of: date) -> list[dict[str, Any]]:
    """Return the effects in force whose deadline is after `known` and at most 90 days after `as_of`, soonest first."""
    rows = [
        {"id": e.id, "question": f.question, "deadline": f.deadline.isoformat(), "days": (f.deadline - as_of).days}
        for e in evidence
        for f in e.effects
        if known < f.deadline <= as_of + timedelta(days=EXPIRING_DAYS)
    ]
    return sorted(rows, key=lambda r: (r["deadline"], r["id"], r["question"]))


def inert(evidence: Sequence[Evidence], *, known: date) -> list[dict[str, Any]]:
    """Return the effects that no longer speak, because their deadline has passed by the known day."""
    return [
        {"id": e.id, "question": f.question, "deadline": f.deadline.isoformat()}
        for e in evidence
        for f in e.effects
        if f.deadline <= known
    ]


def cliffs(
    day: Days, weight: Weights, *, board: Board, known: int, judged: Sequence[tuple[int, int]]
) -> list[dict[str, Any]]:
    """Return a flag for each evidence deadline before which the posterior hazard is over three times that after it.

    `judged` holds the distinct (question index, deadline day) that evidence speaks of. Such a cliff is an artefact of
    judging by a deadline: the evidence says nothing of the day after it.
    """
    flags = []
    for q, h in sorted(set(judged)):
        start = max(known, h - CLIFF_WINDOW_DAYS)
        before = _hazard(day[:, q], weight, after=start, until=h)
        behind = _hazard(day[:, q], weight, after=h, until=h + CLIFF_WINDOW_DAYS)
        if before and behind and before > CLIFF_RATIO * behind:
            flags.append(
                {
                    "kind": "cliff",
                    "question": board.questions[q].id,
                    "deadline": (board.opens + timedelta(days=h)).isoformat(),
                    "before": round(before, DIGITS),
                    "after": round(behind, DIGITS),
                }
            )
    return flags


def _hazard(day: Days, weight: Weights, *, after: int, until: int) -> float | None:
    """Return the hazard per year over (after, until], or None where too few futures happen there to say."""
    hit = (day > after) & (day <= until) & (day != NEVER)
    if until <= after or hit.sum() < CLIFF_FLOOR:
        return None
    at_risk = float(weight[day > after].sum())
    share = min(float(weight[hit].sum()) / at_risk, 1.0 - 1e-12)
    return -float(np.log1p(-share)) / ((until - after) / 365.25)


def rounded(values: NDArray[np.floating]) -> list[float]:
    """Return an array as a list of floats with few decimals."""
    return [round(float(v), DIGITS) for v in values]
