"""Verify a record from end to end: the database, its tables and triggers, every digest, every file, every reference.

Nothing is changed. What is wrong is collected, each as one line, so that one look shows the whole damage.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa

from forecasts import ledger, people, schema, snapshots
from forecasts.artefacts import Artefacts
from forecasts.domain import BoardVersion
from forecasts.errors import StoreError
from forecasts.ledger_chain import check_chain
from forecasts.schema_check import wrong_tables, wrong_triggers
from forecasts.snapshots import Snapshot
from forecasts.store import Store, lock_migrations

MOST_PROBLEMS = 200
"""Problems that are told; a damaged disk can have many more."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at, and what is wrong with it."""

    checked: dict[str, int] = field(default_factory=dict)
    """How many of each kind were looked at: `tables`, `triggers`, `boards`, `entries`, `snapshots`, `artefacts`, ..."""
    problems: list[str] = field(default_factory=list)
    """One line each, in the order of finding; at most `MOST_PROBLEMS`."""

    def add(self, kind: str, count: int = 1) -> None:
        """Count what was looked at."""
        self.checked[kind] = self.checked.get(kind, 0) + count

    def tell(self, problem: str) -> None:
        """Keep a problem."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(problem)

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Keep what a check raises as a problem, and go on with the next one."""
        try:
            yield
        except (StoreError, ValueError, LookupError) as error:
            self.tell(" ".join(str(error).split()))


Tell = Callable[[str], None]


def verify(store: Store, artefacts: Artefacts | None, *, tell: Tell = lambda _: None) -> Verified:
    """Check everything that can be checked of a record; `artefacts` are left out when None.

    `tell` is given the name of each part as its check begins.
    """
    found = Verified()
    tell("database")
    with found.collecting():
        _check_database(store, found)
    boards: tuple[str, ...] = ()
    with found.collecting():
        boards = ledger.known_boards(store)
    for board in boards:
        tell(board)
        with found.collecting():
            _check_board(store, board, artefacts, found)
    with found.collecting():
        for person in people.everyone(store):
            found.add("people")
            with found.collecting():
                people.check(person)
    if artefacts is not None:
        tell("artefacts")
        with found.collecting():
            _check_artefacts(artefacts, found)
    return found


def mend_triggers(store: Store) -> None:
    """Make the triggers of all insert-only tables anew; no row is touched."""
    with store.writing() as connection:
        lock_migrations(connection)
        schema.protect(connection)


def _check_database(store: Store, found: Verified) -> None:
    with store.reading() as connection:
        for problem in _damage(connection):
            found.tell(f"{store.label}: {problem}")
        found.add("tables", len(schema.metadata.tables))
        for problem in wrong_tables(connection):
            found.tell(f"{store.label}: {problem}")
        found.add("triggers", len(schema.triggers(connection.dialect.name)))
        for problem in wrong_triggers(connection):
            found.tell(f"{store.label}: {problem}")


def _damage(connection: sa.Connection) -> Iterator[str]:
    """Give what SQLite finds in its own file; PostgreSQL checks its pages by itself, if it was set up to."""
    if connection.dialect.name != "sqlite":
        return
    for (line,) in connection.exec_driver_sql("PRAGMA integrity_check(20)").all():
        if line != "ok":
            yield f"damaged: {line}"
    for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check").all():
        yield f"table {table}: row {row} has no parent in {parent}"


def _check_board(store: Store, board: str, artefacts: Artefacts | None, found: Verified) -> None:
    found.add("boards")
    rows = ledger.with_texts(store, board)
    found.add("entries", len(rows))
    with found.collecting():
        check_chain([entry for entry, _ in rows], [text for _, text in rows])
    digests = {entry.position: entry.digest for entry, _ in rows}
    definitions = {entry.record.content_hash for entry, _ in rows if isinstance(entry.record, BoardVersion)}
    for name in sorted(definitions):
        _check_there(artefacts, name, f"{board}: definition {name[:12]}", found)
    for snapshot in snapshots.every(store, board):
        found.add("snapshots")
        with found.collecting():
            _check_snapshot(snapshot, digests, definitions)
        _check_there(artefacts, snapshot.detail_hash, f"{board}: snapshot {snapshot.id[:12]}: its detail", found)


def _check_snapshot(snapshot: Snapshot, digests: dict[int, str], definitions: set[str]) -> None:
    """Raise ValueError unless a snapshot can be kept and belongs to this ledger."""
    place = f"{snapshot.board}: snapshot {snapshot.id[:12]}"
    try:
        snapshots.check(snapshot)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from error
    if snapshot.board_version not in definitions:
        raise ValueError(f"{place}: its definition {snapshot.board_version[:12]} was never entered")
    if snapshot.mode == "live" and digests.get(snapshot.ledger_position) != snapshot.ledger_digest:
        raise ValueError(f"{place}: its ledger digest is not that of position {snapshot.ledger_position}")


def _check_there(artefacts: Artefacts | None, name: str, place: str, found: Verified) -> None:
    if artefacts is not None and not artefacts.has(name):
        found.tell(f"{place} is missing ({name[:12]}); restore it from a backup")


def _check_artefacts(artefacts: Artefacts, found: Verified) -> None:
    """Hash every file anew, and see that keys lead somewhere."""
    names = artefacts.hashes()
    for name in sorted(names):
        found.add("artefacts")
        with found.collecting():
            artefacts.get(name)
    found.add("keys", len(artefacts.bindings()))
