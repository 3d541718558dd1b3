"""Every line of the threat table in SECURITY.md names tests that exist, and nothing that was asked for is left out."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
LINES = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in TEXT.splitlines() if "tests/" in line[2:]]
ROWS = {cells[0].lstrip("| "): cells for cells in LINES if len(cells) == 3}
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


@cache
def functions_of(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("threat", ROWS)
def test_a_line_names_tests_that_exist(threat: str) -> None:
    found = NAMED.findall(ROWS[threat][2])
    assert found
    assert [f"{path}::{name}" for path, name in found if name not in functions_of(path)] == []
    assert len(ROWS[threat][1]) > 15, "what is done"


ASKED = (
    *("SQL", "HTML", "CSV", "logs", "path names", "zip", "decompression", "deep JSON", "TOML", "YAML", "Parquet"),
    *("NetCDF", "pickle", "SSRF", "webhooks", "importers", "secrets", "error pages", "web socket", "cookie"),
    *("packages", "floods"),
)


@pytest.mark.parametrize("word", ASKED)
def test_what_was_asked_for_has_a_line(word: str) -> None:
    assert any(word.casefold() in threat.casefold() for threat in ROWS)


def test_every_file_of_these_tests_is_named_somewhere() -> None:
    assert len(ROWS) == TEXT.count("::test_") - sum(cells[2].count("::test_") - 1 for cells in ROWS.values())
    files = {f"tests/security/{p.name}" for p in Path(__file__).parent.glob("test_*.py")}
    assert {path for path in files if path not in TEXT} == set()
