"""Write a backup of a running store: one consistent state of every table, then every file that it needs.

A zip file: `manifest.json`, one member of JSON lines for each table and each list, one member for each artefact and
each of the user's own board files. Readers and writers of the store go on meanwhile: the tables are read in one
transaction, artefacts are written before the rows that name them and never change.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import batched
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import sqlalchemy as sa

from forecasts import schema
from forecasts.artefacts import Artefacts
from forecasts.backups import manifest, table_lines
from forecasts.backups.manifest import FORMAT, LARGEST_FILE, LISTS, LONGEST_LINE, Manifest
from forecasts.backups.table_lines import Counted, Tally
from forecasts.backups.whole_file import appearing
from forecasts.errors import BackupError, CorruptArtefactError
from forecasts.instants import utc
from forecasts.receipts import program_version
from forecasts.store import Store

MANIFEST = "manifest.json"
LARGEST_DEFINITION = 2**24
"""Bytes of the largest board file that is taken along."""
_LINES_AT_ONCE = 500


Damage = Callable[[CorruptArtefactError], None]


def raise_damage(error: CorruptArtefactError) -> None:
    """Let no backup be written of a record that is not whole."""
    raise error


@dataclass(frozen=True, slots=True)
class Needed:
    """Which artefacts the rows of a store name."""

    always: frozenset[str]
    """Definitions and details: without one of them the record is not whole."""
    futures: frozenset[str]
    """Simulated futures, while they are kept."""


def write(
    store: Store,
    artefacts: Artefacts,
    boards: Path,
    target: Path,
    *,
    now: datetime,
    with_futures: bool = True,
    damage: Damage = raise_damage,
) -> Manifest:
    """Write a backup of everything to a new file, which appears whole or not at all; returns its manifest.

    Parameters
    ----------
    boards : directory of the user's own board definitions.
    now : aware instant; when the backup is said to be taken.
    with_futures : without them a backup is smaller, and previews wait for the next refit after a restore.
    damage : what is done about a file that is missing or damaged; when it returns, the backup goes on without it.

    Raises
    ------
    BackupError
        When there is a file of that name, or it cannot be written.
    CorruptArtefactError
        When a file that the record needs is missing or damaged, unless `damage` says otherwise.
    """
    bare = _bare(store.engine.dialect.name, schema.SCHEMA, now=utc(now))
    with appearing(target) as temporary, _new_zip(temporary) as archive:
        with store.reading() as connection:
            tables = _write_tables(archive, connection, schema.SCHEMA)
            needed = needed_artefacts(connection)
        left_out = frozenset() if with_futures else needed.futures - needed.always
        lists = _write_artefacts(archive, artefacts, needed, _Choice(left_out, damage))
        lists["definitions"] = _write_list(archive, "definitions", _write_definitions(archive, boards))
        done = replace(bare, tables=tables, lists=lists, left_out=len(left_out))
        archive.writestr(_member(MANIFEST), done.text())
    return done


def write_tables(connection: sa.Connection, revision: str, folder: Path) -> Path:
    """Write the tables of a store of some schema, within the caller's transaction, and return the file.

    Its name follows from what is in it, so that the same rows are kept once. This is the backup before a migration:
    artefacts are not in it, because no migration touches them.
    """
    tables = table_lines.tables(connection, revision)
    found = {t.name: _tally(connection, t) for t in tables}
    target = folder / f"schema-{revision}-{manifest.record_name(revision, found)[:12]}.zip"
    if target.exists():
        return target
    with appearing(target) as temporary, _new_zip(temporary) as archive:
        done = replace(
            _bare(connection.dialect.name, revision, now=None),
            tables=_write_tables(archive, connection, revision),
            lists={name: _write_list(archive, name, ()) for name in LISTS},
        )
        archive.writestr(_member(MANIFEST), done.text())
    return target


def needed_artefacts(connection: sa.Connection) -> Needed:
    """Return which artefacts the rows of a store of the present schema name."""
    kind = schema.ledger.c.kind == "board_version"
    records = connection.execute(sa.select(schema.ledger.c.record).where(kind)).scalars()
    definitions = {json.loads(record)["content_hash"] for record in records}
    heads = connection.execute(sa.select(schema.snapshots.c.detail_hash, schema.snapshots.c.futures_hash)).all()
    futures = frozenset(row.futures_hash for row in heads if row.futures_hash)
    return Needed(frozenset(definitions | {row.detail_hash for row in heads}), futures)


def _bare(database: str, revision: str, *, now: datetime | None) -> Manifest:
    return Manifest(FORMAT, program_version(), revision, now, database, {}, {}, 0)


def _new_zip(path: Path) -> ZipFile:
    return ZipFile(path, "w", ZIP_DEFLATED, compresslevel=1)


def _member(name: str) -> ZipInfo:
    """Describe a member without the time of writing, so that the same content has the same bytes."""
    found = ZipInfo(name)
    found.compress_type = ZIP_DEFLATED
    return found


def _tally(connection: sa.Connection, table: sa.Table) -> Tally:
    lines = table_lines.read(connection, table)
    for _ in lines:
        pass
    return lines.tally


def _write_tables(archive: ZipFile, connection: sa.Connection, revision: str) -> dict[str, Tally]:
    found = {}
    for table in table_lines.tables(connection, revision):
        lines = table_lines.read(connection, table)
        _write_lines(archive, f"tables/{table.name}.jsonl", lines)
        found[table.name] = lines.tally
    return found


def _write_list(archive: ZipFile, name: str, rows: Iterable[tuple[Any, ...]]) -> Tally:
    lines = Counted(LISTS[name], (json.dumps(row, ensure_ascii=False).encode("utf-8") for row in rows))
    _write_lines(archive, f"{name}.jsonl", lines)
    return lines.tally


def _write_lines(archive: ZipFile, name: str, lines: Iterable[bytes]) -> None:
    with archive.open(_member(name), "w", force_zip64=True) as member:
        for some in batched(lines, _LINES_AT_ONCE, strict=False):
            if (longest := max(map(len, some))) >= LONGEST_LINE:
                raise BackupError(f"{name}: a row of {longest} bytes; a backup holds rows below {LONGEST_LINE}")
            member.write(b"".join(line + b"\n" for line in some))


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which artefacts are left out, and what is done about damage."""

    left_out: frozenset[str]
    damage: Damage


