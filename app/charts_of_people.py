"""What people say, as steps beside a question's trend: a person, a crowd, the pool. A frame in, layers out. Pure."""

from collections.abc import Mapping, Sequence

import polars as pl

from app.look import Palette, category
from app.spec import PERCENT_FINE, Spec, layer, percent, tip

COLUMNS = {
    "line": pl.String,
    "name": pl.String,
    "kind": pl.String,
    "segment": pl.Int64,
    "on": pl.String,
    "value": pl.Float64,
}
"""One point of a step: which line, what it is called, `person`, `crowd` or `pool`, an unbroken stretch of it, when."""

DASHES: Mapping[str, list[int]] = {"pool": [9, 3], "crowd": [2, 3], "person": [1, 0]}
"""Kind -> strokes and gaps: colour is never the only channel. The first is drawn lowest."""
_PLACES = {"person": 3, "crowd": 7, "pool": 6}
"""Kind -> place of its colour among the categories."""
HEIGHT = 345.0
"""Pixels of the trend chart from its ceiling to 0, as far as that is known before it is drawn."""
LINE_HEIGHT = 15.0
"""Pixels from one name to the next."""


def people_layers(people: pl.DataFrame, x: Spec, y: Spec, colours: Palette) -> list[Spec]:
    """Return the steps of every line, each named at its last value; nothing for an empty frame.

    `people`: columns as `COLUMNS`; a segment holds until its last point.
    """
    if people.is_empty():
        return []
    found = []
    for kind in DASHES:
        rows = people.filter(pl.col("kind") == kind).to_dicts()
        if rows:
            found += _lines(rows, kind, x, y, colours)
    return [*found, *_names(people, x, y, colours)]


def _lines(rows: Sequence[Mapping[str, object]], kind: str, x: Spec, y: Spec, colours: Palette) -> list[Spec]:
    colour = category(colours, _PLACES[kind])
    mark = {
        "type": "line",
        "interpolate": "step-after",
        "strokeWidth": 1.8,
        "color": colour,
        "strokeDash": DASHES[kind],
    }
    detail = [{"field": "line", "type": "nominal"}, {"field": "segment", "type": "nominal"}]
    tips = [tip("name", "Who"), tip("on", "From"), tip("value", "Chance", form=PERCENT_FINE)]
    dots = {"type": "circle", "color": colour, "size": 34, "opacity": 1}
    return [
        layer(rows, mark, {"x": x, "y": y, "detail": detail}),
        layer(rows, dots, {"x": x, "y": y, "tooltip": tips}),
    ]


def _names(people: pl.DataFrame, x: Spec, y: Spec, colours: Palette) -> list[Spec]:
    """Name each line at its last point, on the left of it: the right side belongs to the board's own number.

    Names that would cover each other are set apart, the highest value highest.
    """
    last = people.sort("on", maintain_order=True).group_by("line", maintain_order=True).last()
    rows = last.sort("value", "line", descending=[True, False]).to_dicts()
    low, high = map(float, y["scale"]["domain"])
    places = [HEIGHT * (1 - (r[y["field"]] - low) / (high - low)) for r in rows]
    heights = apart(places, gap=LINE_HEIGHT)
    found = []
    for row, place, height in zip(rows, places, heights, strict=True):
        mark = {
            "type": "text",
            "align": "right",
            "dx": -6,
            "dy": round(height - place, 1),
            "fontSize": 12,
            "fontWeight": 600,
            "color": category(colours, _PLACES[row["kind"]]),
        }
        named = row | {"label": f"{row['name']} {percent(row['value'])}"}
        found.append(layer([named], mark, {"x": x, "y": y, "text": {"field": "label"}}))
    return found


def apart(heights: Sequence[float], *, gap: float) -> list[float]:
    """Return rising heights moved so that neighbours are at least a gap apart, as near to their places as can be.

    Heights that crowd each other are spread evenly around their mean (pool adjacent violators on `height - i * gap`).
    """
    blocks: list[tuple[float, int]] = []
    for i, height in enumerate(heights):
        total, count = height - i * gap, 1
        while blocks and blocks[-1][0] / blocks[-1][1] >= total / count:
            before, size = blocks.pop()
            total, count = total + before, count + size
        blocks.append((total, count))
    flat = [total / count for total, count in blocks for _ in range(count)]
    return [value + i * gap for i, value in enumerate(flat)]
