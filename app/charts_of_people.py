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

DASHES: Mapping[str, list[int]] = {"person": [1, 0], "crowd": [2, 3], "pool": [9, 3]}
"""Kind -> strokes and gaps: colour is never the only channel."""
_PLACES = {"person": 3, "crowd": 7, "pool": 6}
"""Kind -> place of its colour among the categories."""


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
    """Name each line at its last point, on the left of it: the right side belongs to the board's own number."""
    last = people.sort("on", maintain_order=True).group_by("line", maintain_order=True).last()
    found = []
    for kind, place in _PLACES.items():
        rows = [
            r | {"label": f"{r['name']} {percent(r['value'])}"} for r in last.filter(pl.col("kind") == kind).to_dicts()
        ]
        if rows:
            mark = {
                "type": "text",
                "align": "right",
                "dx": -4,
                "dy": -8,
                "fontSize": 12,
                "fontWeight": 600,
                "color": category(colours, place),
            }
            found.append(layer(rows, mark, {"x": x, "y": y, "text": {"field": "label"}}))
    return found
