"""Logit-normal quantiles against simulation, a rate model, and their own moments over the whole range."""

import numpy as np
import pytest

from models.logit_normal import parameters, quantile


@pytest.mark.parametrize(("centre", "sd"), [(0.0, 1.0), (-3.0, 0.5), (2.0, 2.0), (-6.0, 1.2), (0.3, 6.0)])
def test_parameters_come_back_from_simulated_moments(centre: float, sd: float) -> None:
    # four million draws by mid-quantiles, so that the moments are exact to four digits
    from scipy.special import ndtri

    p = 1 / (1 + np.exp(-(centre + sd * ndtri((np.arange(4_000_000) + 0.5) / 4_000_000))))
    found = parameters(np.array([p.mean()]), np.array([p.var()]))
    assert (found[0][0], found[1][0]) == pytest.approx((centre, sd), rel=2e-3, abs=2e-3)
    for level in (0.05, 0.25, 0.75, 0.95):
        got = quantile(np.array([p.mean()]), np.array([p.var()]), level)[0]
        assert got == pytest.approx(float(np.quantile(p, level)), rel=5e-3)


def test_a_rare_events_band_is_that_of_its_rate() -> None:
    # hazard log-normal (median .04 a year, log sd .8) over 1.5 years: quantiles of 1 - exp(-1.5 * rate)
    from scipy.special import ndtri

    p = 1 - np.exp(-1.5 * 0.04 * np.exp(0.8 * ndtri((np.arange(400_000) + 0.5) / 400_000)))
    for level in (0.05, 0.25, 0.75, 0.95):
        true = 1 - np.exp(-0.06 * np.exp(0.8 * ndtri(level)))
        assert quantile(np.array([p.mean()]), np.array([p.var()]), level)[0] == pytest.approx(true, rel=0.1)


def test_the_mirror_image() -> None:
    low = quantile(np.array([0.1]), np.array([0.01]), 0.05)
    high = quantile(np.array([0.9]), np.array([0.01]), 0.95)
    assert high == pytest.approx(1 - low, rel=1e-9)


def test_every_mean_and_variance_has_an_answer_in_order() -> None:
    rng = np.random.default_rng(1)
    side = 10 ** rng.uniform(-12, np.log10(0.5), 6000)
    mean = np.where(rng.random(6000) < 0.5, side, 1 - side)
    ratio = np.where(rng.random(6000) < 0.5, rng.uniform(0, 1.2, 6000), 10 ** rng.uniform(-14, 0, 6000))
    limits = np.stack([quantile(mean, ratio * mean * (1 - mean), u) for u in (0.05, 0.25, 0.75, 0.95)])
    assert np.isfinite(limits).all()
    assert ((limits >= 0) & (limits <= 1)).all()
    assert (np.diff(limits, axis=0) >= 0).all()


def test_what_is_certain_or_exact_stays() -> None:
    mean, variance = np.array([0.0, 1.0, 0.3]), np.array([0.0, 0.1, 0.0])
    assert quantile(mean, variance, 0.95).tolist() == [0.0, 1.0, 0.3]
    assert quantile(np.empty(0), np.empty(0), 0.5).size == 0


@pytest.mark.parametrize(("mean", "variance"), [(np.nan, 0.1), (1.1, 0.1), (0.5, -0.1), (0.5, np.nan), (0.5, np.inf)])
def test_what_is_no_distribution_is_refused(mean: float, variance: float) -> None:
    with pytest.raises(ValueError, match="means must lie"):
        quantile(np.array([mean]), np.array([variance]), 0.5)
