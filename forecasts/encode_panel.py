"""A fitted panel's coming years: its futures, and the law of the series by which the kernel carries it on.

Computed from the draws of the fit and the panel in force, and kept for the process: a run asks several times.
Axes: R rows (one future of one draw each; the futures of a draw stand a fit's rows apart), C members, H coming years.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasts import spending_fit
from forecasts.definition import Series
from forecasts.definition_panel import FittedPanel
from forecasts.draws_file import DrawsFile
from forecasts.encode_chance import RANGE_90, Chance, stable_key
from forecasts.encode_series import Vintage
from forecasts.receipts import digest
from forecasts.spending_editions import EditionPanel
from models import spending_paths
from models.spending_kernel import KernelLaw, Printing, kernel_law, printing
from models.spending_paths import Parameters
from models.spending_summaries import aggregate

Float = NDArray[np.float64]

FUTURES = 8_000
"""Futures at least, in mirrored pairs: each draw of the fit gets as many as are needed."""
_KEPT = 4
_LATEST = 3
"""Of a quantity with one value for each year, the values of so many last years tell draws apart."""


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
    law: KernelLaw
    """The kernel's law of the weighted mean, (rows of the fit,)."""
    printing: Printing
    """What is printed where the kernel walks, in each coming year to the board's horizon."""


_outlooks: OrderedDict[str, Outlook] = OrderedDict()


def outlook(series: Series, printed: EditionPanel, file: DrawsFile, *, horizon: date) -> Outlook:
    """Return the coming years of a series' panel, to its goal or the board's horizon, whichever is later.

    Parameters
    ----------
    series, printed
        The series, whose panel is fitted, and the panel as it was in force.
    file
        Draws of the fit.
    horizon
        Last day of the board: the kernel's law is fitted to the years that it will walk.

    Raises
    ------
    ValueError
        When the series has no panel.
    """
    if series.panel is None:
        raise ValueError(f"series {series.id!r} has no fitted panel")
    key = _key(series, printed, file, horizon)
    if key not in _outlooks:
        _outlooks[key] = _computed(series.panel, printed, file, horizon=horizon, seed=stable_key(series.id))
        while len(_outlooks) > _KEPT:
            _outlooks.popitem(last=False)
    _outlooks.move_to_end(key)
    return _outlooks[key]


def _key(series: Series, printed: EditionPanel, file: DrawsFile, horizon: date) -> str:
    """Return the hash of everything that the outlook depends on."""
    hasher = hashlib.sha256(digest([series, printed.setting, horizon, FUTURES]).encode())
    hasher.update(printed.panel.log_share.tobytes() + printed.panel.provisional.tobytes())
    for name in sorted(file.variables):
        hasher.update(name.encode() + np.ascontiguousarray(file.variables[name].values).tobytes())
    return hasher.hexdigest()


