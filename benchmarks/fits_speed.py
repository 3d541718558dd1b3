"""Fits of the shipped models: the sampler that was chosen beside two that were not, each with its own compile cache.

Every figure is of a whole new process, import included, but for those of a worker: its second round of fits, by the
product's own way (`recipe.models_kept`), gate included. Three samplers make the same number of draws of the
same model after the same tuning: PyMC's NUTS compiled by Numba (chosen), the same compiled by C, and nutpie; `sampled
again` is the same model object sampled once more in that process. Effective draws are those of the worst mixed quantity
(bulk), per second of a process with a warm cache. `side by side` is how `twixt refit --resample` fits the shipped
board: all of its models, as many at a time as there are processors, each in a process of its own, and what is derived
from them.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from forecasts.recipe import Recipe, models_kept
from scripts.draws import days, moment, shipped_recipes

CHOSEN = "PyMC, Numba"
SAMPLERS = {
    CHOSEN: {"nuts_sampler": "pymc", "backend": "numba"},
    "PyMC, C": {"nuts_sampler": "pymc", "backend": "c"},
    "nutpie": {"nuts_sampler": "nutpie", "backend": "numba"},
}
LONGEST = 1200
"""Seconds after which a rival is given up."""
CHILD = "import sys; from benchmarks.fits_speed import child; child(sys.argv[1], sys.argv[2:])"
KEPT = "kept in a worker"
"""What is asked of a child instead of a sampler: two rounds as a worker has them."""
BESIDE = "side by side"
"""Likewise: every fit of the shipped board, once."""


def fits() -> dict[str, str]:
    """Return the file name of one fit of each model: of several editions the newest."""
    newest = {recipe.model: name for name, recipe in sorted(shipped_recipes().items())}
    return {"class rates": newest.pop("class_rates"), **newest}


def child(sampler: str, names: Sequence[str]) -> None:
    """Fit each of the named models twice in this process, and print the seconds of both rounds and the worst ESS."""
    from forecasts.settings import Home, prepare_caches

    prepare_caches(Home.from_environment(os.environ), os.environ)
    recipes = [shipped_recipes()[name] for name in names]
    if sampler == BESIDE:
        side_by_side()
        print(json.dumps({"again": 0.0, "ess": np.nan}))
        return
    if sampler == KEPT:
        print(json.dumps({"again": kept(recipes), "ess": np.nan}))
        return
    models = [recipe.build() for recipe in recipes]
    seconds, worst = [], np.inf
    for shift in (0, 1):
        began = time.perf_counter()
        for recipe, model in zip(recipes, models, strict=True):
            settings = dict(recipe.sampler) | {"seed": recipe.sampler["seed"] + shift}
            worst = min(worst, sampled(model, settings, SAMPLERS[sampler]))
        seconds.append(time.perf_counter() - began)
    print(json.dumps({"again": seconds[1], "ess": worst}))


def kept(recipes: Sequence[Recipe]) -> float:
    """Return the seconds of the second round of a worker's fits; raises where it did not use the models it kept."""
    with models_kept():
        for recipe in recipes:
            recipe.fit()
        began = time.perf_counter()
        again = [replace(r, sampler=dict(r.sampler) | {"seed": r.sampler["seed"] + 1}).fit() for r in recipes]
        seconds = time.perf_counter() - began
    made = {fit.made_by for fit in again}
    if made != {"nutpie, model kept"}:
        raise RuntimeError(f"the second round was made by {sorted(made)}")
    return seconds


def side_by_side() -> None:
    """Fit every model of the shipped board as a run that samples does."""
    from forecasts.artefacts import Artefacts
    from forecasts.board import load
    from forecasts.catalogue import parameter_draws
    from forecasts.settings import SHIPPED_BOARDS

    board, problems = load(SHIPPED_BOARDS / "indivisible-security")
    if board is None:
        raise RuntimeError(str(problems[0]))
    with tempfile.TemporaryDirectory() as place:
        parameter_draws(moment(board, days(board)[-1]), Artefacts(Path(place)), resample=True)


