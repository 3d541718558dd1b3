"""The hierarchical pool's fit: what it is sampled from, and its draws as the pool reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from forecasts.draws_file import DrawsFile
from forecasts.people_forecasts import is_crowd
from forecasts.people_pool import HALF_LIFE_DAYS, Asked, Learned
from forecasts.recipe import Recipe
from models.pool_rules import UNITS, PoolDraws, aged, log_odds

if TYPE_CHECKING:
    import pymc as pm

SAMPLER: Mapping[str, Any] = {"chains": 4, "draws": 1000, "tune": 1000, "target_accept": 0.9, "seed": 20250215}
BITS = 10


def arrays(resolved: Sequence[Asked]) -> dict[str, Any]:
    """Return the fields of `models.pooling.Panel`, questions in the order given, forecasters sorted."""
    names = tuple(sorted({i.forecast.forecaster for a in resolved for i in a.voices}))
    said = np.full((len(resolved), len(names)), np.nan)
    aging = np.ones_like(said)
    for k, one in enumerate(resolved):
        for found in one.voices:
            f = names.index(found.forecast.forecaster)
            p = np.array(found.forecast.probability, float)
            said[k, f] = float(log_odds(p)) - one.base
            aging[k, f] = aged(np.array((one.at - found.at) / timedelta(days=1)), half_life=HALF_LIFE_DAYS)
    return {
        "forecasters": names,
        "said": said,
        "aging": aging,
        "base": np.array([a.base for a in resolved]),
        "outcome": np.array([float(a.outcome) for a in resolved]),
        "weight": np.array([a.weight for a in resolved]),
        "market": np.array([is_crowd(n) for n in names], bool),
    }


def recipe(resolved: Sequence[Asked]) -> Recipe:
    """Return how the hierarchical pool is fitted to resolved questions; `Learned.enough` says whether it may be."""
    data = arrays(resolved)

    def build() -> "pm.Model":
        from models import pooling

        return pooling.build(pooling.Panel(**data))

    return Recipe(
        model="pool",
        variant="",
        inputs={name: _plain(value) for name, value in data.items()},
        sources=("models/pooling.py", "models/pool_rules.py"),
        sampler=SAMPLER,
        build=build,
        units=UNITS,
        bits=BITS,
    )


def _plain(value: Any) -> Any:
    """Return an array as nested lists, None where nothing was said."""
    if not isinstance(value, np.ndarray):
        return list(value)
    plain = value.astype(object)
    plain[~np.isfinite(value)] = None
    return plain.tolist()


def with_draws(learned: Learned, file: DrawsFile, resolved: Sequence[Asked]) -> Learned:
    """Return what was learned with the draws of the hierarchical fit beside it."""
    names = arrays(resolved)["forecasters"]
    market = np.array([is_crowd(n) for n in names], bool)
    draws = PoolDraws.of({name: file.of(name) for name in UNITS}, market=market)
    return replace(learned, draws=draws, forecasters=names)
