"""Charts of kept what-ifs: one number with and without the condition, through the snapshots. A frame in, a spec out."""

from typing import Any

import polars as pl

from app.look import Palette
from app.spec import DASHED, PERCENT_FINE, Spec, ceiling, chart, day_axis, layer, percent, probability_axis, tip

COLUMNS = ("on", "mode", "before", "after", "low", "high")
HEIGHT = 300
LABEL_HEIGHT = 16
"""Pixels that one label at the end of a line takes."""


def trend(frame: pl.DataFrame, *, given: str, colours: Palette) -> Spec:
    """Return a number under a condition (strong line, 90 % band) beside the number as published (thin line).

    `frame`: on (ISO day), mode, before, after, low, high, in order of time; `given` is what the line under the
    condition is called. Retrospective lines are dashed, live ones solid; they are never joined.
    """
    frame = frame.select(COLUMNS)
    top = ceiling([*frame["high"], *frame["before"]])
    x, y = day_axis("on"), probability_axis("after", domain=(0, top), top=top, title="chance")
    layers: list[Spec] = []
    for mode in ("retrospective", "live"):
        rows = frame.filter(pl.col("mode") == mode).to_dicts()
        if rows:
            layers += _lines(rows, x, y, live=mode == "live", colours=colours)
    return chart([*layers, *_labels(frame, given, x=x, y=y, colours=colours)], colours=colours, height=HEIGHT)


def _lines(rows: list[dict[str, Any]], x: Spec, y: Spec, *, live: bool, colours: Palette) -> list[Spec]:
    dash = {} if live else {"strokeDash": DASHED}
    tips = [
        tip("on", "As of"),
        tip("mode", "Kind"),
        tip("after", "With it", form=PERCENT_FINE),
        tip("before", "Without", form=PERCENT_FINE),
        tip("low", "90 % from", form=PERCENT_FINE),
        tip("high", "90 % to", form=PERCENT_FINE),
    ]
    band: Spec = {"type": "area"} if len(rows) > 1 else {"type": "rule", "strokeWidth": 7}
    low, high = {"y": y | {"field": "low"}}, {"y2": {"field": "high"}}
    thin = {"type": "line", "color": colours.muted, "strokeWidth": 1.6} | dash
    strong = {"type": "line", "color": colours.accent, "strokeWidth": 2.4} | dash
    dots = {"type": "circle", "size": 40, "opacity": 1}
    without = y | {"field": "before"}
    return [
        layer(rows, band | {"color": colours.accent, "opacity": 0.14}, {"x": x} | low | high),
        layer(rows, thin, {"x": x, "y": without}),
        layer(rows, strong, {"x": x, "y": y}),
        layer(rows, dots | {"color": colours.muted, "size": 22}, {"x": x, "y": without, "tooltip": tips}),
        layer(rows, dots | {"color": colours.accent}, {"x": x, "y": y, "tooltip": tips}),
    ]


def _labels(frame: pl.DataFrame, given: str, *, x: Spec, y: Spec, colours: Palette) -> list[Spec]:
    """Name both lines at their last values: the higher one above, the lower one below where they come close."""
    last, top = frame.sort("on", maintain_order=True).to_dicts()[-1], float(y["scale"]["domain"][1])
    named = [("after", given, colours.accent, 700), ("before", "as published", colours.muted, 600)]
    named.sort(key=lambda line: -last[line[0]])
    close = abs(last["after"] - last["before"]) / top * HEIGHT < 2 * LABEL_HEIGHT
    found = []
    for place, (field, name, colour, weight) in enumerate(named):
        below = place == 1 and (close or last[field] / top * HEIGHT > 2 * LABEL_HEIGHT)
        mark = {"type": "text", "align": "right", "dx": -4, "dy": LABEL_HEIGHT if below else -LABEL_HEIGHT + 4}
        mark |= {"color": colour, "fontWeight": weight, "fontSize": 12}
        row = {"on": last["on"], "value": last[field], "label": f"{name} {percent(last[field])}"}
        found.append(layer([row], mark, {"x": x, "y": y | {"field": "value"}, "text": {"field": "label"}}))
    return found
