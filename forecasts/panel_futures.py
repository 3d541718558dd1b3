"""The coming years of a fitted panel's aggregate, and the law by which the kernel carries the series on.

The law is made once, when the panel is sampled, from many futures of every draw: what a run reads of it is two numbers
for each draw and a map from what the kernel walks to what is printed, whose own Monte Carlo error has to be small
beside that of a published probability.

Axes: D draws, F futures (those of a draw stand D rows apart), C members, H coming years.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasts.definition_panel import FittedPanel
from forecasts.encode_chance import RANGE_90, stable_key
from forecasts.spending_editions import EditionPanel
from models import spending_paths
from models.spending_kernel import KernelLaw, Printing, kernel_law, printing
from models.spending_paths import Parameters
from models.spending_summaries import aggregate
from models.threads import in_threads

Float = NDArray[np.float64]

FOR_THE_LAW = 16
"""Futures of each draw behind a law: with 8,000 draws a share of one half is known to .001."""
_LATEST = 3
"""Of a quantity with one value for each year, the values of so many last years tell draws apart."""


@dataclass(frozen=True, slots=True)
class Whole:
    """How a panel's members make up the series, and how far the kernel walks."""

    fitted: FittedPanel
    printed: EditionPanel
    """The panel as it was in force."""
    last_year: int
    """Year of the board's horizon."""
    seed: int

    @property
    def years(self) -> int:
        """H, coming years that the kernel walks: two at least."""
        return max(self.last_year - self.printed.panel.years[-1], 2)

    @property
    def inputs(self) -> dict[str, object]:
        """All that decides the law beside the draws and the code, as plain values."""
        return {
            "weights": [m.weight for m in self.fitted.members],
            "discrepancy": self.fitted.discrepancy,
            "printed": self.printed.aggregate,
            "setting": self.printed.setting,
            "last_year": self.last_year,
            "seed": self.seed,
            "futures": FOR_THE_LAW,
        }


def aggregate_law(whole: Whole, parameters: Parameters) -> tuple[KernelLaw, Printing]:
    """Return the kernel's law of the weighted mean in each draw, (D,), and what is printed where it walks.

    Parameters
    ----------
    whole
        The panel and how it adds up.
    parameters
        Draws of the fit.
    """
    draws = len(parameters["moved"])
    paths = futures(whole.printed, parameters, years=whole.years, times=FOR_THE_LAW, seed=whole.seed)
    walked = aggregated(whole.fitted, paths)
    last = np.full(len(walked), np.log(weighted_means(whole.fitted, whole.printed)[-1]))
    law = law_of_rows(kernel_law(walked, last, np.tile(quantities(parameters), (len(paths), 1))), slice(draws))
    luck = np.random.Generator(np.random.Philox(stable_key(str(whole.seed), "discrepancy")))
    shift = discrepancy(whole.fitted, whole.printed, luck.standard_normal(len(walked)))
    return law, printing(law, shift[:draws], walked + shift[:, None])


def futures(printed: EditionPanel, parameters: Parameters, *, years: int, times: int, seed: int) -> list[Float]:
    """Return futures of all members in mirrored pairs of luck, each (D, C, H) log shares: `times` of them, made even.

    How often breaks and slumps come is drawn once for each draw.
    """
    luck = np.random.Generator(np.random.Philox(stable_key(str(seed), "rates")))
    rates = spending_paths.coming(printed.setting, count=len(parameters["moved"]), rng=luck)
    lucks = [luck for pair in range(-(-times // 2)) for luck in _mirrored(seed, pair)]

    def drawn(k: int) -> Float:
        return spending_paths.paths(
            printed.panel, printed.setting, parameters, horizon=years, rng=lucks[k], rates=rates
        )

    return in_threads(drawn, range(len(lucks)), 2)


def aggregated(fitted: FittedPanel, paths: list[Float]) -> Float:
    """Return (F, H) log of the weighted mean of the members inside the aggregate."""
    weights = np.array([m.weight for m in fitted.members])
    inside = weights > 0
    return np.concatenate([aggregate(part[:, inside], weights[inside]) for part in paths])


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


def discrepancy(fitted: FittedPanel, printed: EditionPanel, scores: Float) -> Float:
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
    """Return what tells draws apart, (D, K): logs of positive scalars, the last years of the others.

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


def law_of_rows(law: KernelLaw, rows: slice | NDArray[np.int64]) -> KernelLaw:
    """Return the law of some draws, in their order."""
    return KernelLaw(law.log_share[rows], law.growth[rows], law.damping[rows], law.growth_sd[rows], law.noise_sd[rows])
