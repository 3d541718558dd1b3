"""The charts: a frame of numbers in, a Vega-Lite specification out. Pure; cached by snapshot where they are drawn.

Every chart names its values directly where it can, starts a probability axis at 0, and never uses colour as the only
channel: retrospective is dashed, live is solid, a rise and a fall point in different directions.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl

from app.charts_of_people import COLUMNS, people_layers
from app.look import Palette, category, text_on
from app.probability_scale import Scale, ScaleKind, scale_for
from app.spec import (
    DASHED,
    DOTTED,
    PERCENT_FINE,
    Spec,
    ceiling,
    chart,
    day_axis,
    layer,
    percent,
    probability_axis,
    spoken_day,
    tip,
)
from app.thinning import thinned

WIDE_ENOUGH = 0.09
"""Part of the ribbon that holds its label on a phone."""
LANES = 5
"""Rows of evidence marks above a trend before they may overlap."""
LANE_DAYS = 38
"""Days that one numbered mark covers on a trend of two years, drawn 330 pixels wide."""
ROOM_FOR_A_ROW = 0.07
"""Height of a row of evidence marks, as a part of the trend below it."""
DOTS = 60
"""Live snapshots up to which each has a dot; more would be a thick line."""
NAME_ROOM = 0.12
"""Part of a trend's width that the name of its newest value takes on a wide screen."""
NUMBERS = ("value", "low50", "high50", "low90", "high90")


def scenario_ribbon(scenarios: pl.DataFrame, *, colours: Palette) -> Spec:
    """Return the partition as one bar of length 1, its parts labelled where they are wide enough.

    `scenarios`: title, value (probability), low90, high90; one row per scenario of the partition, in board order.
    """
    rows = _stacked(scenarios, colours)
    order = {"field": "place", "type": "quantitative"}
    x = {"field": "start", "type": "quantitative", "axis": None, "scale": {"domain": [0, 1], "nice": False}}
    tips = [tip("title", "Scenario"), tip("value", "Probability", form=PERCENT_FINE), tip("band", "90 % band")]
    bars = layer(
        rows,
        {"type": "bar", "height": 40, "stroke": colours.paper, "strokeWidth": 2},
        {
            "x": x,
            "x2": {"field": "end"},
            "order": order,
            "color": {"field": "colour", "type": "nominal", "scale": None},
            "tooltip": tips,
        },
    )
    wide = [r for r in rows if r["value"] >= WIDE_ENOUGH]
    labels = layer(
        wide,
        {"type": "text", "fontSize": 13, "fontWeight": 600},
        {
            "x": x | {"field": "middle"},
            "text": {"field": "label"},
            "color": {"field": "text", "type": "nominal", "scale": None},
        },
    )
    return chart([bars, labels], colours=colours, height=44, padding={"left": 0, "right": 0, "top": 2, "bottom": 2})


def _stacked(scenarios: pl.DataFrame, colours: Palette) -> list[dict[str, Any]]:
    start, rows = 0.0, []
    for place, row in enumerate(scenarios.to_dicts()):
        end, colour = start + row["value"], category(colours, place)
        rows.append(
            {
                "title": row["title"],
                "value": row["value"],
                "band": f"{percent(row['low90'])} to {percent(row['high90'])}",
                "place": place,
                "start": start,
                "end": end,
                "middle": (start + end) / 2,
                "label": percent(row["value"]),
                "colour": colour,
                "text": text_on(colour),
            }
        )
        start = end
    return rows


def scenario_history(history: pl.DataFrame, *, titles: Sequence[str], colours: Palette) -> Spec:
    """Return the partition through time as stacked areas.

    `history`: on (ISO day), title, value; `titles` in board order, the first at the bottom.
    """
    rows = [r | {"place": titles.index(r["title"])} for r in history.select("on", "title", "value").to_dicts()]
    scale = {"domain": list(titles), "range": [category(colours, i) for i in range(len(titles))]}
    areas = layer(
        rows,
        {"type": "area", "line": {"color": colours.paper, "strokeWidth": 1}, "opacity": 0.92},
        {
            "x": day_axis("on"),
            "y": probability_axis("value", domain=(0, 1)) | {"stack": "zero"},
            "order": {"field": "place", "type": "quantitative", "sort": "descending"},
            "color": {"field": "title", "type": "nominal", "scale": scale, "legend": None},
            "tooltip": [tip("title", "Scenario"), tip("on", "As of"), tip("value", "Probability", form=PERCENT_FINE)],
        },
    )
    return chart([areas], colours=colours, height=220)


