"""What a sceptic would use instead of the panel model: five forecasts of log shares, each a normal law.

* `rw`: no change, each country with its own scale, the root mean square of its yearly changes;
* `rw_pooled`: no change, one scale for all;
* `drift_pooled`: the mean change of all countries over the last two years goes on, with the scale of `rw_pooled`;
* `arima`, `ets`: AutoARIMA and AutoETS of statsforecast for each country by itself (absent unless that is installed;
  AutoETS refuses a short series, and is then absent altogether).

Variance grows with the years ahead in the first three.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

NAMES = ("rw", "rw_pooled", "drift_pooled", "arima", "ets")
SMALLEST_SD = 0.001
"""Log share: a country that printed the same number every year does not do so for ever."""
_Z95 = 1.6448536269514722


@dataclass(frozen=True, slots=True)
class Normal:
    """A normal law for each country, both (C,)."""

    mean: Float
    sd: Float


def simple(log_share: Float, *, ahead: int) -> dict[str, Normal]:
    """Return the three random walks for the year `ahead` years after the last, from log shares (C, T)."""
    changes = np.diff(log_share, axis=1)
    last = log_share[:, -1]
    own = np.sqrt(np.mean(changes**2, axis=1) * ahead)
    pooled = np.full(last.size, np.sqrt(np.mean(changes**2) * ahead))
    drift = float(changes[:, -2:].mean())
    laws = {"rw": (last, own), "rw_pooled": (last, pooled), "drift_pooled": (last + ahead * drift, pooled)}
    return {name: Normal(mean, np.maximum(sd, SMALLEST_SD)) for name, (mean, sd) in laws.items()}


def automatic(log_share: Float, *, ahead: int) -> tuple[dict[str, Normal], dict[str, str]]:
    """Return the automatic forecasts that could be made, and for each of the others why not."""
    try:
        from statsforecast.models import AutoARIMA, AutoETS
    except ImportError:
        why = "statsforecast is not installed (a bench dependency)"
        return {}, {"arima": why, "ets": why}
    made, absent = {}, {}
    for name, model in (("arima", AutoARIMA), ("ets", AutoETS)):
        try:
            made[name] = _each(model, log_share, ahead)
        except _RefusedError as refusal:
            absent[name] = str(refusal)
    return made, absent


class _RefusedError(Exception):
    """The library could not fit one of the series."""


def _each(model: Callable[[], Any], log_share: Float, ahead: int) -> Normal:
    laws = [_one(model, series, ahead) for series in log_share]
    mean, sd = np.array(laws).T
    return Normal(mean, np.maximum(sd, SMALLEST_SD))


def _one(model: Callable[[], Any], series: Float, ahead: int) -> tuple[float, float]:
    """Return mean and standard deviation read off the library's 90 % interval."""
    try:
        found = model().forecast(y=series, h=ahead, level=[90])
    except Exception as error:  # the library raises whatever its numerics raise
        raise _RefusedError(f"{type(error).__name__}: {error}"[:200]) from error
    mean, high = (float(np.asarray(found[name])[-1]) for name in ("mean", "hi-90"))
    if not np.isfinite([mean, high]).all():
        raise _RefusedError(f"no finite forecast from {series.size} years")
    return mean, (high - mean) / _Z95
