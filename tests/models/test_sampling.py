"""The gate on draws made by hand, each with one fault, beside the library's own check."""

import warnings
from dataclasses import replace

import arviz_stats
import numpy as np
import pytest
import xarray as xr

from models import sampling
from models.sampling import GateRefusedError, SamplerSettings, check_gate

SETTINGS = SamplerSettings(chains=4, draws=1000, tune=500, target_accept=0.9, seed=7)
LINES = [
    "values not finite",
    "chains",
    "quantities constant in a chain",
    "sampler statistics recorded",
    "divergences",
    "saturated trees",
    "E-BFMI, lowest",
    "R-hat, highest",
    "bulk ESS, lowest",
    "tail ESS, lowest",
]


def good_values(chains: int = 4, draws: int = 1000) -> np.ndarray:
    """Return independent draws of two quantities, (chain, draw, 2)."""
    return np.random.default_rng(20260701).normal(size=(chains, draws, 2))


def good_statistics(chains: int = 4, draws: int = 1000) -> dict[str, np.ndarray]:
    energy = np.random.default_rng(11).normal(size=(chains, draws))
    none = np.zeros((chains, draws), bool)
    return {"energy": energy, "diverging": none, "reached_max_treedepth": none.copy()}


def tree(values: np.ndarray, statistics: dict[str, np.ndarray] | None) -> xr.DataTree:
    at = {"chain": range(values.shape[0]), "draw": range(values.shape[1])}
    groups = {"posterior": xr.Dataset({"rate": (("chain", "draw", "question"), values)}, coords=at)}
    if statistics is not None:
        groups["sample_stats"] = xr.Dataset({k: (("chain", "draw"), v) for k, v in statistics.items()}, coords=at)
    return xr.DataTree.from_dict(groups)


def all_nan() -> xr.DataTree:
    return tree(np.full((4, 1000, 2), np.nan), good_statistics())


def one_nan() -> xr.DataTree:
    values = good_values()
    values[2, 500, 1] = np.nan
    return tree(values, good_statistics())


def single_chain() -> xr.DataTree:
    return tree(good_values(1), good_statistics(1))


def constant() -> xr.DataTree:
    values = good_values()
    values[:, :, 1] = 0.25
    return tree(values, good_statistics())


def no_statistics() -> xr.DataTree:
    return tree(good_values(), None)


FOOLS_THE_LIBRARY = [
    (all_nan, "values not finite"),
    (one_nan, "values not finite"),
    (single_chain, "chains"),
    (constant, "quantities constant in a chain"),
    (no_statistics, "sampler statistics recorded"),
]


def refused(data: xr.DataTree) -> list[str]:
    return [c.name for c in check_gate(data).checks if not c.ok]


def test_good_draws_pass_with_a_line_for_every_check() -> None:
    gate = check_gate(tree(good_values(), good_statistics()))
    assert gate.passed
    assert gate.refusals == ()
    assert [c.name for c in gate.checks] == LINES
    assert all(np.isfinite(c.value) for c in gate.checks)


