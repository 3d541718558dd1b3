"""The spending panel: its likelihood by an oracle, prior predictive, recovery, posterior checks."""

import json
from pathlib import Path
from typing import Any

import arviz_stats
import numpy as np
import pymc as pm
import pytensor
import pytest
import xarray as xr
from scipy import integrate, stats

from forecasts.recipe import code_digest
from forecasts.spending_fit import SOURCES, WORLD
from forecasts.spending_table import panel as panel_of
from forecasts.spending_table import read
from models.sampling import SamplerSettings, sample
from models.spending import build
from models.spending_panel import Panel, Setting, design
from models.spending_paths import (
    FREEDOM,
    PARAMETERS,
    SINGLE,
    common_law,
    expected_changes,
    factor,
    kept,
    log_likelihood,
    paths,
    replicate,
)
from tests.forecasts.spending_reference import EDITION, TABLE
from tests.models.spending_panels import QUIET, SETTING, empty_panel, parameters, simulated

RECORD = Path(__file__).resolve().parents[1] / "records" / "spending_checks.json"
SETTINGS = SamplerSettings(chains=4, draws=1000, tune=1000, target_accept=0.9, seed=5)


def shipped(last: int) -> Panel:
    """Return the settled years of the shipped table up to one of them."""
    return panel_of(read(TABLE, edition=EDITION)[0], first=2014, last=last)


def posterior(fit) -> dict[str, np.ndarray]:
    kept = {name: np.asarray(fit.tree["posterior"][name].values, float) for name in PARAMETERS}
    return {name: v.reshape(-1, *v.shape[2:]) for name, v in kept.items()}


def prior_draws(panel: Panel, setting: Setting, count: int, seed: int) -> dict[str, np.ndarray]:
    """Return draws from the prior; the common changes by their law, which the model has as a potential."""
    model = build(panel, setting)
    names = [name for name in PARAMETERS if name != "moved"]
    drawn = dict(zip(names, pm.draw([model[name] for name in names], draws=count, random_seed=seed), strict=True))
    moved = common_law(design(panel, setting), drawn).draw(np.random.default_rng(seed))
    return {"moved": moved, **drawn}


def test_the_density_of_one_country_by_numerical_integration() -> None:
    panel = simulated(empty_panel(countries=2, years=4), QUIET, parameters(years=4), seed=3)
    drawn = parameters(years=4, spread_sd=0.4)
    drawn["turbulence"] = np.array([[0.2, -0.3, 0.5]])
    root = factor(drawn, np.array([[True, False, False]]), np.zeros(4))[0]
    shaken = root * np.exp(drawn["turbulence"][0])  # each column is what one year's innovation does
    white = np.linalg.solve(shaken, panel.changes[0] - drawn["moved"][0])

    def given(z: float) -> float:
        spread = np.exp(0.4 * z)
        return float(stats.norm.pdf(z) * np.prod(stats.t.pdf(white / spread, 4) / spread) / np.prod(np.diag(shaken)))

    exact = np.log(integrate.quad(given, -8, 8)[0])
    assert log_likelihood(panel, QUIET, drawn)[0, 0] == pytest.approx(exact, abs=1e-4)


def test_the_compiled_model_and_the_arithmetic_agree() -> None:
    panel = simulated(empty_panel(countries=4, years=6), SETTING, parameters(years=6), seed=4)
    model = build(panel, SETTING)
    free = [v for v in model.free_RVs if v.name != "shift"]
    quantities = [model[n] for n in (*PARAMETERS, "log_spread", "changes_seen", "common_law")]
    graph = model.compile_fn(quantities, inputs=[*free, model["shift"]], mode="FAST_COMPILE")
    seen, oracle = [], []
    for seed in range(3):
        shift = np.random.default_rng(seed).normal(0, 0.5, 5)
        point = dict(zip([v.name for v in free], pm.draw(free, random_seed=seed), strict=True))
        *values, log_spread, changes, common = graph(point | {"shift": shift})
        drawn = {n: np.asarray(v)[None] for n, v in zip(PARAMETERS, values, strict=True)}
        anew = design(panel, SETTING).anew[None] > 0
        shaken = factor(drawn, anew, panel.provisional)[0] * np.exp(drawn["turbulence"][0])
        white = np.linalg.solve(shaken, (panel.changes - expected_changes(panel, SETTING, drawn)[0]).T).T
        spread, volume = np.exp(log_spread)[:, None], np.log(np.diag(shaken)).sum()
        shape = design(panel, SETTING)
        law = common_law(shape, drawn)
        each = stats.t.logpdf(white / spread, FREEDOM) - np.log(spread)
        together = stats.multivariate_normal.logpdf(drawn["moved"][0], law.mean[0], law.covariance[0])
        # the middle of the changes lies where the shift is zero, and the change of variables has its volume
        middle = np.median(panel.changes, axis=0) - kept(drawn, shape.after)[0] * np.median(shape.pace, axis=0)
        assert np.linalg.solve(shaken, drawn["moved"][0] - middle) == pytest.approx(shift)
        seen.append([float(changes), float(common)])
        oracle.append([each.sum() - 4 * volume, together + volume])
    assert np.diff(seen, axis=0) == pytest.approx(np.diff(oracle, axis=0), abs=1e-8)  # constants are left out
    assert (np.ptp(oracle, axis=0) > 1).all()