def _computed(fitted: FittedPanel, printed: EditionPanel, file: DrawsFile, *, horizon: date, seed: int) -> Outlook:
    rng = np.random.Generator(np.random.Philox(seed))
    first = printed.panel.years[-1] + 1
    years = tuple(range(first, max(fitted.goal.by, horizon.year) + 1))
    parameters = spending_fit.parameters(file)
    rates = spending_paths.coming(printed.setting, count=file.rows, rng=rng)
    pairs = -(-FUTURES // (2 * file.rows))
    lucks = [luck for i in range(pairs) for luck in _mirrored(seed, i)]
    parts = [
        spending_paths.paths(printed.panel, printed.setting, parameters, horizon=len(years), rng=luck, rates=rates)
        for luck in lucks
    ]
    paths = np.concatenate(parts)
    weights = np.array([m.weight for m in fitted.members])
    inside = weights > 0
    weighted = aggregate(paths[:, inside], weights[inside])
    last = np.full(len(paths), np.log(weighted_means(fitted, printed)[-1]))
    shift = _discrepancy(fitted, printed, rng.standard_normal(len(paths)))
    whole, walked = weighted + shift[:, None], max(horizon.year - first + 1, 2)
    told = np.tile(quantities(parameters), (len(lucks), 1))
    law = _rows(kernel_law(weighted[:, :walked], last, told), slice(file.rows))
    marks = printing(law, shift[: file.rows], whole[:, :walked])
    return Outlook(printed, years, paths, last + shift, whole, law, marks)


class _Mirror(np.random.Generator):
    """The luck of another generator of the same seed, turned over: what was high is low. Means cost less by half."""

    def standard_normal(self, *args: Any, **more: Any) -> Any:
        return -super().standard_normal(*args, **more)

    def standard_t(self, *args: Any, **more: Any) -> Any:
        return -super().standard_t(*args, **more)

    def random(self, *args: Any, **more: Any) -> Any:
        return 1.0 - super().random(*args, **more)


def _mirrored(seed: int, pair: int) -> tuple[np.random.Generator, np.random.Generator]:
    """Return two generators whose normal and uniform numbers mirror each other."""
    key = stable_key(str(seed), str(pair))
    return np.random.Generator(np.random.Philox(key)), _Mirror(np.random.Philox(key))


def _discrepancy(fitted: FittedPanel, printed: EditionPanel, scores: Float) -> Float:
    """Return logs of the printed aggregate over the weighted mean: as seen in the last year, or as judged.

    `scores` are standard normal; the result has their shape.
    """
    judged = fitted.discrepancy
    if printed.aggregate is not None:
        return np.full(scores.shape, np.log(printed.aggregate / weighted_means(fitted, printed)[-1]))
    return np.asarray(judged.median + (judged.high - judged.low) / RANGE_90 * scores, float)


def weighted_means(fitted: FittedPanel, printed: EditionPanel) -> Float:
    """Return (T,) the weighted mean of the members inside the aggregate in each printed year, percent."""
    weights = np.array([m.weight for m in fitted.members])
    return np.asarray(weights @ np.exp(printed.panel.log_share) / weights.sum(), float)


def quantities(parameters: Parameters) -> Float:
    """Return what tells draws apart, (rows of the fit, K): logs of positive scalars, the last years of the others.

    How often breaks and slumps come is not among them: nothing in the table speaks of it, so it counts as luck.
    """
    columns = []
    for name in sorted(parameters):
        values = parameters[name]
        if values.ndim == 1:
            columns.append(np.log(values)[:, None] if (values > 0).all() else values[:, None])
        else:
            columns.append(values.reshape(len(values), -1)[:, -_LATEST:])
    return np.concatenate(columns, axis=1)


def _rows(law: KernelLaw, rows: slice | NDArray[np.int64]) -> KernelLaw:
    return KernelLaw(law.log_share[rows], law.growth[rows], law.damping[rows], law.growth_sd[rows], law.noise_sd[rows])


def law_of(
    series: Series,
    printed: EditionPanel,
    file: DrawsFile,
    *,
    horizon: date,
    rows: NDArray[np.int64],
    chance: Chance,
) -> KernelLaw:
    """Return the kernel's law for the draws of a run: `rows` (D,) says which row of the fit each takes.

    How far the printed aggregate lies from the weighted mean is judged, with luck of its own.
    """
    law = _rows(outlook(series, printed, file, horizon=horizon).law, rows)
    assert series.panel is not None
    shift = _discrepancy(series.panel, printed, chance.normal(f"series:{series.id}:discrepancy"))
    return replace(law, log_share=law.log_share + shift)


def printing_of(series: Series, found: Vintage, file: DrawsFile | None, *, horizon: date) -> Printing | None:
    """Return what is printed where the kernel walks, in the years after the last printed one; None without a panel."""
    if found.printed is None or file is None:
        return None
    return outlook(series, found.printed, file, horizon=horizon).printing
