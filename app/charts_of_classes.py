"""Charts of reference classes: the cases, a range before and after them, and how long agreements held.

Pure, like `app/charts.py`. What came before the cases is hollow and thin, what came after filled and thick, so that no
difference is one of colour only.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from app.look import Palette
from app.spec import DASHED, PERCENT_FINE, Spec, chart, layer, name_axis, probability_axis, tip

ROW = 15
"""Height of one case in pixels."""
LABEL = 230
"""Width of a case's name in pixels."""
BEYOND = 20.0
"""A range is drawn as far as this factor beyond what came after the cases; the table has it whole."""
FEW_POWERS = 4
"""Powers of ten on an axis up to which 2 and 5 are labelled as well."""
BEFORE, AFTER = "before the cases", "after"


def cases(frame: pl.DataFrame, *, colours: Palette) -> Spec:
    """Return the cases as bars of the years each was watched, with a mark where something happened in them.

    `frame`: name, years, events, weight, time, outcome (words); drawn in the order given. Fainter cases count for less.
    """
    rows = frame.to_dicts()
    y = name_axis("name", order=frame["name"].to_list(), limit=LABEL)
    y |= {"axis": y["axis"] | {"labelFontSize": 11}}
    x = {
        "field": "years",
        "type": "quantitative",
        "title": "years watched",
        "scale": {"type": "sqrt", "domainMin": 0},
        "axis": {"grid": True, "domain": False, "ticks": False, "tickCount": 6},
    }
    tips = [
        tip("name", "Case"),
        tip("time", "Time"),
        tip("years", "Years watched", form=".2f"),
        tip("outcome", "Outcome"),
        tip("weight", "Weight", form=".2f"),
    ]
    faded = {"field": "weight", "type": "quantitative", "scale": {"domain": [0, 1], "range": [0.25, 1]}, "legend": None}
    bar = {"type": "bar", "height": ROW - 7, "color": colours.accent}
    mark = {"type": "point", "shape": "diamond", "filled": True, "size": 70, "color": colours.ink, "opacity": 1}
    happened = [r for r in rows if r["events"] > 0]
    return chart(
        [
            layer(rows, bar, {"y": y, "x": x, "opacity": faded, "tooltip": tips}),
            layer(happened, mark, {"y": y, "x": x, "tooltip": tips}),
        ],
        colours=colours,
        height={"step": ROW},
    )


def before_and_after(frame: pl.DataFrame, *, title: str, one: bool, colours: Palette) -> Spec:
    """Return ranges on a logarithmic axis, each before (hollow, thin) and after (filled, thick).

    `frame`: name, stage (`BEFORE` or `AFTER`), median, low, high; drawn in the order given. `one` marks the ratio 1.
    """
    after = frame.filter(pl.col("stage") == AFTER)
    bottom, top = float(after["low"].min()) / BEYOND, float(after["high"].max()) * BEYOND  # type: ignore[arg-type]
    bottom, top = max(bottom, float(frame["low"].min())), min(top, float(frame["high"].max()))  # type: ignore[arg-type]
    shown = [pl.col(c).clip(bottom, top) for c in ("low", "median", "high")]
    rows = frame.with_columns(*shown, words=_words(), inside=pl.col("median").is_between(bottom, top)).to_dicts()
    order = frame["name"].unique(maintain_order=True).to_list()
    y = name_axis("name", order=order) | {"scale": {"paddingInner": 0.25}}
    offset = {"field": "stage", "type": "nominal", "sort": [BEFORE, AFTER]}
    x = {
        "type": "quantitative",
        "title": title,
        "scale": {"type": "log", "nice": False},
        "axis": {"grid": True, "domain": False, "ticks": False, "format": "~g", "values": round_values(bottom, top)},
    }
    tips = [tip("name", "What"), tip("stage", "When"), tip("words", "Median and 90 % range")]
    at = {"y": y, "yOffset": offset, "tooltip": tips}
    layers = []
    for stage, width, filled in ((BEFORE, 1.5, False), (AFTER, 4, True)):
        mine = [r for r in rows if r["stage"] == stage]
        line = {"type": "rule", "strokeWidth": width, "color": colours.accent, "opacity": 1 if filled else 0.6}
        dot = {
            "type": "point",
            "shape": "circle",
            "filled": True,
            "fill": colours.accent if filled else colours.paper,
            "stroke": colours.accent,
            "size": 80,
            "opacity": 1,
        }
        layers.append(layer(mine, line, at | {"x": x | {"field": "low"}, "x2": {"field": "high"}}))
        inside = [r for r in mine if r["inside"]]
        layers.append(layer(inside, dot, at | {"x": x | {"field": "median"}}))
    here = layer(
        [{"low": 1.0}], {"type": "rule", "color": colours.muted, "strokeDash": [2, 3]}, {"x": x | {"field": "low"}}
    )
    return chart([here, *layers] if one else layers, colours=colours, height={"step": 40, "for": "position"})


def round_values(bottom: float, top: float) -> list[float]:
    """Return the ticks of a logarithmic axis: 1, 2 and 5 times powers of ten; fewer on a long axis, more on a short."""
    powers = range(math.floor(math.log10(bottom)), math.ceil(math.log10(top)) + 1)
    factors = (1,) if len(powers) > FEW_POWERS else (1, 2, 5) if top > 10 * bottom else (1, 1.5, 2, 3, 5, 7)
    return [float(f"{f}e{p}") for p in powers for f in factors if bottom <= float(f"{f}e{p}") <= top]


def _words() -> pl.Expr:
    return pl.format("{} ({} to {})", *[pl.col(c).round_sig_figs(3).cast(pl.String) for c in ("median", "low", "high")])


def lasting(curve: Mapping[str, Sequence[float]], steps: Mapping[str, Sequence[float]], *, colours: Palette) -> Spec:
    """Return the share still in force by years: the model's curve with bands, and the cases' own steps (dashed).

    `curve`: years, value, low50, high50, low90, high90; `steps`: years, value of Kaplan and Meier's estimate.
    """
    rows = [dict(zip(curve, row, strict=True)) for row in zip(*curve.values(), strict=True)]
    ends = [*zip(steps["years"], steps["value"], strict=True), (curve["years"][-1], steps["value"][-1])]
    stairs = [{"years": t, "value": v} for t, v in ends]
    x = {
        "field": "years",
        "type": "quantitative",
        "title": "years since the ceasefire or settlement",
        "scale": {"domain": [0, curve["years"][-1]], "nice": False},
        "axis": {"grid": False, "tickCount": 8},
    }
    y = probability_axis("value", domain=(0, 1), title="still in force")
    tips = [
        {"field": "years", "type": "quantitative", "title": "Years", "format": ".2~f"},
        tip("value", "Still in force", form=PERCENT_FINE),
        tip("low90", "90 % from", form=PERCENT_FINE),
        tip("high90", "90 % to", form=PERCENT_FINE),
    ]
    layers: list[Any] = [
        layer(
            rows,
            {"type": "area", "color": colours.accent, "opacity": shade},
            {"x": x, "y": y | {"field": f"low{band}"}, "y2": {"field": f"high{band}"}},
        )
        for band, shade in ((90, 0.16), (50, 0.24))
    ]
    line = {"type": "line", "color": colours.accent, "strokeWidth": 2.5}
    seen = {"type": "line", "color": colours.ink, "strokeWidth": 1.5, "strokeDash": DASHED, "interpolate": "step-after"}
    layers += [layer(rows, line, {"x": x, "y": y, "tooltip": tips}), layer(stairs, seen, {"x": x, "y": y})]
    return chart(layers, colours=colours, height=240)
