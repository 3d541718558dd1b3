"""Two questions on one chart: each with its band, its line and its name at the end. Frames in, layers out. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from app.charts import NUMBERS, clipped, newest, within
from app.charts_of_people import HEIGHT, LINE_HEIGHT, apart
from app.look import Palette, category
from app.probability_scale import Scale, ScaleKind, scale_for
from app.spec import DASHED, PERCENT_FINE, Spec, chart, day_axis, layer, percent, tip

SHAPES = ("circle", "diamond")
"""Mark of each line: colour is never the only channel."""
SECOND = 0
"""Place of the second line's colour among the categories; the first has the accent."""


@dataclass(frozen=True)
class Line:
    """One question's trend for one deadline."""

    name: str
    history: pl.DataFrame
    """on (ISO day), mode, value, low50, high50, low90, high90."""


def compared(lines: Sequence[Line], *, kind: ScaleKind, days: tuple[str, str] | None, colours: Palette) -> Spec:
    """Return trends over one another: bands of 90 %, lines dashed where retrospective, names at the newest values.

    `days`: first and last ISO day that is shown, None for all.
    """
    seen = [within(line.history, days) for line in lines]
    scale = scale_for(kind, [v for f in seen for c in ("low90", "value", "high90") for v in f[c]])
    x, y = day_axis("on", domain=days), scale.axis("value", roof=1.08, title="chance")
    inks = (colours.accent, category(colours, SECOND))
    parts: list[Spec] = []
    for line, ink, shape in zip(lines, inks, SHAPES, strict=False):
        frame = scale.placed(line.history.select("on", "mode", *NUMBERS), NUMBERS)
        for mode in ("retrospective", "live"):
            rows = frame.filter(pl.col("mode") == mode).with_columns(name=pl.lit(line.name))
            parts += _drawn(rows, (x, y), scale, (ink, shape)) if rows.height else []
    parts += _names([(line.name, frame) for line, frame in zip(lines, seen, strict=True)], (x, y), scale, inks)
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


def _names(
    lines: Sequence[tuple[str, pl.DataFrame]], axes: tuple[Spec, Spec], scale: Scale, inks: Sequence[str]
) -> list[Spec]:
    """Name each line at its newest value on its left, set apart where the names would cover each other."""
    x, y = axes
    last = [(name, newest(f), ink) for (name, f), ink in zip(lines, inks, strict=False) if f.height]
    last.sort(key=lambda item: -item[1]["value"])
    places = [HEIGHT * (1 - scale.share(row["value"]) / 1.08) for _, row, _ in last]
    found = []
    for (name, row, ink), place, height in zip(last, places, apart(places, gap=LINE_HEIGHT), strict=True):
        mark = {
            "type": "text",
            "align": "right",
            "dx": -8,
            "dy": round(height - place - 12, 1),
            "fontSize": 13,
            "fontWeight": 600,
            "color": ink,
        }
        named = scale.placed(pl.DataFrame([{"on": row["on"], "value": row["value"]}]), ("value",)).to_dicts()[0]
        label = {"label": f"{name} {percent(row['value'])}"}
        found.append(layer([named | label], mark, {"x": x, "y": y, "text": {"field": "label"}}))
    return found
