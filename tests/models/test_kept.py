"""Models that stay compiled: the posterior of new data without a compilation, beside what must be compiled anew.

Two normal quantities and a soft tie between them have an exact posterior. How soft the tie is, and how high a cliff
stands in the way, are data: one compilation serves the healthy, the divergent and the saturated fit.
"""

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import arviz_stats
import numpy as np
import pymc as pm
import pytest

from models import kept, sampling
from models.kept import KeptModels
from models.sampling import GateRefusedError, SamplerSettings, check_gate

SETTINGS = SamplerSettings(chains=4, draws=1000, tune=500, target_accept=0.8, seed=7)


def tied(
    gap: tuple[float, ...] = (1.0,),
    tie: float = 0.5,
    *,
    cliff: float = 0.0,
    sd: float = 1.0,
    names: str = "ab",
    data: str = "gap",
) -> pm.Model:
    """Return two values ~ normal(0, sd), the first minus the second seen as each gap with an error of `tie`."""
    with pm.Model(coords={"side": list(names)}) as model:
        seen, error = pm.Data(data, np.array(gap)), pm.Data("tie", np.float64(tie))
        value = pm.Normal("value", 0, sd, dims="side")
        pm.Deterministic("double", 2 * value[0])
        pm.Potential("tied", -0.5 * (((value[0] - value[1] - seen) / error) ** 2).sum())
        pm.Potential("wall", pm.math.switch(value[0] > 1.5, -pm.Data("cliff", np.float64(cliff)), 0.0))
    return model


