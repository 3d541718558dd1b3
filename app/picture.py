"""A chart as a file: the same specification drawn on paper, with a title and where its numbers come from.

Drawn in the server's own process by the engine that draws it in the page (vl-convert, which carries Vega and its
fonts), and without any request: a specification holds its data.
"""

import textwrap
from collections.abc import Sequence
from typing import Literal

from app.look import Palette
from app.spec import Spec

type Format = Literal["png", "svg"]

MIME: dict[Format, str] = {"png": "image/png", "svg": "image/svg+xml"}
WIDTH = 900
"""Of the whole picture, in pixels at scale 1."""
SHARPNESS = 2.0
"""Pixels of a PNG for each of the picture: enough for print at a column's width."""
LINE = 88
"""Characters of a title's line."""
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
"""The first is carried by the engine, the others are what readers of the SVG have."""


def titled(spec: Spec, title: str, notes: Sequence[str], *, colours: Palette) -> Spec:
    """Return a chart as it is drawn on paper: fixed width, ground, a title and notes under it."""
    subtitle = [line for note in notes for line in textwrap.wrap(note, int(LINE * 1.35))]
    heading = {
        "text": textwrap.wrap(title, LINE) or [""],
        "subtitle": subtitle,
        "anchor": "start",
        "frame": "bounds",
        "fontSize": 17,
        "subtitleFontSize": 12,
        "subtitlePadding": 6,
        "offset": 14,
        "color": colours.ink,
        "subtitleColor": colours.muted,
        "font": FONT,
        "subtitleFont": FONT,
    }
    return spec | {
        "width": WIDTH,
        "background": colours.paper,
        "padding": 18,
        "title": heading,
        "config": spec.get("config", {}) | {"font": FONT},
    }


def drawn(spec: Spec, form: Format) -> bytes:
    """Return a specification drawn as a file; raises ValueError for one that the grammar does not know."""
    import vl_convert  # a large library that only a download needs

    if form == "svg":
        svg: str = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
        return svg.encode()
    png: bytes = vl_convert.vegalite_to_png(spec, scale=SHARPNESS, allowed_base_urls=[])
    return png
