"""The panel's arithmetic: the covariance by hand and by simulation, paths against closed forms, laws."""

import numpy as np
import pytest

from models.spending_paths import (
    AT_ONCE,
    FIRST_SLOPE,
    FREEDOM,
    JUMP,
    SLUMP,
    Panel,
    Pledge,
    Setting,
    common_law,
    design,
    expected_changes,
    factor,
    paths,
    replicate,
    spread_points,
)
from tests.models.spending_panels import QUIET, SETTING, empty_panel, parameters, simulated


def test_the_pace_of_a_pledge_worked_by_hand() -> None:
    setting = Setting((), (), (Pledge(2014, 2024, 2.0), Pledge(2025, 2035, 3.5)), 3, 0.0, 0.5, 0.0)
    log = np.log(np.array([1.0, 2.0, 4.0]))
    assert setting.pace(log, 2014).tolist() == [0, 0, 0]  # announced in the course of that year
    assert setting.pace(log, 2015) == pytest.approx([np.log(2) / 10, 0, 0])
    assert setting.pace(log, 2024) == pytest.approx([np.log(2) / 3, 0, 0])  # one year left, three at least
    assert setting.pace(log, 2026) == pytest.approx([np.log(3.5) / 10, np.log(1.75) / 10, 0])


def test_what_is_not_yet_known_is_left_out() -> None:
    setting = Setting((2014, 2022), (2020,), (Pledge(2014, 2024, 2.0), Pledge(2025, 2035, 3.5)), 3, 0.1, 0.7, 0.05)
    known = setting.until(2019)
    assert (known.breaks, known.slumps, known.pledges) == ((2014,), (), (Pledge(2014, 2024, 2.0),))
    assert (known.phase, known.break_rate, known.break_up, known.slump_rate) == (3, 0.1, 0.7, 0.05)


def test_the_design_marks_first_year_breaks_and_slumps() -> None:
    found = design(empty_panel(countries=2, years=8), SETTING)
    assert found.anew.tolist() == [1, 0, 0, 1, 0, 0, 0]  # changes into 2015 ... 2021; the break of 2017 shows in 2018
    assert found.slump.tolist() == [0, 0, 0, 0, 0, 1, 0, 0]
    assert (found.difference @ np.arange(8.0)).tolist() == [1] * 7


def test_the_covariance_of_two_changes_worked_by_hand() -> None:
    drawn = parameters(years=3, damping=0.5, level_sd=0.3, break_sd=0.2, slope_sd=0.1, printed_sd=0.4, revision_sd=0.5)
    root = factor(drawn, np.array([[True, False]]), np.array([0.0, 0.0, 1.0]))[0]
    # slopes s1, .5 s1 + w: variances .04 and .25 * .04 + .01 = .02, covariance .02; level .09 each
    # errors e1 - e0 and e2 - e1: .16 + .16 and (.16 + .25) + .16, covariance -.16
    expected = [[0.04 + 0.09 + 0.32, 0.02 - 0.16], [0.02 - 0.16, 0.02 + 0.09 + 0.57]]
    assert root @ root.T == pytest.approx(np.array(expected))


def test_later_years_do_not_change_the_factor_of_the_earlier() -> None:
    drawn = parameters(years=5)
    anew = np.array([[True, False, False, True, True, False]])
    long = factor(drawn, anew, np.zeros(7))
    assert factor(drawn, anew[:, :4], np.zeros(5)) == pytest.approx(long[:, :4, :4])


def test_the_quadrature_has_the_moments_of_the_normal_law() -> None:
    points, log_weights = spread_points()
    moments = [(np.exp(log_weights) * points**k).sum() for k in (0, 1, 2, 4)]
    assert moments == pytest.approx([1, 0, 1, 3], abs=1e-12)


