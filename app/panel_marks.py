"""Small multiples of a fitted panel as HTML: one small picture for each member, all on one scale. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from app.look import words

WIDTH, HEIGHT = 168, 84
PAST, AHEAD, LINE = "#6b7780", "#2f8fb0", "#b9712b"
"""Survive both grounds (contrast at least 3 on each), because an image cannot see the page's theme."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 2, 2, 4, 3


def multiples(members: Sequence[Mapping[str, Any]], *, panel: Mapping[str, Any]) -> str:
    """Return a grid of members: name, small picture of the printed past and the fan, last value and last median.

    Each picture says the same in words. All share the years and a scale from 0 that holds every median; wider bands are
    cut at its top.
    """
    top = 1.1 * max(v for m in members for v in (*m["printed"], *m["fan"]["value"], *panel["lines"]))
    cells = "".join(_member(m, panel, top=top) for m in members)
    return f'<ul class="tx tx-multiples">{cells}</ul>'


def _member(member: Mapping[str, Any], panel: Mapping[str, Any], *, top: float) -> str:
    last, end = panel["printed_years"][-1], panel["years"][-1]
    now, then = member["printed"][-1], member["fan"]["value"][-1]
    low, high = member["fan"]["low90"][-1], member["fan"]["high90"][-1]
    spoken = f"{member['name']}: {now:.2f} in {last}; in {end} {then:.2f}, 90 % {low:.2f} to {high:.2f}"
    picture = f'<img alt="{words(spoken)}" src="data:image/svg+xml,{quote(_picture(member, panel, top))}">'
    return (
        f'<li><div class="name">{words(member["name"])}</div>{picture}'
        f'<div class="ends"><span>{now:.2f}</span><span>{then:.2f}</span></div></li>'
    )


def _picture(member: Mapping[str, Any], panel: Mapping[str, Any], top: float) -> str:
    years = [*panel["printed_years"], *panel["years"]]
    step = (WIDTH - _LEFT - _RIGHT) / (len(years) - 1)

    def place(i: int, value: float) -> str:
        height = HEIGHT - _TOP - _BOTTOM
        return f"{_LEFT + i * step:.1f},{HEIGHT - _BOTTOM - height * min(value, top) / top:.1f}"

    begin = len(panel["printed_years"]) - 1
    past = " ".join(place(i, v) for i, v in enumerate(member["printed"]))
    fan = {name: [member["printed"][-1], *values] for name, values in member["fan"].items()}
    ahead = {name: [place(begin + i, v) for i, v in enumerate(values)] for name, values in fan.items()}
    bands = "".join(
        f'<polygon points="{" ".join([*ahead[low], *reversed(ahead[high])])}" fill="{AHEAD}" fill-opacity="{opacity}"/>'
        for low, high, opacity in (("low90", "high90", 0.2), ("low50", "high50", 0.3))
    )
    marked = [place(0, v).replace(",", " ") for v in panel["lines"] if v <= top]
    lines = "".join(f'<path d="M{at}H{WIDTH}" stroke="{LINE}" stroke-dasharray="2 3"/>' for at in marked)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">{lines}{bands}'
        f'<polyline points="{past}" fill="none" stroke="{PAST}" stroke-width="1.8"/>'
        f'<polyline points="{" ".join(ahead["value"])}" fill="none" stroke="{AHEAD}" stroke-width="1.8"/></svg>'
    )