@pytest.mark.parametrize(("fit", "line"), FOOLS_THE_LIBRARY)
def test_what_fools_the_librarys_own_check_is_refused_here(fit, line: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert not arviz_stats.diagnose(fit(), show_diagnostics=False), "the library has learned it: simplify the gate"
    gate = check_gate(fit())
    assert not gate.passed
    assert line in refused(fit())
    assert [c.name for c in gate.checks] == LINES


def test_the_order_of_axes_changes_no_line() -> None:
    straight = tree(good_values(), good_statistics())
    turned = straight.map_over_datasets(lambda data: data.transpose("draw", "chain", ...) if data else data)
    assert turned["posterior"]["rate"].dims == ("draw", "chain", "question")
    assert check_gate(turned) == check_gate(straight)


def divergent() -> xr.DataTree:
    statistics = good_statistics()
    statistics["diverging"][1, 10] = True
    return tree(good_values(), statistics)


def saturated() -> xr.DataTree:
    statistics = good_statistics()
    statistics["reached_max_treedepth"][3, 999] = True
    return tree(good_values(), statistics)


def low_energy() -> xr.DataTree:
    statistics = good_statistics()
    statistics["energy"][0] = np.cumsum(statistics["energy"][0])  # a random walk: E(dE^2) / Var(E) near 0
    return tree(good_values(), statistics)


def energy_nan() -> xr.DataTree:
    statistics = good_statistics()
    statistics["energy"][0, 0] = np.nan
    return tree(good_values(), statistics)


def apart() -> xr.DataTree:
    values = good_values()
    values[3, :, 0] += 0.5
    return tree(values, good_statistics())


def few() -> xr.DataTree:
    return tree(good_values(4, 60), good_statistics(4, 60))  # 240 independent draws cannot be worth 400


def slow_tails() -> xr.DataTree:
    values = good_values()
    for chain in values[:, :, 0]:  # all of a chain's low values in one visit: the body mixes, the tail does not
        low = chain < -1.3
        chain[:] = np.concatenate([chain[~low], chain[low]])
    return tree(values, good_statistics())


@pytest.mark.parametrize(
    ("fit", "line"),
    [
        (divergent, "divergences"),
        (saturated, "saturated trees"),
        (low_energy, "E-BFMI, lowest"),
        (energy_nan, "E-BFMI, lowest"),
        (apart, "R-hat, highest"),
        (few, "bulk ESS, lowest"),
        (slow_tails, "tail ESS, lowest"),
    ],
)
def test_each_fault_is_named_by_its_line(fit, line: str) -> None:
    assert line in refused(fit())


@pytest.mark.parametrize("fit", [divergent, saturated, low_energy])
def test_a_fault_of_the_sampler_refuses_nothing_else(fit) -> None:
    assert len(refused(fit())) == 1


@pytest.mark.parametrize("name", ["diverging", "energy", "reached_max_treedepth"])
def test_every_statistic_is_needed(name: str) -> None:
    statistics = good_statistics()
    del statistics[name]
    gate = check_gate(tree(good_values(), statistics))
    assert "sampler statistics recorded" in [c.name for c in gate.checks if not c.ok]


def test_a_chain_that_never_moves_is_refused_though_the_others_do() -> None:
    values = good_values()
    values[1, :, 0] = values[0, 0, 0]
    assert "quantities constant in a chain" in refused(tree(values, good_statistics()))


def test_lines_say_value_bound_and_verdict() -> None:
    lines = check_gate(divergent()).refusals
    assert lines == ("divergences 1 (none): refused",)


@pytest.mark.parametrize("groups", [{}, {"posterior": xr.Dataset()}])
def test_a_fit_without_draws_is_misuse(groups) -> None:
    with pytest.raises(ValueError, match="posterior"):
        check_gate(xr.DataTree.from_dict(groups or {"prior": xr.Dataset()}))


def test_a_refused_fit_is_tried_once_more_with_smaller_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    used = []

    def draw(_model, settings, *, progress=None):
        used.append(settings)
        return divergent() if len(used) == 1 else tree(good_values(), good_statistics())

    monkeypatch.setattr(sampling, "draw", draw)
    fit = sampling.sample(None, SETTINGS)
    assert fit.attempts == 2
    assert [s.target_accept for s in used] == [0.9, 0.98]
    assert used[1].seed != used[0].seed
    assert fit.settings == used[1]


def test_a_fit_that_is_refused_twice_is_not_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    used = []
    monkeypatch.setattr(sampling, "draw", lambda *_, progress=None: used.append(1) or divergent())
    with pytest.raises(GateRefusedError, match="divergences 1") as refusal:
        sampling.sample(None, SETTINGS)
    assert len(used) == 2
    assert not refusal.value.gate.passed


@pytest.mark.parametrize(
    "change",
    [{"chains": 0}, {"draws": 0}, {"tune": -1}, {"target_accept": 1.0}, {"target_accept": float("nan")}],
)
def test_settings_that_cannot_be_sampled_with_are_refused(change) -> None:
    values = {"chains": 4, "draws": 10, "tune": 10, "target_accept": 0.9, "seed": 1} | change
    with pytest.raises(ValueError, match=next(iter(change))):
        SamplerSettings(**values)


@pytest.mark.slow
def test_a_real_funnel_is_refused_by_the_real_sampler() -> None:
    import pymc as pm

    with pm.Model() as funnel:  # Neal (2003): no step size fits both the neck and the mouth
        scale = pm.Normal("scale", 0, 3)
        pm.Normal("value", 0, pm.math.exp(scale / 2), shape=9)
    with pytest.raises(GateRefusedError):
        sampling.sample(funnel, SamplerSettings(chains=4, draws=500, tune=500, target_accept=0.8, seed=1))


@pytest.mark.slow
def test_progress_counts_every_transition_up() -> None:
    import pymc as pm

    with pm.Model() as model:
        pm.Normal("value", 0, 1, shape=2)
    seen: list[tuple[int, int]] = []
    fit = sampling.sample(
        model,
        SamplerSettings(chains=4, draws=500, tune=300, target_accept=0.8, seed=1),
        progress=lambda done, total: seen.append((done, total)),
    )
    assert fit.attempts == 1
    assert {total for _, total in seen} == {3200}
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (3200, 3200)


@pytest.mark.slow
@pytest.mark.parametrize("after", [100, 700, 1600])
def test_a_person_who_stops_the_sampler_stops_all_of_it(after: int) -> None:
    import pymc as pm

    with pm.Model() as model:
        pm.Normal("value", 0, 1, shape=2)

    def interrupt(done: int, _total: int) -> None:
        if done >= after:
            raise KeyboardInterrupt

    settings = SamplerSettings(chains=4, draws=300, tune=200, target_accept=0.8, seed=1)
    with pytest.raises(KeyboardInterrupt, match="before all 2000 transitions"):
        sampling.sample(model, settings, progress=interrupt)


@pytest.mark.slow
def test_a_hopeless_fit_is_given_up_at_once() -> None:
    import pymc as pm

    with pm.Model() as model:
        a, b = pm.Normal("a", 0, 1), pm.Normal("b", 0, 1)
        pm.Potential("one_line", -0.5 * ((a - b) / 1e-5) ** 2)  # a ridge a hundred thousand times as long as wide
    seen: list[int] = []
    with pytest.raises(GateRefusedError, match=r"saturated trees, more than others 150 .*given up") as refusal:
        sampling.sample(model, replace(SETTINGS, tune=1000), progress=lambda done, _: seen.append(done))
    assert refusal.value.gate.passed is False
    assert max(seen, default=0) < 2000  # within the first chain, and not tried again
