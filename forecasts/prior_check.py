"""Prior beside posterior: draws of a fit's own prior, and how far the posterior hangs on it.

The prior is that of the model itself, drawn and evaluated by the object that `Recipe.build` returns, so nothing is
written down twice. Sensitivity is by power-scaling (Kallioinen, Paananen, Burkner and Vehtari 2024, Statistics and
Computing 34:57), computed by ArviZ from the kept draws: how fast the posterior moves when the prior, or the likelihood,
is raised to a power near 1. A prior is scaled where its quantity is kept as it was sampled; the likelihood where all
that was sampled is kept. What cannot be scaled is named.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from forecasts.convergence import _dataset, plain, thinned
from forecasts.draws_file import DrawsFile

if TYPE_CHECKING:
    import pymc as pm

Float = NDArray[np.float64]

PRIOR_DRAWS = 4000
SCALED_DRAWS = 1000
"""Draws of a chain whose densities are evaluated, evenly spaced."""
SENSITIVE = 0.05
"""Kallioinen and others: from here on a prior informs its posterior enough to be pointed out."""
DENSITY_POINTS = 96
WIDE = 30.0
"""Positive quantities whose 5 and 95 % lie further apart than this factor are shown on a logarithmic scale."""
_MODE = "FAST_COMPILE"


def prior_draws(model: "pm.Model", file: DrawsFile, *, seed: int) -> dict[str, Float]:
    """Return (count,) draws of the model's prior for every kept number that has one, by name as in `convergence`.

    A variable that hangs on an improper prior has none and is left out.
    """
    found: dict[str, Float] = {}
    for name, variable in file.sampled.items():
        try:
            draw = model.compile_fn([model[name]], inputs=[], point_fn=False, mode=_MODE, random_seed=seed)
            values = np.array([draw()[0] for _ in range(PRIOR_DRAWS)], float)
        except NotImplementedError:  # what the library says of a flat prior
            continue
        for label, column in _columns(model, file, name, values).items():
            found[f"{name}[{label}]" if variable.dims else name] = column
    return found


def _columns(model: "pm.Model", file: DrawsFile, name: str, values: Float) -> dict[str, Float]:
    """Return the draws of a variable by the labels that the file keeps of its axis."""
    dims = file.variables[name].dims
    if not dims:
        return {"": values}
    if len(dims) > 1:
        raise ValueError(f"{name}: axes {dims}; the prior of one axis at most is told")
    every = [str(label) for label in model.coords[dims[0]]]
    return {str(label): values[:, every.index(str(label))] for label in file.coords[dims[0]]}


def overlaps(draws: Mapping[str, Float], prior: Mapping[str, Float]) -> dict[str, dict[str, Any]]:
    """Return prior and posterior of each quantity side by side.

    Returns
    -------
    dict
        By name: `scale` (`log` or `linear`), `x` with the densities `prior` and `posterior` (per unit of x, or of its
        natural logarithm), `prior_range` (5, 50 and 95 %), and `narrowed`: the posterior's standard deviation as a
        share of the prior's, on that scale.
    """
    return {name: _overlap(values.ravel(), prior[name]) for name, values in draws.items() if name in prior}


def _overlap(posterior: Float, prior: Float) -> dict[str, Any]:
    both = np.concatenate([posterior, prior])
    low, high = np.quantile(prior, [0.05, 0.95])
    logged = bool((both > 0).all() and high > WIDE * low)
    after, before = (np.log(posterior), np.log(prior)) if logged else (posterior, prior)
    ends = [float(f(np.quantile(after, q), np.quantile(before, q))) for f, q in ((min, 0.005), (max, 0.995))]
    x = np.linspace(ends[0], ends[1], DENSITY_POINTS)
    return {
        "scale": "log" if logged else "linear",
        "x": [plain(float(v)) for v in (np.exp(x) if logged else x)],
        "prior": [plain(float(v)) for v in _density(before, x)],
        "posterior": [plain(float(v)) for v in _density(after, x)],
        "prior_range": [plain(float(v)) for v in np.quantile(prior, [0.05, 0.5, 0.95])],
        "narrowed": plain(float(after.std() / before.std())),
    }


def _density(values: Float, x: Float) -> Float:
    """Return the density of draws at points, by ArviZ's own estimate."""
    import arviz_stats  # noqa: F401 - the package before its part
    from arviz_stats.base.array import array_stats

    grid, density, _ = cast("Any", array_stats).kde(values, circular=False)
    return np.asarray(np.interp(x, grid, density, left=0.0, right=0.0), float)


