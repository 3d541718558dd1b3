"""Charts as SVG within a page: one drawing for light and dark, small, the same bytes for the same numbers.

A chart is drawn in the light palette and its colours become variables of the style sheet. Where a chart picks the
colour of its text by the ground under it, both palettes are drawn and each pair of colours becomes a variable.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree as ET

from markupsafe import Markup

from app.look import DARK, LIGHT, Palette, words
from app.spec import Spec

type Room = Literal["half", "whole", "beside"]

_DRAWINGS: dict[Room, tuple[tuple[int, str], ...]] = {
    "half": ((380, ""),),
    "whole": ((880, "wide"), (380, "narrow")),
    "beside": ((560, "wide"),),
}
"""Width in pixels and class of each drawing: a `wide` one is not shown on phones, a `narrow` one only there."""
SVG = "http://www.w3.org/2000/svg"
_DROPPED = {"class", "role", "pointer-events", "version", "font-family", "stroke-miterlimit"}
_FIGURES = re.compile(r"-?\d+\.\d{3,}(?:e-?\d+)?")
_PAINTS = ("fill", "stroke")
_DARK_TEXT, _LIGHT_TEXT = "#10161b", "#ffffff"  # what `look.text_on` chooses between
_ON = {
    (_DARK_TEXT, _DARK_TEXT): "on-dark-dark",
    (_DARK_TEXT, _LIGHT_TEXT): "on-dark-light",
    (_LIGHT_TEXT, _DARK_TEXT): "on-light-dark",
    (_LIGHT_TEXT, _LIGHT_TEXT): "on-light-light",
}


def _named() -> dict[str, tuple[str, str]]:
    """Return name of a variable -> its colours in light and dark."""
    names = [f.name for f in fields(Palette) if f.name != "categories"]
    found = {name: (getattr(LIGHT, name), getattr(DARK, name)) for name in names}
    found |= {f"cat{i}": pair for i, pair in enumerate(zip(LIGHT.categories, DARK.categories, strict=True))}
    return found | {name: pair for pair, name in _ON.items()}


VARIABLES = _named()
_OF_PAIR = {pair: name for name, pair in VARIABLES.items()}
_OF_LIGHT = {pair[0]: name for name, pair in VARIABLES.items() if not name.startswith("on-")}


@dataclass
class Drawer:
    """Draws charts, and keeps what was drawn in a folder, so that the same chart is drawn once."""

    folder: Path | None
    """Where drawings are kept; None keeps none. It may be removed at any time."""
    used: set[str] = field(default_factory=set)
    """Names of the drawings that were needed."""

    def figure(self, build: Callable[[Palette], Spec], spoken: str, *, room: Room = "half") -> Markup:
        """Return a chart as HTML.

        Parameters
        ----------
        build
            Gives the specification in a palette.
        spoken
            What is to be seen, in words.
        room
            `half` a page; the `whole` width, with a second drawing for phones; `beside` a table that says the same to
            those whose screen is too narrow for it.
        """
        drawings = "".join(self._drawing(build, spoken, width, kind) for width, kind in _DRAWINGS[room])
        return Markup(f'<figure class="chart {room}">{drawings}</figure>')  # noqa: S704 - made here

    def _drawing(self, build: Callable[[Palette], Spec], spoken: str, width: int, kind: str) -> str:
        light, dark = (_printable(build(palette) | {"width": width}) for palette in (LIGHT, DARK))
        name = hashlib.sha256(json.dumps([_engine(), light, dark], sort_keys=True).encode()).hexdigest()
        self.used.add(name)
        inner = self._kept(name) or self._keep(name, _drawn(light, dark, mark=f"p{name[:10]}"))
        label = (
            f'<svg role="img" aria-label="{words(spoken)}" class="{kind}"'
            if kind
            else (f'<svg role="img" aria-label="{words(spoken)}"')
        )
        return inner.replace("<svg", label, 1)

    def _kept(self, name: str) -> str:
        path = self.folder / name if self.folder else None
        return path.read_text(encoding="utf-8") if path and path.is_file() else ""

    def _keep(self, name: str, drawing: str) -> str:
        if self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)
            new = self.folder / f"{name}.new"
            new.write_text(drawing, encoding="utf-8")
            new.replace(self.folder / name)
        return drawing

    def forget(self) -> None:
        """Remove the kept drawings that were not needed."""
        if self.folder and self.folder.is_dir():
            for path in self.folder.iterdir():
                if path.name not in self.used:
                    path.unlink(missing_ok=True)


def _printable(value: Any) -> Any:
    """Return a specification whose words hold no control characters: in a drawing they are not even XML."""
    if isinstance(value, dict):
        return {k: _printable(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(v) for v in value]
    if isinstance(value, str) and not value.isprintable():
        return "".join(c if c.isprintable() else " " for c in value)
    return value


@cache
def _engine() -> str:
    """Return what a drawing depends on beside its specification: the engine, and what is made of its drawings here."""
    return f"{version('vl-convert-python')} {hashlib.sha256(Path(__file__).read_bytes()).hexdigest()}"


def _drawn(light: Spec, dark: Spec, *, mark: str) -> str:
    """Return one drawing whose colours are variables; `mark` tells its ids from those of other drawings of a page."""
    root = _parsed(light)
    picks = any(element.get(name) in {_DARK_TEXT, _LIGHT_TEXT} for element in root.iter() for name in _PAINTS)
    if picks:
        _colour_pairs(root, _parsed(dark))
    else:
        _colour(root)
    _rename(root, mark)
    root.set("viewBox", f"0 0 {root.get('width')} {root.get('height')}")
    return ET.tostring(root, encoding="unicode")


def _parsed(spec: Spec) -> ET.Element:
    import vl_convert  # a large library that only drawing needs

    drawing = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    root = ET.fromstring(drawing)  # noqa: S314 - drawn by our own engine a moment ago
    _clean(root)
    return root


def _colour(root: ET.Element) -> None:
    """Turn the colours of the light palette into variables; raises ValueError for one that is not in it."""
    for element in root.iter():
        for name in _PAINTS:
            colour = element.get(name, "none")
            if colour.startswith("#"):
                if colour not in _OF_LIGHT:
                    raise ValueError(f"a chart uses the colour {colour}, which is not in the palette")
                element.set(name, f"var(--tx-{_OF_LIGHT[colour]})")


def _colour_pairs(light: ET.Element, dark: ET.Element) -> None:
    """Do the same with a second drawing in the dark palette; raises ValueError where more than colours differs."""
    twins = list(zip(light.iter(), dark.iter(), strict=True))
    for element, twin in twins:
        plain = [{k: v for k, v in e.items() if k not in _PAINTS} | {"": e.text or ""} for e in (element, twin)]
        if element.tag != twin.tag or plain[0] != plain[1]:
            raise ValueError("a chart differs between light and dark in more than its colours")
        for name in _PAINTS:
            pair = (element.get(name, "none"), twin.get(name, "none"))
            if pair[0].startswith("#"):
                if pair not in _OF_PAIR:
                    raise ValueError(f"a chart uses the colours {pair}, which are no pair of the palette")
                element.set(name, f"var(--tx-{_OF_PAIR[pair]})")


def _clean(root: ET.Element) -> None:
    """Remove what nobody sees, and digits that no screen shows."""
    for parent in root.iter():
        parent.tag = parent.tag.removeprefix(f"{{{SVG}}}")  # within a page it needs no name space of its own
        for child in list(parent):
            if child.get("display") == "none" or child.get("d") == "M0,0h0v0h0Z":
                parent.remove(child)
        for name in [n for n in parent.keys() if n in _DROPPED or n.startswith("aria-")]:  # noqa: SIM118
            del parent.attrib[name]
        for name, value in parent.items():
            if name != "id" and value:
                parent.set(name, _FIGURES.sub(lambda m: f"{float(m[0]):.2f}".rstrip("0").rstrip("."), value))


def _rename(root: ET.Element, mark: str) -> None:
    """Give ids names of their own: several drawings stand in one page."""
    for element in root.iter():
        for name, value in element.items():
            if name == "id":
                element.set(name, f"{mark}{value}")
            elif "url(#" in value:
                element.set(name, value.replace("url(#", f"url(#{mark}"))


def style() -> str:
    """Return the variables as a style sheet: light, dark where the reader's screen is, light again on paper."""
    light, dark = ("".join(f"--tx-{n}:{pair[i]};" for n, pair in VARIABLES.items()) for i in (0, 1))
    return f":root{{color-scheme:light dark;{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"
