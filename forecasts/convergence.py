"""How well the chains of a fit agree: R-hat, effective sizes, ranks and traces of every quantity that is kept.

The measures are ArviZ's own (rank-normalised split R-hat, bulk and tail ESS: Vehtari, Gelman, Simpson, Carpenter and
Burkner 2021, Bayesian Analysis 16:667). The lines of the rank and trace plots are those that `arviz_plots` would draw,
taken from its backend `none`. ArviZ takes a second to import: this is called by a command, never by a page.

The gate of a fit judged every parameter as sampled; this judges the quantities that are kept, as they are kept.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from forecasts.draws_file import DrawsFile

Float = NDArray[np.float64]

RHAT_MAX = 1.01
ESS_MIN = 400.0
"""The bounds of the gate (`models.sampling`)."""
CHAINS_MIN = 4
RANK_P = 0.01
"""Chains whose ranks are less likely than this under one law are pointed out; about one quantity in a hundred is."""
RANKED_DRAWS = 1000
"""Draws of a chain that are ranked, evenly spaced: the test takes longer than in proportion to them."""
TRACED_DRAWS = 250
"""Draws of a chain that a trace shows, evenly spaced."""
RANK_POINTS = 120
"""Points of a rank line."""
DIGITS = 5
_AT_ONCE = 20
"""Quantities in one call of the plotting library, which refuses more than forty."""


def quantities(file: DrawsFile) -> dict[str, tuple[str, str]]:
    """Return every single number of a fit by name, `variable[label]`, with its variable and label."""
    found: dict[str, tuple[str, str]] = {}
    for name, variable in file.sampled.items():
        labels = [str(label) for label in file.coords[variable.dims[0]]] if variable.dims else [""]
        for axis in variable.dims[1:]:
            labels = [f"{one}, {label}" for one in labels for label in file.coords[axis]]
        found |= {f"{name}[{label}]" if label else name: (name, label) for label in labels}
    return found


def chains(file: DrawsFile) -> dict[str, Float]:
    """Return the draws of every single number, each (chain, draw), by name."""
    columns = []
    for variable in file.sampled.values():
        flat = variable.values.reshape(*variable.values.shape[:2], -1).astype(np.float64)
        columns += [flat[..., i] for i in range(flat.shape[2])]
    return dict(zip(quantities(file), columns, strict=True))


def measures(draws: Mapping[str, Float]) -> list[dict[str, Any]]:
    """Return one line for each quantity: its mean, spread and range, R-hat, effective sizes, and what is wrong.

    Parameters
    ----------
    draws
        (chain, draw) by name.

    Returns
    -------
    list
        Keys `name`, `mean`, `sd`, `low`, `median`, `high` (5, 50 and 95 %), `rhat`, `ess_bulk`, `ess_tail`, `mcse` (of
        the mean), `wrong`: what is out of bounds, in words, empty where all is well. None where it cannot be computed.
    """
    import arviz_stats

    data, library = _dataset(draws), cast("Any", arviz_stats)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = {
            "rhat": library.rhat(data, method="rank"),
            "ess_bulk": library.ess(data, method="bulk"),
            "ess_tail": library.ess(data, method="tail"),
            "mcse": library.mcse(data, method="mean"),
        }
    lines = []
    for name, values in draws.items():
        numbers = {key: float(table[name]) for key, table in found.items()}
        low, median, high = np.quantile(values, [0.05, 0.5, 0.95])
        spread = {"mean": values.mean(), "sd": values.std(ddof=1), "low": low, "median": median, "high": high}
        told = {key: plain(float(v)) for key, v in (spread | numbers).items()}
        lines.append({"name": name} | told | {"wrong": wrong(values, numbers)})
    return lines


def wrong(values: Float, numbers: Mapping[str, float]) -> list[str]:
    """Return what is out of bounds of one quantity's (chain, draw) values and measures, in words."""
    said = [] if values.shape[0] >= CHAINS_MIN else [f"{values.shape[0]} chains, at least {CHAINS_MIN} are needed"]
    stuck = int((np.ptp(values, axis=1) == 0).sum())
    said += [f"constant in {stuck} of {values.shape[0]} chains"] if stuck else []
    if not numbers["rhat"] <= RHAT_MAX:
        said.append(f"R-hat {numbers['rhat']:.3f}, at most {RHAT_MAX}")
    for key, label in (("ess_bulk", "bulk ESS"), ("ess_tail", "tail ESS")):
        if not numbers[key] >= ESS_MIN:
            said.append(f"{label} {numbers[key]:.0f}, at least {ESS_MIN:.0f}")
    return said


