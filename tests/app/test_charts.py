"""Charts as pure functions: what a specification holds, checked against the grammar and against the numbers."""

import math
from datetime import date, timedelta

import altair as alt
import polars as pl
import pytest

from app import charts, charts_of_moves
from app.look import DARK, LIGHT
from app.spec import ticks
from app.thinning import POINTS

KNOWN = date(2026, 7, 1)
DEADLINE = date(2028, 12, 31)


def history(mode: str, weeks: int, start: float = 0.2) -> pl.DataFrame:
    days = [KNOWN - timedelta(weeks=weeks - 1 - i) for i in range(weeks)]
    values = [start + 0.01 * i for i in range(weeks)]
    return pl.DataFrame(
        {
            "on": [d.isoformat() for d in days],
            "mode": [mode] * weeks,
            "value": values,
            "low50": [v - 0.02 for v in values],
            "high50": [v + 0.02 for v in values],
            "low90": [v - 0.1 for v in values],
            "high90": [v + 0.1 for v in values],
        }
    )


EVIDENCE = pl.DataFrame(
    {
        "number": ["1", "2"],
        "on": ["2026-05-01", "2026-05-03"],
        "day": ["1 May 2026", "3 May 2026"],
        "statement": ["One.", "Two."],
    }
)
NO_EVIDENCE = EVIDENCE.clear()
DRIFT = pl.DataFrame({"on": ["2026-07-01", "2027-07-01"], "value": [0.3, 0.1]})
PARTITION = pl.DataFrame(
    {"title": ["A", "B", "C"], "value": [0.6, 0.35, 0.05], "low90": [0.4, 0.2, 0.0], "high90": [0.8, 0.5, 0.1]}
)


def trend(frame: pl.DataFrame, *, evidence: pl.DataFrame = NO_EVIDENCE, drift: pl.DataFrame = DRIFT, colours=LIGHT):
    return charts.probability_history(
        frame, evidence=evidence, drift=drift, known_through=KNOWN, deadline=DEADLINE, colours=colours
    )


def parts(spec: dict) -> list[dict]:
    """Return the drawn layers, nested ones opened."""
    found = []
    for layer in spec["layer"]:
        found += parts(layer) if "layer" in layer else [layer]
    return found


def marks(spec: dict, kind: str) -> list[dict]:
    return [p for p in parts(spec) if p["mark"]["type"] == kind]


SPECS = {
    "ribbon": lambda c: charts.scenario_ribbon(PARTITION, colours=c),
    "scenarios": lambda c: charts.scenario_history(
        pl.DataFrame({"on": ["2026-01-01"] * 2, "title": ["A", "B"], "value": [0.4, 0.6]}), titles=["A", "B"], colours=c
    ),
    "trend": lambda c: trend(
        pl.concat([history("retrospective", 8), history("live", 1)]), evidence=EVIDENCE, colours=c
    ),
    "timing": lambda c: charts.timing(
        pl.DataFrame({"on": ["2026-12-31", "2027-12-31"], "value": [0.1, 0.2]}),
        deadlines=pl.DataFrame({"on": ["2027-12-31"], "value": [0.2]}),
        colours=c,
    ),
    "drivers": lambda c: charts_of_moves.drivers(
        pl.DataFrame({"name": ["X"], "p_if_yes": [0.6], "p_if_no": [0.1]}), probability=0.2, colours=c
    ),
    "contributions": lambda c: charts_of_moves.contributions(
        pl.DataFrame({"name": ["1", "2"], "shift": [0.3, -0.2], "points": ["+3.0", "−2.0"], "statement": ["", ""]}),
        colours=c,
    ),
    "attribution": lambda c: charts_of_moves.attribution(
        pl.DataFrame(
            {
                "name": ["from", "survival", "to"],
                "start": [-1.0, -1.0, -1.3],
                "end": [-1.0, -1.3, -1.3],
                "shift": [0.0, -0.3, 0.0],
                "label": ["27 %", "-0.30", "21 %"],
            }
        ),
        colours=c,
    ),
    "preview": lambda c: charts_of_moves.preview_moves(
        pl.DataFrame({"name": ["A", "B"], "before": [0.2, 0.5], "after": [0.4, 0.3], "label": ["x", "y"]}), colours=c
    ),
    "fan": lambda c: charts.series_fan(
        pl.DataFrame(
            {
                "year": ["2026", "2027"],
                "value": [2.3, 2.5],
                "low50": [2.2, 2.3],
                "high50": [2.4, 2.7],
                "low90": [2.0, 2.0],
                "high90": [2.6, 3.1],
            }
        ),
        levels=[3.0],
        unit="percent of GDP",
        colours=c,
    ),
}


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", SPECS)
def test_every_chart_is_valid_in_the_grammar_and_names_its_colours(name, colours):
    spec = SPECS[name](colours)
    alt.LayerChart.from_dict(spec)  # validates against the schema of Vega-Lite
    for part in parts(spec):
        mark, encoding = part["mark"], part["encoding"]
        assert {"color", "fill", "stroke"} & (mark.keys() | encoding.keys()), f"no colour: {mark}"
        assert "black" not in str(mark), mark
    assert spec["background"] == "transparent"
    assert spec["config"]["axis"]["labelColor"] == colours.muted


