"""Charts of a fitted panel: its aggregate with a fan, who stands above a line when, how many, who keeps to the line."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from app.look import Palette, text_on
from app.spec import DASHED, Spec, chart, layer, name_axis, percent, probability_axis, tip

ROW = 21
"""Pixels of one member's row."""
NAME_LIMIT = 118


def panel_fan(printed: pl.DataFrame, fan: pl.DataFrame, *, lines: Sequence[float], unit: str, colours: Palette) -> Spec:
    """Return printed values, then the median and the 50 and 90 % bands of the coming years, against marked lines.

    `printed`: year, value, estimate (bool); `fan`: year, value, low50, high50, low90, high90, whose first row is the
    last printed year.
    """
    x, y = _years("year"), _shares("value", [*printed["value"], *fan["high90"], *lines], unit)
    rows, past = fan.to_dicts(), printed.to_dicts()
    tips = [tip("year", "Year"), tip("value", "Median", form=".2f")]
    tips += [tip("low90", "90 % from", form=".2f"), tip("high90", "90 % to", form=".2f")]
    bands = [
        layer(
            rows,
            {"type": "area", "color": colours.accent, "opacity": opacity},
            {"x": x, "y": y | {"field": low}, "y2": {"field": high}},
        )
        for low, high, opacity in (("low90", "high90", 0.16), ("low50", "high50", 0.24))
    ]
    told = [tip("year", "Year"), tip("value", "Printed", form=".2f"), tip("kind", "Kind")]
    named = [p | {"kind": "estimate" if p["estimate"] else "settled"} for p in past]
    history = layer(past, {"type": "line", "color": colours.ink, "strokeWidth": 2}, {"x": x, "y": y})
    settled = {"type": "circle", "size": 42, "opacity": 1, "color": colours.ink}
    open_dot = settled | {"color": colours.paper, "stroke": colours.ink, "strokeWidth": 1.6, "size": 52}
    dots = [
        layer([p for p in named if p["estimate"] is marked], dot, {"x": x, "y": y, "tooltip": told})
        for marked, dot in ((False, settled), (True, open_dot))
    ]
    line = {"type": "line", "color": colours.accent, "strokeWidth": 2.4, "strokeDash": DASHED}
    ahead = layer(rows, line, {"x": x, "y": y})
    touch = {"type": "circle", "color": colours.accent, "size": 60, "opacity": 0}
    ends = _ends(past[-1], rows[-1], x, y, colours)
    marks = [*_lines(lines, y, colours), *bands, history, *dots, ahead]
    return chart(
        [*marks, layer(rows[1:], touch, {"x": x, "y": y, "tooltip": tips}), *ends], colours=colours, height=340
    )


def _ends(last: dict[str, Any], end: dict[str, Any], x: Spec, y: Spec, colours: Palette) -> list[Spec]:
    """Name the last printed value and the last median on the chart."""
    text = {"type": "text", "fontWeight": 600, "fontSize": 13}
    printed = text | {"align": "right", "dx": -9, "dy": -9, "color": colours.ink}
    median = text | {"align": "right", "dx": -2, "dy": -11, "color": colours.accent}
    return [
        layer([row | {"name": f"{row['value']:.2f}"}], mark, {"x": x, "y": y, "text": {"field": "name"}})
        for row, mark in ((last, printed), (end, median))
    ]


def _lines(lines: Sequence[float], y: Spec, colours: Palette) -> list[Spec]:
    rows = [{"value": v, "name": f"{v:g} %"} for v in lines]
    rule = {"type": "rule", "color": colours.warn, "strokeDash": [2, 3]}
    name = {"type": "text", "align": "left", "x": 4, "dy": -7, "color": colours.warn, "fontSize": 12}
    return [layer(rows, rule, {"y": y}), layer(rows, name, {"y": y, "text": {"field": "name"}})]


def _years(field: str) -> Spec:
    axis = {"format": "d", "grid": False, "tickMinStep": 1, "tickCount": 10, "labelOverlap": True}
    return {
        "field": field,
        "type": "quantitative",
        "title": None,
        "scale": {"zero": False, "nice": False},
        "axis": axis,
    }


def _shares(field: str, values: Sequence[float], unit: str) -> Spec:
    scale = {"domain": [0, max(values) * 1.05], "nice": False}
    return {
        "field": field,
        "type": "quantitative",
        "title": unit,
        "scale": scale,
        "axis": {"domain": False, "ticks": False, "tickCount": 6},
    }


