"""The words of the pages, in the terms of the field: what each means, and where it is met (`static/glossary.toml`)."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("static") / "glossary.toml"


@dataclass(frozen=True, slots=True)
class Term:
    """One word of the pages."""

    name: str
    meaning: str
    """One to three sentences."""
    pages: tuple[str, ...]
    """Where it is met, by name of `links.TITLES`, the first one first."""
    also: tuple[str, ...] = ()
    """Other spellings under which a page has it, or under which it is looked for."""

    @property
    def id(self) -> str:
        """What its own address names it by: `help?term=r-hat`."""
        return "-".join("".join(c if c.isalnum() else " " for c in self.name.lower()).split())


@cache
def groups() -> dict[str, tuple[Term, ...]]:
    """Return the terms by what they belong to, in the order of a reader's way through the pages."""
    found = tomllib.loads(FILE.read_text(encoding="utf-8"))["group"]
    return {group["name"]: tuple(_term(**term) for term in group["term"]) for group in found}


def _term(*, name: str, meaning: str, pages: list[str], also: list[str] | None = None) -> Term:
    return Term(name, meaning, tuple(pages), tuple(also or ()))


def terms() -> tuple[Term, ...]:
    """Return all terms in their order."""
    return tuple(term for found in groups().values() for term in found)


def find(text: str) -> tuple[Term, ...]:
    """Return the terms whose name, other spellings or meaning hold words that begin so, those named so first."""
    wanted = [re.compile(rf"(?<!\w){re.escape(word)}") for word in text.lower().split()]
    found = [term for term in terms() if all(w.search(f"{_names(term)} {term.meaning.lower()}") for w in wanted)]
    return tuple(sorted(found, key=lambda term: not all(w.search(_names(term)) for w in wanted)))


def of_id(name: str) -> Term | None:
    """Return the term that an address names, or None."""
    return next((term for term in terms() if term.id == name), None)


def _names(term: Term) -> str:
    return " ".join((term.name, *term.also)).lower()