def _write_artefacts(archive: ZipFile, artefacts: Artefacts, needed: Needed, choice: _Choice) -> dict[str, Tally]:
    """Write every artefact and every key that leads to one of them."""
    sizes: dict[str, int] = {}
    for name in sorted((artefacts.hashes() | needed.always) - choice.left_out):
        content = _content(artefacts, name, needed, choice.damage)
        if content is not None:
            if len(content) > LARGEST_FILE:
                raise BackupError(f"artefact {name}: {len(content)} bytes; a backup holds files up to {LARGEST_FILE}")
            sizes[name] = len(content)
            archive.writestr(_member(f"artefacts/{name}"), content)
    keys = sorted((key, name) for key, name in artefacts.bindings().items() if name in sizes)
    # lists are written after their files, because a member of a zip file is written in one go
    return {
        "artefacts": _write_list(archive, "artefacts", sorted(sizes.items())),
        "keys": _write_list(archive, "keys", keys),
    }


def _content(artefacts: Artefacts, name: str, needed: Needed, damage: Damage) -> bytes | None:
    """Return an artefact's bytes; None when it is to be left out, or went meanwhile and nothing needs it."""
    try:
        return artefacts.get(name)
    except CorruptArtefactError as error:
        if name in needed.always or artefacts.has(name):
            damage(error)
        return None


def _write_definitions(archive: ZipFile, boards: Path) -> list[tuple[str, str, int]]:
    """Write the user's own board files; returns path, hash and size of each."""
    rows = []
    for path in sorted(p for p in boards.rglob("*") if p.is_file() and not p.is_symlink()):
        content, name = _definition(path), path.relative_to(boards).as_posix()
        archive.writestr(_member(f"definitions/{name}"), content)
        rows.append((name, hashlib.sha256(content).hexdigest(), len(content)))
    return rows


def _definition(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_DEFINITION + 1)
    except OSError as error:
        raise BackupError(f"{path}: cannot be read ({error.strerror})") from error
    if len(content) > LARGEST_DEFINITION:
        raise BackupError(f"{path}: more than {LARGEST_DEFINITION} bytes, the most that a board's file may have")
    return content
