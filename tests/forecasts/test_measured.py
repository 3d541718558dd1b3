"""What an item did, from the contributions of a snapshot's detail; worked by hand."""

from datetime import date

import pytest

from forecasts.measured import moves

NEAR, FAR = "2026-12-31", "2028-12-31"
CONTRIBUTIONS = {
    "truce": {
        # odds .25 / .75 = 1/3, times 3 -> 1: .5; odds 1, times 2 -> 2: .6667
        NEAR: [{"id": "E1", "before": 0.25, "delta_log_odds": 1.0986122886681098}],
        FAR: [
            {"id": "E1", "before": 0.5, "delta_log_odds": 0.6931471805599453},
            {"id": "E2", "before": 0.5, "delta_log_odds": -0.001},
        ],
    },
    "fund": {FAR: [{"id": "E1", "before": 0.5, "delta_log_odds": -1.0986122886681098}]},
}


def test_each_question_stands_once_where_it_moves_most():
    found = moves(CONTRIBUTIONS)
    assert [(m.question, m.deadline, m.without) for m in found["E1"]] == [
        ("truce", date(2026, 12, 31), 0.25),
        ("fund", date(2028, 12, 31), 0.5),
    ]
    assert [m.points for m in found["E1"]] == pytest.approx([0.25, -0.25])


def test_what_is_too_small_to_show_is_left_out():
    assert moves(CONTRIBUTIONS)["E2"] == ()
    assert moves({}) == {}


def test_a_certainty_does_not_move():
    assert moves({"truce": {FAR: [{"id": "E1", "before": 1.0, "delta_log_odds": 0.5}]}})["E1"] == ()
