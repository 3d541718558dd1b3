"""Pools by hand, as limits, against brute force, and the laws they keep."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from models.pool_rules import (
    Factor,
    PoolDraws,
    Voices,
    expit,
    factor_posterior,
    hierarchical,
    log_odds,
    mean,
    normal_expit,
    recalibrated,
    recency,
    truth_given,
)

NO_DATA = factor_posterior(np.empty(0), np.empty(0), np.empty(0))


def fixed(a: float) -> Factor:
    return Factor(np.array([a]), np.array([1.0]))


def voices(p, age=None, market=None) -> Voices:
    p = np.asarray(p, float)
    ages = np.zeros(p.size) if age is None else np.asarray(age, float)
    return Voices(log_odds(p), ages, np.zeros(p.size, bool) if market is None else np.asarray(market, bool))


def test_recency_halves_with_the_half_life() -> None:
    """Ages 0, 30, 60 at a half-life of 30: 1, 1/2, 1/4 of 7/4."""
    np.testing.assert_allclose(recency(np.array([0.0, 30.0, 60.0]), half_life=30), [4 / 7, 2 / 7, 1 / 7])
    np.testing.assert_allclose(recency(np.array([40_000.0, 40_030.0]), half_life=30), [2 / 3, 1 / 3])


def test_the_mean_is_of_log_odds() -> None:
    """logit .8 = ln 4, logit .5 = 0; equal weights: ln 2, so 2/3."""
    assert expit(mean(voices([0.8, 0.5]), half_life=30)) == pytest.approx(2 / 3)
    # with the second one half-life older: (2/3) ln 4 -> 4^(2/3) = 2.5198
    assert expit(mean(voices([0.8, 0.5], [0, 30]), half_life=30)) == pytest.approx(2.5198 / 3.5198, abs=1e-5)


def test_the_recalibrated_pool_moves_away_from_the_base_rate() -> None:
    """Base 1/5 (-ln 4), everybody says 1/2 (0): b + 1.5 (0 - b) = .5 ln 4 = ln 2 -> 2/3."""
    base = float(log_odds(np.array(0.2)))
    assert recalibrated(voices([0.5, 0.5]), fixed(1.5), base=base, half_life=30) == pytest.approx(2 / 3)
    assert recalibrated(voices([0.2, 0.2]), fixed(1.5), base=base, half_life=30) == pytest.approx(0.2)
    assert recalibrated(voices([0.7]), fixed(1.0), base=base, half_life=30) == pytest.approx(0.7)


def test_a_market_price_is_never_made_bolder() -> None:
    base = float(log_odds(np.array(0.2)))
    for p in (0.05, 0.3, 0.9):
        alone = recalibrated(voices([p], market=[True]), fixed(3.0), base=base, half_life=30)
        assert alone == pytest.approx(p)
    # a person at ln 4 and a market at 0, weights 1/2: (1/2)(2 ln 4) + 0 around base 0 -> 4/5
    both = recalibrated(voices([0.8, 0.5], market=[False, True]), fixed(2.0), base=0.0, half_life=30)
    assert both == pytest.approx(0.8)


@given(
    st.lists(st.floats(0.01, 0.99), min_size=1, max_size=6), st.floats(0.05, 0.95), st.floats(1.0, 3.0), st.booleans()
)
def test_a_bolder_factor_never_crosses_the_base_rate(p, base, a, market) -> None:
    b = float(log_odds(np.array(base)))
    said = voices(p, market=[market] * len(p))
    plain, bold = (recalibrated(said, fixed(x), base=b, half_life=30) for x in (1.0, a))
    assert plain == pytest.approx(float(expit(mean(said, half_life=30))))
    assert (bold - plain) * (plain - base) >= -1e-12
    assert (bold - base) * (plain - base) >= -1e-12


def test_without_questions_the_factor_stays_at_its_prior() -> None:
    assert NO_DATA.weight.sum() == pytest.approx(1.0)
    assert NO_DATA.mean == pytest.approx(1.2 * np.exp(0.25**2 / 2), rel=1e-4)  # mean of a log-normal


def test_the_factor_is_learned_from_outcomes() -> None:
    """5,000 questions of people who say half of the lean that is right: a = 2."""
    rng = np.random.default_rng(4)
    lean, base = rng.normal(0, 1, 5_000), np.full(5_000, -0.5)
    outcome = (rng.random(5_000) < expit(base + 2.0 * lean)).astype(float)
    found = factor_posterior(lean, base, outcome)
    sd = np.sqrt((found.weight * (found.value - found.mean) ** 2).sum())
    assert abs(found.mean - 2.0) < 4 * sd
    assert sd < 0.1
    half = factor_posterior(lean, base, outcome, weight=np.full(5_000, 1e-9))
    assert half.mean == pytest.approx(NO_DATA.mean, rel=1e-4), "what does not count teaches nothing"


def test_the_factor_agrees_with_quadrature() -> None:
    lean, base, outcome = np.array([0.5, -1.0]), np.array([-1.0, 0.3]), np.array([1.0, 0.0])

    def density(z: float) -> float:
        a = 1.2 * np.exp(0.25 * z)
        p = expit(base + a * lean)
        return float(np.prod(np.where(outcome == 1, p, 1 - p)) * np.exp(-(z**2) / 2))

    whole = quad(density, -8, 8)[0]
    expected = quad(lambda z: 1.2 * np.exp(0.25 * z) * density(z), -8, 8)[0] / whole
    assert factor_posterior(lean, base, outcome).mean == pytest.approx(expected, rel=1e-4)


def test_the_truth_given_the_voices_is_the_normal_posterior() -> None:
    """Against the joint covariance of truth and voices, inverted by numpy."""
    rng = np.random.default_rng(2)
    scale, variance = rng.uniform(0.5, 1.5, (1, 4)), rng.uniform(0.2, 1.0, (1, 4))
    rest, shared, truth = rng.normal(size=(1, 4)), 0.6, 1.4
    covariance = truth**2 * np.outer(scale[0], scale[0]) + shared**2 + np.diag(variance[0])
    gain = truth**2 * scale[0] @ np.linalg.inv(covariance)
    centre, spread = truth_given(rest, scale, variance, shared=np.array([shared]), truth_sd=np.array([truth]))
    assert centre[0] == pytest.approx(gain @ rest[0])
    assert spread[0] ** 2 == pytest.approx(truth**2 - gain @ (truth**2 * scale[0]))


def test_the_probability_of_a_normal_log_odds_agrees_with_quadrature() -> None:
    for m, sd in ((0.0, 1.0), (-2.0, 0.5), (1.5, 2.0)):
        expected = quad(
            lambda x, m=m, sd=sd: float(expit(m + sd * x)) * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi), -9, 9
        )[0]
        assert normal_expit(np.array(m), np.array(sd)) == pytest.approx(expected, abs=1e-4)


def one_draw(*, bias=(0.0,), scale=(1.0,), noise=(1.0,), shared=1e-6, truth=1e6) -> PoolDraws:
    row = {"bias": bias, "scale": scale, "noise": noise}
    new = {"new_bias": 0.3, "new_bias_sd": 0.4, "new_scale": 0.8, "new_noise": 0.7}
    return PoolDraws(
        **{k: np.array([v], float) for k, v in row.items()},
        **{k: np.array([v]) for k, v in new.items()},
        shared=np.array([shared]),
        truth_sd=np.array([truth]),
    )


def test_limits_of_the_hierarchical_pool() -> None:
    here = np.array([0])
    base = float(log_odds(np.array(0.2)))
    said = voices([0.6])
    quiet = one_draw(noise=(1e-4,))
    assert hierarchical(said, here, quiet, base=base, half_life=30) == pytest.approx(0.6, abs=1e-4), (
        "no error, no doubt"
    )
    leaning = one_draw(noise=(1e-4,), bias=(0.5,))
    expected = float(expit(log_odds(np.array(0.6)) - 0.5))
    assert hierarchical(said, here, leaning, base=base, half_life=30) == pytest.approx(expected, abs=1e-4)
    timid = one_draw(noise=(1e-4,), scale=(0.5,))  # says half the lean: the truth leans twice as far
    expected = float(expit(base + 2 * (log_odds(np.array(0.6)) - base)))
    assert hierarchical(said, here, timid, base=base, half_life=30) == pytest.approx(expected, abs=1e-4)
    deaf = one_draw(noise=(1e4,), truth=1e-3)
    assert hierarchical(said, here, deaf, base=base, half_life=30) == pytest.approx(0.2, abs=1e-3), (
        "the base rate is left"
    )
    market = voices([0.6], market=[True])
    assert hierarchical(market, here, timid, base=base, half_life=30) == pytest.approx(0.6, abs=1e-4)


def test_an_unknown_voice_is_one_of_the_population_and_age_adds_noise() -> None:
    draws = one_draw(truth=1.0)
    base = 0.0
    new = hierarchical(voices([0.8]), np.array([-1]), draws, base=base, half_life=30)
    variance = 0.7**2 + 0.4**2
    gain = 0.8 / (0.64 + variance)  # truth sd 1, no shared error
    centre, spread = gain * (np.log(4) - 0.3), np.sqrt(1 - 0.8 * gain)
    assert new == pytest.approx(float(normal_expit(np.array(centre), np.array(spread))), abs=1e-6)
    fresh, stale = (hierarchical(voices([0.8], [a]), np.array([0]), draws, base=base, half_life=30) for a in (0, 90))
    assert 0.5 < stale < fresh


@pytest.mark.parametrize(
    ("log_odd", "age", "market", "said"),
    [
        ([], [], [], "no voice"),
        ([0.0], [0.0, 1.0], [False], "one shape"),
        ([np.nan], [0.0], [False], "finite"),
        ([0.0], [-1.0], [False], "not negative"),
        ([0.0], [np.nan], [False], "not negative"),
    ],
)
def test_voices_that_cannot_be_pooled_are_refused(log_odd, age, market, said) -> None:
    with pytest.raises(ValueError, match=said):
        Voices(np.array(log_odd, float), np.array(age, float), np.array(market, bool))


def test_certainties_count_as_one_in_a_thousand() -> None:
    np.testing.assert_allclose(log_odds(np.array([0.0, 1.0])), [-np.log(999), np.log(999)])
