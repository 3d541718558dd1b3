"""Charts of a fit's draws: traces, ranks, prior beside posterior. Pure: the lines of a diagnosis in, a picture out.

Chains differ in lightness as well as hue; in the rank plot, where they are told apart, also in their line's pattern.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from app.look import Palette
from app.spec import Spec, chart, layer, tip

HEIGHT = 200
PATTERNS = ([1, 0], [6, 3], [2, 2], [8, 2, 2, 2])
"""Dashes of the chains' lines, in their order; they repeat after the last."""
STAGES = ("prior", "posterior")


def trace(lines: Mapping[str, Any], *, title: str, colours: Palette) -> Spec:
    """Return each chain's values in the order of its draws: one band without steps or drifts is what is wanted.

    `lines`: x (numbers of draws) and, by chain, the values (`convergence.trace_lines`).
    """
    x = {"field": "x", "type": "quantitative", "title": "draw", "axis": {"grid": False, "tickCount": 6}}
    y = {"field": "y", "type": "quantitative", "title": title, "scale": {"zero": False}, "axis": {"tickCount": 5}}
    line = {"type": "line", "strokeWidth": 1, "opacity": 0.8}
    drawn = layer(_rows(lines), line, {"x": x, "y": y, "color": _colour(colours)})
    return chart([drawn], colours=colours, height=HEIGHT)


def ranks(lines: Mapping[str, Any], *, colours: Palette) -> Spec:
    """Return how far each chain's ranks are from those of one common law: lines that hug 0 are what is wanted.

    `lines`: x (fractional ranks) and, by chain, share of draws below less x (`convergence.rank_lines`).
    """
    reach = max(0.05, *(1.1 * abs(v) for chain in lines["chains"] for v in chain))
    x = {
        "field": "x",
        "type": "quantitative",
        "title": "fractional rank",
        "scale": {"domain": [0, 1]},
        "axis": {"grid": False, "tickCount": 5},
    }
    y = {
        "field": "y",
        "type": "quantitative",
        "title": "share below, less rank",
        "scale": {"domain": [-reach, reach], "nice": False},
        "axis": {"tickCount": 5},
    }
    zero = layer([{"y": 0.0}], {"type": "rule", "color": colours.muted}, {"y": y})
    line = {"type": "line", "strokeWidth": 1.5, "interpolate": "step-before"}
    drawn = layer(_rows(lines), line, {"x": x, "y": y, "color": _colour(colours), "strokeDash": _pattern()})
    return chart([zero, drawn], colours=colours, height=HEIGHT)


def prior_and_posterior(found: Mapping[str, Any], *, title: str, colours: Palette) -> Spec:
    """Return both densities on one axis: the prior dashed, the posterior filled.

    `found`: x, prior, posterior, scale (`prior_check.overlaps`).
    """
    x = {
        "field": "x",
        "type": "quantitative",
        "title": title,
        "scale": {"type": "log", "nice": False} if found["scale"] == "log" else {"zero": False, "nice": False},
        "axis": {"grid": False, "tickCount": 6, "format": "~g"},
    }
    y = {"type": "quantitative", "title": "density", "axis": {"grid": False, "labels": False, "ticks": False}}
    tips = [
        tip("x", title, form=".3~g"),
        tip("prior", "prior density", form=".3~g"),
        tip("posterior", "posterior density", form=".3~g"),
    ]
    keys = ("x", *STAGES)
    rows = [dict(zip(keys, row, strict=True)) for row in zip(*(found[k] for k in keys), strict=True)]
    area = {"type": "area", "color": colours.accent, "opacity": 0.35, "line": {"color": colours.accent}}
    dashed = {"type": "line", "color": colours.ink, "strokeWidth": 1.5, "strokeDash": [5, 4]}
    return chart(
        [
            layer(rows, area, {"x": x, "y": y | {"field": "posterior"}, "tooltip": tips}),
            layer(rows, dashed, {"x": x, "y": y | {"field": "prior"}, "tooltip": tips}),
            *_named(rows, x, y, colours),
        ],
        colours=colours,
        height=HEIGHT,
    )


def _named(rows: Sequence[Mapping[str, float]], x: Spec, y: Spec, colours: Palette) -> list[Spec]:
    """Return the names of both curves, each at its top."""
    said = []
    for stage, colour in zip(STAGES, (colours.ink, colours.accent), strict=True):
        top = max(rows, key=lambda row, stage=stage: row[stage])  # type: ignore[misc]
        text = {"type": "text", "color": colour, "dy": -7, "fontWeight": 600, "text": stage}
        said.append(layer([top], text, {"x": x, "y": y | {"field": stage}}))
    return said


def _rows(lines: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"x": x, "y": y, "chain": f"chain {number}"}
        for number, values in enumerate(lines["chains"], start=1)
        for x, y in zip(lines["x"], values, strict=True)
    ]


def _colour(colours: Palette) -> Spec:
    return {"field": "chain", "type": "nominal", "scale": {"range": list(colours.categories)}, "title": None}


def _pattern() -> Spec:
    return {"field": "chain", "type": "nominal", "scale": {"range": [list(p) for p in PATTERNS]}, "title": None}