def rank_lines(draws: Mapping[str, Float]) -> dict[str, dict[str, Any]]:
    """Return what a rank plot draws of each quantity: chains of one law stay near 0.

    Returns
    -------
    dict
        By name: `x`, fractional ranks; `chains`, for each the difference between the share of its draws ranked below
        and x; `furthest`, the largest of these for each chain; `p`, of the test that all chains have one law (Tesso and
        others 2026, arXiv 2603.02928).
    """
    import arviz_plots
    import arviz_stats  # noqa: F401 - registers `azstats` on datasets

    library, found = cast("Any", arviz_plots), {}
    for some in _batches({name: thinned(values, RANKED_DRAWS)[1] for name, values in draws.items()}):
        data = _dataset(some)
        drawn = library.plot_rank(_tree(data), backend="none", aes={"color": ["chain"]})
        ranks = data.azstats.compute_ranks(dim=["chain", "draw"], relative=True)
        p_values = ranks.azstats.mchain_uniformity_test(dim=["chain", "draw"])[0]
        for name in some:
            lines = drawn.viz["ecdf_lines"][name].values.tolist()
            at = np.linspace(0, len(lines[0]["x"]) - 1, RANK_POINTS).round().astype(int)
            found[name] = {
                "x": _rounded(lines[0]["x"][at]),
                "chains": [_rounded(line["y"][at]) for line in lines],
                "furthest": _rounded(line["y"][np.argmax(np.abs(line["y"]))] for line in lines),
                "p": plain(float(p_values[name])),
            }
    return found


def trace_lines(draws: Mapping[str, Float]) -> dict[str, dict[str, Any]]:
    """Return what a trace plot draws of each quantity: `x`, the numbers of its draws, and by `chains` their values.

    Beside them `means` and `sds` of each chain, of all its draws.
    """
    import arviz_plots

    library, found = cast("Any", arviz_plots), {}
    for some in _batches({name: thinned(values, TRACED_DRAWS)[1] for name, values in draws.items()}):
        numbers = thinned(next(iter(draws.values())), TRACED_DRAWS)[0]
        tree = _tree(_dataset(some).assign_coords(draw=numbers))
        drawn = library.plot_trace(tree, backend="none", aes={"color": ["chain"]})
        for name in some:
            lines = drawn.viz["trace"][name].values.tolist()
            found[name] = {
                "x": [int(x) for x in lines[0]["x"]],
                "chains": [_rounded(line["y"]) for line in lines],
                "means": _rounded(draws[name].mean(axis=1)),
                "sds": _rounded(draws[name].std(axis=1)),
            }
    return found


def thinned(values: Float, most: int) -> tuple[NDArray[np.int64], Float]:
    """Return the numbers of at most so many evenly spaced draws, and their (chain, draw) values."""
    numbers = np.arange(0, values.shape[1], -(-values.shape[1] // most))
    return numbers, values[:, numbers]


def plain(value: float) -> float | None:
    """Return a number as JSON can hold it, with the digits that matter; None for one that is not finite."""
    return float(f"{value:.6g}") if np.isfinite(value) else None


def _rounded(values: Any) -> list[float]:
    return [float(f"{v:.{DIGITS}g}") for v in values]


def _dataset(draws: Mapping[str, Float]) -> Any:
    import xarray

    return xarray.Dataset({name: (("chain", "draw"), values) for name, values in draws.items()})


def _tree(data: Any) -> Any:
    import xarray

    return xarray.DataTree.from_dict({"posterior": data})


def _batches(draws: Mapping[str, Float]) -> Iterator[dict[str, Float]]:
    names = list(draws)
    for start in range(0, len(names), _AT_ONCE):
        yield {name: draws[name] for name in names[start : start + _AT_ONCE]}
