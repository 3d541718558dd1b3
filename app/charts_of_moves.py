"""Charts of differences: what a chance hangs on, what evidence adds, how a move came about, what an entry would change.

Pure, like `app/charts.py`; a rise and a fall point in different directions and never differ in colour only.
"""

import polars as pl

from app.look import Palette
from app.spec import PERCENT_FINE, Spec, ceiling, chart, layer, name_axis, probability_axis, tip

ROOM_FOR_LABELS = 1.5
"""Width of a chart of moves, as a multiple of its highest value: the labels stand to the right of the arrows."""


def drivers(frame: pl.DataFrame, *, probability: float, colours: Palette) -> Spec:
    """Return what the question hangs on: its chance if another question happens (filled) and if not (hollow).

    `frame`: name, p_if_yes, p_if_no, the strongest first; `probability`: the unconditional chance.
    """
    rows = frame.to_dicts()
    top = ceiling([*frame["p_if_yes"], *frame["p_if_no"], probability])
    x = probability_axis("p_if_no", domain=(0, top), top=top)
    y = name_axis("name", order=frame["name"].to_list())
    tips = [
        tip("name", "Other question"),
        tip("p_if_yes", "If it happens", form=PERCENT_FINE),
        tip("p_if_no", "If it does not", form=PERCENT_FINE),
    ]
    stem = {"type": "rule", "color": colours.accent, "strokeWidth": 3, "opacity": 0.45}
    no = {"type": "point", "shape": "circle", "filled": True, "fill": colours.paper, "stroke": colours.accent}
    yes = {"type": "point", "shape": "circle", "filled": True, "color": colours.accent, "size": 110, "opacity": 1}
    here = {"type": "rule", "color": colours.muted, "strokeDash": [2, 3]}
    return chart(
        [
            layer([{"p_if_no": probability}], here, {"x": x}),
            layer(rows, stem, {"y": y, "x": x, "x2": {"field": "p_if_yes"}, "tooltip": tips}),
            layer(rows, no | {"size": 90, "strokeWidth": 2, "opacity": 1}, {"y": y, "x": x, "tooltip": tips}),
            layer(rows, yes, {"y": y, "x": x | {"field": "p_if_yes"}, "tooltip": tips}),
        ],
        colours=colours,
        height={"step": 28},
    )


def two_sides(frame: pl.DataFrame, *, names: tuple[str, str], colours: Palette) -> Spec:
    """Return the chance of each question under two conditions: the first filled, the second hollow.

    `frame`: name, first, second (probabilities), drawn in the order given; `names`: what the two are called.
    """
    rows = frame.to_dicts()
    top = ceiling([*frame["first"], *frame["second"]])
    x, y = probability_axis("second", domain=(0, top), top=top), name_axis("name", order=frame["name"].to_list())
    tips = [
        tip("name", "Question"),
        tip("first", names[0], form=PERCENT_FINE),
        tip("second", names[1], form=PERCENT_FINE),
    ]
    stem = {"type": "rule", "color": colours.accent, "strokeWidth": 3, "opacity": 0.45}
    hollow = {"type": "point", "shape": "circle", "filled": True, "fill": colours.paper, "stroke": colours.accent}
    full = {"type": "point", "shape": "circle", "filled": True, "color": colours.accent, "size": 110, "opacity": 1}
    return chart(
        [
            layer(rows, stem, {"y": y, "x": x, "x2": {"field": "first"}, "tooltip": tips}),
            layer(rows, hollow | {"size": 90, "strokeWidth": 2, "opacity": 1}, {"y": y, "x": x, "tooltip": tips}),
            layer(rows, full, {"y": y, "x": x | {"field": "first"}, "tooltip": tips}),
        ],
        colours=colours,
        height={"step": 28},
    )


def contributions(frame: pl.DataFrame, *, colours: Palette) -> Spec:
    """Return what each evidence item did to the question: the log-odds it adds, measured by leaving it out.

    `frame`: name, shift (log-odds), points (text), statement; drawn in the order given.
    """
    reach = max((abs(v) for v in frame["shift"]), default=0.1) * 1.35
    return _diverging(
        frame.with_columns(name="name"),
        reach=max(reach, 0.05),
        tips=[tip("name", "Evidence"), tip("shift", "Log-odds", form="+.2f"), tip("points", "Percentage points")],
        colours=colours,
    )


