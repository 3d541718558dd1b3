"""Arithmetic of durations: intervals, likelihood by hand and by another library, replicas, steps, refusals."""

import numpy as np
import pytest
from scipy import stats

from models.durability_curves import Durations, Hazard, days_known, kaplan_meier, log_likelihood, replicate, survival
from tests.models.durations import by_hand, law, simulated

DAY = 1 / 365.25


def test_a_dated_end_is_its_day_an_early_one_its_month_and_a_case_in_force_has_no_end() -> None:
    years = np.array([3.0, 2 * DAY, 30 * DAY, 31 * DAY, 7.0])
    ended = np.array([True, True, True, True, False])
    lower, upper = days_known(years, ended=ended, coarse=30 * DAY)
    np.testing.assert_allclose(lower, [3 - DAY, 0, 0, 30 * DAY, 7.0], atol=1e-12)
    np.testing.assert_allclose(upper, [3, 30 * DAY, 30 * DAY, 31 * DAY, np.inf])


def test_an_end_on_the_day_of_signature_falls_on_that_day() -> None:
    lower, upper = days_known(np.array([0.0]), ended=np.array([True]), coarse=0.0)
    assert (lower[0], upper[0]) == (0.0, DAY)


def test_the_likelihood_by_hand() -> None:
    drawn = Hazard(np.log([0.8]), np.array([0.5]), np.array([[np.log(0.5)]]), None)

    def holds(years: float, ratio: float) -> float:
        return float(np.exp(-0.8 * ratio * np.sqrt(years / 5)))

    expected = [
        np.log(holds(3 - DAY, 1) - holds(3, 1)),
        np.log(1 - holds(30 * DAY, 0.5)),
        np.log(holds(7, 1)),
        np.log(holds(12, 0.5)),
    ]
    np.testing.assert_allclose(log_likelihood(drawn, by_hand())[0], expected, rtol=1e-9)


def test_a_weibull_clock_is_that_of_another_library() -> None:
    drawn = law()
    years = np.array([0.1, 1.0, 5.0, 30.0])
    scale = 5.0 * np.exp(0.5 / 0.6)  # exp(-.5) (t / 5)^.6 = (t / scale)^.6
    np.testing.assert_allclose(survival(drawn, years, np.zeros(2))[0], stats.weibull_min.sf(years, 0.6, scale=scale))
    # the kernel's clock: rate t^shape
    np.testing.assert_allclose(drawn.rate * years**0.6, -np.log(survival(drawn, years, np.zeros(2))[0]))


def test_a_bounded_clock_levels_off_and_keeps_hazards_in_proportion() -> None:
    drawn = law(settling=[2.0])
    years = np.array([5.0, 20.0, 200.0, 2000.0])
    plain, halved = (-np.log(survival(drawn, years, np.array(x))[0]) for x in ([0.0, 0.0], [1.0, 0.0]))
    assert plain[0] == pytest.approx(np.exp(-0.5))
    assert plain[3] - plain[2] < 1e-6
    np.testing.assert_allclose(halved, plain / 2)
    slow = law(settling=[1e9])
    np.testing.assert_allclose(
        survival(slow, years[:2], np.zeros(2)), survival(law(), years[:2], np.zeros(2)), rtol=1e-4
    )


@pytest.mark.parametrize("settling", [None, [0.5], [40.0]])
def test_a_day_late_in_a_long_clock_is_not_lost_to_rounding(settling) -> None:
    """The chance of one day is its hazard times the day, also where both ends of it round to the same survival."""
    drawn = law(settling=settling)
    lower = np.array([60.0])
    case = Durations(("a", "b"), lower, lower + DAY, np.zeros((1, 2)), np.ones(1))
    found = log_likelihood(drawn, case)[0, 0]
    step = 1e-3
    around = -np.log(survival(drawn, np.array([60 - step, 60 + step]), np.zeros(2))[0])
    if around[1] > around[0]:
        slope = (around[1] - around[0]) / (2 * step)
        assert found == pytest.approx(np.log(slope * DAY) - around.mean(), abs=1e-3)
    assert np.isfinite(found)


@pytest.mark.parametrize("settling", [None, [3.0]])
def test_replicas_follow_the_survival_curve(settling) -> None:
    drawn = law(settling=settling)
    count = 40_000
    many = Durations(("a", "b"), np.zeros(count), np.ones(count), np.tile([1.0, 0.0], (count, 1)), np.ones(count))
    years = replicate(drawn, many, observed=np.full(count, 30.0), rng=np.random.default_rng(3))[0]
    for limit in (0.5, 2.0, 10.0, 29.0):
        p = survival(drawn, np.array([limit]), np.array([1.0, 0.0]))[0, 0]
        assert np.mean(years > limit) == pytest.approx(p, abs=4.5 * np.sqrt(p * (1 - p) / count))
    assert years.max() == 30.0


def test_steps_of_kaplan_and_meier_by_hand() -> None:
    # at risk 5, 4, 2: (1 - 1/5) (1 - 1/4) (1 - 1/2)
    years, ended = np.array([1.0, 2.0, 2.0, 3.0, 4.0]), np.array([True, True, False, True, False])
    times, values = kaplan_meier(years, ended)
    np.testing.assert_array_equal(times, [1.0, 2.0, 3.0])
    np.testing.assert_allclose(values, [0.8, 0.6, 0.3])
    # weights 2 and 1: at risk 6, 4, 2
    _, weighted = kaplan_meier(years, ended, weight=np.array([2.0, 1.0, 1.0, 1.0, 1.0]))
    np.testing.assert_allclose(weighted, [4 / 6, 4 / 6 * 3 / 4, 4 / 6 * 3 / 4 / 2])


def test_kaplan_and_meier_against_scipy() -> None:
    cases = simulated(law(), cases=60, seed=5)
    times, values = kaplan_meier(cases.years, cases.ended)
    held = stats.ecdf(stats.CensoredData(cases.years[cases.ended], right=cases.years[~cases.ended])).sf
    np.testing.assert_allclose(values, held.evaluate(times))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lower": np.array([2.9, 0.0, -1.0, 1.0])}, r"\(-1.0, inf\]"),
        ({"lower": np.array([2.9, 0.0, np.nan, 1.0])}, "nan"),
        ({"upper": np.array([2.0, 1.0, np.inf, np.inf])}, "lower < upper"),
        ({"weight": np.array([1.0, 1.0, 0.0, 1.0])}, "weight 0.0"),
        ({"weight": np.array([1.0, 1.0, 1.5, 1.0])}, "weight 1.5"),
        ({"design": np.array([[0.0], [1.0], [np.nan], [0.0]])}, "not a finite number"),
        ({"design": np.zeros((4, 2))}, "shapes"),
    ],
)
def test_durations_that_nothing_can_be_fitted_to_are_refused(change, message: str) -> None:
    good = by_hand()
    values = {k: getattr(good, k) for k in ("effects", "lower", "upper", "design", "weight")}
    with pytest.raises(ValueError, match=message):
        Durations(**(values | change))
