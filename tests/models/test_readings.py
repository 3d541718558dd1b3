"""Whom to believe: the likelihood by hand, the prior where nothing is known, and forecasters off by a factor of two."""

from dataclasses import replace

import numpy as np
import pytest

from models.evidence import design, prior_belief
from models.reading_belief import learned
from models.readings import Resolved, build
from models.sampling import SamplerSettings, sample

SETTINGS = SamplerSettings(chains=4, draws=500, tune=500, target_accept=0.9, seed=5)
PEOPLE = ("bold1", "bold2", "timid1", "timid2", "plain")
REACTION = np.array([0.5, 0.5, 2.0, 2.0, 1.0])
"""kappa that puts each right: the bold double the log ratio, the timid halve it."""
LETTER, DIGIT, RHO = np.array([0.9, 0.8, 0.65, 0.5, 0.3, 0.5]), np.array([1.0, 0.9, 0.75, 0.5, 0.25, 0.75]), 0.5


def simulated(questions: int, seed: int, *, each: int = 4) -> Resolved:
    """Return questions whose outcomes follow the evidence read rightly; half of it judged as reported, no grade.

    The second item of a question repeats the first one's story.
    """
    rng = np.random.default_rng(seed)
    items = questions * each
    question = np.repeat(np.arange(questions), each)
    forecaster = rng.integers(0, 5, items)
    letter, digit = rng.integers(0, 4, items), rng.integers(0, 3, items)
    rank = np.tile([0, 1, 0, 0], questions)[:items]
    right = rng.normal(0, 1.4, items)
    right[rank == 1] = np.sign(right[np.flatnonzero(rank == 1) - 1]) * np.abs(right[rank == 1])
    prior = rng.normal(-0.5, 0.8, questions)
    content = rng.random(items) < 0.5
    told = right * np.where(content, LETTER[letter] * DIGIT[digit], 1.0) * (1 - RHO) ** rank
    outcome = rng.random(questions) < 1 / (1 + np.exp(-prior - np.bincount(question, told, questions)))
    return Resolved(
        prior=prior,
        outcome=outcome.astype(float),
        weight=np.ones(questions),
        question=question,
        log_lr=right / REACTION[forecaster],
        forecaster=forecaster,
        letter=letter,
        digit=digit,
        content_basis=content,
        rank=rank,
        ties=np.ones(items, np.int64),
        forecasters=PEOPLE,
    )


def by_hand() -> Resolved:
    """Two questions; a story told three times (the last two as strong as each other), a report, a rumour."""
    return Resolved(
        prior=np.array([-1.0, 0.5]),
        outcome=np.array([1.0, 0.0]),
        weight=np.array([1.0, 0.5]),
        question=np.array([0, 0, 0, 1, 1]),
        log_lr=np.array([1.2, 0.6, 0.6, -0.5, 0.8]),
        forecaster=np.array([0, 1, 1, 0, 1]),
        letter=np.array([0, 1, 1, 5, 4]),
        digit=np.array([0, 1, 1, 5, 4]),
        content_basis=np.array([True, True, True, True, False]),
        rank=np.array([0, 1, 1, 0, 0]),
        ties=np.array([1, 2, 2, 1, 1]),
        forecasters=("a", "b"),
    )


def test_the_likelihood_by_hand() -> None:
    model = build(by_hand())
    kappa = np.exp(0.1 + 0.3 * np.array([1.0, -2.0]))
    letter, digit, rho = np.array([0.85, 0.7, 0.6, 0.45, 0.2]), np.array([0.8, 0.7, 0.4, 0.3]), 0.3
    # ranks 1 and 2 share (.7 + .49) / 2; F is read as D, 6 as 3; judged as reported: no grade
    shared = (0.7 + 0.49) / 2
    first = -1.0 + kappa[0] * 0.85 * 1.2 + 2 * kappa[1] * 0.7 * 0.8 * 0.6 * shared
    second = 0.5 + kappa[0] * 0.45 * 0.7 * -0.5 + kappa[1] * 0.8
    expected = -np.log1p(np.exp(-first)) - 0.5 * np.log1p(np.exp(second))
    point = {"common": 0.1, "z_reaction": np.array([1.0, -2.0]), "letter": letter, "digit": digit, "rho": rho}
    inner = {model.rvs_to_values[v].name: v.name for v in model.free_RVs}
    values = {
        k: np.log(point[n]) - np.log1p(-np.asarray(point[n]))
        if k.endswith("_logodds__")
        else np.asarray(point[n], float)
        for k, n in inner.items()
    }
    terms = model.replace_rvs_by_values(model.potentials)
    found = model.compile_fn(terms, inputs=model.value_vars, on_unused_input="ignore", point_fn=True)(values)
    assert float(np.sum(found)) == pytest.approx(float(expected), rel=1e-10)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"outcome": np.array([1.0])}, r"outcome has the shape \(1,\)"),
        ({"outcome": np.array([1.0, 0.5])}, "outcome must be 0 or 1"),
        ({"weight": np.array([1.0, 0.0])}, "weight in"),
        ({"prior": np.array([np.inf, 0.0])}, "finite"),
        ({"question": np.array([0, 0, 0, 1, 2])}, "question: .* below 2"),
        ({"forecaster": np.array([0, 1, 1, 0, -1])}, "forecaster: .* below 2"),
        ({"letter": np.array([0, 1, 1, 6, 4])}, "letter: .* below 6"),
        ({"ties": np.array([1, 2, 2, 0, 1])}, "ties with itself"),
    ],
)
def test_data_that_cannot_be_fitted_is_refused(change, said) -> None:
    with pytest.raises(ValueError, match=said):
        replace(by_hand(), **change)


