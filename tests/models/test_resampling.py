"""Intervals by clusters: worked by hand, against simulation, and how many clusters a comparison needs."""

import numpy as np
import pytest

from models.resampling import LEAST_CLUSTERS, MOST_CLUSTERS, clusters_needed, interval


def test_mean_and_standard_error_by_hand():
    # totals 2 and 4 over 1 and 3 forecasts: mean 6/4 = 1.5; residuals 2 - 1.5 = .5 and 4 - 4.5 = -.5;
    # se = sqrt(2/1 * (.25 + .25)) / 4 = .25
    found = interval(np.array([2.0, 4.0]), np.array([1.0, 3.0]))
    assert (found.mean, found.se, found.clusters) == (1.5, 0.25, 2)
    assert np.isnan([found.low, found.high]).all(), "two clusters have no interval"
    assert not found.resolved


def test_equal_weights_give_the_textbook_standard_error():
    x = np.arange(20.0)
    found = interval(x, np.ones(20))
    assert found.se == pytest.approx(x.std(ddof=1) / np.sqrt(20))
    assert found.low < 9.5 < found.high
    assert found.resolved


def test_no_number_depends_on_threads_and_the_order_of_clusters_only_moves_luck():
    x = np.random.default_rng(1).exponential(size=60)
    one, two = interval(x, np.ones(60), threads=1), interval(x, np.ones(60), threads=3)
    assert one == two
    turned = interval(x[::-1].copy(), np.ones(60))
    assert (turned.low, turned.high) == pytest.approx((one.low, one.high), abs=0.05)


def test_a_constant_score_is_known_exactly():
    found = interval(np.full(30, 0.25), np.ones(30))
    assert (found.low, found.mean, found.high) == pytest.approx((0.25, 0.25, 0.25), abs=1e-12)


def test_many_clusters_take_the_normal_interval():
    x = np.random.default_rng(2).exponential(size=MOST_CLUSTERS + 1)
    found = interval(x, np.ones(x.size))
    assert (found.high - found.mean) / found.se == pytest.approx(1.959964, abs=2e-4)
    few = interval(x[:MOST_CLUSTERS], np.ones(MOST_CLUSTERS), resamples=2000)
    assert (few.high - few.mean) / few.se == pytest.approx(1.96, abs=0.15)


def coverage(clusters: int, *, worlds: int, grouped: bool) -> float:
    """Return how often the interval of a Brier score holds its expectation, E p (1 - p) = 3/20 for p ~ Beta(1, 3)."""
    rng = np.random.default_rng(clusters)
    inside = 0
    for world in range(worlds):
        size = rng.integers(1, 6, clusters) if grouped else np.ones(clusters, int)
        p = rng.beta(1, 3, clusters)
        y = rng.random(clusters) < p
        found = interval(size * (p - y) ** 2, size.astype(float), seed=world, resamples=600)
        inside += found.low <= 0.15 <= found.high
    return inside / worlds


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("clusters", [20, 60, 200])
def test_intervals_hold_the_truth_at_their_nominal_rate(clusters, grouped):
    # 800 worlds: standard error .008 at .95; a skewed score and 20 clusters cost what bootstrap-t leaves
    assert coverage(clusters, worlds=800, grouped=grouped) == pytest.approx(0.95, abs=0.03)


@pytest.mark.parametrize(
    ("total", "weight"), [([np.nan], [1.0]), ([1.0], [0.0]), ([1.0, 2.0], [1.0]), ([np.inf], [1.0])]
)
def test_scores_that_are_not_numbers_are_refused(total, weight):
    with pytest.raises(ValueError, match="finite totals"):
        interval(np.array(total), np.array(weight))


def test_no_clusters_have_no_mean():
    assert np.isnan(interval(np.array([]), np.array([])).mean)


# With a variance known from very many clusters: (1.959964 + .841621)^2 * .01 / .0004 = 196.2 -> 197
def test_clusters_needed_by_hand():
    assert clusters_needed(np.array([0.01]), np.array([10**9]), worth=0.02) == pytest.approx([197])
    # 30 clusters: the upper 80 % bound is 29 / 22.475 times as high (chi-square, 29 degrees, 20 % point): 253.2 -> 254
    assert clusters_needed(np.array([0.01]), np.array([30]), worth=0.02) == pytest.approx([254], abs=1)
    assert np.isnan(clusters_needed(np.array([0.0]), np.array([1]), worth=0.02))
    assert clusters_needed(np.array([0.0]), np.array([5]), worth=0.02) == [LEAST_CLUSTERS]


@pytest.mark.parametrize("worth", [0, -0.1, float("nan")])
def test_a_difference_worth_seeing_is_above_zero(worth):
    with pytest.raises(ValueError, match="above 0"):
        clusters_needed(np.array([1.0]), np.array([5]), worth=worth)


def test_with_the_clusters_needed_a_difference_is_seen_with_the_power_promised():
    rng = np.random.default_rng(3)
    needed = int(clusters_needed(np.array([0.01]), np.array([10**9]), worth=0.02)[0])
    seen = [interval(rng.normal(0.02, 0.1, needed), np.ones(needed), seed=i, resamples=400).low > 0 for i in range(600)]
    assert np.mean(seen) == pytest.approx(0.8, abs=0.05)
