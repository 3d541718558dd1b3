"""Scores of numbers: by hand, against each other, and as laws."""

import numpy as np
import pytest

from forecasts.spending_scores import Scores, score_draws, score_normal


def test_crps_of_three_draws_worked_by_hand() -> None:
    # draws 0, 1, 3, outcome 2: mean |X - y| = (2 + 1 + 1) / 3 = 4/3
    # pairs |X - X'|: 1, 3, 2 each twice of 9 = 12/9; half of it 2/3
    assert score_draws(np.array([[3.0], [0.0], [1.0]]), np.array([2.0])).crps == pytest.approx([2 / 3])


def test_crps_of_a_point_forecast_is_the_distance() -> None:
    assert score_draws(np.full((5, 2), 1.0), np.array([1.0, 3.5])).crps == pytest.approx([0.0, 2.5])


def test_crps_of_the_standard_normal_at_its_mean() -> None:
    # (sqrt(2) - 1) / sqrt(pi) = 0.2336949772 (Gneiting and Raftery 2007)
    assert score_normal(np.zeros(1), np.ones(1), np.zeros(1)).crps == pytest.approx([0.2336949772], abs=1e-10)


@pytest.mark.parametrize("outcome", [-2.0, 0.3, 4.0])
def test_many_normal_draws_score_as_the_normal_law(outcome: float) -> None:
    rng = np.random.default_rng(4)
    at = np.array([outcome])
    drawn, law = score_draws(rng.normal(0.5, 1.5, (200_000, 1)), at), score_normal(np.array([0.5]), np.array([1.5]), at)
    assert drawn.crps == pytest.approx(law.crps, abs=0.01)
    assert drawn.pit == pytest.approx(law.pit, abs=0.005)


def test_the_score_is_proper() -> None:
    outcome = np.random.default_rng(5).normal(0, 1, 50_000)
    mean = {sd: score_normal(np.zeros(50_000), np.full(50_000, sd), outcome).crps.mean() for sd in (0.6, 1.0, 1.6)}
    assert min(mean, key=mean.__getitem__) == 1.0


def test_coverage_and_fifths_of_a_known_pit() -> None:
    scores = Scores(np.zeros(5), np.array([0.01, 0.05, 0.3, 0.74, 0.99]))
    assert scores.coverage(0.5) == pytest.approx(2 / 5)
    assert scores.coverage(0.9) == pytest.approx(3 / 5)  # 0.05 lies on the edge
    assert scores.pit_counts(5).tolist() == [2, 1, 0, 1, 1]


@pytest.mark.parametrize(
    ("draws", "outcome"),
    [(np.zeros((3, 2)), np.zeros(3)), (np.array([[np.nan]]), np.zeros(1)), (np.zeros((2, 1)), np.array([np.inf]))],
)
def test_what_cannot_be_scored_is_refused(draws: np.ndarray, outcome: np.ndarray) -> None:
    with pytest.raises(ValueError, match="finite"):
        score_draws(draws, outcome)


def test_a_scale_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        score_normal(np.zeros(1), np.zeros(1), np.zeros(1))
