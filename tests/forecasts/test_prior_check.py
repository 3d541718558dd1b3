"""Prior beside posterior: prior draws and densities against closed forms, sensitivity against what must be."""

import numpy as np
import pymc as pm
import pytest
from scipy import stats

from forecasts import prior_check
from forecasts.convergence import chains
from forecasts.draws_file import DrawsFile, Variable
from models import reference_class

EXPOSURE = 0.01
CASES = reference_class.Cases(
    ("often", "never"),
    np.array([0, 0, 1]),
    np.array([40.0, 60.0, 0.5]),
    np.array([30.0, 50.0, 0.0]),
    np.array([1.0, 1.0, 0.5]),
)
"""A class of 80 events in 100 years, and one of half a year, half counted, in which nothing happened."""


@pytest.fixture(scope="module")
def model():
    return reference_class.build(CASES, prior_exposure=EXPOSURE)


@pytest.fixture(scope="module")
def rates():
    """Give exact posterior draws of both rates."""
    shape, scale = reference_class.closed_form(CASES, prior_exposure=EXPOSURE)
    values = np.random.default_rng(1).gamma(shape, 1 / scale, size=(4, 1000, 2))
    variable = Variable(("question",), values.astype(np.float32), "events per year")
    return DrawsFile("class_rates", "0" * 64, {"question": CASES.questions}, {"rate": variable}, {})


def test_prior_draws_are_those_of_the_models_prior(model, rates):
    found = prior_check.prior_draws(model, rates, seed=1)
    assert list(found) == ["rate[often]", "rate[never]"]
    exact = stats.gamma(0.5, scale=1 / EXPOSURE)
    for values in found.values():
        assert values.shape == (prior_check.PRIOR_DRAWS,)
        assert stats.kstest(values, exact.cdf).pvalue > 0.001
    again = prior_check.prior_draws(model, rates, seed=1)
    assert (again["rate[never]"] == found["rate[never]"]).all()


def test_log_densities_are_closed_forms(model, rates):
    draws = {name: values[:, :50] for name, values in chains(rates).items()}
    points = prior_check._points(model, prior_check._sampled(model, rates, draws))
    prior = prior_check._log_density(model, points, parts=list(model.free_RVs))
    rate = np.stack(list(draws.values()), axis=-1)
    assert prior == pytest.approx(stats.gamma(0.5, scale=1 / EXPOSURE).logpdf(rate).sum(axis=-1), rel=1e-6)
    whole = prior_check._log_density(model, points, parts=None)
    likelihood = reference_class.log_likelihood(rate.reshape(-1, 2), CASES).sum(axis=1).reshape(4, 50)
    assert whole - prior == pytest.approx(likelihood, rel=1e-6)


def test_what_hangs_on_its_prior_is_pointed_out(model, rates):
    found = prior_check.sensitivity(model, rates, chains(rates))
    assert found["scaled"] == ["rate"]
    assert found["likelihood"] is True
    lines = found["lines"]
    assert lines["rate[often]"]["prior"] < prior_check.SENSITIVE <= lines["rate[never]"]["prior"]
    assert lines["rate[often]"]["flag"] == ""
    assert lines["rate[never]"]["flag"]


def test_overlaps_tell_how_much_the_data_added(model, rates):
    found = prior_check.overlaps(chains(rates), prior_check.prior_draws(model, rates, seed=2))
    often = found["rate[often]"]
    assert often["scale"] == "log", "the prior spans orders of magnitude"
    assert often["prior_range"] == pytest.approx(stats.gamma(0.5, scale=1 / EXPOSURE).ppf([0.05, 0.5, 0.95]), rel=0.25)
    # sd of log rate: sqrt(trigamma(80.5)) = .112 after, sqrt(trigamma(.5)) = 2.22 before
    assert often["narrowed"] == pytest.approx(0.112 / 2.22, rel=0.1)
    assert often["x"][int(np.argmax(often["posterior"]))] == pytest.approx(0.8, rel=0.1)
    assert len(often["x"]) == len(often["prior"]) == len(often["posterior"])


def toy(kept: dict[str, np.ndarray], build) -> tuple[pm.Model, DrawsFile]:
    """Return a model with an improper quantity beside proper ones, and draws of what is kept of it."""
    with pm.Model() as model:
        build()
    variables = {n: Variable((), v.astype(np.float32), "1") for n, v in kept.items()}
    return model, DrawsFile("toy", "0" * 64, {}, variables, {})


def test_an_improper_prior_is_left_out_and_named():
    def build() -> None:
        level = pm.Flat("level")
        sd = pm.LogNormal("sd", 0, 1)
        pm.Deterministic("moved", level + 1)
        pm.Normal("seen", level, sd, observed=np.zeros(3))

    luck = np.random.default_rng(2)
    model, file = toy({"moved": luck.normal(size=(4, 200)), "sd": luck.lognormal(size=(4, 200))}, build)
    assert list(prior_check.prior_draws(model, file, seed=1)) == ["sd"]
    found = prior_check.sensitivity(model, file, chains(file))
    assert found["scaled"] == ["sd"]
    assert found["left_out"] == ["level"]
    assert found["likelihood"] is False
    assert found["lines"]["moved"]["likelihood"] is None
    assert {line["flag"] for line in found["lines"].values()} <= {"", "informative prior"}


def test_a_quantity_kept_by_its_exponential_is_found_again():
    def build() -> None:
        log_shape = pm.Normal("log_shape", 0, 1)
        pm.Deterministic("shape", pm.math.exp(log_shape))

    values = np.random.default_rng(4).lognormal(size=(4, 100))
    model, file = toy({"shape": values}, build)
    draws = chains(file)
    points = prior_check._points(model, prior_check._sampled(model, file, draws))
    found = prior_check._log_density(model, points, parts=list(model.free_RVs))
    assert found == pytest.approx(stats.norm.logpdf(np.log(draws["shape"])), rel=1e-5)


def test_nothing_kept_as_sampled_scales_nothing():
    def build() -> None:
        pm.Deterministic("shown", pm.Normal("hidden") * 2)

    model, file = toy({"shown": np.random.default_rng(4).normal(size=(4, 100))}, build)
    found = prior_check.sensitivity(model, file, chains(file))
    assert found == {"scaled": [], "left_out": ["hidden"], "likelihood": False, "lines": {}}
