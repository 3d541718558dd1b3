"""The spending panel: its likelihood by an oracle, prior predictive, recovery, calibration, posterior checks."""

import arviz_stats
import numpy as np
import pymc as pm
import pytest
import xarray as xr
from scipy import integrate, stats

from forecasts.spending_fit import WORLD
from forecasts.spending_table import panel as panel_of
from forecasts.spending_table import read
from models.sampling import SamplerSettings, draw, sample
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


@pytest.mark.nightly
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


@pytest.mark.nightly
def test_ranks_of_the_prior_draws_are_uniform() -> None:
    """Run a small simulation-based calibration (Talts and others 2018, arXiv 1804.06788): 40 fits of small panels."""
    panel = empty_panel(countries=8, years=6)
    truths = prior_draws(panel, SETTING, 40, seed=8)
    short = SamplerSettings(chains=2, draws=250, tune=400, target_accept=0.9, seed=9)
    ranks: dict[str, list[float]] = {name: [] for name in SINGLE}
    for i in range(40):
        truth = {name: v[i : i + 1] for name, v in truths.items()}
        data = simulated(panel, SETTING, truth, seed=100 + i)
        tree = draw(build(data, SETTING), short)
        for name, found in ranks.items():
            values = np.asarray(tree["posterior"][name].values, float)
            thinned = values[:, ::10].ravel()  # 50 nearly independent draws
            found.append((np.count_nonzero(thinned < truth[name][0]) + 0.5) / (thinned.size + 1))
    for name, found in ranks.items():
        assert stats.kstest(found, "uniform").pvalue > 0.001, name


@pytest.mark.nightly
@pytest.mark.parametrize("last", [2021, 2024])
def test_the_shipped_panel_passes_the_gate_and_its_replicas_look_alike(last: int) -> None:
    panel, setting = shipped(last), WORLD.until(last)
    fit = sample(build(panel, setting), SETTINGS)
    found = {name: v[::8] for name, v in posterior(fit).items()}
    changes = np.diff(replicate(panel, setting, found, rng=np.random.default_rng(3)), axis=2)
    own, seen = (x - np.median(x, axis=-2, keepdims=True) for x in (changes, panel.changes))
    checks = {
        "quartiles": lambda x: np.subtract(*np.quantile(x, [0.75, 0.25], axis=(-2, -1))),
        "largest change": lambda x: np.abs(x).max(axis=(-2, -1)),
        "countries differ": lambda x: np.log(np.abs(x).mean(axis=-1)).std(axis=-1),
        "given back": lambda x: np.mean(np.sign(x[..., 1:]) * np.sign(x[..., :-1]), axis=(-2, -1)),
    }
    for name, statistic in checks.items():
        p = np.mean(statistic(own) >= statistic(seen))
        assert 0.005 < p < 0.995, (name, p)
    _power_scaling(fit.tree, panel, setting)
    ahead = paths(panel, setting, found, horizon=2035 - last, rng=np.random.default_rng(1))
    assert np.isfinite(ahead).all()
    width = np.subtract(*np.quantile(ahead, [0.95, 0.05], axis=0)).mean(axis=0)
    assert (np.diff(width) > 0).all()


def _power_scaling(tree, panel: Panel, setting) -> None:
    """Ask how far quantities follow the data (Kallioinen, Paananen, Buerkner and Vehtari 2024, Stat. Comput. 34:57)."""
    drawn = tree["posterior"].dataset
    shape = (drawn.sizes["chain"], drawn.sizes["draw"])
    flat = {n: np.asarray(drawn[n].values).reshape(-1, *drawn[n].shape[2:]) for n in PARAMETERS}
    each = log_likelihood(panel, setting, flat).reshape(*shape, -1)
    groups = {"posterior": drawn, "log_likelihood": xr.Dataset({"changes": (("chain", "draw", "country"), each)})}
    found = arviz_stats.psense(xr.DataTree.from_dict(groups), var_names=list(SINGLE), group="likelihood")
    # the data speak of the scale of yearly changes and of how far countries differ; 0.05 is the authors' threshold
    assert float(found["level_sd"]) > 0.05
    assert float(found["spread_sd"]) > 0.05
