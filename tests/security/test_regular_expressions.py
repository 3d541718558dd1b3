"""No regular expression of the program can be made to run for long: each against long texts of what it repeats."""

import ast
import re
from dataclasses import dataclass
from functools import reduce
from itertools import product

import pytest

from tests.security.sources import calls, trees
from tests.security.within import HangError, within

LENGTH = 20_000
"""Characters of the longest text field (`forecasts.forms.MAX_TEXT`)."""
PIECES = (
    *" \ta1Z0.,;:-_+'\"[](){}<>#=/\\@*%&|?!~^$`",
    "=x",
    "a.",
    ". ",
    ", ",
    "a ",
    "''",
    '""',
    "](",
    "[[",
    "\\x",
    "://",
)
STARTS, ENDS = ("", "["), ("!\n",)
WAYS = {"match": "match", "fullmatch": "fullmatch"}
"""How an expression is used -> how it is tried; in every other way it is searched for."""


@dataclass(frozen=True)
class Written:
    """An expression in the sources."""

    pattern: re.Pattern[str]
    ways: frozenset[str]
    """How it is used anywhere: `match`, `search`, `fullmatch`."""


def used() -> dict[str, set[str]]:
    """Return how each name is asked to match something, in whatever module."""
    found: dict[str, set[str]] = {}
    for path in trees():
        for called, call in calls()[path]:
            owner = call.func.value if isinstance(call.func, ast.Attribute) else None
            name_ = getattr(owner, "id", "") or getattr(owner, "attr", "")
            if called in {"match", "search", "fullmatch", "findall", "finditer", "sub", "subn", "split"}:
                found.setdefault(name_, set()).add(WAYS.get(called, "search"))
    return found


def expressions() -> dict[str, Written]:
    """Return every expression that is written down in the sources, by its place."""
    found, ways = {}, used()
    for path, tree in trees().items():
        names = {id(n.value): n.targets[0].id for n in ast.walk(tree) if isinstance(n, ast.Assign) and named(n)}
        for called, call in calls()[path]:
            text = literal(call.args[0]) if is_of_re(call.func) and call.args else None
            if text is not None:
                by_name = ways.get(names.get(id(call), ""), {"search"})
                how = by_name if called == "compile" else {WAYS.get(called, "search")}
                found[f"{path}:{call.lineno}"] = Written(re.compile(text, flags(call)), frozenset(how))
    return found


def named(node: ast.Assign) -> bool:
    return isinstance(node.targets[0], ast.Name)


def is_of_re(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute) and getattr(function.value, "id", "") == "re" and function.attr != "escape"
    )


def literal(node: ast.expr) -> str | None:
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return None
    return value if isinstance(value, str) else None


def flags(node: ast.Call) -> int:
    names = {
        n.attr for part in (*node.args[1:], *node.keywords) for n in ast.walk(part) if isinstance(n, ast.Attribute)
    }
    known = [getattr(re, name) for name in names if isinstance(getattr(re, name, None), re.RegexFlag)]
    return reduce(lambda a, b: a | b, known, 0)


EXPRESSIONS = expressions()
OF_ITS_OWN = {
    "app/history_job.py": "reads lines of a process that it has started itself",
    "app/site/pictures.py": "reads pictures that it has drawn itself",
}
"""Modules whose expressions read nothing that anybody else has written."""


def slowest(written: Written) -> str:
    """Return the first text that holds an expression up, or nothing."""
    for piece, start, end in product(PIECES, STARTS, ENDS):
        text = start + piece * (LENGTH // len(piece)) + end
        try:
            with within():
                for way in written.ways:
                    getattr(written.pattern, way)(text)
        except HangError:
            return f"{start!r} + {piece!r} * n + {end!r}"
    return ""


def test_the_search_for_expressions_finds_them_and_a_bad_one_is_caught() -> None:
    assert len(EXPRESSIONS) > 40
    once = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
    assert slowest(Written(once, frozenset({"match"}))), "it once read headers of tables"
    assert EXPRESSIONS[next(p for p in EXPRESSIONS if p.startswith("forecasts/board_files.py"))].ways == {"fullmatch"}


@pytest.mark.slow
@pytest.mark.parametrize("place", [p for p in EXPRESSIONS if p.partition(":")[0] not in OF_ITS_OWN])
def test_an_expression_is_done_in_time_whatever_it_reads(place: str) -> None:
    assert slowest(EXPRESSIONS[place]) == "", EXPRESSIONS[place]
