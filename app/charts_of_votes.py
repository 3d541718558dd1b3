"""The charts of a coming vote: the chamber seat by seat, and how many say yea. Pure.

Seats are told apart by place (in order of their chance), by colour (five steps) and by shape (party); all that a seat
shows stands in a table beside it.
"""

import math
from collections.abc import Sequence
from typing import Any

from app.look import Palette
from app.spec import DASHED, PERCENT_FINE, Spec, chart, layer, percent, tip

STEPS = (0.95, 0.9, 0.85, 0.8, 0.65, 0.5, 0.25, 0.0)
"""Lowest chance of a yea in each step, the likeliest first; finer where most members of a body stand."""
STEP_NAMES = (
    "95 % or more",
    "90 to 95 %",
    "85 to 90 %",
    "80 to 85 %",
    "65 to 80 %",
    "50 to 65 %",
    "25 to 50 %",
    "below 25 %",
)
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross")
"""A party's shape, in the order of the parties."""
SIGNS = ("●", "■", "▲", "◆", "✚")
INNER = 0.38
"""Radius of the innermost row of seats, as a part of the outermost."""


def step_of(chance: float) -> int:
    """Return which of the steps a chance of a yea belongs to."""
    return next(i for i, lowest in enumerate(STEPS) if chance >= lowest)


def step_colours(colours: Palette) -> list[str]:
    """Return the colour of each step: from a rise, by the quiet colour, to a fall."""
    yea = [blend(colours.rise, colours.ink, part) for part in (0.45, 0.75)]
    yea += [blend(colours.rise, colours.line, part) for part in (1.0, 0.72, 0.45, 0.15)]
    return [*yea, blend(colours.fall, colours.line, 0.5), colours.fall]


