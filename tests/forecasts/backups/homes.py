"""Homes to be backed up, and what is in them."""

from dataclasses import dataclass
from pathlib import Path

from forecasts import schema
from forecasts.artefacts import Artefacts
from forecasts.backups import restoring, table_lines, writing
from forecasts.people import LOCAL_OWNER
from forecasts.store import Store
from tests.forecasts import full_store
from tests.forecasts.full_store import NOW

FUTURES = b"simulated futures" * 100


@dataclass(frozen=True)
class Home:
    """A filled store and the files beside it."""

    store: Store
    artefacts: Artefacts
    boards: Path

    def backup(self, target: Path, **choices: object):
        return writing.write(self.store, self.artefacts, self.boards, target, now=NOW, **choices)


def files(root: Path) -> tuple[Artefacts, Path]:
    artefacts, boards = Artefacts(root / "artefacts"), root / "boards"
    for content in (full_store.DEFINITION, full_store.DETAIL):
        artefacts.put(content)
    artefacts.bind("what-if \N{SNOWMAN}\nof two lines", artefacts.put(FUTURES))
    (boards / "mine").mkdir(parents=True)
    (boards / "mine" / "board.toml").write_text('name = "\N{SNOWMAN}"\n', encoding="utf-8")
    return artefacts, boards


def lines(store: Store) -> dict[str, list[bytes]]:
    """Return every row of every table."""
    with store.reading() as connection:
        tables = table_lines.tables(connection, schema.SCHEMA)
        return {table.name: list(table_lines.read(connection, table)) for table in tables}


def contents(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def restore(path: Path, root: Path) -> None:
    url = f"sqlite:///{root / 'twixt.sqlite'}"
    restoring.restore(path, url, Artefacts(root / "artefacts"), root / "boards", actor=LOCAL_OWNER)
