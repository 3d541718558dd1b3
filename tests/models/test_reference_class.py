"""The class-rate model against its closed form, by hand, by simulation, and against its own assumptions."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from models.reference_class import Cases, build, closed_form, heterogeneity, log_likelihood, replicate
from models.sampling import Fit, SamplerSettings, sample
from tests.simulation_based import Calibration, Recorded

SETTINGS = SamplerSettings(chains=4, draws=1500, tune=1000, target_accept=0.9, seed=3)
MANY = replace(SETTINGS, draws=1000, tune=500)
"""For models of a hundred rates and more, which take long and mix well."""


def two_classes() -> Cases:
    return Cases(
        questions=("wars", "leaks"),
        question=np.array([0, 0, 0, 1, 1]),
        exposure=np.array([2.0, 4.0, 10.0, 1.0, 3.0]),
        events=np.array([1.0, 0.0, 2.0, 0.5, 0.0]),
        weight=np.array([1.0, 0.5, 0.25, 1.0, 0.5]),
    )


def many_classes(rng: np.random.Generator, rate: np.ndarray, cases_each: int, weight: float = 1.0) -> Cases:
    """Return classes whose counts are drawn from known rates."""
    question = np.repeat(np.arange(rate.size), cases_each)
    exposure = rng.uniform(1, 12, question.size)
    events = rng.poisson(rate[question] * exposure).astype(float)
    names = tuple(f"q{i}" for i in range(rate.size))
    return Cases(names, question, exposure, events, np.full(question.size, weight))


def fitted(cases: Cases, *, prior_exposure: float, settings: SamplerSettings = SETTINGS) -> tuple[Fit, np.ndarray]:
    """Return a gated fit and its draws, (chain x draw, question)."""
    fit = sample(build(cases, prior_exposure=prior_exposure), settings)
    return fit, fit.tree["posterior"]["rate"].values.reshape(-1, len(cases.questions))


def test_closed_form_worked_by_hand() -> None:
    shape, rate = closed_form(two_classes(), prior_exposure=0.01)
    # wars: 1/2 + 1*1 + .5*0 + .25*2 = 2; .01 + 1*2 + .5*4 + .25*10 = 6.51
    # leaks: 1/2 + 1*.5 + .5*0 = 1;      .01 + 1*1 + .5*3 = 2.51
    np.testing.assert_allclose(shape, [2.0, 1.0], rtol=1e-15)
    np.testing.assert_allclose(rate, [6.51, 2.51], rtol=1e-15)


def test_log_likelihood_is_the_weighted_poisson_of_each_case() -> None:
    cases = two_classes()
    rate = np.array([[0.3, 0.7], [1.5, 0.01]])
    whole = [0, 1, 2, 4]  # the library has no Poisson of half an event
    expected = cases.weight[whole] * stats.poisson.logpmf(
        cases.events[whole], rate[:, cases.question[whole]] * cases.exposure[whole]
    )
    found = log_likelihood(rate, cases)
    np.testing.assert_allclose(found[:, whole], expected, rtol=1e-12)
    # half an event in one year at rate .7: .5 ln .7 - .7 - ln Gamma(1.5) = -.17834 - .7 + .12078
    assert found[0, 3] == pytest.approx(-0.75755, abs=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"exposure": np.array([2.0, 0.0, 1.0, 1.0, 1.0])}, "exposure 0.0"),
        ({"exposure": np.array([2.0, np.nan, 1.0, 1.0, 1.0])}, "exposure nan"),
        ({"exposure": np.array([2.0, np.inf, 1.0, 1.0, 1.0])}, "exposure inf"),
        ({"events": np.array([2.0, -1.0, 1.0, 1.0, 1.0])}, "events -1.0"),
        ({"weight": np.array([1.0, 1.5, 1.0, 1.0, 1.0])}, "weight 1.5"),
        ({"weight": np.array([1.0, 0.0, 1.0, 1.0, 1.0])}, "weight 0.0"),
        ({"weight": np.array([1.0, 1.0])}, "one shape"),
        ({"question": np.array([0, 0, 0, 0, 0])}, r"\[0\]: each of 0 to 1 is needed"),
        ({"question": np.array([0, 0, 0, 1, 2])}, r"\[0, 1, 2\]"),
    ],
)
def test_cases_that_no_rate_can_be_fitted_to_are_refused(change, message: str) -> None:
    good = two_classes()
    values = {k: getattr(good, k) for k in ("questions", "question", "exposure", "events", "weight")}
    with pytest.raises(ValueError, match=message):
        Cases(**(values | change))


@pytest.mark.parametrize("prior_exposure", [0.0, -1.0, float("nan")])
def test_an_improper_prior_is_refused(prior_exposure: float) -> None:
    with pytest.raises(ValueError, match="prior_exposure"):
        build(two_classes(), prior_exposure=prior_exposure)


def test_replications_keep_the_design_and_follow_the_rate() -> None:
    cases = two_classes()
    events, exposure = replicate(np.full((40_000, 2), 0.5), cases, rng=np.random.default_rng(1))
    # case 0 had exactly one event: watched until it, mean wait 1 / .5 = 2 years (standard error 2 / 200 = .01)
    assert np.all(events[:, 0] == 1)
    assert exposure[:, 0].mean() == pytest.approx(2.0, abs=0.04)
    # case 2 was watched for 10 years: mean count 5, variance 5 (standard error sqrt(5) / 200 = .011)
    assert np.all(exposure[:, 2] == 10.0)
    assert events[:, 2].mean() == pytest.approx(5.0, abs=0.045)


def test_one_rate_for_all_cases_is_not_suspected_and_two_rates_are() -> None:
    rng = np.random.default_rng(5)
    alike = many_classes(rng, np.full(40, 0.3), 20)
    tails = heterogeneity(_exact(alike, rng), alike, rng=rng)
    assert np.mean(tails < 0.05) <= 0.15  # 40 classes: at most 6 expected with probability .99 (binomial .05)
    assert stats.kstest(tails, "uniform").pvalue > 0.001
    of_case = np.where(np.arange(40 * 20) % 2, 0.02, 1.0)
    mixed = Cases(
        alike.questions,
        alike.question,
        alike.exposure,
        rng.poisson(of_case * alike.exposure).astype(float),
        alike.weight,
    )
    assert np.all(heterogeneity(_exact(mixed, rng), mixed, rng=rng) < 0.05)


def test_waiting_until_the_event_is_not_taken_for_spread() -> None:
    rng = np.random.default_rng(6)
    question = np.repeat(np.arange(30), 15)
    waits = rng.exponential(1 / 0.25, question.size)
    cases = Cases(tuple(f"q{i}" for i in range(30)), question, waits, np.ones(question.size), np.ones(question.size))
    assert stats.kstest(heterogeneity(_exact(cases, rng), cases, rng=rng), "uniform").pvalue > 0.001


def _exact(cases: Cases, rng: np.random.Generator) -> np.ndarray:
    shape, rate = closed_form(cases, prior_exposure=0.01)
    return rng.gamma(shape, 1 / rate, (2000, shape.size))


def test_the_prior_alone_says_next_to_nothing_and_one_quiet_year_says_much() -> None:
    prior = stats.gamma(0.5, scale=1 / 0.01)
    assert prior.ppf([0.05, 0.95]) == pytest.approx([0.197, 192.1], rel=0.01)
    shape, rate = closed_form(Cases(("q",), np.array([0]), np.ones(1), np.zeros(1), np.ones(1)), prior_exposure=0.01)
    assert stats.gamma(shape, scale=1 / rate).ppf([0.05, 0.95]).ravel() == pytest.approx([0.00195, 1.902], rel=0.01)


@pytest.mark.slow
def test_model_density_is_prior_times_power_likelihood() -> None:
    cases = two_classes()
    model = build(cases, prior_exposure=0.4)
    log_density = model.compile_logp()
    rate = np.array([0.3, 0.7])
    point = {"rate_log__": np.log(rate)}
    prior = stats.gamma.logpdf(rate, 0.5, scale=1 / 0.4) + np.log(rate)  # with the Jacobian of the log
    assert log_density(point) == pytest.approx(prior.sum() + log_likelihood(rate[None], cases).sum(), rel=1e-10)


@pytest.mark.slow
def test_prior_predictive_draws_are_the_stated_gamma() -> None:
    import pymc as pm

    model = build(two_classes(), prior_exposure=1.0)
    drawn = pm.draw(model["rate"], draws=4000, random_seed=2, mode="NUMBA")
    assert stats.kstest(drawn.ravel(), stats.gamma(0.5).cdf).pvalue > 0.001


@pytest.mark.slow
def test_the_sampler_agrees_with_the_closed_form() -> None:
    rng = np.random.default_rng(8)
    cases = many_classes(rng, np.exp(rng.normal(-2, 1, 12)), 8, weight=0.5)
    _, draws = fitted(cases, prior_exposure=0.01)
    shape, rate = closed_form(cases, prior_exposure=0.01)
    exact = stats.gamma(shape, scale=1 / rate)
    # 6,000 draws worth at least as many: standard error of a mean sd / sqrt(6000), of a share sqrt(p (1 - p) / 6000)
    z = (draws.mean(axis=0) - exact.mean()) / (exact.std() / np.sqrt(len(draws)))
    assert np.abs(z).max() < 4.5
    for p in (0.05, 0.5, 0.95):
        share = np.mean(draws <= exact.ppf(p), axis=0)
        assert np.abs(share - p).max() < 4.5 * np.sqrt(p * (1 - p) / len(draws)), p


@pytest.mark.slow
def test_known_rates_are_recovered() -> None:
    rng = np.random.default_rng(9)
    truth = np.exp(rng.normal(-1.5, 0.8, 100))
    cases = many_classes(rng, truth, 15)
    _, draws = fitted(cases, prior_exposure=0.01, settings=MANY)
    low, high = np.quantile(draws, [0.05, 0.95], axis=0)
    covered = np.mean((low <= truth) & (truth <= high))
    assert covered == pytest.approx(0.9, abs=0.09)  # three standard errors of 100 binomials


CALIBRATION = Recorded("class_rates", ("models/reference_class.py",), simulations=240, seed=10)


def calibration() -> Calibration:
    """Questions are independent in the model, so 240 simulated data sets are one fit of 240 questions."""
    rng = np.random.default_rng(CALIBRATION.seed)
    truth = rng.gamma(0.5, 1.0, CALIBRATION.simulations)  # from the prior at prior_exposure 1
    cases = many_classes(rng, truth, 5)
    _, draws = fitted(cases, prior_exposure=1.0, settings=MANY)
    return Calibration.of({"rate": truth}, {"rate": draws})


@pytest.mark.slow
def test_calibration_by_simulation() -> None:
    calibration().judge("class_rates")


@pytest.mark.nightly
def test_calibration_by_simulation_is_recorded() -> None:
    CALIBRATION.keep(calibration())


def test_the_recorded_calibration() -> None:
    CALIBRATION.check()