def test_one_year_ahead_has_the_mean_and_spread_of_the_gaussian_conditional() -> None:
    # with one spread for all the conditional mean is the Gaussian one, and the innovation is Student-t(4) times the
    # last diagonal element of the factor: an oracle by the formula of conditional expectation
    panel = simulated(empty_panel(countries=3, years=6), QUIET, parameters(years=6), seed=2)
    drawn = parameters(years=6, draws=200_000, spread_sd=1e-9, transitory_sd=1e-9, common_sd=1e-9, lasting_sd=1e-9)
    found = paths(panel, QUIET, drawn, horizon=1, rng=np.random.default_rng(3))[:, :, 0]
    root = factor(parameters(years=7), np.array([[True] + [False] * 5]), np.zeros(7))[0]
    whole = root @ root.T
    residual = panel.changes - expected_changes(panel, QUIET, parameters(years=6))[0]
    mean = panel.log_share[:, -1] + 0.8 * 0.02 * 0.8**4 + residual @ np.linalg.solve(whole[:-1, :-1], whole[:-1, -1])
    assert np.median(found, axis=0) == pytest.approx(mean, abs=5e-4)
    quartile = 0.7406971 * root[-1, -1]  # upper quartile of Student's t with 4 degrees of freedom
    assert np.quantile(found, 0.75, axis=0) - mean == pytest.approx(np.full(3, quartile), rel=0.02)


def test_forecasts_of_simulated_panels_are_calibrated() -> None:
    # the law of total probability: with the true parameters the outcome's rank among the paths is uniform
    scales = {"spread_sd": 0.6, "common_sd": 0.02, "transitory_sd": 0.02}
    ranks = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        empty = empty_panel(countries=10, years=8, seed=seed)
        drawn = parameters(years=8, **scales)
        drawn["moved"] = common_law(design(empty, QUIET), drawn).draw(rng)
        whole = simulated(empty, QUIET, drawn, seed=seed)
        seen = Panel(whole.countries, whole.years[:6], whole.log_share[:, :6], np.zeros(6))
        known = parameters(years=6, draws=400, **scales) | {"moved": np.tile(drawn["moved"][:, :5], (400, 1))}
        future = paths(seen, QUIET, known, horizon=2, rng=rng)
        ranks.append((future < whole.log_share[:, 6:]).mean(axis=0))
    ranks_now = np.array(ranks)  # (60, 10, 2); countries of one panel share its common shocks
    assert abs(ranks_now.mean() - 0.5) < 0.06
    counts = np.histogram(ranks_now[:, ::5, 1], bins=6, range=(0, 1))[0]  # 120 ranks
    assert ((counts - 20) ** 2 / 20).sum() < 20.5  # chi-squared with 5 degrees of freedom, .999


def test_where_the_common_part_stands_is_its_law_given_the_changes() -> None:
    # oracle: simulate slope and passing shifts step by step, regress where they stand on the changes
    panel, drawn = empty_panel(countries=2, years=5, first=2017), parameters(years=5, draws=200_000, common_sd=0.03)
    setting = Setting((2018,), (2021,), (), 3, 0.0, 0.5, 0.0)
    rng = np.random.default_rng(4)
    slope, moved = FIRST_SLOPE + JUMP[1] * rng.standard_normal(200_000), []
    shift = drawn["transitory_sd"] * rng.standard_normal(200_000)
    for year in range(2018, 2022):
        if year > 2018:
            slope = 0.8 * slope + 0.03 * rng.standard_normal(200_000)
        if year == 2019:
            slope += JUMP[0] + JUMP[1] * rng.standard_normal(200_000)
        before, shift = shift, drawn["transitory_sd"] * rng.standard_normal(200_000)
        if year == 2021:
            shift = SLUMP[0] + SLUMP[1] * rng.standard_normal(200_000)
        lasting = np.hypot(0.01, AT_ONCE if year == 2019 else 0.0) * rng.standard_normal(200_000)
        moved.append(slope + lasting + shift - before)
    seen, now = np.stack(moved, axis=1), np.stack([slope, shift], axis=1)
    found = common_law(design(panel, setting), drawn)
    assert found.mean[0] == pytest.approx(seen.mean(axis=0), abs=1e-3)
    assert found.covariance[0] == pytest.approx(np.cov(seen.T), rel=0.02, abs=3e-5)
    drawn_now = found.draw_now(seen, rng)
    assert drawn_now.mean(axis=0) == pytest.approx(now.mean(axis=0), abs=1e-3)
    joint = np.cov(np.concatenate([now, seen], axis=1).T)
    again = np.cov(np.concatenate([drawn_now, seen], axis=1).T)
    assert again == pytest.approx(joint, rel=0.02, abs=3e-5)


