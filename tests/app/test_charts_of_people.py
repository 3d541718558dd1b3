"""Steps of people on a trend: valid in the grammar, unbroken only where a forecast stood, named at their last value."""

import altair as alt
import polars as pl
import pytest

from app import charts
from app.charts_of_people import COLUMNS, DASHES, apart
from app.look import DARK, LIGHT
from tests.app.test_charts import DEADLINE, DRIFT, KNOWN, NO_EVIDENCE, history, parts

PEOPLE = pl.DataFrame(
    [
        ("ann", "ann", "person", 0, "2026-05-01T00:00:00+00:00", 0.7),
        ("ann", "ann", "person", 0, "2026-05-20T00:00:00+00:00", 0.7),
        ("ann", "ann", "person", 1, "2026-06-01T00:00:00+00:00", 0.6),
        ("ann", "ann", "person", 1, "2026-07-01T00:00:00+00:00", 0.6),
        ("crowd:x", "crowd:x", "crowd", 0, "2026-05-01T00:00:00+00:00", 0.2),
        ("the pool", "the pool", "pool", 0, "2026-05-01T00:00:00+00:00", 0.5),
    ],
    schema=COLUMNS,
    orient="row",
)


def trend(people: pl.DataFrame | None, colours=LIGHT) -> dict:
    frame = history("live", 6)
    return charts.probability_history(
        frame,
        evidence=NO_EVIDENCE,
        drift=DRIFT,
        known_through=KNOWN,
        deadline=DEADLINE,
        colours=colours,
        people=people,
    )


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_the_chart_is_valid_in_the_grammar(colours) -> None:
    alt.Chart.from_dict(trend(PEOPLE, colours))


def test_each_kind_has_its_own_strokes_and_each_stretch_its_own_line() -> None:
    steps = [p for p in parts(trend(PEOPLE)) if p["mark"].get("interpolate") == "step-after"]
    assert [p["mark"]["strokeDash"] for p in steps] == list(DASHES.values())
    assert {d["field"] for d in steps[2]["encoding"]["detail"]} == {"line", "segment"}
    assert [r["value"] for r in steps[2]["data"]["values"]] == [0.7, 0.7, 0.6, 0.6]


def test_every_line_is_named_once_at_its_last_value() -> None:
    labels = [r["label"] for p in parts(trend(PEOPLE)) for r in p["data"]["values"] if "label" in r]
    assert sorted(labels) == ["ann 60 %", "crowd:x 20 %", "the pool 50 %"]


def test_the_axis_holds_the_highest_of_them() -> None:
    line = next(p for p in parts(trend(PEOPLE)) if p["mark"].get("interpolate") == "step-after")
    assert line["encoding"]["y"]["scale"]["domain"][1] >= 0.7


def test_without_people_nothing_is_drawn() -> None:
    assert trend(None) == trend(PEOPLE.clear())


@pytest.mark.parametrize(
    ("heights", "expected"),
    [
        ([], []),
        ([10.0], [10.0]),
        ([10.0, 40.0], [10.0, 40.0]),
        ([10.0, 10.0], [2.5, 17.5]),
        ([10.0, 12.0, 14.0], [-3.0, 12.0, 27.0]),
        ([10.0, 12.0, 100.0], [3.5, 18.5, 100.0]),
        ([0.0, 1.0, 20.0], [-8.0, 7.0, 22.0]),  # the third is pushed too: 0, 1 - 15, 20 - 30 pool to -8
    ],
)
def test_names_are_set_apart(heights, expected) -> None:
    assert apart(heights, gap=15) == pytest.approx(expected)