def probability_history(
    history: pl.DataFrame,
    *,
    evidence: pl.DataFrame,
    drift: pl.DataFrame,
    known_through: date,
    deadline: date,
    colours: Palette,
    people: pl.DataFrame | None = None,
    kind: ScaleKind = "linear",
    days: tuple[str, str] | None = None,
) -> Spec:
    """Return one question's trend for one deadline: bands, line, evidence marks, and the drift if nothing happens.

    `history`: on (ISO day), mode, value, low50, high50, low90, high90; `evidence`: number, on (ISO day), statement;
    `drift`: on (ISO day), value; `people`: steps of people, crowds and the pool (`charts_of_people.COLUMNS`); `days`:
    first and last ISO day that is shown, None for all. The retrospective line is dashed, the live one solid; they are
    never joined.
    """
    said = people if people is not None else pl.DataFrame(schema=COLUMNS)
    evidence = within(evidence, days)
    seen = [within(f, days) for f in (history, drift, said)]
    scale = scale_for(
        kind, [*seen[0]["high90"], *seen[0]["value"], *seen[0]["low90"], *seen[1]["value"], *seen[2]["value"]]
    )
    drawn = history if days else thinned(history)
    history = scale.placed(drawn.select("on", "mode", *NUMBERS), NUMBERS)
    drift, said = (scale.placed(f, ("value",)) for f in (drift, said))
    rows = lanes(evidence["on"].to_list())
    roof = 1.06 + ROOM_FOR_A_ROW * max(rows, default=0)
    y = scale.axis("value", roof=roof, title=f"chance by {spoken_day(deadline)}")
    x = day_axis("on", domain=days)
    modes = [history.filter(pl.col("mode") == m) for m in ("retrospective", "live")]
    trends = [part for frame in modes if frame.height for part in _trend(frame, x, y, scale, colours)]
    shown = [*within(history, days)["on"], *within(drift, days)["on"]]
    span = days or (min(shown, default=""), max(shown, default=""))
    trends += _last(within(history, days), (x, y), span, colours) + _drift(within(drift, days), x, y, colours)
    trends += people_layers(said, x, y, colours)
    numbers = {"layer": [*trends, *_known_through(known_through, x, colours)]}
    parts = [numbers, *([{"layer": _evidence_marks(evidence, rows, roof, x, colours)}] if rows else [])]
    spec = chart(parts, colours=colours, height=380, resolve={"scale": {"y": "independent"}})
    return clipped(spec) if days else spec


def within(frame: pl.DataFrame, days: tuple[str, str] | None) -> pl.DataFrame:
    """Return the rows of a frame whose `on` (ISO day or instant) lies between two days, both included."""
    if days is None:
        return frame
    return frame.filter(pl.col("on").str.slice(0, 10).is_between(pl.lit(days[0]), pl.lit(days[1])))


def drawn_rows(history: pl.DataFrame, days: tuple[str, str] | None) -> pl.DataFrame:
    """Return the rows of a trend that its chart needs: those of the days shown and the next on each side, thinned."""
    if days is None:
        return thinned(history)
    shown = within(history, days)
    before = history.filter(pl.col("on") < days[0]).sort("on").group_by("mode", maintain_order=True).last()
    after = history.filter(pl.col("on") > days[1]).sort("on").group_by("mode", maintain_order=True).first()
    return pl.concat([f.select(history.columns) for f in (before, thinned(shown), after)]).sort("mode", "on")


def clipped(spec: Spec) -> Spec:
    """Return a chart whose marks end at its frame: lines that run on beyond the days shown are cut there."""
    if "layer" in spec:
        return spec | {"layer": [clipped(part) for part in spec["layer"]]}
    return spec | {"mark": spec["mark"] | {"clip": True}}