def test_replicated_panels_move_as_their_covariance_says() -> None:
    panel = empty_panel(countries=2, years=5)
    drawn = parameters(years=5, draws=60_000, spread_sd=1e-9, compliance=0.0)
    changes = np.diff(replicate(panel, QUIET, drawn, rng=np.random.default_rng(7)), axis=2)[:, 0]
    assert np.median(changes, axis=0) == pytest.approx(drawn["moved"][0], abs=2e-3)
    root = factor(parameters(years=5), np.array([[True, False, False, False]]), np.zeros(5))[0]
    # Student-t(4) has variance 2; its fourth moment is infinite, hence the tolerance
    assert np.cov(changes.T) == pytest.approx(FREEDOM / (FREEDOM - 2) * root @ root.T, rel=0.15, abs=3e-4)


def test_a_pledge_pulls_those_below_and_not_those_above() -> None:
    setting = Setting((), (), (Pledge(2010, 2024, 2.0),), 3, 0.0, 0.5, 0.0)
    logs = np.log(np.array([[1.0] * 5, [9.0] * 5]))
    panel = Panel(("low", "high"), tuple(range(2014, 2019)), logs, np.zeros(5))
    base = {"draws": 2000, "years": 5}
    with_pledge, without = (
        paths(panel, s, parameters(**base), horizon=3, rng=np.random.default_rng(1)) for s in (setting, QUIET)
    )
    gain = np.median(with_pledge, axis=0) - np.median(without, axis=0)
    assert gain[0, 2] > 0.02
    assert with_pledge[:, 1] == pytest.approx(without[:, 1])


def test_a_coming_break_widens_the_second_year_and_not_the_first() -> None:
    often = Setting((), (), (), 3, 1.0, 0.5, 0.0)
    panel, drawn = empty_panel(countries=3, years=5), parameters(years=5, draws=4000)
    calm, broken = (paths(panel, s, drawn, horizon=2, rng=np.random.default_rng(1)) for s in (QUIET, often))
    wide = broken.std(axis=0) / calm.std(axis=0)
    assert wide[:, 0] == pytest.approx(np.ones(3), rel=0.05)
    assert (wide[:, 1] > 1.1).all()


def test_common_shocks_are_shared_by_the_countries_of_a_draw() -> None:
    panel = empty_panel(countries=2, years=4)
    drawn = parameters(years=4, draws=4000, transitory_sd=0.5)
    ends = paths(panel, QUIET, drawn, horizon=1, rng=np.random.default_rng(1))[:, :, 0]
    assert np.corrcoef(ends.T)[0, 1] > 0.9


def test_the_same_luck_gives_the_same_paths() -> None:
    panel, drawn = empty_panel(countries=2, years=4), parameters(years=4, draws=50)
    first, second = (paths(panel, SETTING, drawn, horizon=4, rng=np.random.default_rng(1)) for _ in range(2))
    assert np.array_equal(first, second)
    assert np.isfinite(first).all()


@pytest.mark.parametrize(
    ("countries", "years", "logs", "message"),
    [
        (("a",), (2014, 2015, 2016), np.zeros((1, 3)), "at least 2 and 3"),
        (("a", "b"), (2014, 2015), np.zeros((2, 2)), "at least 2 and 3"),
        (("a", "b"), (2014, 2016, 2017), np.zeros((2, 3)), "consecutive"),
        (("a", "b"), (2014, 2015, 2016), np.full((2, 3), np.nan), "finite"),
        (("a", "b"), (2014, 2015, 2016), np.zeros((3, 3)), "log_share"),
    ],
)
def test_a_panel_with_gaps_is_refused(countries, years, logs, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Panel(countries, years, logs, np.zeros(len(years)))
