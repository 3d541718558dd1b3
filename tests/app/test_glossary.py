"""The glossary holds the words of the pages: each is met where it says, each links, and no word of art is missing."""

import ast
import re
from pathlib import Path

import pytest

from app import glossary, links
from app.glossary import Term

APP = Path(__file__).resolve().parents[2] / "app"
NOT_OF_A_PAGE = {"links", "main", "glossary", "keys", "tour"}
"""Modules that name all pages or all words."""
OF_ART = re.compile(
    r"\b(R-hat|ESS|k-hat|Monte Carlo|Brier|CRPS|[Cc]alibrat|[Mm]iscalibration|[Dd]iscrimination|[Hh]azard|[Pp]osterior"
    r"|[Ll]og-odds|[Ll]ikelihood ratio|[Pp]eer score|[Rr]eference class|[Oo]utside view|[Ii]nside view|[Ee]licited"
    r"|[Rr]etrospective|[Ss]napshot|[Rr]eceipt|[Oo]verlay|[Ii]deal point|NOMINATE|[Dd]ivergence|[Tt]race|[Pp]rior"
    r"|[Pp]ower-scaling|[Ee]ffective (?:sample|futures|draws)|[Dd]rift|[Rr]eliability)\b"
)
"""Words that a newcomer to the field would have to look up."""


def strings(path: Path) -> str:
    """Return every text of a module that is no docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    texts = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return "\n".join(n.value for n in texts if id(n) not in documented)


def imported(path: Path) -> set[Path]:
    """Return the modules of the app that a module imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "app":
            names |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    found = {APP.parent.joinpath(*name.split(".")).with_suffix(".py") for name in names}
    return {module for module in found if module.exists() and module.stem not in NOT_OF_A_PAGE}


def words_of(page: str) -> str:
    """Return the words of a page's module and of all that it imports of the app, but not of other pages."""
    reached, waiting = set(), {APP / "pages" / f"{page}.py"}
    while waiting:
        path = waiting.pop()
        reached.add(path)
        waiting |= {p for p in imported(path) - reached if p.parent == APP or p.stem.split("_")[0] == own(page)}
    return "\n".join(strings(path) for path in reached).lower()


def own(page: str) -> str:
    """Return how the names of the modules of a page begin."""
    return {"add_evidence": "evidence", "diagnostics": "runs"}.get(page, page.split("_", maxsplit=1)[0])


WORDS = {page: words_of(page) for page in links.TITLES}


@pytest.mark.parametrize("term", glossary.terms(), ids=lambda term: term.id)
def test_each_word_is_met_where_it_says(term: Term):
    assert term.pages
    for page in term.pages:
        names = (term.name, *term.also)
        assert page in links.TITLES
        assert any(name.lower() in WORDS[page] for name in names), f"{names} nowhere on {page}"


@pytest.mark.parametrize("term", glossary.terms(), ids=lambda term: term.id)
def test_each_word_has_an_address_and_a_meaning_of_its_own(term: Term):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", term.id)
    assert glossary.of_id(term.id) is term
    assert term.meaning.endswith((".", ")"))
    assert len(term.meaning) <= 220, "one or two lines"
    assert len({t.id for t in glossary.terms()}) == len(glossary.terms())


def test_no_word_of_art_of_the_pages_is_missing():
    explained = " ".join(" ".join((t.name, *t.also, t.meaning)) for t in glossary.terms()).lower()
    used = {found.lower() for page in (APP / "pages").glob("*.py") for found in OF_ART.findall(strings(page))}
    assert len(used) > 15, "the pages were read"
    assert not {word for word in used if word not in explained}


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("ess", "Effective sample size"),
        ("K-HAT", "Pareto k-hat"),
        ("band", "90 % band"),
        ("thread", "Story"),
        ("adjust", "Inside view"),
    ],
)
def test_a_word_is_found_by_its_other_spellings(text, first):
    assert glossary.find(text)[0].name == first


@pytest.mark.parametrize("text", ["zzz", "(", "[a", "\\", "*"])
def test_what_is_no_word_finds_nothing(text):
    assert glossary.find(text) == () or all(text in f"{t.name}{t.meaning}" for t in glossary.find(text))


def test_an_unknown_address_names_no_word():
    assert glossary.of_id("<b>") is None
