"""What an edge's report says: elicited numbers as given, learning by hand, and nothing where nothing was seen."""

import numpy as np
import pytest
from scipy import stats

from forecasts.detail_edges import before, learned, weighted_quantiles
from tests.forecasts.small_board import judged

SCORES = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)
EVEN = np.full(20_000, 1 / 20_000)


def test_an_elicited_ratio_in_the_words_of_a_report() -> None:
    found = before(judged(1.0, 0.4, 2.5))
    assert (found["median"], found["low"], found["high"]) == pytest.approx((1.0, 0.4, 2.5), rel=1e-6)
    assert found["above_one"] == 0.5  # centred on no effect
    # ln 2 / (ln(8 / .5) / 3.2897) = .8225 standard deviations above zero
    assert before(judged(2.0, 0.5, 8.0))["above_one"] == pytest.approx(stats.norm.cdf(0.82243), abs=1e-4)


def test_weights_that_say_nothing_teach_nothing() -> None:
    ratio = judged(1.0, 0.4, 2.5)
    sd = np.log(2.5 / 0.4) / (2 * stats.norm.ppf(0.95))
    found = learned(ratio, sd * SCORES, EVEN)
    assert found["bits"] == pytest.approx(0.0, abs=1e-5)
    assert found["sd_ratio"] == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(
    ("shift", "width", "bits"),
    [
        (1.1774, 1.0, 1.0),  # shift^2 / 2 = ln 2
        (0.0, 0.5, 0.459),  # (ln 2 + (1/4 - 1) / 2) / ln 2
        (1.0, 0.5, 1.180),  # (ln 2 + (1/4 + 1 - 1) / 2) / ln 2
    ],
)
def test_bits_by_hand(shift: float, width: float, bits: float) -> None:
    ratio = judged(1.0, 0.5, 2.0)
    sd = np.log(4) / (2 * stats.norm.ppf(0.95))
    found = learned(ratio, sd * (shift + width * SCORES), EVEN)
    assert found["bits"] == pytest.approx(bits, abs=2e-3)
    assert found["sd_ratio"] == pytest.approx(width, abs=1e-3)


def test_weights_move_a_ratio_as_bayes_says() -> None:
    """Prior N(0, 1) and weights exp(x): posterior N(1, 1), a shift of one standard deviation, 1 / (2 ln 2) bits."""
    mass = np.exp(SCORES)
    mass /= mass.sum()
    ratio = judged(1.0, np.exp(-1.6448536), np.exp(1.6448536))
    found = learned(ratio, SCORES, mass)
    assert found["bits"] == pytest.approx(1 / (2 * np.log(2)), abs=5e-3)
    low, middle, high = weighted_quantiles(SCORES, mass, (0.05, 0.5, 0.95))
    assert (low, middle, high) == pytest.approx((1 - 1.645, 1.0, 1 + 1.645), abs=0.01)


def test_a_ratio_given_as_certain_cannot_be_learned_about() -> None:
    assert learned(judged(2.0, 2.0, 2.0), np.full(4, np.log(2.0)), np.full(4, 0.25)) == {"bits": 0.0, "sd_ratio": 1.0}
