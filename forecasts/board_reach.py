"""Find scenarios that no possible order of events reaches, by trying many patterns of days.

Patterns are systematic (each question alone and in pairs) and random; days are those around the days that the
definitions mention, and every pattern obeys `requires`, votes after their trigger and levels in order.
"""

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecasts import board_graph, scenarios
from forecasts.board_parts import Parts

PATTERNS = 40_000
_NEVER = np.iinfo(np.int32).max
_EPOCH = date(1970, 1, 1)


def unreachable(parts: Parts) -> list[int]:
    """Return the positions of scenarios that hold in no pattern; none where other mistakes leave no pattern."""
    records = [s for s, _ in parts.scenarios]
    if not records or {q.id for q, _ in parts.questions} != parts.mentioned:
        return []
    if board_graph.cycle(parts):
        return []
    ids = [q.id for q in board_graph.parents_first(parts)]
    days = _days(parts, scenarios.days_mentioned(records, ids))
    if not days.size:
        return []
    pattern = _obeying(parts, ids, _patterns(len(ids), days))
    columns = {
        name: pl.Series(np.where(pattern[:, i] == _NEVER, -1, pattern[:, i]), dtype=pl.Int32)
        for i, name in enumerate(ids)
    }
    dates = pl.DataFrame(columns).select(pl.when(pl.col(n) >= 0).then(pl.col(n)).cast(pl.Date).alias(n) for n in ids)
    return scenarios.unreachable(records, dates)


def _days(parts: Parts, mentioned: tuple[date, ...]) -> NDArray[np.int32]:
    """Days worth trying, since the epoch: the ends of the board and those around every day mentioned."""
    head = parts.head
    around = {day + timedelta(days=shift) for day in mentioned for shift in (-1, 0, 1)}
    tried = {head.opens + timedelta(days=1), head.horizon, *around}
    return np.array(sorted((d - _EPOCH).days for d in tried if head.opens < d <= head.horizon), dtype=np.int32)


def _patterns(questions: int, days: NDArray[np.int32]) -> NDArray[np.int32]:
    """(PATTERNS, questions) days; a share of each that grows over the rows never happens."""
    random = np.random.default_rng(20_250_215)
    pattern = random.choice(days, size=(PATTERNS, questions))
    share = np.linspace(0, 1, PATTERNS)[:, None]
    return np.where(random.random((PATTERNS, questions)) < share, _NEVER, pattern).astype(np.int32)


def _obeying(parts: Parts, ids: list[str], pattern: NDArray[np.int32]) -> NDArray[np.int32]:
    """Move each child to the day of its parents where it would come too early; never where they never happen."""
    column = {name: i for i, name in enumerate(ids)}
    groups = [(e.child, e.parents) for e, _ in parts.edges if e.kind == "requires"]
    groups += [(v.question, (v.trigger,)) for v, _ in parts.votes]
    for name in ids:
        for child, parents in groups:
            if child == name:
                first = pattern[:, [column[p] for p in parents]].min(axis=1)
                pattern[:, column[name]] = np.maximum(pattern[:, column[name]], first)
    for series, _ in parts.series:
        levels = [column[v.question] for v in series.levels]
        for lower, upper in pairwise(levels):
            pattern[:, upper] = np.maximum(pattern[:, upper], pattern[:, lower])
    return pattern
