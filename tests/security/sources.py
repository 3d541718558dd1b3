"""The program's sources, parsed once for all tests that look for what must not stand in them."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def trees() -> dict[str, ast.Module]:
    """Return every source of the program by its path from the root."""
    paths = sorted(p for room in ("app", "forecasts", "models", "scripts") for p in (ROOT / room).rglob("*.py"))
    return {str(p.relative_to(ROOT)): ast.parse(p.read_text(encoding="utf-8")) for p in paths}


@cache
def calls() -> dict[str, list[tuple[str, ast.Call]]]:
    """Return every call of each source with the last part of what it calls."""
    return {path: [(name(n), n) for n in ast.walk(tree) if isinstance(n, ast.Call)] for path, tree in trees().items()}


def name(call: ast.Call) -> str:
    """Return the last part of what a call calls."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def imported(tree: ast.AST) -> set[str]:
    """Return the full names of the modules that a source imports, at any place in it."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found
