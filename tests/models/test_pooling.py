"""The hierarchical pool: its likelihood against an independent one, recovery, and what it gains on new questions."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from models.pool_rules import PoolDraws, Voices, expit, factor_posterior, hierarchical, normal_expit, recalibrated
from models.pooling import Panel, build
from models.sampling import Fit, SamplerSettings, sample

SETTINGS = SamplerSettings(chains=4, draws=500, tune=600, target_accept=0.9, seed=7)
PEOPLE = ("ann", "bea", "cem", "dov", "eva", "crowd:x")
BIAS = np.array([0.0, 0.5, -0.3, 0.2, 0.1, 0.0])
SCALE = np.array([0.9, 0.5, 0.7, 1.2, 0.8, 1.0])
NOISE = np.array([0.4, 0.6, 0.8, 1.0, 0.5, 0.4])
SHARED, TRUTH_SD = 0.5, 1.5


def simulated(questions: int, seed: int, *, missing: float = 0.2) -> tuple[Panel, np.ndarray]:
    """Return a panel drawn from the generative story, and the true log-odds of its questions."""
    rng = np.random.default_rng(seed)
    base = rng.normal(-1.0, 0.7, questions)
    truth, shared = rng.normal(0, TRUTH_SD, questions), rng.normal(0, SHARED, questions)
    age = rng.uniform(0, 60, (questions, 6))
    own = rng.normal(size=(questions, 6)) * NOISE * np.sqrt(1 + age / 30)
    said = BIAS + SCALE * truth[:, None] + shared[:, None] + own
    said[rng.random(said.shape) < missing] = np.nan
    said[:, 0] = np.where(np.isnan(said).all(axis=1), 0.0, said[:, 0])
    outcome = (rng.random(questions) < expit(base + truth)).astype(float)
    market = np.array([p.startswith("crowd:") for p in PEOPLE])
    panel = Panel(PEOPLE, said, 1 + age / 30, base, outcome, np.ones(questions), market)
    return panel, base + truth


def small() -> Panel:
    panel, _ = simulated(5, 1)
    outcome = panel.outcome.copy()
    outcome[-1] = np.nan
    return replace(panel, outcome=outcome, weight=np.array([1.0, 0.5, 1.0, 0.25, 1.0]))


@pytest.mark.slow
def test_the_likelihood_is_the_joint_normal_and_the_bernoulli_of_the_story() -> None:
    """Against scipy: the marginal normal of what was said, and the truth's posterior for the outcome."""
    panel = small()
    point = {
        "new_bias": 0.1,
        "bias_sd": 0.3,
        "log_new_scale": -0.2,
        "scale_sd": 0.25,
        "log_new_noise": -0.4,
        "z_bias": np.array([0.2, -1.0, 0.5, 0.0, 1.0]),
        "z_scale": np.array([1.0, 0.3, -0.5, 0.0, 0.2]),
        "z_noise": np.array([0.1, 0.0, -0.3, 0.4, 0.2, 0.6]),
        "shared": 0.5,
        "truth_sd": 1.3,
    }
    bias = np.append(0.1 + 0.3 * point["z_bias"], 0.0)  # the market, last, has no bias and scale 1
    scale = np.append(np.exp(-0.2 + 0.25 * point["z_scale"]), 1.0)
    noise = np.exp(-0.4 + 0.4 * point["z_noise"])
    expected = 0.0
    for k in range(5):
        seen = np.isfinite(panel.said[k])
        s, own = scale[seen], noise[seen] ** 2 * panel.aging[k, seen]
        covariance = 1.3**2 * np.outer(s, s) + 0.5**2 + np.diag(own)
        rest = panel.said[k, seen] - bias[seen]
        said = stats.multivariate_normal(np.zeros(seen.sum()), covariance).logpdf(rest)
        gain = 1.3**2 * s @ np.linalg.inv(covariance)
        p = normal_expit(np.array(panel.base[k] + gain @ rest), np.sqrt(np.array(1.3**2 - gain @ (1.3**2 * s))))
        happened = np.log(p if panel.outcome[k] == 1 else 1 - p) if np.isfinite(panel.outcome[k]) else 0.0
        expected += panel.weight[k] * (said + seen.sum() / 2 * np.log(2 * np.pi) + happened)
    model = build(panel)
    inner = {model.rvs_to_values[v].name: v.name for v in model.free_RVs}
    values = {k: np.log(point[n]) if k.endswith("_log__") else np.asarray(point[n], float) for k, n in inner.items()}
    terms = model.replace_rvs_by_values(model.potentials)
    found = model.compile_fn(terms, inputs=model.value_vars, on_unused_input="ignore", point_fn=True)(values)
    assert float(np.sum(found)) == pytest.approx(float(expected), rel=1e-9)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"said": np.full((5, 6), np.nan)}, "nobody has forecast"),
        ({"base": np.array([0.0, 0, 0, 0, np.nan])}, "base must be finite"),
        ({"aging": np.full((5, 6), 0.5)}, "aging at least 1"),
        ({"weight": np.array([1.0, 1, 1, 1, 0])}, "weight must be in"),
        ({"weight": np.ones(4)}, r"weight has the shape \(4,\)"),
        ({"outcome": np.array([1.0, 0, 0, 0, 0.5])}, "outcome must be 0, 1 or NaN"),
        ({"forecasters": ("ann",)}, "must agree"),
        ({"market": np.ones(6, bool)}, "no person among the forecasters"),
    ],
)
def test_panels_that_cannot_be_fitted_are_refused(change, said) -> None:
    with pytest.raises(ValueError, match=said):
        replace(small(), **change)


