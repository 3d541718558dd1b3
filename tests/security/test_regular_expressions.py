"""No regular expression of the program can be made to run for long: each against long texts of what it repeats."""

import ast
import re
from functools import reduce
from pathlib import Path

import pytest

from tests.security.within import HangError, within

ROOT = Path(__file__).resolve().parents[2]
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
ENDS = ("", "!", "\n", "x\n!")


def patterns() -> dict[str, re.Pattern[str]]:
    """Return every expression that is written down in the sources, by its place."""
    found = {}
    for path in sorted(p for room in ("app", "forecasts", "models") for p in (ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and is_of_re(node.func):
                text = literal(node.args[0]) if node.args else None
                if text is not None:
                    found[f"{path.relative_to(ROOT)}:{node.lineno}"] = re.compile(text, flags(node))
    return found


def is_of_re(function: ast.Attribute) -> bool:
    return isinstance(function.value, ast.Name) and function.value.id == "re" and function.attr != "escape"


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


PATTERNS = patterns()
BOUNDED = {"forecasts/board_files.py": "_PARSE_PLACE reads messages of the TOML reader, one line that it wrote itself"}


def slowest(pattern: re.Pattern[str]) -> str:
    """Return the first text that holds an expression up, or nothing."""
    for piece in PIECES:
        for start in ("", "a", "[", '"'):
            for end in ENDS:
                text = start + piece * (LENGTH // len(piece)) + end
                try:
                    with within(1.0):
                        pattern.match(text)
                        pattern.search(text)
                        pattern.fullmatch(text)
                except HangError:
                    return f"{start!r} + {piece!r} * n + {end!r}"
    return ""


def test_the_search_for_expressions_finds_them_and_a_bad_one_is_caught() -> None:
    assert len(PATTERNS) > 40
    assert slowest(re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")), (
        "the one that read headers of tables once"
    )
    assert slowest(re.compile(r"(a+)+b"))


@pytest.mark.slow
@pytest.mark.parametrize("place", PATTERNS)
def test_an_expression_is_done_in_time_whatever_it_reads(place: str) -> None:
    assert slowest(PATTERNS[place]) == "", PATTERNS[place].pattern
