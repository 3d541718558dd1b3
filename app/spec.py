"""Building blocks of Vega-Lite specifications: frame of a chart, axes, marks. Plain dictionaries, no library needed."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from app.look import Palette

type Spec = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
"""Names the grammar; nothing is fetched from it."""

PERCENT_FINE = ".1%"
DASHED = [5, 4]
DOTTED = [1, 4]


def chart(layers: Sequence[Spec], *, colours: Palette, height: int | Spec, **more: Any) -> Spec:
    """Return a whole specification of layered marks with explicit colours for every text, line and ground."""
    return {
        "$schema": SCHEMA,
        "background": "transparent",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": {"left": 2, "right": 10, "top": 6, "bottom": 2},
        "layer": list(layers),
        "config": _config(colours),
        **more,
    }


def _config(colours: Palette) -> Spec:
    font = "'Source Sans', 'Source Sans Pro', system-ui, sans-serif"
    return {
        "font": font,
        "view": {"stroke": None},
        "axis": {
            "labelColor": colours.muted,
            "titleColor": colours.muted,
            "gridColor": colours.line,
            "domainColor": colours.line,
            "tickColor": colours.line,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "labelLimit": 190,
        },
        "legend": {"labelColor": colours.muted, "titleColor": colours.muted, "labelFontSize": 12, "orient": "top"},
        "text": {"color": colours.ink, "fontSize": 12},
    }


def layer(values: Sequence[Mapping[str, Any]], mark: Spec, encoding: Spec) -> Spec:
    """Return one layer over its own rows; without rows it is nothing that could be read out."""
    drawn = mark if values else mark | {"aria": False}
    return {"data": {"values": [dict(row) for row in values]}, "mark": drawn, "encoding": encoding}


def probability_axis(
    field: str, *, domain: Sequence[float], top: float = 1.0, title: str | None = None, most: int = 8
) -> Spec:
    """Return a channel for a probability in [0, 1], labelled in percent up to `top`; the domain may leave more room."""
    axis = {"labelExpr": "format(100 * datum.value, '~g') + ' %'", "grid": True, "domain": False, "ticks": False}
    return {
        "field": field,
        "type": "quantitative",
        "title": title,
        "scale": {"domain": list(domain), "nice": False},
        "axis": axis | {"values": ticks(top, most=most)},
    }


def ticks(top: float, *, most: int = 8) -> list[float]:
    """Return at most so many round values from 0 that do not exceed the top of an axis of probabilities."""
    step = next(s for s in (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if int(top / s + 1e-9) < most)
    return [round(i * step, 6) for i in range(int(top / step + 1e-9) + 1)]


def day_axis(field: str, *, title: str | None = None, domain: Sequence[str] | None = None) -> Spec:
    """Return a channel for UTC calendar days."""
    scale: Spec = {"type": "utc"} | ({"domain": list(domain)} if domain else {})
    axis = {"grid": False, "tickCount": 6, "labelOverlap": True, "format": "%b %Y"}
    return {"field": field, "type": "temporal", "title": title, "scale": scale, "axis": axis}


def name_axis(field: str, *, order: Sequence[str], limit: int = 190) -> Spec:
    """Return a channel of names in the order given."""
    axis = {"title": None, "labelLimit": limit, "ticks": False, "domain": False, "labelPadding": 8}
    return {"field": field, "type": "nominal", "sort": list(order), "axis": axis}


def tip(field: str, title: str, *, form: str | None = None) -> Spec:
    """Return one line of a tooltip."""
    kind = "quantitative" if form else "nominal"
    return {"field": field, "title": title, "type": kind} | ({"format": form} if form else {})


def ceiling(values: Sequence[float | None], *, least: float = 0.05) -> float:
    """Return the top of a probability axis that starts at 0: a tenth of room above the highest value, at most 1."""
    top = max((v for v in values if v is not None), default=least)
    return min(1.0, max(least, top * 1.1))


def spoken_day(day: date) -> str:
    """Return a day in words that no reader can turn around: 1 Jul 2026."""
    return f"{day.day} {day:%b %Y}"


def percent(value: float | None) -> str:
    """Return a probability in words: whole percent, tenths below 10 % and above 90 %, open ends at the edges."""
    if value is None:
        return "n/a"
    if 0 < value < 0.001:
        return "<0.1 %"
    if 0.999 < value < 1:
        return ">99.9 %"
    fine = value < 0.0995 or value > 0.9005
    return f"{100 * value:.1f} %" if fine and value not in {0.0, 1.0} else f"{100 * value:.0f} %"


def points(change: float | None) -> str:
    """Return a change of a probability in percentage points with its sign."""
    if change is None:
        return "n/a"
    rounded = round(100 * change, 1)
    return "0.0" if rounded == 0 else f"{rounded:+.1f}".replace("-", "\N{MINUS SIGN}")