@pytest.fixture(scope="module")
def fitted() -> Fit:
    """Give a fit to 250 resolved questions, shared by the slow tests."""
    return sample(build(simulated(250, 11)[0]), SETTINGS)


def draws_of(fit: Fit) -> PoolDraws:
    values = {k: v.values.reshape(-1, *v.shape[2:]) for k, v in fit.tree["posterior"].dataset.data_vars.items()}
    return PoolDraws.of(values, market=np.array([p.startswith("crowd:") for p in PEOPLE]))


@pytest.mark.slow
def test_forecasters_are_recovered_from_250_questions(fitted: Fit) -> None:
    draws = draws_of(fitted)
    for name, true in (("bias", BIAS), ("scale", SCALE), ("noise", NOISE), ("shared", SHARED), ("truth_sd", TRUTH_SD)):
        found = getattr(draws, name)
        z = (found.mean(axis=0) - true) / np.where(found.std(axis=0) > 0, found.std(axis=0), np.inf)
        assert np.abs(z).max() < 4, (name, z)
    assert (draws.scale[:, 1] < draws.scale[:, 3]).mean() > 0.99, "the timid and the bold are told apart"
    assert (draws.bias[:, 5] == 0).all(), "a market has no bias ..."
    assert (draws.scale[:, 5] == 1).all(), "... and is never made bolder"


@pytest.mark.slow
def test_on_new_questions_it_beats_the_mean_and_the_recalibrated_pool(fitted: Fit) -> None:
    """By the expected Brier score, whose excess over what cannot be known is (p - true p)^2."""
    draws, (panel, truth) = draws_of(fitted), simulated(2_000, 12)
    thin = PoolDraws(*(getattr(draws, k)[::12] for k in PoolDraws.__slots__))
    lean = np.nanmean(panel.said[:, :5], axis=1)
    factor = factor_posterior(np.nan_to_num(lean), panel.base, panel.outcome)
    losses = {"mean": [], "recalibrated": [], "hierarchical": []}
    for k in range(panel.base.size):
        seen = np.flatnonzero(np.isfinite(panel.said[k]))
        age = 30 * (panel.aging[k, seen] - 1)
        said = Voices(panel.said[k, seen] + panel.base[k], age, panel.market[seen])
        base, y = float(panel.base[k]), expit(truth[k])
        plain = expit(np.average(said.log_odds, weights=2 ** (-age / 30)))
        losses["mean"].append((plain - y) ** 2)
        losses["recalibrated"].append((recalibrated(said, factor, base=base, half_life=30) - y) ** 2)
        losses["hierarchical"].append((hierarchical(said, seen, thin, base=base, half_life=30) - y) ** 2)
    brier = {name: np.array(values) for name, values in losses.items()}
    for name in ("mean", "recalibrated"):
        gain = brier[name] - brier["hierarchical"]
        assert gain.mean() > 4 * gain.std() / np.sqrt(gain.size), (name, gain.mean(), gain.std())
