"""Reports that may already be in the record: the same link, or nearly the same words. A hint, never a refusal."""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import NamedTuple
from urllib.parse import urlsplit

from forecasts.domain import Evidence

ALIKE = 0.8
"""Share of matching text above which two statements are called nearly the same."""

FEWEST_WORDS = 4
"""Shorter statements are not compared: everything resembles them."""


class Duplicate(NamedTuple):
    """One item in the record that looks like the new one."""

    entry: str
    reason: str


def likely_duplicates(statement: str, url: str, recorded: Iterable[Evidence]) -> list[Duplicate]:
    """Return the items whose link is the same or whose statement is nearly the same, in the order given."""
    words, page = _words(statement), _page(url)
    found = []
    for item in recorded:
        if page and page == _page(item.url):
            found.append(Duplicate(item.id, "the same link"))
        elif len(words) >= FEWEST_WORDS and _alike(words, _words(item.statement)):
            found.append(Duplicate(item.id, "nearly the same words"))
    return found


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _alike(first: list[str], second: list[str]) -> bool:
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE


def _page(url: str) -> str:
    """Return host and path without what does not name the page: scheme, www, query, closing slash."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{(parts.hostname or '').removeprefix('www.')}{parts.path.rstrip('/')}" if parts.hostname else ""
