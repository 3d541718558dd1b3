"""Charts of reference classes as pure functions: the grammar, and the numbers that they hold."""

import altair as alt
import polars as pl
import pytest

from app import charts_of_classes
from app.charts_of_classes import AFTER, BEFORE
from app.look import DARK, LIGHT

CASES = pl.DataFrame(
    {
        "name": ["Short", "Long"],
        "years": [0.01, 80.0],
        "events": [1.0, 0.0],
        "weight": [1.0, 0.25],
        "time": ["1990", "1945 – 2025"],
        "outcome": ["ended", "in force"],
    }
)
RANGES = pl.DataFrame(
    {
        "name": ["Rate", "Rate", "Here"],
        "stage": [BEFORE, AFTER, AFTER],
        "median": [40.0, 0.2, 0.1],
        "low": [0.2, 0.1, 0.04],
        "high": [190.0, 0.4, 0.25],
    }
)
CURVE = {
    "years": [0.0, 1.0, 5.0],
    "value": [1.0, 0.8, 0.6],
    "low50": [1.0, 0.75, 0.5],
    "high50": [1.0, 0.85, 0.7],
    "low90": [1.0, 0.6, 0.4],
    "high90": [1.0, 0.9, 0.8],
}
STEPS = {"years": [0.0, 0.5, 3.0], "value": [1.0, 0.9, 0.55]}


def drawn(colours):
    return {
        "cases": charts_of_classes.cases(CASES, colours=colours),
        "ranges": charts_of_classes.before_and_after(RANGES, title="a year", one=False, colours=colours),
        "ratios": charts_of_classes.before_and_after(RANGES, title="ratio", one=True, colours=colours),
        "lasting": charts_of_classes.lasting(CURVE, STEPS, colours=colours),
    }


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["cases", "ranges", "ratios", "lasting"])
def test_every_chart_is_in_the_grammar(colours, name):
    alt.Chart.from_dict(drawn(colours)[name], validate=True)


def test_a_case_in_which_it_happened_has_a_mark_of_its_own():
    bars, marks = (layer["data"]["values"] for layer in drawn(LIGHT)["cases"]["layer"])
    assert [row["name"] for row in bars] == ["Short", "Long"]
    assert [row["name"] for row in marks] == ["Short"]


def test_a_range_far_beyond_what_came_after_is_cut_and_the_words_keep_it():
    layers = drawn(LIGHT)["ranges"]["layer"]
    before = next(row for layer in layers for row in layer["data"]["values"] if row["stage"] == BEFORE)
    assert before["high"] == pytest.approx(0.4 * charts_of_classes.BEYOND)
    assert before["median"] <= before["high"]
    assert before["words"] == "40.0 (0.2 to 190.0)"
    dots = [row for layer in layers if layer["mark"]["type"] == "point" for row in layer["data"]["values"]]
    assert {row["stage"] for row in dots} == {AFTER}, "a median beyond the axis has no dot"


def test_a_ratio_of_one_is_marked_where_that_means_no_effect():
    plain, ratios = (len(drawn(LIGHT)[name]["layer"]) for name in ("ranges", "ratios"))
    assert ratios == plain + 1
    assert drawn(LIGHT)["ratios"]["layer"][0]["data"]["values"] == [{"low": 1.0}]


def test_the_steps_run_to_the_end_of_the_curve():
    stairs = drawn(LIGHT)["lasting"]["layer"][-1]
    assert stairs["data"]["values"][-1] == {"years": 5.0, "value": 0.55}
    assert stairs["mark"]["interpolate"] == "step-after"
    assert stairs["mark"]["strokeDash"], "dashed: colour is not the only difference"


@pytest.mark.parametrize(
    ("bottom", "top", "ticks"),
    [
        (0.3, 2.5, [0.3, 0.5, 0.7, 1.0, 1.5, 2.0]),
        (0.04, 0.7, [0.05, 0.1, 0.2, 0.5]),
        (0.002, 200.0, [0.01, 0.1, 1.0, 10.0, 100.0]),
    ],
)
def test_ticks_of_a_logarithmic_axis_are_round(bottom, top, ticks):
    assert charts_of_classes.round_values(bottom, top) == ticks