def exact(gap: tuple[float, ...], tie: float, sd: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return means and standard deviations of the two values, by the algebra of normal laws."""
    across = np.array([1.0, -1.0])
    covariance = np.linalg.inv(np.eye(2) / sd**2 + len(gap) * np.outer(across, across) / tie**2)
    return covariance @ across * sum(gap) / tie**2, np.sqrt(np.diag(covariance))


@pytest.fixture(scope="module")
def compiled() -> Iterator[list[pm.Model]]:
    """Note every model that is compiled."""
    found: list[pm.Model] = []
    compile_model = kept.nutpie.compile_pymc_model
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            kept.nutpie, "compile_pymc_model", lambda model, **how: found.append(model) or compile_model(model, **how)
        )
        yield found


@pytest.fixture(scope="module")
def models(compiled: list[pm.Model]) -> KeptModels:
    """Return models with one that was compiled, with other data than those of any test."""
    made = KeptModels()
    assert made.ready(tied((5.0,), 3.0)).made_by == "nutpie"
    assert len(compiled) == 1
    return made


@pytest.mark.parametrize(("gap", "tie", "names"), [((1.0,), 0.5, "ab"), ((-3.0,), 0.25, "cd"), ((0.0,), 10.0, "ab")])
def test_a_kept_model_gives_the_posterior_of_new_data(
    models: KeptModels, compiled: list[pm.Model], gap: tuple[float, ...], tie: float, names: str
) -> None:
    model = tied(gap, tie, names=names)
    ready = models.ready(model)
    fit = sampling.sample(model, SETTINGS, nuts=ready)
    assert (len(compiled), ready.made_by, fit.made_by) == (1, "nutpie, model kept", "nutpie, model kept")
    posterior = fit.tree["posterior"].dataset
    mean, sd = exact(gap, tie)
    effective = arviz_stats.ess(posterior)["value"].values
    assert np.all(np.abs(posterior["value"].mean(("chain", "draw")) - mean) < 4.5 * sd / np.sqrt(effective))
    assert np.all(np.abs(posterior["value"].std(("chain", "draw")) / sd - 1) < 4.5 / np.sqrt(effective))
    assert posterior["side"].values.tolist() == list(names)
    np.testing.assert_allclose(posterior["double"], 2 * posterior["value"].isel(side=0))


def test_the_same_seed_gives_the_same_draws_kept_or_just_compiled(models: KeptModels) -> None:
    model = tied((2.0,), 0.5)
    fresh = KeptModels().ready(model).draw(model, SETTINGS)["posterior"]["value"]
    np.testing.assert_array_equal(models.ready(model).draw(model, SETTINGS)["posterior"]["value"], fresh)


def test_two_fits_that_are_ready_at_once_have_each_its_own_data(models: KeptModels) -> None:
    first, second = tied((4.0,), 0.1), tied((-4.0,), 0.1)
    ready = [models.ready(first), models.ready(second)]
    means = [
        float(one.draw(m, SETTINGS)["posterior"]["value"].isel(side=0).mean())
        for one, m in zip(ready, (first, second), strict=True)
    ]
    assert means[0] > 1.5
    assert means[1] < -1.5


def test_the_gate_finds_all_that_it_reads(models: KeptModels) -> None:
    model = tied()
    tree = models.ready(model).draw(model, SETTINGS)
    assert {*tree["sample_stats"].dataset.data_vars} == set(sampling.STATISTICS)
    assert check_gate(tree).passed
    for name in ("energy", "diverging", "reached_max_treedepth"):
        assert tree["sample_stats"][name].shape == (4, 1000)
    harmed = tree.copy(deep=True)
    harmed["posterior"]["value"].values[2, 10, 0] = np.nan
    assert "values not finite" in check_gate(harmed).refusals[0]


def test_divergences_are_reported(models: KeptModels) -> None:
    model = tied((1.0,), 0.5, cliff=1e6)  # a step of 10^6 in the energy is beyond any step size
    lines = {c.name: c for c in check_gate(models.ready(model).draw(model, SETTINGS)).checks}
    assert not lines["divergences"].ok
    assert lines["divergences"].value > 0


def test_a_fit_whose_steps_cannot_cross_the_posterior_is_refused_twice(models: KeptModels) -> None:
    model = tied((0.0,), 1e-8)  # a ridge a hundred million times as long as wide
    with pytest.raises(GateRefusedError, match=r"saturated trees \d+ .*refused"):
        sampling.sample(model, SETTINGS, nuts=models.ready(model))


def looked_at(*chains: tuple[float, ...], trees: int = 40) -> list[int]:
    """Return what a watch tells of chains whose trees take so many steps on the mean, each look so many trees later."""
    seen: list[int] = []
    watch = kept._Watch(replace(SETTINGS, chains=len(chains)), lambda done, _total: seen.append(done))
    for k in range(len(chains[0])):
        done = [(trees * (k + 1), sum(chain[: k + 1]) * trees) for chain in chains]
        watch.see([SimpleNamespace(finished_draws=n, total_num_steps=steps) for n, steps in done])
        watch.look()
    return seen


def test_a_chain_whose_every_tree_is_saturated_is_given_up_after_150_of_them() -> None:
    assert looked_at((1023, 1023, 1023)) == []  # 120 more than others
    with pytest.raises(GateRefusedError, match=r"saturated trees, more than others 150 .*given up"):
        looked_at((1023,) * 4)
    with pytest.raises(GateRefusedError, match="given up"):
        looked_at((31,) * 10, (31,) * 6 + (1023,) * 4)  # one of two chains, after a good beginning


@pytest.mark.parametrize("steps", [31, 127, 511, 767])
def test_a_chain_with_shorter_trees_or_half_of_them_saturated_goes_on(steps: int) -> None:
    told = looked_at((steps,) * 30)  # 767: half of the trees saturated, the others with the most steps they can have
    assert told == [200, 400, 600, 800, 1000, 1200]


def test_progress_counts_up_to_the_last_transition(models: KeptModels) -> None:
    model = tied()
    seen: list[tuple[int, int]] = []
    models.ready(model).draw(model, SETTINGS, progress=lambda done, total: seen.append((done, total)))
    assert {total for _, total in seen} == {6000}
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert seen[-1] == (6000, 6000)


def test_a_person_who_stops_the_sampler_stops_it(models: KeptModels) -> None:
    model = tied((0.0,), 0.01)

    def interrupt(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        models.ready(model).draw(model, SETTINGS, progress=interrupt)
    after = tied()
    assert check_gate(models.ready(after).draw(after, SETTINGS)).passed


def test_a_sampler_that_cannot_start_says_so_in_one_line(models: KeptModels, monkeypatch: pytest.MonkeyPatch) -> None:
    def wait(*, timeout: float) -> None:
        raise RuntimeError("All initialization points failed\n\nStack backtrace:\n 0: <unknown>")

    running = SimpleNamespace(wait=wait, cancel=lambda: None)
    monkeypatch.setattr(kept.nutpie, "sample", lambda *_, **__: running)
    model = tied()
    with pytest.raises(RuntimeError, match=r"^the sampler failed: All initialization points failed$"):
        models.ready(model).draw(model, SETTINGS)


class Stub:
    """A compiled model that is none: what is compiled anew is counted without the wait."""

    shared_var_keys = ()

    def with_data(self, **_: object) -> "Stub":
        return self


@pytest.fixture
def stubs(monkeypatch: pytest.MonkeyPatch) -> list[pm.Model]:
    found: list[pm.Model] = []
    monkeypatch.setattr(kept.nutpie, "compile_pymc_model", lambda model, **_: found.append(model) or Stub())
    return found


OTHERS = {
    "a number within the model": lambda: tied(sd=2.0),
    "another number of data": lambda: tied((1.0, 2.0)),
    "another length of an axis": lambda: tied(names="abc"),
    "another name": lambda: tied(data="gaps"),
    "another type": lambda: tied((1,)),
}


def test_the_same_model_written_twice_is_one(stubs: list[pm.Model]) -> None:
    models = KeptModels()
    made = [models.ready(m).made_by for m in (tied(), tied((2.0,), 3.0), tied())]
    assert made == ["nutpie", "nutpie, model kept", "nutpie, model kept"]
    assert len(stubs) == 1


@pytest.mark.parametrize("other", OTHERS)
def test_what_differs_in_more_than_values_of_data_is_compiled(stubs: list[pm.Model], other: str) -> None:
    models = KeptModels()
    assert models.ready(tied()).made_by == "nutpie"
    assert models.ready(OTHERS[other]()).made_by == "nutpie"
    assert len(stubs) == 2


def test_the_least_recently_used_model_goes_first(stubs: list[pm.Model], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 2)
    models = KeptModels()
    made = [models.ready(tied((1.0,) * n)).made_by for n in (1, 2, 1, 3, 1, 2)]
    assert made == ["nutpie", "nutpie", "nutpie, model kept", "nutpie", "nutpie, model kept", "nutpie"]
