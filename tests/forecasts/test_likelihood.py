"""Ratios from two likelihoods, and ratios in words."""

import math

import pytest

from forecasts import likelihood


@pytest.mark.parametrize(
    ("yes", "no", "expected"), [(0.6, 0.1, 6.0), (0.1, 0.6, 1 / 6), (1.0, 1.0, 1.0), (0.05, 0.5, 0.1)]
)
def test_a_ratio_is_the_quotient_of_two_likelihoods(yes, no, expected):
    assert likelihood.ratio(yes, no) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("yes", "no"), [(0.0, 0.5), (0.5, 0.0), (-0.1, 0.5), (0.5, 1.1), (math.nan, 0.5), (0.5, math.inf)]
)
def test_a_report_that_cannot_occur_in_one_world_has_no_ratio(yes, no):
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        likelihood.ratio(yes, no)


@pytest.mark.parametrize(
    ("lr", "words"),
    [
        (1.0, "no difference"),
        (1.05, "next to none, for YES"),
        (1.25, "slight, for YES"),
        (1.5, "slight, for YES"),
        (2.0, "moderate, for YES"),
        (3.0, "moderate, for YES"),
        (5.0, "strong, for YES"),
        (10.0, "strong, for YES"),
        (20.0, "very strong, for YES"),
        (0.5, "moderate, for NO"),
        (0.1, "strong, for NO"),
    ],
)
def test_the_verbal_scale_of_the_methods_page(lr, words):
    assert likelihood.in_words(lr) == words


@pytest.mark.parametrize("lr", [0.0, -1.0, math.nan, math.inf])
def test_what_is_no_ratio_has_no_words(lr):
    with pytest.raises(ValueError, match="above 0"):
        likelihood.in_words(lr)


def test_a_shift_of_log_odds():
    # even odds times 3 are 3 to 1
    assert likelihood.shifted(0.5, math.log(3)) == pytest.approx(0.75)
    assert likelihood.shifted(0.2, 0.0) == pytest.approx(0.2)


def test_every_grade_has_a_meaning():
    assert "".join(likelihood.LETTERS) == "ABCDEF"
    assert "".join(likelihood.DIGITS) == "123456"
