"""Two questions on one chart: each with its band, its line and its name. Frames in, layers out. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from app.charts import NUMBERS, clipped, drawn_rows, newest, within
from app.look import Palette, category
from app.probability_scale import Scale, ScaleKind, scale_for
from app.spec import DASHED, PERCENT_FINE, Spec, chart, day_axis, layer, percent, tip

SHAPES = ("circle", "diamond")
"""Mark of each line: colour is never the only channel."""
SECOND = 0
"""Place of the second line's colour among the categories; the first has the accent."""
ROOF = 1.16
"""Height of the chart as a multiple of its scale: the names stand above the lines."""
ROW = 19
"""Pixels from one name to the next."""


@dataclass(frozen=True)
class Line:
    """One question's trend for one deadline."""

    name: str
    history: pl.DataFrame
    """on (ISO day), mode, value, low50, high50, low90, high90."""


def compared(lines: Sequence[Line], *, kind: ScaleKind, days: tuple[str, str] | None, colours: Palette) -> Spec:
    """Return trends over one another: bands of 90 %, lines dashed where retrospective, names above.

    `days`: first and last ISO day that is shown, None for all.
    """
    seen = [within(line.history, days) for line in lines]
    scale = scale_for(kind, [v for f in seen for c in ("low90", "value", "high90") for v in f[c]])
    x, y = day_axis("on", domain=days), scale.axis("value", roof=ROOF, title="chance")
    inks = (colours.accent, category(colours, SECOND))
    parts: list[Spec] = []
    for line, ink, shape in zip(lines, inks, SHAPES, strict=False):
        frame = scale.placed(drawn_rows(line.history, days).select("on", "mode", *NUMBERS), NUMBERS)
        for mode in ("retrospective", "live"):
            rows = frame.filter(pl.col("mode") == mode).with_columns(name=pl.lit(line.name))
            parts += _drawn(rows, (x, y), scale, (ink, shape)) if rows.height else []
    parts += _names([(line.name, frame) for line, frame in zip(lines, seen, strict=True)], inks)
    spec = chart(parts, colours=colours, height=380)
    return clipped(spec) if days else spec


def _drawn(frame: pl.DataFrame, axes: tuple[Spec, Spec], scale: Scale, look: tuple[str, str]) -> list[Spec]:
    (x, y), (ink, shape), rows = axes, look, frame.to_dicts()
    live = rows[0]["mode"] == "live"
    ends = {"y": y | {"field": scale.field("low90")}, "y2": {"field": scale.field("high90")}}
    band = {"type": "area"} if len({r["on"] for r in rows}) > 1 else {"type": "rule", "strokeWidth": 7}
    stroke = {} if live else {"strokeDash": DASHED}
    tips = [
        tip("name", "Question"),
        tip("on", "As of"),
        tip("value", "Chance", form=PERCENT_FINE),
        tip("low90", "90 % from", form=PERCENT_FINE),
        tip("high90", "90 % to", form=PERCENT_FINE),
        tip("mode", "Kind"),
    ]
    dots = {"type": "point", "filled": True, "shape": shape, "size": 55, "opacity": 1, "color": ink}
    return [
        layer([r for r in rows if r["low90"] is not None], band | {"color": ink, "opacity": 0.13}, {"x": x} | ends),
        layer(rows, {"type": "line", "color": ink, "strokeWidth": 2.2, **stroke}, {"x": x, "y": y}),
        layer(rows, dots, {"x": x, "y": y, "tooltip": tips}),
    ]


def _names(lines: Sequence[tuple[str, pl.DataFrame]], inks: Sequence[str]) -> list[Spec]:
    """Name each line with its mark and newest value, in the free room above: on a phone no end of a line has any."""
    found = []
    for place, ((name, history), ink) in enumerate(zip(lines, inks, strict=False)):
        if history.is_empty():
            continue
        row = [{"label": f"{name} {percent(newest(history)['value'])}"}]
        y = {"value": 12 + ROW * place}
        dot = {"type": "point", "filled": True, "shape": SHAPES[place], "size": 70, "opacity": 1, "color": ink}
        text = {"type": "text", "align": "left", "baseline": "middle", "fontSize": 13, "fontWeight": 600, "color": ink}
        found += [
            layer(row, dot, {"x": {"value": 10}, "y": y}),
            layer(row, text, {"x": {"value": 20}, "y": y, "text": {"field": "label"}}),
        ]
    return found