def _trend(frame: pl.DataFrame, x: Spec, y: Spec, scale: Scale, colours: Palette) -> list[Spec]:
    rows, live = frame.to_dicts(), frame["mode"][0] == "live"
    band = {"type": "area"} if len({r["on"] for r in rows}) > 1 else {"type": "rule", "strokeWidth": 7}
    bands = [
        layer(
            [r for r in rows if r[low] is not None],
            band | {"color": colours.accent, "opacity": opacity},
            {"x": x, "y": y | {"field": scale.field(low)}, "y2": {"field": scale.field(high)}},
        )
        for low, high, opacity in (("low90", "high90", 0.16), ("low50", "high50", 0.24))
    ]
    tips = [
        tip("on", "As of"),
        tip("value", "Chance", form=PERCENT_FINE),
        tip("low90", "90 % from", form=PERCENT_FINE),
        tip("high90", "90 % to", form=PERCENT_FINE),
        tip("mode", "Kind"),
    ]
    dash = {} if live else {"strokeDash": DASHED}
    line = layer(rows, {"type": "line", "color": colours.accent, "strokeWidth": 2.2, **dash}, {"x": x, "y": y})
    dot = {"type": "circle", "color": colours.accent, "size": 60, "opacity": 1 if live and len(rows) <= DOTS else 0}
    return [*bands, line, layer(rows, dot, {"x": x, "y": y, "tooltip": tips})]


def newest(history: pl.DataFrame) -> dict[str, Any]:
    """Return the newest row of a trend, the live one where there is one."""
    live = history.filter(pl.col("mode") == "live")
    return (live if live.height else history).sort("on", maintain_order=True).row(-1, named=True)


def _last(history: pl.DataFrame, axes: tuple[Spec, Spec], span: tuple[str, str], colours: Palette) -> list[Spec]:
    """Name the newest value, the live one where there is one, on the side where the days of the chart leave room."""
    if history.is_empty():
        return []
    (x, y), (first, last) = axes, map(date.fromisoformat, span)
    row = newest(history)
    room = (last - date.fromisoformat(row["on"])) / max(last - first, timedelta(days=1))
    named = row | {"name": f"{percent(row['value'])} {row['mode']}"}
    mark = {
        "type": "text",
        "align": "left" if room > NAME_ROOM else "right",
        "dx": 9 if room > NAME_ROOM else -9,
        "dy": -12,
        "fontWeight": 600,
        "fontSize": 13,
        "color": colours.ink,
    }
    return [layer([named], mark, {"x": x, "y": y, "text": {"field": "name"}})]


def _drift(drift: pl.DataFrame, x: Spec, y: Spec, colours: Palette) -> list[Spec]:
    if drift.is_empty():
        return []
    rows = drift.to_dicts()
    tips = [tip("on", "On"), tip("value", "Chance if nothing happens until then", form=PERCENT_FINE)]
    mark = {"type": "line", "color": colours.muted, "strokeWidth": 2, "strokeDash": DOTTED, "strokeCap": "round"}
    low, high = y["scale"]["domain"]
    below = rows[-1][y["field"]] > low + 0.12 * (high - low)  # the line falls: its label stands below it if it can
    text = {"type": "text", "align": "right", "dy": 15 if below else -16, "color": colours.muted}
    name = layer([rows[-1] | {"name": "if nothing happens"}], text, {"x": x, "y": y, "text": {"field": "name"}})
    return [layer(rows, mark, {"x": x, "y": y, "tooltip": tips}), name]


def _known_through(day: date, x: Spec, colours: Palette) -> list[Spec]:
    row = [{"on": day.isoformat(), "name": "known through"}]
    rule = layer(row, {"type": "rule", "color": colours.muted, "strokeDash": [2, 3]}, {"x": x})
    mark = {"type": "text", "align": "left", "dx": 4, "y": 6, "color": colours.muted, "fontSize": 11}
    return [rule, layer(row, mark, {"x": x, "text": {"field": "name"}})]


def _evidence_marks(evidence: pl.DataFrame, lane: Sequence[int], roof: float, x: Spec, colours: Palette) -> list[Spec]:
    rows = [r | {"lane": row} for r, row in zip(evidence.to_dicts(), lane, strict=True)]
    scale = {"domain": [0.3, roof / ROOM_FOR_A_ROW], "reverse": True, "nice": False}
    y = {"field": "lane", "type": "quantitative", "scale": scale, "axis": None}
    tips = [tip("number", "Evidence"), tip("day", "Published"), tip("statement", "Report")]
    disc = {"type": "circle", "size": 230, "color": colours.surface, "stroke": colours.accent, "strokeWidth": 1.2}
    figure = {"type": "text", "fontSize": 10, "color": colours.ink, "baseline": "middle"}
    return [
        layer(rows, disc | {"opacity": 1}, {"x": x, "y": y, "tooltip": tips}),
        layer(rows, figure, {"x": x, "y": y, "text": {"field": "number"}, "tooltip": tips}),
    ]


