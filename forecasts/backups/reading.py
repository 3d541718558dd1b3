"""Read a backup as if it came from a stranger: every name, length and hash is checked before anything is used."""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from zipfile import BadZipFile, LargeZipFile, ZipFile

from forecasts import migrations, schema
from forecasts.backups import table_lines
from forecasts.backups.manifest import LARGEST_FILE, LISTS, LONGEST_LINE, Manifest, read_manifest
from forecasts.backups.table_lines import Counted, Tally
from forecasts.backups.writing import MANIFEST
from forecasts.errors import BackupError
from forecasts.forms import parse

LARGEST_MANIFEST = 2**22
_LONGEST_PATH = 500


@dataclass(frozen=True, slots=True)
class Backup:
    """An opened backup whose manifest was read and whose members are those that the manifest speaks of."""

    path: Path
    archive: ZipFile
    manifest: Manifest

    def table(self, name: str) -> Counted:
        """Give the rows of a table as lines; raises BackupError when they are not those that the manifest names."""
        return Counted(self.manifest.tables[name].columns, self._lines(f"tables/{name}", self.manifest.tables[name]))

    def rows(self, name: str) -> Iterator[list[Any]]:
        """Give the rows of one of the other lists, each with as many values as `manifest.LISTS` says."""
        for line in self._lines(name, self.manifest.lists[name]):
            yield self._row(name, line)

    def artefact(self, name: str, size: int) -> bytes:
        """Return the bytes of an artefact; raises BackupError when they are damaged."""
        return self._file(f"artefacts/{name}", name, size)

    def definition(self, path: str, name: str, size: int) -> bytes:
        """Return a board file; raises BackupError when it is damaged or its path leads elsewhere."""
        with _damage_named(self.path):
            check_path(path)
        return self._file(f"definitions/{path}", name, size)

    def _row(self, name: str, line: bytes) -> list[Any]:
        with _damage_named(self.path):
            row = parse(line.decode("utf-8"))
            kinds = [type(value) for value in row] if isinstance(row, list) else []
        if kinds != [int if column == "bytes" else str for column in LISTS[name]]:
            raise BackupError(f"{self.path}: {name}.jsonl: {line[:60]!r} is not one of its lines")
        return list(row)

    def _file(self, member: str, name: str, size: int) -> bytes:
        if size > LARGEST_FILE:
            raise BackupError(f"{self.path}: {member:.100}: {size} bytes; at most {LARGEST_FILE} are read")
        with _damage_named(self.path), self.archive.open(member) as file:
            content = file.read(size + 1)
        if len(content) != size or hashlib.sha256(content).hexdigest() != name:
            raise BackupError(f"{self.path}: {member:.100}: damaged: other bytes than its list names")
        return content

    def _lines(self, name: str, wanted: Tally) -> Iterator[bytes]:
        counted = Counted(wanted.columns, self._raw_lines(f"{name}.jsonl", wanted.rows))
        with _damage_named(self.path):
            yield from counted
        if counted.tally != wanted:
            found = f"{counted.tally.rows} rows with another hash than the {wanted.rows} that were written"
            raise BackupError(f"{self.path}: {name}.jsonl: damaged: {found}")

    def _raw_lines(self, member: str, most: int) -> Iterator[bytes]:
        with self.archive.open(member) as file:
            for _ in range(most + 1):
                line = file.readline(LONGEST_LINE)
                if not line:
                    return
                if not line.endswith(b"\n"):
                    raise BackupError(f"{self.path}: {member}: a line is cut off or longer than {LONGEST_LINE} bytes")
                yield line[:-1]


@contextmanager
def opened(path: Path) -> Iterator[Backup]:
    """Open a backup and check its manifest and the names of its members.

    Raises
    ------
    BackupError
        One line that begins with the file's name, also for whatever is found to be damaged while it is read.
    """
    with _damage_named(path):
        archive = ZipFile(path)
    with archive:
        with _damage_named(path):
            manifest = read_manifest(_manifest_text(archive))
            _check_schema(manifest)
            found = Backup(path, archive, manifest)
            _check_members(found)
        yield found


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """Turn whatever a damaged file brings about into one line that begins with its name."""
    try:
        yield
    except BackupError as error:
        raise BackupError(str(error) if str(error).startswith(str(path)) else f"{path}: {error}") from error
    except FileNotFoundError:
        raise BackupError(f"{path}: there is no such file") from None
    except OSError as error:
        raise BackupError(f"{path}: cannot be read ({error.strerror or error})") from error
    except _DAMAGED as error:
        raise BackupError(f"{path}: no backup of twixt, or damaged ({' '.join(str(error).split())[:200]})") from error


_DAMAGED = (
    BadZipFile,
    LargeZipFile,
    zlib.error,
    EOFError,
    struct.error,
    RuntimeError,
    LookupError,
    ValueError,
    TypeError,
)
"""What reading a zip file of a stranger can raise; NotImplementedError and RecursionError are RuntimeErrors."""


def check_path(path: object) -> str:
    """Return the path of a board file within the directory of boards; raises ValueError for one that leads out."""
    if not isinstance(path, str) or not path or len(path) > _LONGEST_PATH or not path.isprintable() or "\\" in path:
        raise ValueError(f"{path!r:.80} is no path of a board file")
    parts = PurePosixPath(path).parts
    if any(part in {"..", ".", "/"} or ":" in part for part in parts) or "/".join(parts) != path:
        raise ValueError(f"{path!r:.80} leads out of the directory of boards")
    return path


def _manifest_text(archive: ZipFile) -> str:
    try:
        with archive.open(MANIFEST) as file:
            content = file.read(LARGEST_MANIFEST + 1)
    except KeyError:
        raise BackupError(f"no backup of twixt: it has no {MANIFEST}") from None
    if len(content) > LARGEST_MANIFEST:
        raise BackupError(f"{MANIFEST} has more than {LARGEST_MANIFEST} bytes")
    return content.decode("utf-8")


def _check_schema(manifest: Manifest) -> None:
    if manifest.schema > schema.SCHEMA:
        raise BackupError(f"its schema {manifest.schema} is newer than this program's {schema.SCHEMA}; upgrade twixt")
    if manifest.schema not in migrations.revisions():
        raise BackupError(f"its schema {manifest.schema} is unknown; allowed: {', '.join(migrations.revisions())}")
    wanted = table_lines.names(manifest.schema)
    if set(manifest.tables) != set(wanted):
        odd = sorted(set(manifest.tables) ^ set(wanted))
        raise BackupError(f"its tables are not those of schema {manifest.schema}: {odd[0]:.60} is missing or unknown")


def _check_members(backup: Backup) -> None:
    """Every member is one that the lists name, each once: nothing is missing and nothing else lies in the file."""
    wanted = {MANIFEST} | {f"tables/{t}.jsonl" for t in backup.manifest.tables} | {f"{n}.jsonl" for n in LISTS}
    wanted |= {f"artefacts/{row[0]}" for row in backup.rows("artefacts")}
    wanted |= {f"definitions/{row[0]}" for row in backup.rows("definitions")}
    found = backup.archive.namelist()
    if len(set(found)) != len(found):
        raise BackupError("damaged: a member stands in it twice")
    if odd := sorted(set(found) ^ wanted):
        raise BackupError(f"damaged: {odd[0]:.100} is missing, or no list names it")
