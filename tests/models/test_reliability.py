"""CORP and its null: published values, an independent isotonic fit, and what calibrated forecasters must show."""

import json
from itertools import groupby

import numpy as np
import polars as pl
import pytest
from scipy.special import ndtr

from models.reliability import Fit, bins_of, decompose, fit, null
from tests.models.slow_isotonic import isotonic

TENTHS = np.arange(11) / 10


def corp(p, y):
    return decompose(fit(np.asarray(p, float), np.asarray(y, float)))


# Dimitriadis, Gneiting and Jordan (2021), the precipitation forecasts of Niamey: printed for EMOS are the last digits
PRINTED = {"EMOS": {"brier": "0.232", "mcb": "0.0183", "dsc": "0.0305", "unc": "0.244"}}


def test_the_published_decomposition_to_every_printed_digit(testdata):
    table = pl.read_parquet(testdata("scoring_refs/precip_Niamey_2016.parquet"))
    found = corp(table["EMOS"].to_numpy(), table["obs"].to_numpy())
    for name, printed in PRINTED["EMOS"].items():
        digits = len(printed.partition(".")[2])
        assert f"{getattr(found, name):.{digits}f}" == printed


def test_all_four_forecasts_of_the_published_example(testdata):
    table = pl.read_parquet(testdata("scoring_refs/precip_Niamey_2016.parquet"))
    expected = json.loads(testdata("scoring_refs/corp_expected_measured.json").read_text())
    for name, want in expected.items():
        found = corp(table[name].to_numpy(), table["obs"].to_numpy())
        assert (found.brier, found.mcb, found.dsc, found.unc) == pytest.approx(
            (want["BS"], want["MCB"], want["DSC"], want["UNC"]), abs=1e-12
        )


# By hand: p .2 .2 .4 .4, y 1 0 0 0. Means .5 and 0 violate, pooled 1/4. Brier (.64+.04+.16+.16)/4 = .25;
# fitted (9/16 + 3/16)/4 = .1875; rate 1/4, UNC 3/16 = .1875; MCB .0625, DSC 0.
# p 0 1, y 0 1: all perfect, UNC = DSC = 1/4. p .5 .5, y 0 1: MCB 0, DSC 0.
BY_HAND = [
    ([0.2, 0.2, 0.4, 0.4], [1, 0, 0, 0], (0.25, 0.0625, 0.0, 0.1875)),
    ([0.0, 1.0], [0, 1], (0.0, 0.0, 0.25, 0.25)),
    ([0.5, 0.5], [0, 1], (0.25, 0.0, 0.0, 0.25)),
    ([1.0, 0.0], [0, 1], (1.0, 0.75, 0.0, 0.25)),
    ([0.3], [1], (0.49, 0.49, 0.0, 0.0)),
]


@pytest.mark.parametrize(("p", "y", "parts"), BY_HAND)
def test_worked_by_hand(p, y, parts):
    found = corp(p, y)
    assert (found.brier, found.mcb, found.dsc, found.unc) == pytest.approx(parts, abs=1e-15)


@pytest.mark.parametrize("seed", range(40))
def test_the_fit_equals_an_independent_one_with_heavy_ties(seed):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 250))
    p = np.round(rng.beta(1, 1.5, size), int(rng.integers(1, 4)))
    y = (rng.random(size) < p**1.4).astype(float)
    found = fit(p, y)
    # the oracle: minimax formula max over left ends of min over right ends of the mean, on the unique values
    assert found.fitted == pytest.approx(isotonic(found.hits / found.count, found.count), abs=1e-12)
    assert found.fitted[found.inverse] == pytest.approx(found.fitted[np.searchsorted(found.value, p)])
    parts = decompose(found)
    assert parts.brier == pytest.approx(float(np.mean((p - y) ** 2)), abs=1e-12)
    assert parts.mcb == pytest.approx(parts.brier - float(np.mean((found.fitted[found.inverse] - y) ** 2)), abs=1e-12)
    assert parts.brier == pytest.approx(parts.mcb - parts.dsc + parts.unc, abs=1e-12)
    assert parts.mcb >= -1e-15
    assert parts.dsc >= -1e-15


def test_the_order_of_rows_cannot_matter():
    rng = np.random.default_rng(5)
    p, y = np.round(rng.random(500), 1), (rng.random(500) < 0.4).astype(float)
    order = rng.permutation(500)
    assert corp(p, y) == corp(p[order], y[order])


@pytest.mark.parametrize(
    ("p", "y"), [([], []), ([0.5], [0.5]), ([1.2], [1]), ([np.nan], [1]), ([0.5, 0.5], [1]), ([-0.1], [0])]
)
def test_what_is_no_forecast_is_refused(p, y):
    with pytest.raises(ValueError, match=r"0 \.\. 1|one length"):
        corp(p, y)


def test_a_bound_belongs_to_the_bin_above():
    assert bins_of(np.array([0.0, 0.1, 0.0999, 0.95, 1.0]), TENTHS).tolist() == [0, 1, 0, 9, 9]


def forecasts(*, questions: int, updates: int, seed: int) -> tuple[Fit, np.ndarray, np.ndarray, np.ndarray]:
    """Return the beliefs of one who watches a Brownian motion and is asked whether it ends above 0: calibrated.

    Each question has one outcome, and `updates` beliefs from the opening to nine tenths of its life.
    """
    rng = np.random.default_rng(seed)
    at = np.arange(updates) * 0.9 / updates
    begun = rng.normal(0, 0.8, (questions, 1))
    steps = rng.normal(0, 1, (questions, updates - 1)) * np.sqrt(np.diff(at))
    seen = np.hstack([begun, begun + np.cumsum(steps, axis=1)])
    ended = seen[:, -1] + rng.normal(0, np.sqrt(1 - at[-1]), questions)
    p = ndtr(seen / np.sqrt(1 - at)).ravel()
    cluster = np.repeat(np.arange(questions), updates)
    y = (ended > 0).astype(float)[cluster]
    return fit(p, y), cluster, p, y


