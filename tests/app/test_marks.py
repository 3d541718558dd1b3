"""Numbers in words, and the small marks that carry them."""

from urllib.parse import unquote

import pytest

from app import marks
from app.spec import ceiling, layer, percent, points, spoken_day


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0, "0 %"),
        (0.0004, "<0.1 %"),
        (0.013, "1.3 %"),
        (0.0994, "9.9 %"),
        (0.0996, "10 %"),
        (0.25, "25 %"),
        (0.9, "90 %"),
        (0.953, "95.3 %"),
        (0.9996, ">99.9 %"),
        (1.0, "100 %"),
        (None, "n/a"),
    ],
)
def test_percent(value, said):
    assert percent(value) == said


@pytest.mark.parametrize(
    ("change", "said"),
    [(0.1234, "+12.3"), (-0.02, "\N{MINUS SIGN}2.0"), (0.0004, "0.0"), (-0.0004, "0.0"), (None, "n/a")],
)
def test_points(change, said):
    assert points(change) == said


def test_a_day_is_spoken_so_that_nobody_can_turn_it_around():
    from datetime import date

    assert spoken_day(date(2026, 7, 1)) == "1 Jul 2026"


@pytest.mark.parametrize(("values", "top"), [([0.2, None, 0.4], 0.44), ([0.97], 1.0), ([0.001], 0.05), ([], 0.055)])
def test_an_axis_leaves_room_and_never_exceeds_one(values, top):
    assert ceiling(values) == pytest.approx(top)


def test_dot_and_bar_places_the_number_and_its_band():
    drawn = marks.dot_and_bar(0.25, 0.1, 0.45)
    assert 'tx-dot" style="left:25.00%"' in drawn
    assert 'tx-band" style="left:10.00%;width:35.00%"' in drawn
    assert ">10</span>" in drawn
    assert ">45</span>" in drawn


@pytest.mark.parametrize("value", [-0.01, 1.2, float("nan")])
def test_a_number_that_is_no_probability_is_not_drawn(value):
    with pytest.raises(ValueError, match="no probability"):
        marks.dot_and_bar(value, None, None)
    with pytest.raises(ValueError, match="no probability"):
        marks.dot_and_bar(0.5, value, 0.6)


@pytest.mark.parametrize(
    ("value", "kind", "arrow"),
    [(0.05, "tx-up", "▲"), (-0.05, "tx-down", "▼"), (0.0, "tx-flat", ""), (None, "tx-flat", "–")],
)
def test_a_change_has_a_direction_beside_its_colour(value, kind, arrow):
    drawn = marks.change(value, "7 d")
    assert kind in drawn
    assert arrow in drawn
    assert "7 d" in drawn


def test_a_sparkline_is_dashed_in_retrospect_and_says_its_numbers():
    drawn = marks.sparkline([0.1, 0.3, 0.2], dashed=True, words_for='from 10 % to "20 %"')
    picture = unquote(drawn)
    assert "stroke-dasharray" in picture
    assert 'alt="from 10 % to &quot;20 %&quot;"' in drawn
    assert "stroke-dasharray" not in unquote(marks.sparkline([0.1, 0.3], dashed=False, words_for=""))
    heights = [float(pair.split(",")[1]) for pair in picture.split('points="')[1].split('"')[0].split()]
    assert heights[1] < heights[2] < heights[0], "a higher chance stands higher"


def test_one_value_is_no_trend():
    assert "<img" not in marks.sparkline([0.4], dashed=False, words_for="")


def test_a_table_escapes_its_heads_and_names_each_cell():
    drawn = marks.table(["<b>", "n"], [["x", "1"]], numeric=(1,))
    assert "&lt;b&gt;" in drawn
    assert '<td class="n" data-label="n">1</td>' in drawn


def test_a_column_without_a_name_has_no_heading_and_a_wide_table_moves_in_its_own_frame():
    drawn = marks.table(["", "chance"], [["x", "1"]], stack=False)
    assert drawn.count("<th") == 2, "thead and one heading"
    assert '<div class="tx-wide" role="region" tabindex="0" aria-label="Table: chance">' in drawn
    assert "tx-wide" not in marks.table(["a"], [["x"]])


def test_a_layer_without_rows_is_not_read_out():
    assert layer([], {"type": "rule"}, {})["mark"] == {"type": "rule", "aria": False}
    assert layer([{"a": 1}], {"type": "rule"}, {})["mark"] == {"type": "rule"}
