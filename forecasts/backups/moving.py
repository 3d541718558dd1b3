"""Move a record to another place, and prove that it is the same there: every row, snapshot, digest and file."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, fields
from itertools import zip_longest

import sqlalchemy as sa

from forecasts import ledger, snapshots
from forecasts.artefacts import Artefacts
from forecasts.backups import new_store, table_lines
from forecasts.backups.manifest import record_name
from forecasts.backups.restoring import check_holds_only
from forecasts.backups.table_lines import Counted, Tally
from forecasts.errors import BackupError
from forecasts.people import EVERYWHERE, Actor, authorise
from forecasts.schema import SCHEMA
from forecasts.store import Store, lock_everything, open_store


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found to be equal in two stores."""

    tables: dict[str, Tally]
    """Every table: its rows were read from both, one beside the other, and no byte differed."""
    snapshots: int
    """Snapshots that were read from both as the app reads them, and are equal."""
    boards: dict[str, str]
    """Each board's ledger digest, computed anew from the rows of the second store."""

    @property
    def record(self) -> str:
        """SHA-256 that names the rows of all tables, whatever the database; a backup of either has it too."""
        return record_name(SCHEMA, self.tables)


Tell = Callable[[str], None]


def move(source: Store, url: str, *, actor: Actor, tell: Tell) -> Proof:
    """Copy every row into a new store at a URL and prove both equal; the source stays as it is.

    Nobody can write to the source meanwhile; everybody can read it. Artefacts are files and stay where they are.

    Parameters
    ----------
    url : a database in which there is no record yet.
    tell : is given the name of each table, and what is proved, as it begins.

    Raises
    ------
    BackupError
        When there is a record at the URL already, or anything differs.
    ForbiddenError, StoreError
        When the actor may not load, or one of the databases refuses; then nothing was written.
    """
    authorise(actor, "load", EVERYWHERE)
    new_store.check_is_free(url)
    with source.writing() as connection:
        lock_everything(connection)
        tables = {table.name: table for table in table_lines.tables(connection, SCHEMA)}

        def give(table: sa.Table) -> Counted:
            tell(table.name)
            return table_lines.read(connection, tables[table.name])

        new_store.create(url, SCHEMA, lambda target: new_store.copy_tables(give, target, SCHEMA))
        tell("proof")
        with open_store(url, migrate=False) as target:
            try:
                return prove_equal(source, target)
            except BackupError as error:
                raise BackupError(f"{target.label}: written, but not equal, so do not use it: {error}") from error


def move_files(source: Artefacts, target: Artefacts, *, actor: Actor) -> tuple[int, int]:
    """Copy every artefact and key to another place, and read each back there; the source stays as it is.

    Returns how many files and keys are there now. Doing it again goes on where it was cut off.

    Raises
    ------
    BackupError
        When there are files of another record, or keys that lead elsewhere.
    CorruptArtefactError, ForbiddenError, StoreError
        When a file is damaged, the actor may not load, or one of the places cannot be reached.
    """
    authorise(actor, "load", EVERYWHERE)
    names, keys = source.hashes(), source.bindings()
    keys = {key: name for key, name in keys.items() if name in names}
    check_holds_only(target, names, keys)
    for name in sorted(names):
        target.put(source.get(name))
    for key, name in keys.items():
        target.bind(key, name)
    for name in names:
        target.get(name)
    if (target.hashes(), target.bindings()) != (names, keys):
        raise BackupError(f"{target.label}: written, but not the same files as in {source.label}, so do not use it")
    return len(names), len(keys)


def prove_equal(first: Store, second: Store) -> Proof:
    """Compare two stores row by row and snapshot by snapshot, and check the second one's ledgers.

    Raises
    ------
    BackupError
        Naming the first difference.
    """
    with first.reading() as one, second.reading() as other:
        twins = {table.name: table for table in table_lines.tables(other, SCHEMA)}
        tables = {}
        for table in table_lines.tables(one, SCHEMA):
            there = table_lines.read(other, twins[table.name])
            tables[table.name] = _compare(table_lines.read(one, table), there, table.name)
    boards = {board: ledger.verify(second, board).digest for board in ledger.known_boards(first)}
    return Proof(tables, sum(_compare_snapshots(first, second, board) for board in boards), boards)


def _compare(first: Counted, second: Counted, table: str) -> Tally:
    with closing(first), closing(second):
        for number, (left, right) in enumerate(zip_longest(first, second), 1):
            if left != right:
                shown = f"{(left or b'nothing')[:80]!r} here, {(right or b'nothing')[:80]!r} there"
                raise BackupError(f"table {table}: row {number} differs: {shown}")
    return first.tally


def _compare_snapshots(first: Store, second: Store, board: str) -> int:
    count = 0
    for left, right in zip(snapshots.every(first, board), snapshots.every(second, board), strict=True):
        same = all(getattr(left, name) == getattr(right, name) for name in _HEAD)
        if not (same and left.rows.equals(right.rows, null_equal=True)):
            raise BackupError(f"{board}: snapshot {left.id[:20]} differs from {right.id[:20]} there")
        count += 1
    return count


_HEAD = tuple(f.name for f in fields(snapshots.Snapshot) if f.name != "rows")