def lanes(days: Sequence[str]) -> list[int]:
    """Return a row from 1 to `LANES` for each mark so that marks close in time lie above one another.

    `days` are ISO days, rising. When all rows are taken the one that became free first is used.
    """
    ends, taken = [-LANE_DAYS] * LANES, [0] * LANES
    placed = []
    for day in days:
        at = date.fromisoformat(day[:10]).toordinal()
        oldest = min(range(LANES), key=lambda i: (ends[i], taken[i]))
        free = next((i for i, end in enumerate(ends) if at - end >= LANE_DAYS), oldest)
        ends[free] = at
        taken[free] += 1
        placed.append(free + 1)
    return placed


def timing(cdf: pl.DataFrame, *, deadlines: pl.DataFrame, colours: Palette) -> Spec:
    """Return when it happens: the chance that it has happened by each month, with the question's deadlines marked.

    `cdf`: on (ISO day), value; `deadlines`: on, value.
    """
    top = ceiling([*cdf["value"], *deadlines["value"]])
    x, y = day_axis("on"), probability_axis("value", domain=(0, top * 1.06), top=top, title="has happened by then")
    x["axis"] = x["axis"] | {"format": "%Y"}
    tips = [tip("on", "By"), tip("value", "Chance", form=PERCENT_FINE)]
    gradient = {"type": "area", "color": colours.accent, "opacity": 0.18, "interpolate": "monotone"}
    line = {"type": "line", "color": colours.accent, "strokeWidth": 2.2, "interpolate": "monotone"}
    marks = [r | {"name": percent(r["value"])} for r in deadlines.to_dicts()]
    return chart(
        [
            layer(cdf.to_dicts(), gradient, {"x": x, "y": y}),
            layer(cdf.to_dicts(), line, {"x": x, "y": y, "tooltip": tips}),
            layer(marks, {"type": "circle", "color": colours.accent, "size": 60, "opacity": 1}, {"x": x, "y": y}),
            layer(
                marks,
                {"type": "text", "dy": -12, "align": "right", "color": colours.ink, "fontWeight": 600},
                {"x": x, "y": y, "text": {"field": "name"}},
            ),
        ],
        colours=colours,
        height=240,
    )


def series_fan(frame: pl.DataFrame, *, levels: Sequence[float], unit: str, colours: Palette) -> Spec:
    """Return a series by year with its bands, and the levels that questions ask about.

    `frame`: year, value (median), low50, high50, low90, high90, in the series' unit.
    """
    rows = frame.to_dicts()
    lowest = min([*levels, *(v for v in frame["low90"] if v is not None)])
    x = {"field": "year", "type": "ordinal", "title": None, "axis": {"labelAngle": 0, "ticks": False}}
    y = {
        "field": "value",
        "type": "quantitative",
        "title": unit,
        "scale": {"zero": False, "domainMin": 0.95 * lowest, "nice": True},
        "axis": {"domain": False, "ticks": False, "tickCount": 5},
    }
    tips = [tip("year", "Year"), tip("value", "Median", form=".2f")]
    tips += [tip("low90", "90 % from", form=".2f"), tip("high90", "90 % to", form=".2f")]
    stem = {"type": "rule", "color": colours.accent, "strokeCap": "round"}
    dot = {"type": "circle", "color": colours.accent, "size": 70, "opacity": 1}
    line = [{"value": level, "name": f"{level:g}"} for level in levels]
    asked = {"type": "rule", "color": colours.warn, "strokeDash": DASHED}
    name = {"type": "text", "align": "left", "x": 4, "dy": -7, "color": colours.warn}
    return chart(
        [
            layer(line, asked, {"y": y}),
            layer(line, name, {"y": y, "text": {"field": "name"}}),
            *(
                layer(
                    rows,
                    stem | {"strokeWidth": width, "opacity": opacity},
                    {"x": x, "y": y | {"field": low}, "y2": {"field": high}},
                )
                for low, high, width, opacity in (("low90", "high90", 4, 0.3), ("low50", "high50", 9, 0.35))
            ),
            layer(rows, dot, {"x": x, "y": y, "tooltip": tips}),
        ],
        colours=colours,
        height=240,
    )