def blend(first: str, second: str, share: float) -> str:
    """Return a colour between two, with this share of the first."""
    pairs = [(int(first[i : i + 2], 16), int(second[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(share * a + (1 - share) * b):02x}" for a, b in pairs)


def places(seats: int) -> list[tuple[float, float]]:
    """Return (x, y) of every seat of a half circle of radius 1, from left to right around its centre."""
    rows = max(1, round(math.sqrt(seats / 2.6)))
    radii = [INNER + (1 - INNER) * r / max(rows - 1, 1) for r in range(rows)]
    whole = sum(radii)
    counts = [max(1, round(seats * r / whole)) for r in radii]
    counts[-1] += seats - sum(counts)
    found = []
    for radius, count in zip(radii, counts, strict=True):
        for i in range(count):
            angle = math.pi * (1 - (i + 0.5) / count)
            found.append((angle, radius * math.cos(angle), radius * math.sin(angle)))
    return [(x, y) for _, x, y in sorted(found, key=lambda f: (-f[0], f[1]))]


def hemicycle(seats: Sequence[dict[str, Any]], *, parties: Sequence[str], needed: int, colours: Palette) -> Spec:
    """Return the chamber: one mark a seat, the likeliest yea on the left, and the line at two thirds of all.

    `seats`: name, party, chance, decides (chance of casting the deciding vote), said (words, may be empty); any order.
    """
    ordered = sorted(seats, key=lambda s: -s["chance"])
    where = places(len(ordered))
    rows = [
        s | {"x": x, "y": y, "step": STEP_NAMES[step_of(s["chance"])], "rank": i}
        for i, (s, (x, y)) in enumerate(zip(ordered, where, strict=True), start=1)
    ]
    scale = {"domain": [-1.1, 1.1], "nice": False, "zero": False}
    x = {"field": "x", "type": "quantitative", "axis": None, "scale": scale}
    y = {"field": "y", "type": "quantitative", "axis": None, "scale": {"domain": [-0.06, 1.12], "nice": False}}
    shape: Spec = {"field": "party", "type": "nominal", "legend": None}
    shape["scale"] = {"domain": list(parties), "range": list(SHAPES[: len(parties)])}
    fill: Spec = {"field": "step", "type": "nominal", "legend": None}
    fill["scale"] = {"domain": list(STEP_NAMES), "range": step_colours(colours)}
    tips = [
        tip("name", "Senator"),
        tip("party", "Party"),
        tip("chance", "Chance of a yea", form=PERCENT_FINE),
        tip("rank", "Place", form="d"),
        tip("said", "Has said"),
    ]
    mark = {"type": "point", "filled": True, "size": 150, "opacity": 1, "stroke": colours.paper, "strokeWidth": 1}
    marks = layer(rows, mark, {"x": x, "y": y, "shape": shape, "fill": fill, "tooltip": tips})
    angle = math.pi * (1 - needed / len(ordered))
    ends = [{"x": r * math.cos(angle), "y": r * math.sin(angle), "order": r} for r in (INNER - 0.1, 1.08)]
    line = layer(
        ends,
        {"type": "line", "color": colours.ink, "strokeDash": DASHED, "strokeWidth": 1.6},
        {"x": x, "y": y, "order": {"field": "order", "type": "quantitative"}},
    )
    said = [{"x": 0.0, "y": 0.05, "text": f"{needed} of {len(ordered)}"}, {"x": 0.0, "y": 0.16, "text": "two thirds:"}]
    text = {"type": "text", "color": colours.ink, "fontSize": 13, "fontWeight": 600}
    words = layer(said, text, {"x": x, "y": y, "text": {"field": "text"}})
    bare = {"left": 0, "right": 0, "top": 0, "bottom": 0}
    return chart([line, marks, words], colours=colours, height=300, padding=bare)


def yea_counts(law: Sequence[float], *, needed: int, typical: tuple[int, int], colours: Palette) -> Spec:
    """Return how likely each number of yeas is, with the line of two thirds.

    `law`: probability of 0, 1, ... yeas; `needed`: two thirds of all members; `typical`: two thirds of how many vote,
    and how many vote, in a typical vote.
    """
    first = next((i for i in range(len(law)) if sum(law[: i + 1]) > 0.004), 0)
    least = min(first, typical[0] - 6)
    rows: list[Spec] = [
        {"yeas": i, "from": i - 0.45, "to": i + 0.45, "value": p, "side": "enough" if i >= typical[0] else "too few"}
        for i, p in enumerate(law)
        if i >= least
    ]
    top = max(r["value"] for r in rows)
    x: Spec = {"field": "yeas", "type": "quantitative", "title": "senators saying yea"}
    x |= {"scale": {"domain": [least - 1, len(law)], "nice": False}, "axis": {"grid": False, "tickCount": 8}}
    y = {"field": "value", "type": "quantitative", "axis": None, "scale": {"domain": [0, top * 1.25], "nice": False}}
    pale = blend(colours.muted, colours.paper, 0.45)
    fill: Spec = {"field": "side", "type": "nominal", "legend": None}
    fill["scale"] = {"domain": ["enough", "too few"], "range": [colours.accent, pale]}
    tips = [tip("yeas", "Yeas", form="d"), tip("value", "Chance", form=PERCENT_FINE), tip("side", "In a typical vote")]
    place = {"x": x | {"field": "from"}, "x2": {"field": "to"}, "y": y, "y2": {"datum": 0}}
    bars = layer(rows, {"type": "rect"}, place | {"color": fill, "tooltip": tips})
    lines: list[Spec] = [
        {"yeas": typical[0] - 0.5, "value": top * 1.2, "name": f"{typical[0]} of {typical[1]}"},
        {"yeas": needed - 0.5, "value": top * 1.08, "name": f"{needed} if all {len(law) - 1} vote"},
    ]
    named = {"x": x, "y": y, "text": {"field": "name"}}
    rules = [
        layer(lines[:1], {"type": "rule", "color": colours.ink, "strokeDash": DASHED, "strokeWidth": 1.6}, {"x": x}),
        layer(lines[1:], {"type": "rule", "color": colours.muted, "strokeDash": [2, 3]}, {"x": x}),
        *(
            layer([row], {"type": "text", "align": side, "dx": shift, "color": colours.ink}, named)
            for row, side, shift in zip(lines, ("right", "left"), (-5, 5), strict=True)
        ),
    ]
    return chart([bars, *rules], colours=colours, height=220)


def spoken_seats(seats: Sequence[dict[str, Any]]) -> str:
    """Return the counts of a chamber by step, in words."""
    counts = [sum(step_of(s["chance"]) == i for s in seats) for i in range(len(STEPS))]
    return "; ".join(f"{n} at {name}" for n, name in zip(counts, STEP_NAMES, strict=True))


def chance_words(chance: dict[str, Any]) -> str:
    """Return a chance with its range over what is uncertain, in words."""
    return f"{percent(chance['chance'])} ({percent(chance['low'])} to {percent(chance['high'])})"
