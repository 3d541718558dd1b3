"""Charts of the scenarios: through time, two side by side, what one hangs on, how strong each question is. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from app.charts import scenario_history
from app.look import Palette, category, text_on
from app.spec import PERCENT_FINE, Spec, ceiling, chart, day_axis, layer, name_axis, percent, probability_axis, tip

LABELLED = 0.06
"""Share of the stack that holds its label on its last day."""
BAR = {"type": "bar", "height": 14, "cornerRadius": 2}


def labelled_history(history: pl.DataFrame, *, titles: Sequence[str], colours: Palette) -> Spec:
    """Return the partition through time as stacked areas, each named where it ends if it is wide enough there.

    `history`: on (ISO day), title, value; `titles` in board order, the first on top.
    """
    spec = scenario_history(history, titles=titles, colours=colours) | {"height": 280}
    last = history.filter(pl.col("on") == history["on"].max())
    value = {r["title"]: r["value"] for r in last.to_dicts()}
    rows, top = [], 1.0
    for place, title in enumerate(titles):
        p, colour = value.get(title, 0.0), category(colours, place)
        if p >= LABELLED:
            row = {"on": last["on"][0], "at": top - p / 2, "label": f"{percent(p)}  {title}", "ink": text_on(colour)}
            rows.append(row)
        top -= p
    mark = {"type": "text", "align": "right", "dx": -6, "fontSize": 12, "fontWeight": 600, "limit": 190}
    ink = {"field": "ink", "type": "nominal", "scale": None}
    y = probability_axis("at", domain=(0, 1))
    spec["layer"].append(
        layer(rows, mark, {"x": day_axis("on"), "y": y, "text": {"field": "label"}, "color": ink}),
    )
    return spec


def two_sides(frame: pl.DataFrame, *, names: tuple[str, str], colours: Palette) -> Spec:
    """Return the chance of each question within two scenarios: the first filled, the second hollow, a tick for now.

    `frame`: name, first, second, now (probabilities; now may be null), drawn in the order given.
    """
    rows = frame.to_dicts()
    top = ceiling([*frame["first"], *frame["second"], *frame["now"]])
    x, y = probability_axis("second", domain=(0, top), top=top), name_axis("name", order=frame["name"].to_list())
    tips = [
        tip("name", "Question"),
        tip("first", names[0], form=PERCENT_FINE),
        tip("second", names[1], form=PERCENT_FINE),
        tip("now", "Now", form=PERCENT_FINE),
    ]
    stem = {"type": "rule", "color": colours.accent, "strokeWidth": 3, "opacity": 0.45}
    round_ = {"type": "point", "shape": "circle", "filled": True, "opacity": 1}
    hollow = round_ | {"fill": colours.paper, "stroke": colours.accent, "size": 90, "strokeWidth": 2}
    now = {"type": "tick", "color": colours.muted, "thickness": 2, "height": 16}
    return chart(
        [
            layer(rows, stem, {"y": y, "x": x, "x2": {"field": "first"}, "tooltip": tips}),
            layer([r for r in rows if r["now"] is not None], now, {"y": y, "x": x | {"field": "now"}}),
            layer(rows, hollow, {"y": y, "x": x, "tooltip": tips}),
            layer(rows, round_ | {"color": colours.accent, "size": 110}, _at(y, x, "first", tips)),
        ],
        colours=colours,
        height={"step": 28},
    )


def _at(y: Spec, x: Spec, field: str, tips: list[Spec]) -> Spec:
    return {"y": y, "x": x | {"field": field}, "tooltip": tips}


def tornado(frame: pl.DataFrame, *, probability: float, colours: Palette) -> Spec:
    """Return what a scenario hangs on: from its chance now to that if a question happens (full) and if not (hollow).

    `frame`: name, p_if_yes, p_if_no, the strongest first. The chance now lies between the two, so the bars of a row
    point apart; their ends are named.
    """
    rows = [_ends(r, probability) for r in frame.to_dicts()]
    top = ceiling([*frame["p_if_yes"], *frame["p_if_no"], probability])
    x = probability_axis("now", domain=(-0.2 * top, 1.2 * top), top=top, most=6)
    y = name_axis("name", order=frame["name"].to_list())
    tips = [
        tip("name", "Question"),
        tip("p_if_yes", "If it happens", form=PERCENT_FINE),
        tip("p_if_no", "If it does not", form=PERCENT_FINE),
    ]
    hollow = BAR | {"fill": colours.paper, "stroke": colours.muted, "strokeWidth": 1.5}
    layers = [layer(rows, hollow, {"y": y, "x": x, "x2": {"field": "p_if_no"}, "tooltip": tips})]
    for rises, colour in ((True, colours.rise), (False, colours.fall)):
        side = [r for r in rows if (r["p_if_yes"] >= probability) == rises]
        layers.append(
            layer(side, BAR | {"color": colour}, {"y": y, "x": x, "x2": {"field": "p_if_yes"}, "tooltip": tips})
        )
    for field, align, dx in (("left", "right", -5), ("right", "left", 5)):
        text = {"type": "text", "align": align, "dx": dx, "color": colours.ink}
        layers.append(layer(rows, text, {"y": y, "x": x | {"field": field}, "text": {"field": f"{field}_label"}}))
    here = {"type": "rule", "color": colours.ink, "strokeWidth": 1.5}
    return chart([*layers, layer([{"now": probability}], here, {"x": x})], colours=colours, height={"step": 26})


def _ends(row: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return a row of the tornado with what stands at its two ends."""
    yes, no = f"yes {percent(row['p_if_yes'])}", f"no {percent(row['p_if_no'])}"
    swapped = row["p_if_yes"] < row["p_if_no"]
    low, high = sorted((row["p_if_yes"], row["p_if_no"]))
    ends = {"left": min(low, now), "right": max(high, now)}
    return dict(row) | ends | {"now": now, "left_label": yes if swapped else no, "right_label": no if swapped else yes}


def strength(frame: pl.DataFrame, *, colours: Palette) -> Spec:
    """Return how many points of probability change places between the scenarios from a question's no to its yes.

    `frame`: name, shift (0 to 1), bits, the strongest first.
    """
    rows = [r | {"label": f"{100 * r['shift']:.0f} points"} for r in frame.to_dicts()]
    top = ceiling(frame["shift"].to_list())
    x = probability_axis("shift", domain=(0, 1.2 * top), top=top, most=6)
    x["axis"] |= {"labelExpr": "format(100 * datum.value, '~g')"}
    y = name_axis("name", order=frame["name"].to_list())
    tips = [
        tip("name", "Question"),
        tip("shift", "Changes places", form=PERCENT_FINE),
        tip("bits", "Expected bits", form=".3f"),
    ]
    text = {"type": "text", "align": "left", "dx": 5, "color": colours.ink}
    return chart(
        [
            layer(rows, BAR | {"color": colours.accent}, {"y": y, "x": x, "tooltip": tips}),
            layer(rows, text, {"y": y, "x": x, "text": {"field": "label"}}),
        ],
        colours=colours,
        height={"step": 26},
    )
