"""The visual language: colours for light and dark, type scale, spacing, and the escaping of people's words.

One palette feeds both the style sheet and the charts. Categories differ in lightness as well as hue, so that they stay
apart for colour-blind readers and in print; a change of direction always has a sign and an arrow beside its colour.
"""

import re
from dataclasses import dataclass, fields
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

FAVICON = Path(__file__).with_name("static") / "twixt.svg"
"""Drawn for this project: a cup, a lip and the slip between them."""


LOGO = FAVICON.with_name("twixt-word.svg")
"""The same mark with the name; its mid-tone reads on light and dark ground."""


SHEETS = ("twixt.css", "keys.css", "print.css")
"""Style sheets of every page, in this order."""


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one theme, each a six-digit hexadecimal RGB."""

    paper: str
    surface: str
    ink: str
    muted: str
    """Secondary text; contrast with the paper at least 4.5."""
    line: str
    """Hairlines and grids."""
    edge: str
    """Edges of fields, boxes and buttons; contrast with both grounds at least 3."""
    accent: str
    """The estimate: the dot, the line and its band, links."""
    rise: str
    fall: str
    warn: str
    """A number that needs care: stale, refused, not resolved."""
    categories: tuple[str, ...]
    """Scenarios in their order; neighbours differ in lightness."""


LIGHT = Palette(
    paper="#fbfaf6",
    surface="#f1eee6",
    ink="#1c2730",
    muted="#586672",
    line="#d8d3c6",
    edge="#8a8578",
    accent="#0b5f7d",
    rise="#1c6fb0",
    fall="#a8511b",
    warn="#95480c",
    categories=("#a13a26", "#14507a", "#4a9fc4", "#b98518", "#7e67b3", "#8b939a", "#2c7d63", "#c77f9f"),
)
DARK = Palette(
    paper="#12181d",
    surface="#1b242b",
    ink="#e7eaeb",
    muted="#9fadb8",
    line="#34414b",
    edge="#6f7d88",
    accent="#6fc0da",
    rise="#7db8f0",
    fall="#eda06b",
    warn="#f0b072",
    categories=("#dc6f57", "#2f76b0", "#8fd0ea", "#d9a53c", "#b3a0e2", "#76818a", "#57ab8e", "#e3a9c2"),
)


def palette(theme: str | None) -> Palette:
    """Return the colours of a theme type (`light`, `dark`, None when the browser has not said)."""
    return DARK if theme == "dark" else LIGHT


def category(colours: Palette, index: int) -> str:
    """Return the colour of the category at a position; they repeat after the last."""
    return colours.categories[index % len(colours.categories)]


def text_on(colour: str) -> str:
    """Return near-black or white, whichever is easier to read on a colour."""
    return "#10161b" if contrast("#10161b", colour) >= contrast("#ffffff", colour) else "#ffffff"


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def words(text: object) -> str:
    """Return people's words as HTML text that stays text."""
    return escape(str(text), quote=True)


_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$&^=])")
_READ_LATE = re.compile(r"(:(?=[A-Za-z0-9_+\-/])|www(?=\.)|@)", re.IGNORECASE)


def literal(text: object) -> str:
    """Return people's words for a place that reads Markdown (widget labels): every mark escaped, one line.

    A word joiner follows a colon before a letter or a slash, `www` before a point, and @: names of emoji and icons, and
    addresses that stand in a text, are found after escapes are read.
    """
    line = " ".join(str(text).split())
    return _MARKUP.sub(r"\\\1", _READ_LATE.sub("\\1\u2060", line))


def safe_link(url: str) -> str | None:
    """Return the address if it is plain http or https with a host and no hidden characters, else None."""
    if not url or any(ord(c) <= 32 or ord(c) == 127 or c in "\"'<>`\\" for c in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.hostname else None


def link(url: str, label: str) -> str:
    """Return an HTML link that opens apart and tells the target nothing, or the bare words where it is not safe."""
    address = safe_link(url)
    if address is None:
        return words(label)
    return f'<a href="{words(address)}" target="_blank" rel="noopener noreferrer nofollow">{words(label)}</a>'


def style() -> str:
    """Return the style sheet of all pages as one <style> element."""
    folder = Path(__file__).with_name("static")
    sheets = [folder.joinpath(name).read_text(encoding="utf-8") for name in SHEETS]
    return f"<style>.stApp{{{_variables()}}}\n{''.join(sheets)}</style>"


def _variables() -> str:
    names = [f.name for f in fields(Palette) if f.name != "categories"]
    pairs = [(name, getattr(LIGHT, name), getattr(DARK, name)) for name in names]
    pairs += [(f"cat{i}", a, b) for i, (a, b) in enumerate(zip(LIGHT.categories, DARK.categories, strict=True))]
    return "".join(f"--tx-{name}:light-dark({light},{dark});" for name, light, dark in pairs)
