"""Reports that may already be in the record: the same page, or nearly the same words. A hint, never a refusal.

Words are compared by the trigrams of their letters, without case, accents and punctuation, in any script: retold
statements share them whatever the order of their words. Of the 87 items of the shipped board no two share more than
.63 (Dice coefficient); one statement retold in other words shares .77 and more.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from forecasts.domain import Evidence
from forecasts.web_pages import page_of

ALIKE = 0.75
"""Share of common trigrams from which two statements are called nearly the same."""

FEWEST_LETTERS = 20
"""Shorter statements are not compared: everything resembles them."""

SAME_PAGE, SAME_WORDS = "the same link", "nearly the same words"


class Duplicate(NamedTuple):
    """One item in the record that looks like the new one."""

    entry: str
    reason: str


def likely_duplicates(statement: str, url: str, recorded: Iterable[Evidence], *, but: str = "") -> list[Duplicate]:
    """Return the items on the same page (`web_pages.page_of`) or with nearly the same words, the likeliest first.

    `but` is the id of an item that is being edited: it is no duplicate of itself.
    """
    page, words = page_of(url), trigrams(statement)
    found = []
    for item in recorded:
        if item.id == but:
            continue
        if page and page == page_of(item.url):
            found.append((2.0, Duplicate(item.id, SAME_PAGE)))
        elif (share := alike(words, trigrams(item.statement))) >= ALIKE:
            found.append((share, Duplicate(item.id, SAME_WORDS)))
    return [duplicate for _, duplicate in sorted(found, key=lambda f: -f[0])]


def alike(first: Counter[str], second: Counter[str]) -> float:
    """Return the Dice coefficient of two counts of trigrams, 0 to 1; 0 where the sizes alone keep it below `ALIKE`."""
    small, large = sorted((first.total(), second.total()))
    if small == 0 or 2 * small < ALIKE * (small + large):
        return 0.0
    return 2 * (first & second).total() / (small + large)


@lru_cache(maxsize=8192)
def trigrams(statement: str) -> Counter[str]:
    """Return the counts of a statement's letter trigrams; none for one that is too short to compare."""
    plain = folded(statement)
    if len(plain) < FEWEST_LETTERS:
        return Counter()
    padded = f" {plain} "
    return Counter(padded[i : i + 3] for i in range(len(padded) - 2))


def folded(text: str) -> str:
    """Return the bare words of a text: compatible forms, no accents, no case, no punctuation."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", bare.casefold()))