@pytest.mark.slow
def test_panels_from_the_prior_look_like_defence_shares() -> None:
    panel = shipped(2017)
    panel = Panel(panel.countries, tuple(range(2014, 2022)), np.tile(panel.log_share[:, :1], 8), np.zeros(8))
    drawn = prior_draws(panel, WORLD.until(2014), 400, seed=1)
    share = np.exp(replicate(panel, WORLD.until(2014), drawn, rng=np.random.default_rng(2)))
    typical = np.median(share[:, :, -1], axis=1)  # the median country, seven years on, in each draw
    low, middle, high = np.quantile(typical, [0.05, 0.5, 0.95])
    assert 0.6 < low < 1.1
    assert 1.1 < middle < 1.8
    assert 1.6 < high < 4.0
    assert np.mean(share[:, :, -1] > 15) < 0.01


@pytest.mark.slow
def test_known_parameters_are_recovered_and_the_gate_is_passed() -> None:
    truth = parameters(years=11, compliance=0.5, level_sd=0.05, spread_sd=0.6, turbulence_sd=0.4)
    truth["turbulence"] = 0.4 * np.random.default_rng(11).standard_normal((1, 10))
    panel = simulated(empty_panel(countries=31, years=11), SETTING, truth, seed=6)
    found = posterior(sample(build(panel, SETTING), SETTINGS))
    for name in SINGLE:
        low, high = np.quantile(found[name], [0.005, 0.995])
        assert low < truth[name][0] < high, name
    # what 31 countries and 10 years can tell, they tell
    assert np.std(np.log(found["level_sd"])) < 0.25
    assert np.std(np.log(found["spread_sd"])) < 0.3
    inside = np.abs(found["moved"].mean(axis=0) - truth["moved"][0]) / found["moved"].std(axis=0)
    assert inside.max() < 3.5


def _checked(last: int) -> dict[str, Any]:
    """Return what posterior predictive checks and power scaling find on the shipped panel up to a year."""
    panel, setting = shipped(last), WORLD.until(last)
    model = build(panel, setting)
    fit = sample(model, SETTINGS)
    found = {name: v[::8] for name, v in posterior(fit).items()}
    changes = np.diff(replicate(panel, setting, found, rng=np.random.default_rng(3)), axis=2)
    own, seen = (x - np.median(x, axis=-2, keepdims=True) for x in (changes, panel.changes))
    checks = {
        "quartiles": lambda x: np.subtract(*np.quantile(x, [0.75, 0.25], axis=(-2, -1))),
        "largest change": lambda x: np.abs(x).max(axis=(-2, -1)),
        "countries differ": lambda x: np.log(np.abs(x).mean(axis=-1)).std(axis=-1),
        "given back": lambda x: np.mean(np.sign(x[..., 1:]) * np.sign(x[..., :-1]), axis=(-2, -1)),
    }
    ahead = paths(panel, setting, found, horizon=2035 - last, rng=np.random.default_rng(1))
    width = np.subtract(*np.quantile(ahead, [0.95, 0.05], axis=0)).mean(axis=0)
    return {
        "predictive": {name: round(float(np.mean(f(own) >= f(seen))), 4) for name, f in checks.items()},
        "sensitivity": _power_scaling(fit.tree, model, panel, setting),
        "width": [round(float(w), 3) for w in width],
    }


def _power_scaling(tree, model: pm.Model, panel: Panel, setting: Setting) -> dict[str, dict[str, float]]:
    """Return how far each quantity follows prior and data (Kallioinen and others 2024, Stat. Comput. 34:57)."""
    drawn = tree["posterior"].dataset
    flat = {n: np.asarray(drawn[n].values).reshape(-1, *drawn[n].shape[2:]) for n in PARAMETERS}
    each = log_likelihood(panel, setting, flat).reshape(drawn.sizes["chain"], drawn.sizes["draw"], -1)
    densities = [pm.logp(model[name], flat[name]) for name in SINGLE]
    found = dict(zip(SINGLE, pytensor.function([], densities, mode="FAST_COMPILE")(), strict=True))
    shape = (drawn.sizes["chain"], drawn.sizes["draw"])
    prior = xr.Dataset({name: (("chain", "draw"), density.reshape(shape)) for name, density in found.items()})
    likelihood = xr.Dataset({"changes": (("chain", "draw", "country"), each)})
    groups = xr.DataTree.from_dict({"posterior": drawn, "log_likelihood": likelihood, "log_prior": prior})
    sides = {side: arviz_stats.psense(groups, var_names=list(SINGLE), group=side) for side in ("prior", "likelihood")}
    return {n: {side: round(float(found[n]), 3) for side, found in sides.items()} for n in SINGLE}


@pytest.mark.nightly
def test_the_checks_on_the_shipped_panel() -> None:
    code = {source: code_digest(source) for source in SOURCES}
    found = {"code": code, "through": {str(last): _checked(last) for last in (2021, 2024)}}
    RECORD.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def test_the_recorded_checks() -> None:
    found = json.loads(RECORD.read_text(encoding="utf-8"))
    assert found["code"] == {source: code_digest(source) for source in SOURCES}, "run `make test-nightly`"
    assert {*found["through"]} == {"2021", "2024"}
    for one in found["through"].values():
        assert len(one["predictive"]) == 4
        assert all(0.005 < p < 0.995 for p in one["predictive"].values()), one["predictive"]
        assert {*one["sensitivity"]} == {*SINGLE}
        # the data speak of the scale of yearly changes and of how far countries differ; 0.05 is the authors' threshold
        assert one["sensitivity"]["level_sd"]["likelihood"] > 0.05
        assert one["sensitivity"]["spread_sd"]["likelihood"] > 0.05
        assert (np.diff(one["width"]) > 0).all()
