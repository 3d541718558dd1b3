"""Two questions on one chart: both are there, told apart without colour, and named with their newest values."""

import altair as alt
import pytest

from app.charts_of_comparison import Line, compared
from app.look import DARK, LIGHT
from tests.app.test_charts import history, parts

ONE = Line("Truce", history("live", 6))
TWO = Line("Pact by 2030", history("retrospective", 6, start=0.5))


@pytest.mark.parametrize("colours", [LIGHT, DARK])
@pytest.mark.parametrize("kind", ["linear", "logit"])
def test_both_are_drawn_by_the_grammar_and_told_apart_without_colour(colours, kind):
    spec = compared([ONE, TWO], kind=kind, days=None, colours=colours)
    alt.Chart.from_dict(spec)
    lines = [p for p in parts(spec) if p["mark"]["type"] == "line"]
    assert [p["data"]["values"][0]["name"] for p in lines] == ["Truce", "Pact by 2030"]
    assert ["strokeDash" in p["mark"] for p in lines] == [False, True], "dashed: retrospective"
    shapes = {p["mark"]["shape"] for p in parts(spec) if p["mark"]["type"] == "point"}
    assert shapes == {"circle", "diamond"}
    assert len({p["mark"]["color"] for p in lines}) == 2


def test_each_is_named_with_its_newest_value_of_the_days_shown():
    days = ONE.history["on"].to_list()
    spec = compared([ONE, TWO], kind="linear", days=(days[0], days[2]), colours=LIGHT)
    labels = [p["data"]["values"][0]["label"] for p in parts(spec) if p["mark"]["type"] == "text"]
    assert labels == ["Truce 22 %", "Pact by 2030 52 %"]
    assert all(p["mark"]["clip"] for p in parts(spec))


def test_a_question_without_numbers_in_those_days_has_no_name():
    old = Line("Old", history("live", 1).with_columns(on=ONE.history["on"][:1].str.replace("2026", "2020")))
    days = ONE.history["on"].to_list()
    spec = compared([ONE, old], kind="logit", days=(days[0], days[-1]), colours=LIGHT)
    assert [p["data"]["values"][0]["label"][:5] for p in parts(spec) if p["mark"]["type"] == "text"] == ["Truce"]
