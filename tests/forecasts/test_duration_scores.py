"""Scores of durations: closed forms, worked by hand, and the law that the truth cannot be beaten."""

import numpy as np
import pytest

from forecasts.duration_scores import EDGES, Outcome, constant, restricted_crps, score, steps


@pytest.mark.parametrize(("rate", "followed"), [(0.3, 8.0), (2.0, 25.0), (0.01, 40.0)])
def test_the_crps_of_a_constant_hazard_in_closed_form(rate: float, followed: float) -> None:
    # in force throughout: integral of (1 - e^-rt)^2 over [0, C]
    def both(c: float) -> float:
        return c - 2 * (1 - np.exp(-rate * c)) / rate + (1 - np.exp(-2 * rate * c)) / (2 * rate)

    found = restricted_crps(constant(rate), Outcome(followed, ended=False, followed=followed))
    assert found == pytest.approx(both(followed), rel=2e-4)
    # ended after t: that integral to t, and of e^-2rt from t to C
    t = followed / 3
    tail = (np.exp(-2 * rate * t) - np.exp(-2 * rate * followed)) / (2 * rate)
    ended = restricted_crps(constant(rate), Outcome(t, ended=True, followed=followed))
    assert ended == pytest.approx(both(t) + tail, rel=2e-4)


def test_the_crps_of_steps_is_exact() -> None:
    # 1 to year 2, .6 to year 5, then .3; ended after 3 years, watched for 10
    curve = steps(np.array([2.0, 5.0]), np.array([0.6, 0.3]))
    # [0, 2): 0; [2, 3): (.6 - 1)^2; [3, 5): .36 each; [5, 10): .09 each
    assert restricted_crps(curve, Outcome(3.0, ended=True, followed=10.0)) == pytest.approx(0.16 + 0.72 + 0.45)


def test_the_log_score_is_of_the_span_in_which_it_ended() -> None:
    outcomes = [
        Outcome(1.5, ended=True, followed=20.0),  # between 1 and 2 years
        Outcome(12.0, ended=True, followed=13.0),  # between 10 years and the end of watching
        Outcome(6.0, ended=False, followed=6.0),
    ]
    found = score([constant(0.2)] * 3, outcomes)
    expected = [np.exp(-0.2) - np.exp(-0.4), np.exp(-2) - np.exp(-2.6), np.exp(-1.2)]
    np.testing.assert_allclose(found.log, -np.log(expected))
    assert not found.clipped.any()


def test_ends_on_the_day_of_signature_and_beyond_the_last_edge_have_a_span() -> None:
    outcomes = [Outcome(0.0, ended=True, followed=9.0), Outcome(60.0, ended=True, followed=70.0)]
    found = score([constant(0.2)] * 2, outcomes)
    np.testing.assert_allclose(found.log[0], -np.log(1 - np.exp(-0.2 * EDGES[1])))
    assert found.clipped.tolist() == [False, True]  # exp(-10) is below .001


def test_what_was_held_impossible_is_clipped_and_counted() -> None:
    curve = steps(np.array([2.0]), np.array([0.6]))
    found = score([curve, curve], [Outcome(4.0, ended=True, followed=9.0), Outcome(1.5, ended=True, followed=9.0)])
    assert found.clipped.tolist() == [True, False]
    assert found.log[0] == pytest.approx(-np.log(0.001))
    assert found.log[1] == pytest.approx(-np.log(0.4))  # the whole step lies between 1 and 2 years


def test_nobody_beats_the_truth_on_average() -> None:
    rng = np.random.default_rng(2)
    lasted, watched = rng.exponential(1 / 0.3, 3000), rng.uniform(1, 20, 3000)
    outcomes = [Outcome(min(t, c), ended=t < c, followed=c) for t, c in zip(lasted, watched, strict=True)]
    truth = score([constant(0.3)] * 3000, outcomes)
    for rate in (0.22, 0.4):
        other = score([constant(rate)] * 3000, outcomes)
        for better, worse in ((truth.log, other.log), (truth.crps, other.crps)):
            difference = worse - better
            assert difference.mean() > 3 * difference.std() / np.sqrt(3000)
