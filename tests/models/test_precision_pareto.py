"""Pareto smoothing and k-hat against ArviZ, known shapes, and the traps that its callers fall into."""

import numpy as np
import pytest

from models.precision import MIN_DRAWS, ess, khat, khat_bound, pareto_smooth


def heavy(seed: int, shape: float, size: int = 4000) -> np.ndarray:
    """Return log weights that are exactly Pareto of a shape: the log of u^-shape."""
    return -shape * np.log(np.random.default_rng(seed).random(size))


@pytest.mark.parametrize("size", [60, 225, 226, 4000])
@pytest.mark.parametrize("shape", [0.2, 0.6, 1.2])
def test_equal_to_arviz(size: int, shape: float) -> None:
    array_stats = pytest.importorskip("arviz_stats.base").array_stats
    log_weight = heavy(1, shape, size)
    expected, expected_khat = array_stats.psislw(-log_weight)  # it negates its input
    smoothed, found = pareto_smooth(log_weight)
    assert found == pytest.approx(float(expected_khat), rel=1e-9)
    np.testing.assert_allclose(smoothed, expected, atol=1e-9)


@pytest.mark.parametrize("shape", [0.1, 0.3, 0.5, 0.9])
def test_a_known_shape_is_found(shape: float) -> None:
    found = [khat(heavy(seed, shape)) for seed in range(30)]
    # the fit shrinks towards 1/2 by ten points of 189
    shrunk = (189 * shape + 10 * 0.5) / 199
    assert np.mean(found) == pytest.approx(shrunk, abs=0.05)


def test_direction_large_weights_are_the_tail() -> None:
    log_weight = np.random.default_rng(2).normal(0, 3, 4000) ** 3 / 9  # symmetric: break it
    log_weight[log_weight < 0] /= 100
    assert khat(log_weight) > 1
    assert khat(-log_weight) < 0.5


def test_smoothing_pulls_the_largest_weights_in_and_keeps_the_others() -> None:
    log_weight = heavy(3, 0.9)
    smoothed, _ = pareto_smooth(log_weight)
    assert np.exp(smoothed).sum() == pytest.approx(1)
    body = np.argsort(log_weight)[:-200]
    moved = smoothed - log_weight
    assert np.ptp(moved[body]) < 1e-9
    assert (np.argsort(smoothed[np.argsort(log_weight)], kind="stable") == np.arange(4000)).all()
    assert (smoothed - smoothed[body[0]]).max() <= (log_weight - log_weight[body[0]]).max() + 1e-9


def test_equal_weights_have_no_tail() -> None:
    smoothed, found = pareto_smooth(np.full(500, -3.0))
    assert found == 0
    np.testing.assert_allclose(smoothed, -np.log(500))


def test_few_distinct_weights_as_evidence_gives_them() -> None:
    log_weight = np.repeat([0.0, 0.5, 1.0], [900, 80, 20])
    smoothed, found = pareto_smooth(log_weight)
    assert found == 0
    np.testing.assert_allclose(np.diff(smoothed[[0, 900, 980]]), 0.5)


def test_a_weight_of_zero_is_allowed() -> None:
    log_weight = heavy(4, 0.4)
    with_zeros, found = pareto_smooth(np.r_[log_weight, np.full(100, -np.inf)])
    assert found == pytest.approx(khat(log_weight), abs=0.05)
    assert (with_zeros[-100:] == -np.inf).all()


def test_khat_alone_passes_where_the_effective_size_refuses() -> None:
    log_weight = np.random.default_rng(5).normal(0, 1.8, 3000)
    futures, _ = ess(np.exp(log_weight), np.arange(3000))
    assert khat(log_weight) < khat_bound(3000)
    assert futures < MIN_DRAWS


@pytest.mark.parametrize(
    ("log_weight", "message"),
    [
        (np.r_[np.zeros(99), np.nan], "finite or -inf"),
        (np.r_[np.zeros(99), np.inf], "finite or -inf"),
        (np.full(100, -np.inf), "finite or -inf"),
        (np.zeros(24), "24 weights; a tail needs at least 25"),
    ],
)
def test_refusals(log_weight: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pareto_smooth(log_weight)