def sampled(model: object, settings: dict[str, object], how: dict[str, str]) -> float:
    """Sample a model and return the bulk ESS of its worst quantity; tuning and draws are the recipe's."""
    import arviz_stats
    import pymc as pm

    seed = settings.pop("seed")
    with model:  # type: ignore[attr-defined]
        tree = pm.sample(**settings, **how, cores=1, random_seed=seed, quiet=True, compute_convergence_checks=False)
    ess = arviz_stats.ess(tree["posterior"].dataset, method="bulk")
    return float(min(np.min(v.values) for v in ess.data_vars.values()))


def run(sampler: str, names: Sequence[str], cache: Path) -> dict[str, float] | None:
    """Return wall seconds of a new process, of its second round, and the ESS; None when it failed or took too long."""
    environment = {k: v for k, v in os.environ.items() if k not in {"PYTENSOR_FLAGS", "NUMBA_CACHE_DIR"}}
    command = [sys.executable, "-W", "ignore", "-c", CHILD, sampler, *names]
    began = time.perf_counter()
    try:
        done = subprocess.run(
            command,
            env=environment | {"TWIXT_CACHE": str(cache)},
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=True,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        print(f"{sampler}, {', '.join(names)}: {str(error.stderr or error)[-300:]}", file=sys.stderr)
        return None
    told = json.loads(done.stdout.splitlines()[-1])
    whole = time.perf_counter() - began
    return {"whole": whole - told["again"], **told}


def measured(sampler: str, names: Sequence[str]) -> dict[str, float] | None:
    """Return the seconds of a cold and of a warm process and of a kept model, and ESS per second; None as `run`."""
    with tempfile.TemporaryDirectory() as cache:
        cold = run(sampler, names, Path(cache))
        warm = run(sampler, names, Path(cache)) if cold else None
    if cold is None or warm is None:
        return None
    rate = warm["ess"] / warm["whole"]
    return {"cold": cold["whole"], "warm": warm["whole"], "again": warm["again"], "rate": rate}


def rows(only: str = "") -> list[dict[str, object]]:
    """Return the benchmark's rows; of the fits those whose `model, sampler` matches a regular expression."""
    found, names = [], fits()
    for model, sampler in ((m, s) for m in names for s in SAMPLERS):
        if re.search(only, name := f"{model}, {sampler}"):
            found += _fit_rows(name, measured(sampler, [names[model]]), bars=(None, None, None))
    if re.search(only, "three models"):
        together = [name for model, name in names.items() if model != "class rates"]
        found += _fit_rows("three models", measured(CHOSEN, together), bars=(360.0, 40.0, None))
        found.append(_kept_row("three models", together, bar=10.0))
    if re.search(only, BESIDE):
        found += _beside_rows(measured(BESIDE, []), bars=(360.0, 40.0))
    return found


def _beside_rows(seconds: dict[str, float] | None, *, bars: tuple[float, float]) -> list[dict[str, object]]:
    cold, warm = (seconds["cold"], seconds["warm"]) if seconds else (LONGEST, LONGEST)
    name = f"every fit of the shipped board, {BESIDE}"
    return [
        _row(f"{name}: compile cache empty", cold, "s", bars[0]),
        _row(f"{name}: new process, cache warm", warm, "s", bars[1]),
    ]


def _kept_row(name: str, recipes: Sequence[str], *, bar: float) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as cache:
        found = run(KEPT, recipes, Path(cache))
    return _row(f"{name}: {KEPT}", found["again"] if found else LONGEST, "s", bar)


def _fit_rows(
    name: str, seconds: dict[str, float] | None, *, bars: tuple[float | None, ...]
) -> list[dict[str, object]]:
    if seconds is None:
        return [_row(f"{name}: failed, or took longer than this", LONGEST, "s", bars[0])]
    return [
        _row(f"{name}: compile cache empty", seconds["cold"], "s", bars[0]),
        _row(f"{name}: new process, cache warm", seconds["warm"], "s", bars[1]),
        _row(f"{name}: sampled again", seconds["again"], "s", bars[2]),
        _row(f"{name}: worst effective draws", seconds["rate"], "per s", None),
    ]


def _row(name: str, value: float, unit: str, bar: float | None) -> dict[str, object]:
    return {"name": name, "value": value, "unit": unit, "bar": bar, "ok": None if bar is None else value <= bar}