def chances_by_year(rows: pl.DataFrame, *, order: Sequence[str], colours: Palette) -> Spec:
    """Return the chance of each member in each year as a number in a tinted cell.

    `rows`: name, year (text), value (probability); `order` the names from the top.
    """
    cells = [_cell(row, colours) for row in rows.to_dicts()]
    axis = {"orient": "top", "labelAngle": 0, "ticks": False, "domain": False, "labelExpr": "slice(datum.label, 2)"}
    x: Spec = {"field": "year", "type": "ordinal", "title": None, "axis": axis}
    y = name_axis("name", order=order, limit=NAME_LIMIT)
    tips = [tip("name", "Member"), tip("year", "Year"), tip("spoken", "Chance")]
    colour = {"field": "colour", "type": "nominal", "scale": None}
    tile = {"type": "rect", "stroke": colours.paper, "strokeWidth": 1}
    figure = {"type": "text", "fontSize": 11, "baseline": "middle"}
    return chart(
        [
            layer(cells, tile, {"x": x, "y": y, "color": colour, "tooltip": tips}),
            layer(
                cells,
                figure,
                {
                    "x": x,
                    "y": y,
                    "text": {"field": "label"},
                    "color": {"field": "text", "type": "nominal", "scale": None},
                    "tooltip": tips,
                },
            ),
        ],
        colours=colours,
        height={"step": ROW},
        padding={"left": 0, "right": 2, "top": 2, "bottom": 2},
    )


def _cell(row: dict[str, Any], colours: Palette) -> dict[str, Any]:
    """Return a cell: from the surface to the accent with the chance, its number in readable ink."""
    colour = blended(colours.surface, colours.accent, row["value"])
    return row | {
        "colour": colour,
        "text": text_on(colour),
        "label": f"{100 * row['value']:.0f}",
        "spoken": percent(row["value"]),
    }


def blended(first: str, second: str, part: float) -> str:
    """Return a colour between two six-digit ones, `part` of the way; raises ValueError for a part outside [0, 1]."""
    if not 0 <= part <= 1:
        raise ValueError(f"{part!r} is no part of 1")
    pairs = [(int(first[i : i + 2], 16), int(second[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in pairs)


def counts(fan: pl.DataFrame, *, members: int, colours: Palette) -> Spec:
    """Return how many members stand at a line or above it by year: median, 50 and 90 % range.

    `fan`: year (text), value (median), low50, high50, low90, high90, whole numbers.
    """
    rows = [r | {"name": f"{r['value']:g}"} for r in fan.to_dicts()]
    x = {"field": "year", "type": "ordinal", "title": None, "axis": {"labelAngle": 0, "ticks": False, "grid": False}}
    y = {
        "field": "value",
        "type": "quantitative",
        "title": f"of {members}",
        "scale": {"domain": [0, members], "nice": False},
        "axis": {"domain": False, "ticks": False, "tickCount": 6, "format": "d"},
    }
    tips = [tip("year", "Year"), tip("value", "Median", form="d")]
    tips += [tip("low90", "90 % from", form="d"), tip("high90", "90 % to", form="d")]
    stem = {"type": "rule", "color": colours.accent, "strokeCap": "round"}
    ranges = [
        layer(
            rows,
            stem | {"strokeWidth": width, "opacity": opacity},
            {"x": x, "y": y | {"field": low}, "y2": {"field": high}},
        )
        for low, high, width, opacity in (("low90", "high90", 4, 0.3), ("low50", "high50", 9, 0.35))
    ]
    dot = {"type": "circle", "color": colours.accent, "size": 80, "opacity": 1}
    figure = {"type": "text", "dx": 11, "align": "left", "fontWeight": 600, "color": colours.ink}
    return chart(
        [
            *ranges,
            layer(rows, dot, {"x": x, "y": y, "tooltip": tips}),
            layer(rows, figure, {"x": x, "y": y, "text": {"field": "name"}}),
        ],
        colours=colours,
        height=260,
    )


def on_the_line(rows: pl.DataFrame, *, order: Sequence[str], colours: Palette) -> Spec:
    """Return the chance of each member to stand on its straight line at the review, as a dot with its number.

    `rows`: name, value (probability), needed (percent of output).
    """
    cells = [r | {"label": percent(r["value"])} for r in rows.to_dicts()]
    y = name_axis("name", order=order, limit=NAME_LIMIT)
    x = probability_axis("value", domain=(0, 1.12), top=1.0, most=6)
    tips = [tip("name", "Member"), tip("label", "Chance"), tip("needed", "Needed, percent", form=".2f")]
    stem = {"type": "rule", "color": colours.accent, "opacity": 0.35, "strokeWidth": 2}
    dot = {"type": "circle", "color": colours.accent, "size": 70, "opacity": 1}
    figure = {"type": "text", "align": "left", "dx": 9, "color": colours.ink}
    return chart(
        [
            layer(cells, stem, {"x": x, "x2": {"datum": 0}, "y": y}),
            layer(cells, dot, {"x": x, "y": y, "tooltip": tips}),
            layer(cells, figure, {"x": x, "y": y, "text": {"field": "label"}}),
        ],
        colours=colours,
        height={"step": ROW},
    )