def test_no_number_depends_on_the_threads_and_resamples_are_nested():
    found, cluster, *_ = forecasts(questions=40, updates=5, seed=1)
    one = null(found, cluster, edges=TENTHS, resamples=100, seed=3)
    two = null(found, cluster, edges=TENTHS, resamples=100, seed=3, threads=4)
    more = null(found, cluster, edges=TENTHS, resamples=250, seed=3)
    for name in ("mcb", "curve", "bins"):
        assert np.array_equal(getattr(one, name), getattr(two, name))
        assert np.array_equal(getattr(one, name), getattr(more, name)[:100])
    assert not np.array_equal(one.mcb, null(found, cluster, edges=TENTHS, resamples=100, seed=4).mcb)


def test_null_outcomes_have_the_forecasts_means_and_one_uniform_for_each_cluster():
    # one question, forecasts .2 and .7: the only possible outcomes are (0, 0), (0, 1) and (1, 1), with chances
    # .3, .5 and .2; never (1, 0)
    found = fit(np.array([0.2, 0.7]), np.array([0.0, 1.0]))
    drawn = null(found, np.array([0, 0]), edges=TENTHS, resamples=20_000, seed=1)
    low, high = drawn.bins[:, 2], drawn.bins[:, 7]
    assert not ((low == 1) & (high == 0)).any()
    assert low.mean() == pytest.approx(0.2, abs=4 * np.sqrt(0.16 / 20_000))
    assert high.mean() == pytest.approx(0.7, abs=4 * np.sqrt(0.21 / 20_000))
    apart = null(found, np.array([0, 1]), edges=TENTHS, resamples=20_000, seed=1)
    both = ((apart.bins[:, 2] == 1) & (apart.bins[:, 7] == 0)).mean()
    assert both == pytest.approx(0.2 * 0.3, abs=4 * np.sqrt(0.06 / 20_000))


def test_certain_forecasts_never_miss_in_the_null():
    found = fit(np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0, 1.0]))
    drawn = null(found, np.arange(4), edges=TENTHS, resamples=500, seed=1)
    assert drawn.mcb.max() == 0
    assert drawn.mcb95 == 0


def test_a_perfect_forecaster_still_shows_miscalibration():
    # METHODS 9, measured: about .013 with 200 forecasts
    rng = np.random.default_rng(11)
    p = rng.random(200)
    drawn = null(fit(p, (rng.random(200) < p).astype(float)), np.arange(200), edges=TENTHS, resamples=1000, seed=1)
    assert drawn.mcb.mean() == pytest.approx(0.013, abs=0.003)


@pytest.mark.parametrize("shape", [(1, 1), (0.5, 3)])
def test_grouped_cells_change_the_null_little(shape):
    rng = np.random.default_rng(2)
    p = rng.beta(*shape, 20_000)
    found, cluster = fit(p, (rng.random(20_000) < p).astype(float)), np.arange(20_000) // 4
    whole = null(found, cluster, edges=TENTHS, resamples=160, seed=1, most_cells=20_000)
    grouped = null(found, cluster, edges=TENTHS, resamples=160, seed=1, most_cells=2000)
    assert grouped.mcb.mean() == pytest.approx(whole.mcb.mean(), rel=0.015)
    assert grouped.mcb95 == pytest.approx(whole.mcb95, rel=0.03)
    assert np.array_equal(grouped.bins, whole.bins), "bins are never blurred by cells"


@pytest.mark.parametrize(
    "updates", [1, 5, pytest.param(20, marks=pytest.mark.slow), pytest.param(60, marks=pytest.mark.slow)]
)
def test_bands_hold_calibrated_forecasters_at_their_nominal_rate(updates):
    # 300 worlds of 400 questions; a bin counts when it holds forecasts of at least 50 questions; mid-P. Measured with
    # these seeds: .911, .889, .885, .886. A share of .9 over 300 worlds has a standard error below .01, since the bins
    # of one world do not all go together
    inside, bins = nominal(updates, worlds=300, questions=400)
    assert bins > 600
    assert inside == pytest.approx(0.90, abs=0.02)


def nominal(updates: int, *, worlds: int, questions: int) -> tuple[float, int]:
    """Return the share of bins whose mid-P lies in the central 90 %, and the number of bins judged."""
    inside = bins = 0
    for world in range(worlds):
        found, cluster, p, y = forecasts(questions=questions, updates=updates, seed=1000 + world)
        drawn = null(found, cluster, edges=TENTHS, resamples=200, seed=world)
        place = bins_of(p, TENTHS)
        for b in range(10):
            here = place == b
            if np.unique(cluster[here]).size < 50:
                continue
            hits, counts = y[here].sum(), drawn.bins[:, b]
            mid = (counts < hits).mean() + 0.5 * (counts == hits).mean()
            inside += 0.05 <= mid <= 0.95
            bins += 1
    return inside / bins, bins


def test_the_oracle_itself_on_a_known_case():
    assert [k for k, _ in groupby(isotonic(np.array([1.0, 0.0, 2.0]), np.ones(3)).tolist())] == [0.5, 2.0]