def sensitivity(model: "pm.Model", file: DrawsFile, draws: Mapping[str, Float]) -> dict[str, Any]:
    """Return how far each posterior moves when prior or likelihood are scaled.

    Returns
    -------
    dict
        `scaled`: the priors that were scaled together; `left_out`: sampled quantities whose prior was not;
        `likelihood`: whether it was scaled; `lines`: by name, `prior`, `likelihood` (None where it was not) and `flag`.
    """
    some = {name: thinned(values, SCALED_DRAWS)[1] for name, values in draws.items()}
    sampled = _sampled(model, file, some)
    left_out = [rv.name for rv in model.free_RVs if rv.name not in sampled]
    empty = {"scaled": [], "left_out": left_out, "likelihood": False, "lines": {}}
    if not sampled:
        return empty
    points = _points(model, sampled)
    parts = [rv for rv in model.free_RVs if rv.name in sampled]
    before = _log_density(model, points, parts=parts)
    groups = {"log_prior": before}
    if not left_out:
        groups["log_likelihood"] = _log_density(model, points, parts=None) - before
    moved = _scaled(some, groups)
    lines = {name: _line({group: moved[group][name] for group in moved}) for name in some}
    return {"scaled": list(sampled), "left_out": left_out, "likelihood": not left_out, "lines": lines}


def _sampled(model: "pm.Model", file: DrawsFile, draws: Mapping[str, Float]) -> dict[str, Float]:
    """Return (chain, draw, ...) values of each sampled quantity that the kept numbers give, by its name."""
    found = {}
    labelled = {label: name for name in draws for label in [name.partition("[")[2].rstrip("]")] if label}
    for rv in model.free_RVs:
        name = rv.name
        positive = name.removeprefix("log_")
        if name in file.variables:
            columns = [values for key, values in draws.items() if key.partition("[")[0] == name]
            whole = np.stack(columns, axis=-1) if file.variables[name].dims else columns[0]
            if whole.shape[2:] == tuple(int(n) for n in rv.shape.eval()):
                found[name] = whole
        elif positive != name and positive in draws:
            found[name] = np.log(draws[positive])
        elif name in labelled:
            found[name] = draws[labelled[name]]
    return found


def _points(model: "pm.Model", sampled: Mapping[str, Float]) -> dict[str, Float]:
    """Return (chain, draw, ...) values as the model's densities want them: on the sampled scale, by its name."""
    found = {}
    for rv in model.free_RVs:
        if rv.name in sampled:
            values, transform = sampled[rv.name], model.rvs_to_transforms[rv]
            if transform is not None:
                values = np.asarray(transform.forward(values, *rv.owner.inputs).eval(), float)
            found[model.rvs_to_values[rv].name] = values
    return found


def _log_density(model: "pm.Model", points: Mapping[str, Float], *, parts: Any) -> Float:
    """Return (chain, draw) log densities of parts of a model, None for all of it; no Jacobian of its transforms."""
    density = model.compile_logp(vars=parts, jacobian=False, mode=_MODE)
    start = model.initial_point()  # the compiled function asks for every value, also those the parts do not hang on
    shape = next(iter(points.values())).shape[:2]
    found = [float(density(start | {name: values[at] for name, values in points.items()})) for at in np.ndindex(shape)]
    return np.array(found).reshape(shape)


def _scaled(draws: Mapping[str, Float], groups: Mapping[str, Float]) -> dict[str, dict[str, float]]:
    """Return the sensitivity of each quantity to each group, `prior` and where it is there `likelihood`."""
    import arviz_stats
    import xarray

    whole = {"posterior": _dataset(draws)}
    whole |= {group: _dataset({"density": values}) for group, values in groups.items()}
    tree = xarray.DataTree.from_dict(whole)
    found = {}
    for group in groups:
        name = group.removeprefix("log_")
        table = cast("Any", arviz_stats).psense(tree, group=name)
        found[name] = {key: float(table[key]) for key in draws}
    return found


def _line(moved: Mapping[str, float]) -> dict[str, Any]:
    prior, likelihood = moved["prior"], moved.get("likelihood")
    flag = ""
    if not prior < SENSITIVE:
        flag = "informative prior"
        if likelihood is not None:
            flag = "possible prior-data conflict" if likelihood >= SENSITIVE else "strong prior or weak data"
    return {
        "prior": plain(prior),
        "likelihood": None if likelihood is None else plain(likelihood),
        "flag": flag,
    }
