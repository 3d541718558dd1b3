"""Charts of how forecasts did: reliability with its band, where forecasts lie, and skill against references. Pure."""

import math
from typing import Any

import polars as pl

from app.look import Palette
from app.spec import DASHED, PERCENT_FINE, Spec, chart, layer, name_axis, probability_axis, tip

LEAST_TOP = 0.5
"""A reliability diagram shows at least this much of the forecasts' axis."""


def reliability(bins: pl.DataFrame, curve: pl.DataFrame, *, colours: Palette) -> Spec:
    """Return what happened beside what was forecast: calibrated ones stay in the band around the diagonal.

    `bins`: mean, observed, band_low, band_high, n_forecasts, n_questions, inside; `curve`: value, fitted, band_low,
    band_high. Bins outside their band are hollow, in the colour of a warning; a number counts the bin's questions.
    """
    highest = float(max(bins["mean"].to_numpy().max(), curve["value"].to_numpy().max()))
    top = max(LEAST_TOP, math.ceil(10 * highest - 1e-9) / 10)
    x = probability_axis("value", domain=(-0.03 * top, 1.03 * top), top=top, title="forecast")
    y = probability_axis("fitted", domain=(-0.05, 1.09), top=1, title="happened")
    rows = curve.to_dicts()
    dots: list[dict[str, Any]] = [_dot(r) for r in bins.to_dicts()]
    inside, outside = ([r for r in dots if r["inside"] is held] for held in (True, False))
    at = {"x": x | {"field": "mean"}, "y": y | {"field": "observed"}}
    tips = [
        tip("mean", "Mean forecast", form=PERCENT_FINE),
        tip("observed", "Happened", form=PERCENT_FINE),
        tip("band", "90 % if calibrated"),
        tip("n_questions", "Questions", form=",d"),
        tip("n_forecasts", "Forecasts", form=",d"),
    ]
    size = {
        "field": "n_questions",
        "type": "quantitative",
        "legend": None,
        "scale": {"type": "sqrt", "range": [50, 420]},
    }
    band = {"type": "area", "color": colours.accent, "opacity": 0.16}
    dot = {"type": "point", "filled": True, "color": colours.accent, "opacity": 1}
    hollow = {"type": "point", "filled": False, "color": colours.warn, "strokeWidth": 2.2, "opacity": 1}
    count = {"type": "text", "dy": -15, "color": colours.ink, "fontSize": 11}
    ends = [{"value": 0.0, "fitted": 0.0}, {"value": top, "fitted": top}]
    return chart(
        [
            layer(rows, band, {"x": x, "y": y | {"field": "band_low"}, "y2": {"field": "band_high"}}),
            layer(ends, {"type": "line", "color": colours.muted, "strokeDash": DASHED}, {"x": x, "y": y}),
            layer(rows, {"type": "line", "color": colours.accent, "strokeWidth": 2}, {"x": x, "y": y}),
            layer(inside, dot, at | {"size": size, "tooltip": tips}),
            layer(outside, hollow, at | {"size": size, "tooltip": tips}),
            layer(dots, count, at | {"text": {"field": "n_questions"}}),
        ],
        colours=colours,
        height=360,
    )


def _dot(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"band": f"{row['band_low']:.0%} to {row['band_high']:.0%}"}


def discrimination(histogram: pl.DataFrame, *, colours: Palette) -> Spec:
    """Return how many forecasts lie where, upwards of questions that came out YES, downwards of those that did not.

    `histogram`: low, high, yes, no. Counts are drawn on a logarithmic scale through 0, so that few stay visible.
    """
    rows = [r | {"down": -r["no"]} for r in histogram.to_dicts()]
    most = max(1, *histogram["yes"], *histogram["no"])
    ticks = [10**k for k in range(math.ceil(math.log10(most)) + 1)]
    y = {
        "field": "yes",
        "type": "quantitative",
        "title": None,
        "scale": {"type": "symlog", "domain": [-most * 1.3, most * 1.3], "nice": False},
        "axis": {
            "values": [-t for t in ticks] + [0, *ticks],
            "labelExpr": "abs(datum.value)",
            "domain": False,
            "ticks": False,
        },
    }
    x = probability_axis("low", domain=(0, 1), title="forecast")
    tips = [tip("low", "From", form=PERCENT_FINE), tip("high", "To", form=PERCENT_FINE)]
    tips += [tip("yes", "Of questions that came out YES", form=",d"), tip("no", "that came out NO", form=",d")]
    both = {"x": x, "x2": {"field": "high"}, "tooltip": tips}
    bar = {"type": "bar", "stroke": colours.paper, "strokeWidth": 1}
    words = [{"low": 0.995, "yes": most, "name": "came out YES"}, {"low": 0.995, "yes": -most, "name": "came out NO"}]
    text = {"type": "text", "align": "right", "color": colours.ink, "fontSize": 13, "fontWeight": 600}
    return chart(
        [
            layer(rows, bar | {"color": colours.rise}, both | {"y": y, "y2": {"datum": 0}}),
            layer(rows, bar | {"color": colours.fall}, both | {"y": y | {"field": "down"}, "y2": {"datum": 0}}),
            layer(words[:1], text | {"dy": 12}, {"x": x, "y": y, "text": {"field": "name"}}),
            layer(words[1:], text | {"dy": -12}, {"x": x, "y": y, "text": {"field": "name"}}),
        ],
        colours=colours,
        height=200,
    )


def skill(rows: pl.DataFrame, *, colours: Palette) -> Spec:
    """Return the difference of mean Brier scores to each reference with its interval; to the right is better.

    `rows`: reference, skill, low, high (null where there is no interval), said.
    """
    lines = rows.to_dicts()
    widest = max(abs(v) for r in lines for v in (r["skill"], r["low"], r["high"]) if v is not None)
    reach = 1.1 * max(0.05, min(widest, 2.5 * max(abs(r["skill"]) for r in lines)))  # a bar may leave the chart
    y = name_axis("reference", order=rows["reference"].to_list(), limit=130)
    x = {
        "field": "skill",
        "type": "quantitative",
        "title": "lower Brier score than the reference, by",
        "scale": {"domain": [-reach, reach], "nice": False},
        "axis": {"tickCount": 5, "domain": False, "ticks": False, "format": "+.2~f"},
    }
    tips = [tip("reference", "Against"), tip("skill", "Skill", form="+.4f"), tip("said", "So far")]
    stem = {"type": "rule", "color": colours.accent, "strokeWidth": 5, "opacity": 0.35, "clip": True}
    known = [r for r in lines if r["low"] is not None]
    return chart(
        [
            layer([{"skill": 0}], {"type": "rule", "color": colours.muted, "strokeDash": DASHED}, {"x": x}),
            layer(known, stem, {"x": x | {"field": "low"}, "x2": {"field": "high"}, "y": y, "tooltip": tips}),
            layer(
                lines,
                {"type": "circle", "color": colours.accent, "size": 90, "opacity": 1},
                {"x": x, "y": y, "tooltip": tips},
            ),
        ],
        colours=colours,
        height={"step": 36},
    )