def test_the_ribbon_fills_its_length_in_board_order_and_labels_wide_parts():
    spec = charts.scenario_ribbon(PARTITION, colours=LIGHT)
    bars, labels = (p["data"]["values"] for p in parts(spec))
    assert [(b["title"], round(b["start"], 9), round(b["end"], 9)) for b in bars] == [
        ("A", 0.0, 0.6),
        ("B", 0.6, 0.95),
        ("C", 0.95, 1.0),
    ]
    assert [row["label"] for row in labels] == ["60 %", "35 %"], "5 % is too narrow for its label"
    assert len({b["colour"] for b in bars}) == 3


def test_retrospective_is_dashed_and_live_is_solid_and_they_are_not_joined():
    both = pl.concat([history("retrospective", 8), history("live", 3, start=0.5)])
    lines = marks(trend(both, drift=DRIFT.clear()), "line")
    assert [("strokeDash" in p["mark"], {r["mode"] for r in p["data"]["values"]}) for p in lines] == [
        (True, {"retrospective"}),
        (False, {"live"}),
    ]
    assert [len(p["data"]["values"]) for p in lines] == [8, 3]


def test_bands_have_their_own_edges_and_the_axis_starts_at_zero():
    spec = trend(history("live", 4))
    areas = marks(spec, "area")
    assert [(a["encoding"]["y"]["field"], a["encoding"]["y2"]["field"]) for a in areas] == [
        ("low90", "high90"),
        ("low50", "high50"),
    ]
    for part in parts(spec):
        if "y" in part["encoding"] and "scale" in part["encoding"]["y"]:
            low, high = part["encoding"]["y"]["scale"]["domain"]
            assert low == 0
            assert high >= 0.33, "the highest band edge, .23 + .1, is inside"


def test_one_snapshot_is_a_bar_and_not_an_empty_area():
    spec = trend(history("live", 1))
    assert not marks(spec, "area")
    assert len([r for r in marks(spec, "rule") if "y2" in r["encoding"]]) == 2


def test_an_unresolved_band_is_left_out_and_not_drawn_as_zero():
    frame = history("live", 3).with_columns(low90=None, high90=pl.lit(None, dtype=pl.Float64))
    wide = marks(trend(frame), "area")[0]
    assert wide["data"]["values"] == []


def test_evidence_marks_carry_their_numbers_and_reports():
    spec = trend(history("retrospective", 8), evidence=EVIDENCE)
    numbered = [p for p in marks(spec, "text") if p["encoding"]["text"]["field"] == "number"]
    assert [(r["number"], r["statement"]) for r in numbered[0]["data"]["values"]] == [("1", "One."), ("2", "Two.")]
    assert [r["lane"] for r in numbered[0]["data"]["values"]] == [1, 2], "two days apart: one above the other"


@pytest.mark.parametrize(
    ("days", "rows"),
    [
        (["2026-01-01"], [1]),
        (["2026-01-01", "2026-03-01", "2026-05-01"], [1, 1, 1]),
        (["2026-01-01"] * 7, [1, 2, 3, 4, 5, 1, 2]),
        (["2026-01-01", "2026-01-02", "2026-02-08"], [1, 2, 1]),
    ],
)
def test_lanes_keep_close_marks_apart(days, rows):
    assert charts.lanes(days) == rows


