"""Where the shipped tables come from and on what terms: read from the SOURCES.md beside them, told only once."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "data"
CITATION = DATA.parent / "CITATION.cff"
_CODE = re.compile(r"`([^`]+)`")
_ROW = re.compile(r"^\|(.+)\|$")


@dataclass(frozen=True, slots=True)
class Source:
    """One shipped table."""

    files: tuple[str, ...]
    """Paths relative to the data folder."""
    what: str
    origin: str
    terms: str
    """Licence or how to cite; empty where the document says nothing of the file alone."""


@cache
def reference() -> tuple[Source, ...]:
    """Return the tables of facts, in the order of their document."""
    rows = _table(DATA / "reference" / "SOURCES.md", "file", "rows", "what it is", "origin", "terms")
    return tuple(Source(_files("reference", file), what, origin, terms) for file, _, what, origin, terms in rows)


@cache
def boards() -> dict[str, tuple[Source, ...]]:
    """Return the files of each shipped board, by its folder."""
    found = {}
    for path in sorted((DATA / "boards").glob("*/SOURCES.md")):
        rows = _table(path, "file", "content", "made from")
        folder = f"boards/{path.parent.name}"
        found[path.parent.name] = tuple(Source(_files(folder, file), what, origin, "") for file, what, origin in rows)
    return found


@cache
def citations() -> tuple[str, ...]:
    """Return what the sources ask to be cited as, one sentence each."""
    text = (DATA / "reference" / "SOURCES.md").read_text(encoding="utf-8")
    return tuple(" ".join(part.split()) for part in re.findall(r"^Citation: (.+?)\n\n", text, re.DOTALL | re.MULTILINE))


def citation_file() -> str:
    """Return how this program itself is cited, as the text of its CITATION.cff."""
    return CITATION.read_text(encoding="utf-8")


def _files(folder: str, cell: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}" for name in _CODE.findall(cell))


def _table(path: Path, *columns: str) -> list[list[str]]:
    """Return the rows of the table of a document that has these columns; raises ValueError where there is none."""
    rows = [_cells(line) for line in path.read_text(encoding="utf-8").splitlines() if _ROW.match(line)]
    if list(columns) not in rows:
        raise ValueError(f"{path}: no table with the columns {', '.join(columns)}")
    start = rows.index(list(columns)) + 2
    return [row for row in rows[start:] if len(row) == len(columns)]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]