def prior_draws(rows: int = 40_000) -> dict[str, np.ndarray]:
    rng, prior = np.random.default_rng(3), prior_belief(2)
    common = rng.normal(0, 0.2, rows)
    size = prior.concentration
    return {
        "common": common,
        "log_kappa": common[:, None] + rng.normal(0, 0.3, (rows, 2)),
        "letter": rng.beta(prior.letter[:5] * size, (1 - prior.letter[:5]) * size, (rows, 5)),
        "digit": rng.beta(prior.digit[1:5] * size, (1 - prior.digit[1:5]) * size, (rows, 4)),
        "rho": rng.beta(4, 4, rows),
    }


def test_draws_of_the_prior_teach_the_prior() -> None:
    found, prior = learned(prior_draws(), ("a", "b"), ("b", "stranger")), prior_belief(2)
    np.testing.assert_allclose(found.common_sd, prior.common_sd, rtol=0.02)
    np.testing.assert_allclose(found.reaction_mean, 0, atol=0.01)
    np.testing.assert_allclose(found.reaction_sd, prior.reaction_sd, rtol=0.03)
    np.testing.assert_allclose(found.letter, prior.letter, atol=0.005)
    np.testing.assert_allclose(found.digit, prior.digit, atol=0.005)
    assert found.concentration == pytest.approx(20, rel=0.1)
    np.testing.assert_allclose(found.repetition, (4, 4), rtol=0.05)
    assert design(found, np.array([1, 2], np.uint64), readings=8, spread=4).points == 8, "a design can be made of it"


def test_a_forecaster_of_the_fit_keeps_their_reaction_and_a_stranger_the_populations() -> None:
    draws = prior_draws()
    draws["log_kappa"][:, 0] += 0.7 - 0.2 * draws["log_kappa"][:, 0]
    found = learned(draws, ("a", "b"), ("stranger", "a"))
    assert found.reaction_mean[0] == 0
    assert found.reaction_mean[1] == pytest.approx(0.7, abs=0.02)
    assert found.reaction_sd[0] == 0.3


@pytest.mark.slow
def test_over_and_under_reaction_by_a_factor_of_two_is_recovered_from_1000_questions() -> None:
    """Five forecasters, four items a question: about 800 items each."""
    fit = sample(build(simulated(1000, 21)), SETTINGS)
    found = fit.tree["posterior"]["log_kappa"].values.reshape(-1, 5)
    z = (found.mean(axis=0) - np.log(REACTION)) / found.std(axis=0)
    assert np.abs(z).max() < 3.5, z
    assert (found[:, :2] < 0).mean(axis=0).min() > 0.99, "too bold"
    assert (found[:, 2:4] > 0).mean(axis=0).min() > 0.99, "too timid"
    assert found.std(axis=0).max() < 0.25 < np.hypot(0.2, 0.3), "and more is known than before"
    rho = fit.tree["posterior"]["rho"].values
    assert abs(rho.mean() - RHO) < 3.5 * rho.std()


@pytest.mark.slow
def test_with_15_questions_everybody_stays_near_the_prior() -> None:
    fit = sample(build(simulated(15, 22)), SETTINGS)
    found = fit.tree["posterior"]["log_kappa"].values.reshape(-1, 5)
    assert np.abs(found.mean(axis=0)).max() < 0.36, "within one prior standard deviation"
    assert found.std(axis=0).min() > 0.25
