"""The model of durations: density, prior predictive, recovery, and how it does on the shipped cases.

`shipped` (module) is one gated fit of the shipped cases, shared by the checks that look at it.
"""

from dataclasses import replace

import arviz_stats
import numpy as np
import pytest
import xarray as xr
from scipy import stats

from forecasts import durability_fit
from forecasts.board import load
from forecasts.settings import SHIPPED_BOARDS
from models.durability import Prior, build
from models.durability_curves import Durations, Hazard, kaplan_meier, log_likelihood, survival
from models.precision import pareto_smooth
from models.sampling import SamplerSettings, sample
from tests.models.durations import PRIOR, by_hand, law, simulated

SETTINGS = SamplerSettings(chains=4, draws=1000, tune=1000, target_accept=0.9, seed=5)


def hazard_of(tree) -> Hazard:
    posterior = tree["posterior"]
    effects = np.asarray(posterior["log_hr"].values, float)
    level, shape = (np.asarray(posterior[n].values, float).ravel() for n in ("log_level", "shape"))
    return Hazard(level, shape, effects.reshape(-1, effects.shape[2]), None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"log_level": (np.nan, 1.0)}, r"\(nan, 1.0\)"),
        ({"log_shape": (0.0, 0.0)}, "standard deviation above 0"),
        ({"effect": np.array([[0.0, -1.0], [0.0, 1.0]])}, "standard deviation above 0"),
        ({"log_settling": (1.0, np.inf)}, "inf"),
    ],
)
def test_priors_that_are_none_are_refused(change, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(PRIOR, **change)


def test_a_prior_for_other_effects_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\(2, 2\) for 1 effects"):
        build(by_hand(), PRIOR)


@pytest.mark.parametrize("settling", [None, (2.3, 1.0)])
def test_the_density_is_prior_times_power_likelihood(settling) -> None:
    cases = by_hand()
    prior = replace(PRIOR, effect=PRIOR.effect[:1], log_settling=settling)
    density = build(cases, prior).compile_logp(mode="FAST_COMPILE")
    point = {"log_level": np.array(-0.2), "log_shape": np.array(-0.4), "log_hr": np.array([-0.7])}
    expected = sum(
        stats.norm.logpdf(x, *moments)
        for x, moments in ((-0.2, prior.log_level), (-0.4, prior.log_shape), (-0.7, prior.effect[0]))
    )
    drawn = Hazard(np.array([-0.2]), np.exp([-0.4]), np.array([[-0.7]]), None)
    if settling:
        point |= {"log_settling": np.array(1.5)}
        expected += stats.norm.logpdf(1.5, *settling)
        drawn = replace(drawn, settling=np.exp([1.5]))
    expected += (cases.weight * log_likelihood(drawn, cases)[0]).sum()
    assert density(point) == pytest.approx(expected, rel=1e-9)


def test_the_prior_covers_what_the_literature_says_and_not_much_more() -> None:
    """Share of cases that end within one, five and ten years, before any data (METHODS 7; peace_durability.csv)."""
    rng = np.random.default_rng(1)
    level, shape = (rng.normal(*moments, 4000) for moments in (PRIOR.log_level, PRIOR.log_shape))
    drawn = Hazard(level, np.exp(shape), np.zeros((4000, 0)), None)
    ended = 1 - survival(drawn, np.array([1.0, 5.0, 10.0]), np.zeros(0))
    low, middle, high = np.quantile(ended, [0.05, 0.5, 0.95], axis=0)
    np.testing.assert_allclose(middle, [0.155, 0.362, 0.5], atol=0.02)
    assert np.all(low < [0.10, 0.23, 0.40])  # the most hopeful figures
    assert np.all(high > [0.25, 0.50, 0.60])  # the least hopeful ones
    assert np.mean(drawn.shape < 1) == pytest.approx(0.9, abs=0.02)


def test_a_falling_hazard_is_what_the_cases_show_without_a_model() -> None:
    """Kaplan and Meier of the shipped cases: the first year takes more than two of the next nine."""
    cases = shipped_cases()[0]
    assert (cases.years.size, int(cases.ended.sum()), cases.weight.sum()) == (58, 37, 39.25)
    times, values = kaplan_meier(cases.years, cases.ended, weight=cases.weight)
    held = np.concatenate([[1.0], values])[np.searchsorted(times, [1.0, 10.0], "right")]
    first, later = -np.log(held[0]), -np.log(held[1] / held[0])
    assert first > 2.5 * later / 9  # per year


def shipped_cases() -> tuple[Durations, Prior]:
    board, problems = load(SHIPPED_BOARDS / "indivisible-security")
    assert board is not None, problems
    question = board.question("resumption")
    return durability_fit.durations(question), Prior(**durability_fit.priors(board, question))


@pytest.mark.slow
def test_known_parameters_are_recovered() -> None:
    truth = law(log_level=[-0.6], shape=[0.55])
    fit = sample(build(simulated(truth, cases=600, seed=2, coarse=30 / 365.25), PRIOR), SETTINGS)
    found = hazard_of(fit.tree)
    values = {"log_level": found.log_level, "shape": found.shape, "a": found.log_hr[:, 0], "b": found.log_hr[:, 1]}
    known = {"log_level": -0.6, "shape": 0.55, "a": np.log(0.5), "b": np.log(1.5)}
    for name, drawn in values.items():
        assert abs(drawn.mean() - known[name]) < 4 * drawn.std(), name
        assert drawn.std() < 0.18, name  # 600 cases leave little doubt


@pytest.fixture(scope="module")
def shipped():
    """Return cases, priors and one gated fit of the shipped cases."""
    cases, prior = shipped_cases()
    return cases, prior, sample(build(cases, prior), SETTINGS)


@pytest.mark.slow
def test_the_shipped_cases_give_what_maximum_likelihood_gave(shipped) -> None:
    """README of the cases: shape .45 (.33 to .57); bare ceasefires hold .73, .66, .55 after 1, 2, 5 years."""
    cases, _, fit = shipped
    assert fit.attempts == 1
    found = hazard_of(fit.tree)
    low, middle, high = np.quantile(found.shape, [0.05, 0.5, 0.95])
    assert 0.33 < low < middle < high < 0.68
    assert middle == pytest.approx(0.48, abs=0.02)
    held = survival(found, np.array([1.0, 2.0, 5.0]), np.zeros(len(cases.effects))).mean(axis=0)
    np.testing.assert_allclose(held, [0.775, 0.70, 0.58], atol=0.02)
    np.testing.assert_allclose(held, [0.73, 0.66, 0.55], atol=0.06)


@pytest.mark.slow
def test_a_guarantee_that_was_never_broken_has_a_finite_ratio(shipped) -> None:
    cases, prior, fit = shipped
    k = cases.effects.index("us_guarantee")
    ratio = np.exp(np.quantile(hazard_of(fit.tree).log_hr[:, k], [0.05, 0.5, 0.95]))
    assert 0.15 < ratio[0] < ratio[1] < ratio[2] < 1.0
    assert ratio[1] < np.exp(prior.effect[k, 0])  # the cases pull it down from the edge's .75


@pytest.mark.slow
def test_a_treaty_of_peace_informs_the_sum_of_both_its_edges(shipped) -> None:
    cases, prior, fit = shipped
    both = [cases.effects.index(name) for name in ("settlement", "senate_consent")]
    drawn = hazard_of(fit.tree).log_hr[:, both]
    assert np.corrcoef(drawn.T)[0, 1] < -0.15
    assert drawn.sum(axis=1).std() < 0.85 * np.hypot(*prior.effect[both, 1])


@pytest.mark.slow
def test_replicas_of_the_shipped_cases_look_alike_and_those_of_a_wrong_law_do_not(shipped) -> None:
    cases, _, fit = shipped
    found = durability_fit.alike(hazard_of(fit.tree), cases, seed=1)
    assert len(found) == 5
    assert min(found.values()) > 0.05
    hasty = Hazard(np.full(800, 1.5), np.full(800, 0.5), np.zeros((800, len(cases.effects))), None)
    assert min(durability_fit.alike(hasty, cases, seed=1).values()) < 0.01


@pytest.mark.slow
def test_each_case_left_out_is_foreseen_better_than_by_a_constant_hazard(shipped) -> None:
    """Leave-one-case-out by Pareto-smoothed importance sampling (Vehtari, Gelman and Gabry 2017, Stat. Comput. 27)."""
    cases, _, fit = shipped
    each = log_likelihood(hazard_of(fit.tree), cases)
    smoothed = [pareto_smooth(column) for column in -(cases.weight * each).T]  # what leaving the case out gives back
    assert max(khat for _, khat in smoothed) < 0.7
    log_weight = np.stack([w for w, _ in smoothed], axis=1)
    left_out = np.log(np.exp(log_weight + each).sum(axis=0))
    inside = np.log(np.exp(each).mean(axis=0))
    assert 0.5 < (cases.weight * (inside - left_out)).sum() < 9.0  # nine quantities, most of them held by their priors
    assert (cases.weight * left_out).sum() > _constant_left_out(cases) + 5


def _constant_left_out(cases: Durations) -> float:
    """Return the weighted log density of each case under a constant hazard fitted to the others."""
    exposure, ends = cases.weight * cases.years, cases.weight * cases.ended
    rates = (ends.sum() - ends) / (exposure.sum() - exposure)
    flat = Hazard(np.log(5 * rates), np.ones(rates.size), np.zeros((rates.size, len(cases.effects))), None)
    return float((cases.weight * np.diagonal(log_likelihood(flat, cases))).sum())


@pytest.mark.slow
def test_what_the_cases_tell_of_and_what_the_priors_hold(shipped) -> None:
    """Power scaling (Kallioinen, Paananen, Buerkner and Vehtari 2024, Stat. Comput. 34:57); .05 is their threshold."""
    cases, prior, fit = shipped
    posterior, drawn = fit.tree["posterior"].dataset, hazard_of(fit.tree)
    by_chain = (posterior.sizes["chain"], posterior.sizes["draw"], -1)
    parts = [
        stats.norm.logpdf(drawn.log_level, *prior.log_level),
        stats.norm.logpdf(np.log(drawn.shape), *prior.log_shape),
        stats.norm.logpdf(drawn.log_hr, prior.effect[:, 0], prior.effect[:, 1]),
    ]
    each = {"log_likelihood": cases.weight * log_likelihood(drawn, cases), "log_prior": np.column_stack(parts)}
    groups = {name: xr.Dataset({"part": (("chain", "draw", "k"), a.reshape(by_chain))}) for name, a in each.items()}
    tree = xr.DataTree.from_dict({"posterior": posterior[["log_level", "shape", "log_hr"]], **groups})
    by_data, by_prior = (arviz_stats.psense(tree, group=g) for g in ("likelihood", "prior"))
    guarantee = cases.effects.index("us_guarantee")
    assert float(by_data["shape"]) > 0.05
    assert float(by_data["log_level"]) > 0.05
    assert float(by_data["log_hr"][guarantee]) > 0.05
    assert float(by_prior["log_hr"][guarantee]) > 0.05  # nine cases without an end: the prior keeps it finite
    assert float(by_prior["shape"]) < 0.2