def _diverging(frame: pl.DataFrame, *, reach: float, tips: list[Spec], colours: Palette) -> Spec:
    y = name_axis("name", order=frame["name"].to_list())
    x = {
        "field": "shift",
        "type": "quantitative",
        "title": "log-odds",
        "scale": {"domain": [-reach, reach], "nice": False},
        "axis": {"grid": True, "tickCount": 5, "format": "+.2~f", "domain": False, "ticks": False},
    }
    sides = []
    for sign, colour, align, dx in ((1, colours.rise, "left", 5), (-1, colours.fall, "right", -5)):
        rows = [r for r in frame.to_dicts() if (r["shift"] >= 0) == (sign > 0)]
        bar = {"type": "bar", "color": colour, "height": 14, "cornerRadius": 2}
        text = {"type": "text", "align": align, "dx": dx, "color": colours.ink}
        sides += [
            layer(rows, bar, {"y": y, "x": x, "tooltip": tips}),
            layer(rows, text, {"y": y, "x": x, "text": {"field": "points"}}),
        ]
    zero = layer([{"shift": 0}], {"type": "rule", "color": colours.muted}, {"x": x})
    return chart([*sides, zero], colours=colours, height={"step": 24})


def attribution(frame: pl.DataFrame, *, colours: Palette) -> Spec:
    """Return a move as a staircase from the first probability to the last, on a log-odds axis labelled in percent.

    `frame`: name, start, end (log-odds), shift (end - start), label; the first and last rows have start = end.
    """
    rows = [r | {"low": min(r["start"], r["end"]), "high": max(r["start"], r["end"])} for r in frame.to_dicts()]
    values = [v for r in rows for v in (r["start"], r["end"])]
    pad = 0.12 * (max(values) - min(values)) + 0.1
    label = "format(1 / (1 + exp(-datum.value)), '.1~%')"
    x = {
        "field": "start",
        "type": "quantitative",
        "title": "chance (even steps in log-odds)",
        "scale": {"domain": [min(values) - pad, max(values) + 2 * pad], "nice": False},
        "axis": {"labelExpr": label, "tickCount": 5, "domain": False, "ticks": False},
    }
    y = name_axis("name", order=frame["name"].to_list(), limit=230)
    tips = [tip("name", "Part"), tip("shift", "Log-odds", form="+.3f")]
    layers = []
    for sign, colour in ((1, colours.rise), (-1, colours.fall)):
        part = [r for r in rows if r["shift"] * sign > 0]
        bar = {"type": "bar", "color": colour, "height": 14, "cornerRadius": 2}
        layers.append(layer(part, bar, {"y": y, "x": x, "x2": {"field": "end"}, "tooltip": tips}))
    ends = {"type": "tick", "color": colours.accent, "thickness": 3, "height": 18}
    text = {"type": "text", "align": "left", "dx": 6, "color": colours.ink}
    layers.append(layer([r for r in rows if r["shift"] == 0], ends, {"y": y, "x": x, "tooltip": tips}))
    layers.append(layer(rows, text, {"y": y, "x": x | {"field": "high"}, "text": {"field": "label"}}))
    return chart(layers, colours=colours, height={"step": 24})


def preview_moves(frame: pl.DataFrame, *, colours: Palette) -> Spec:
    """Return what an entry would change: hollow before, filled after, biggest mover first.

    `frame`: name, before, after, label.
    """
    rows = [r | {"shift": r["after"] - r["before"]} for r in frame.to_dicts()]
    top = ceiling([*frame["before"], *frame["after"]])
    x = probability_axis("before", domain=(0, top * ROOM_FOR_LABELS), top=top, most=4)
    y = name_axis("name", order=frame["name"].to_list())
    tips = [
        tip("name", "Question"),
        tip("before", "Before", form=PERCENT_FINE),
        tip("after", "After", form=PERCENT_FINE),
    ]
    hollow = {"type": "point", "filled": True, "fill": colours.paper, "stroke": colours.muted, "size": 80}
    layers = [layer(rows, hollow | {"strokeWidth": 2, "opacity": 1}, {"y": y, "x": x, "tooltip": tips})]
    for sign, colour in ((1, colours.rise), (-1, colours.fall)):
        part = [r for r in rows if (r["shift"] >= 0) == (sign > 0)]
        stem = {"type": "rule", "color": colour, "strokeWidth": 3}
        dot = {"type": "point", "filled": True, "color": colour, "size": 110, "opacity": 1, "shape": "triangle-right"}
        dot["shape"] = "triangle-right" if sign > 0 else "triangle-left"
        layers += [
            layer(part, stem, {"y": y, "x": x, "x2": {"field": "after"}, "tooltip": tips}),
            layer(part, dot, {"y": y, "x": x | {"field": "after"}, "tooltip": tips}),
        ]
    text = {"type": "text", "align": "left", "dx": 12, "color": colours.ink}
    rows = [r | {"right": max(r["before"], r["after"])} for r in rows]
    layers.append(layer(rows, text, {"y": y, "x": x | {"field": "right"}, "text": {"field": "label"}}))
    return chart(layers, colours=colours, height={"step": 28})
