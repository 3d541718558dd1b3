"""A fitted panel's coming years for the pages: the futures of every member, and of the aggregate.

Axes: R rows (one future of one draw each), C members, H coming years.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from forecasts import panel_futures, spending_fit
from forecasts.definition import Series
from forecasts.draws_file import DrawsFile
from forecasts.encode_chance import stable_key
from forecasts.spending_editions import EditionPanel

Float = NDArray[np.float64]

FUTURES = 8_000
"""Futures at least, in mirrored pairs: each draw that is kept gets as many as are needed."""


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """The coming years of a panel."""

    printed: EditionPanel
    years: tuple[int, ...]
    """(H,) coming years."""
    paths: Float
    """(R, C, H) log of the shares that will be printed."""
    last: Float
    """(R,) log of the aggregate in the last printed year."""
    aggregate: Float
    """(R, H) its log in the coming years."""


def outlook(series: Series, printed: EditionPanel, file: DrawsFile, *, horizon: date) -> Outlook:
    """Return the coming years of a series' panel, to its goal or the board's horizon, whichever is later.

    Parameters
    ----------
    series, printed
        The series, whose panel is fitted, and the panel as it was in force.
    file
        What is kept of the fit.
    horizon
        Last day of the board.

    Raises
    ------
    ValueError
        When the series has no panel.
    """
    if (fitted := series.panel) is None:
        raise ValueError(f"series {series.id!r} has no fitted panel")
    first, seed = printed.panel.years[-1] + 1, stable_key(series.id, "outlook")
    years = tuple(range(first, max(fitted.goal.by, horizon.year) + 1))
    parameters = spending_fit.parameters(file)
    times = -(-FUTURES // file.rows)
    paths = panel_futures.futures(printed, parameters, years=len(years), times=times, seed=seed)
    whole = panel_futures.aggregated(fitted, paths)
    luck = np.random.Generator(np.random.Philox(seed))
    shift = panel_futures.discrepancy(fitted, printed, luck.standard_normal(len(whole)))
    last = np.log(panel_futures.weighted_means(fitted, printed)[-1]) + shift
    return Outlook(printed, years, np.concatenate(paths), last, whole + shift[:, None])