@pytest.mark.parametrize(
    ("top", "values"),
    [
        (0.05, [0.0, 0.01, 0.02, 0.03, 0.04, 0.05]),
        (0.57, [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]),
        (1.0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
    ],
)
def test_ticks_are_round_and_inside(top, values):
    assert ticks(top) == values


def test_contributions_point_left_and_right_of_zero():
    spec = SPECS["contributions"](LIGHT)
    up, down = marks(spec, "bar")
    assert [r["shift"] for r in up["data"]["values"]] == [0.3]
    assert [r["shift"] for r in down["data"]["values"]] == [-0.2]
    low, high = up["encoding"]["x"]["scale"]["domain"]
    assert low == -high
    assert high > 0.3


def test_the_staircase_is_drawn_from_step_to_step():
    spec = SPECS["attribution"](LIGHT)
    (down,) = [b for b in marks(spec, "bar") if b["data"]["values"]]
    assert [(r["start"], r["end"]) for r in down["data"]["values"]] == [(-1.0, -1.3)]
    assert "exp(-datum.value)" in down["encoding"]["x"]["axis"]["labelExpr"], "log-odds are labelled as chances"
    ends = marks(spec, "tick")[0]["data"]["values"]
    assert [r["name"] for r in ends] == ["from", "to"]


def test_a_preview_arrow_points_the_way_of_the_move():
    spec = SPECS["preview"](LIGHT)
    arrows = {
        m["mark"]["shape"]: [r["name"] for r in m["data"]["values"]]
        for m in marks(spec, "point")
        if "shape" in m["mark"]
    }
    assert arrows == {"triangle-right": ["A"], "triangle-left": ["B"]}


def test_the_same_frame_gives_the_same_specification():
    for build in SPECS.values():
        assert build(LIGHT) == build(LIGHT)
        assert build(LIGHT) != build(DARK)


def test_the_newest_value_is_named_on_the_side_where_there_is_room():
    frame = history("live", 10)
    (wide,) = [p for p in parts(trend(frame)) if "live" in str(p["data"]["values"][0].get("name"))]
    assert wide["mark"]["align"] == "left", "the dotted line goes on for a year"
    zoomed = charts.probability_history(
        frame,
        evidence=NO_EVIDENCE,
        drift=DRIFT,
        known_through=KNOWN,
        deadline=DEADLINE,
        colours=LIGHT,
        days=(frame["on"][2], frame["on"][8]),
    )
    (near,) = [p for p in parts(zoomed) if "live" in str(p["data"]["values"][0].get("name"))]
    assert near["mark"]["align"] == "right"
    assert near["data"]["values"][0]["on"] == frame["on"][8], "the newest of the days shown"
    assert all(p["mark"]["clip"] for p in parts(zoomed))
    alt.Chart.from_dict(zoomed)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_a_trend_on_log_odds_follows_the_grammar_and_the_numbers(colours):
    spec = charts.probability_history(
        history("retrospective", 12),
        evidence=EVIDENCE,
        drift=DRIFT,
        known_through=KNOWN,
        deadline=DEADLINE,
        colours=colours,
        kind="logit",
    )
    alt.Chart.from_dict(spec)
    (line,) = [p for p in parts(spec) if p["mark"]["type"] == "line" and p["encoding"]["y"]["field"] == "value_odds"][
        :1
    ]
    row = line["data"]["values"][0]
    assert row["value_odds"] == pytest.approx(math.log(row["value"] / (1 - row["value"])))
    low, high = line["encoding"]["y"]["scale"]["domain"]
    assert all(low < r["value_odds"] < high for r in line["data"]["values"])
    bands = [p for p in parts(spec) if p["mark"]["type"] == "area"]
    assert {p["encoding"]["y"]["field"] for p in bands} == {"low90_odds", "low50_odds"}


def test_a_trend_is_drawn_from_the_days_shown_and_the_next_on_each_side():
    frame = pl.concat([history("live", 10), history("retrospective", 10)])
    days = frame["on"][:10].to_list()
    rows = charts.drawn_rows(frame, (days[3], days[5]))
    assert rows.filter(pl.col("mode") == "live")["on"].to_list() == days[2:7]
    assert rows["mode"].unique().sort().to_list() == ["live", "retrospective"]
    assert charts.drawn_rows(frame, None).height == 20, "few enough to be drawn as they are"
    many = pl.concat([history("live", 600).with_columns(value=0.2)])
    drawn = charts.drawn_rows(many, None)
    assert drawn.height == POINTS
    assert drawn["on"].max() == many["on"].max()
