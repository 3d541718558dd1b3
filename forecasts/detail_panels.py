"""What a fitted panel says by itself: fans, levels, counts, the straight line; for the detail of a snapshot.

The panel alone: without the board's edges and evidence. Axes: R futures, C members, H coming years, T printed years.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasts import encode
from forecasts.definition import Series
from forecasts.definition_panel import FittedPanel
from forecasts.detail import DIGITS
from forecasts.domain import Edition
from forecasts.encode_series import log_level
from forecasts.panel_futures import weighted_means
from forecasts.panel_outlook import Outlook, outlook
from forecasts.parameters import Parameters
from forecasts.replay import Moment
from forecasts.spending_editions import editions_read, newest_values
from models.spending_summaries import count_at, fan, on_line, reached_by

Float = NDArray[np.float64]

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles of every fan."""
NAMES = ("low90", "low50", "value", "high50", "high90")
SHARE_DIGITS = 3


def panels(moment: Moment, parameters: Parameters) -> dict[str, Any]:
    """Return the outlook of each series with a fitted panel, by series id, as plain JSON values."""
    found = {}
    for series in moment.board.series:
        printed = encode.vintage(series, moment.board, as_of=moment.day, known_through=moment.known_through).printed
        if series.panel is not None and printed is not None and series.id in parameters.fits:
            ahead = outlook(series, printed, parameters.fits[series.id], horizon=moment.board.horizon)
            found[series.id] = _panel(
                series, series.panel, ahead, editions=editions_read(series.panel, as_of=moment.day)
            )
    return found


def _panel(series: Series, fitted: FittedPanel, ahead: Outlook, *, editions: Sequence[Edition]) -> dict[str, Any]:
    levels = {f"{value:g}": log_level(value, series.decimals) for value in fitted.lines}
    goal = log_level(fitted.goal.share, series.decimals)
    return {
        "years": list(ahead.years),
        "printed_years": list(ahead.printed.panel.years),
        "lines": list(fitted.lines),
        "goal": {"since": fitted.goal.since, "review": fitted.goal.review, "by": fitted.goal.by}
        | {"share": fitted.goal.share, "reason": fitted.goal.reason},
        "aggregate": _aggregate(fitted, ahead, levels) | {"printed": _history(fitted, ahead, editions)},
        "members": [_member(fitted, ahead, levels, c) for c in range(len(fitted.members))],
        "counts": _counts(ahead, goal),
        "on_line": _on_lines(fitted, ahead),
        "editions": [_edition(e, stands_in=ahead.printed.stands_in) for e in editions],
        "estimates": _estimates(fitted, editions),
        "stands_in": ahead.printed.stands_in,
        "notes": list(ahead.printed.notes),
    }


def _aggregate(fitted: FittedPanel, ahead: Outlook, levels: dict[str, float]) -> dict[str, Any]:
    return {
        "name": fitted.aggregate,
        "weighted": _shares(weighted_means(fitted, ahead.printed)),
        "now": _shares(fan(ahead.last, LEVELS)),
        "fan": _fan(ahead.aggregate),
        "reached": {name: _chances(reached_by(ahead.aggregate, log)) for name, log in levels.items()},
    }


def _history(fitted: FittedPanel, ahead: Outlook, editions: Sequence[Edition]) -> list[float]:
    """Return the aggregate as printed, the weighted mean where it was not; in the last year, where futures start."""
    known = {y: s.percent for (name, y), s in newest_values(editions).items() if name == fitted.aggregate}
    means = dict(zip(ahead.printed.panel.years, weighted_means(fitted, ahead.printed), strict=True))
    earlier = [known.get(year, mean) for year, mean in means.items()][:-1]
    return _shares(np.array([*earlier, float(np.exp(np.median(ahead.last)))]))


def _member(fitted: FittedPanel, ahead: Outlook, levels: dict[str, float], c: int) -> dict[str, Any]:
    member, paths = fitted.members[c], ahead.paths[:, c]
    return {
        "name": member.name,
        "inside": member.weight > 0,
        "printed": _shares(np.exp(ahead.printed.panel.log_share[c])),
        "fan": _fan(paths),
        "at": {name: _chances((paths >= log).mean(axis=0)) for name, log in levels.items()},
    }


