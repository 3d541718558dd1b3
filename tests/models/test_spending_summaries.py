"""What is read off paths, by hand."""

import numpy as np
import pytest

from models.spending_summaries import aggregate, count_at, fan, on_line, reached_by

LOG = np.log(np.array([[[1.0, 3.0], [2.0, 4.0]], [[3.6, 3.2], [4.0, 3.5]]]))  # (2 draws, 2 countries, 2 years)


def test_the_aggregate_is_spending_over_output() -> None:
    # weights 3/4 and 1/4: 1.25, 3.25; 3.7, 3.275
    assert np.exp(aggregate(LOG, np.array([3.0, 1.0]))) == pytest.approx(np.array([[1.25, 3.25], [3.7, 3.275]]))
    shifted = aggregate(LOG, np.array([3.0, 1.0]), discrepancy=np.array([0.0, np.log(2)]))
    assert np.exp(shifted[1]) == pytest.approx([7.4, 6.55])


@pytest.mark.parametrize("output", [np.array([1.0]), np.array([1.0, 0.0]), np.array([1.0, np.nan])])
def test_weights_that_are_none_are_refused(output: np.ndarray) -> None:
    with pytest.raises(ValueError, match="above 0"):
        aggregate(LOG, output)


def test_a_level_once_reached_stays_reached() -> None:
    assert reached_by(LOG, np.log(3.5)).tolist() == [[0.5, 0.5], [0.5, 1.0]]


def test_the_count_at_a_level_includes_the_level() -> None:
    assert count_at(LOG, np.log(3.5)).tolist() == [[0, 1], [2, 1]]


def test_the_fan_is_in_percent() -> None:
    assert fan(LOG[:, 0, 0], [0.0, 0.5, 1.0]) == pytest.approx([1.0, 2.3, 3.6])


def test_the_straight_line_to_a_goal() -> None:
    # from 2.0 in 2025 to 3.5 in 2035: 2.6 in 2029
    paths = np.log(np.array([[2.0, 2.59], [2.5, 2.61], [3.0, 2.61], [3.0, 2.7]]))
    assert on_line(paths, start=(2025, 2.0), goal=(2035, 3.5), first=2028, year=2029) == pytest.approx(0.75)
    with pytest.raises(ValueError, match="2036"):
        on_line(paths, start=(2025, 2.0), goal=(2035, 3.5), first=2028, year=2036)