def _counts(ahead: Outlook, goal: float) -> dict[str, Any]:
    """Return how many members stand at the goal or above it in each coming year, and in the last printed one."""
    counts = count_at(ahead.paths, goal)
    members = ahead.paths.shape[1]
    shares = [np.bincount(column, minlength=members + 1) / len(column) for column in counts.T]
    quantiles = np.quantile(counts, LEVELS, axis=0, method="inverted_cdf")
    return {
        "now": int(np.count_nonzero(ahead.printed.panel.log_share[:, -1] >= goal)),
        "fan": {name: [int(v) for v in row] for name, row in zip(NAMES, quantiles, strict=True)},
        "mean": [round(float(m), 2) for m in counts.mean(axis=0)],
        "chances": [_chances(row) for row in shares],
    }


def _on_lines(fitted: FittedPanel, ahead: Outlook) -> dict[str, Any] | None:
    """Return the chance of each member, and of the aggregate, to stand on its straight line at the review.

    The line starts at the share printed for its first year; a member above the goal has to stay above it.
    """
    goal, printed = fitted.goal, ahead.printed.panel
    if goal.since not in printed.years or goal.review not in ahead.years:
        return None
    at = printed.years.index(goal.since)
    starts = np.minimum(np.exp(printed.log_share[:, at]), goal.share)
    whole = min(float(weighted_means(fitted, ahead.printed)[at]), goal.share)
    first, end = ahead.years[0], (goal.by, goal.share)
    chances = [
        float(on_line(ahead.paths[:, c], start=(goal.since, float(s)), goal=end, first=first, year=goal.review))
        for c, s in enumerate(starts)
    ]
    aggregate = float(on_line(ahead.aggregate, start=(goal.since, whole), goal=end, first=first, year=goal.review))
    part = (goal.review - goal.since) / (goal.by - goal.since)
    needed = starts + (goal.share - starts) * part
    return {
        "chances": _chances(np.array(chances)),
        "needed": _shares(needed),
        "aggregate": round(aggregate, DIGITS),
        "aggregate_needed": round(whole + (goal.share - whole) * part, SHARE_DIGITS),
        "together": _together(ahead, needed, at=goal.review - first),
    }


def _together(ahead: Outlook, needed: Float, *, at: int) -> dict[str, int]:
    """Return quantiles of the number of members on their line at the review."""
    standing = np.count_nonzero(ahead.paths[..., at] >= np.log(needed), axis=1)
    quantiles = np.quantile(standing, LEVELS, method="inverted_cdf")
    return {name: int(v) for name, v in zip(NAMES, quantiles, strict=True)}


def _edition(edition: Edition, *, stands_in: bool) -> dict[str, Any]:
    years = sorted({s.year for s in edition.shares})
    return {
        "id": edition.id,
        "title": edition.title,
        "published_on": edition.published_on.isoformat(),
        "source": edition.source,
        "url": edition.url,
        "note": edition.note,
        "values": len(edition.shares),
        "first": years[0],
        "last": years[-1],
        "estimates": sum(s.estimate for s in edition.shares),
        "stands_in": stands_in,
    }


def _estimates(fitted: FittedPanel, editions: Sequence[Edition]) -> dict[str, list[str]]:
    """Return the members whose newest value of a year is marked as an estimate, by year."""
    names = {m.name for m in fitted.members}
    marked = [(s.year, s.country) for s in newest_values(editions).values() if s.estimate and s.country in names]
    return {str(year): sorted(n for y, n in marked if y == year) for year in sorted({y for y, _ in marked})}


def _fan(paths: Float) -> dict[str, list[float]]:
    return {name: _shares(row) for name, row in zip(NAMES, fan(paths, LEVELS), strict=True)}


def _shares(values: Float) -> list[float]:
    return [round(float(v), SHARE_DIGITS) for v in np.atleast_1d(values)]


def _chances(values: Float) -> list[float]:
    return [round(float(v), 4) for v in values]
