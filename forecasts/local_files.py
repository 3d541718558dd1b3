"""Files of a local directory: a file appears whole or not at all, and stays when the power fails.

Written under a temporary name, forced to the disk, given its name, and the directory forced to the disk too.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

TEMPORARY = ".writing-"
"""How the names of files begin that are not written yet."""


@dataclass(frozen=True, slots=True)
class LocalFiles:
    """A directory, created by the first `write`; names are relative, with `/`. Whatever goes wrong is an OSError."""

    root: Path

    def label(self, name: str) -> str:
        """Return what messages call a file."""
        return str(self.root / name)

    def read(self, name: str) -> bytes:
        """Return a file's bytes; raises FileNotFoundError when there is none."""
        return (self.root / name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        """Write a whole file in place of a former one, or leave nothing."""
        path = self.root / name
        temporary = path.parent / f"{TEMPORARY}{secrets.token_hex(8)}"
        try:
            _make_directory(path.parent)
            with temporary.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            _sync_directory(path.parent)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)

    def exists(self, name: str) -> bool:
        """Tell whether there is a file."""
        return (self.root / name).is_file()

    def digest(self, name: str) -> str:
        """Return the SHA-256 of a file's bytes, read piece by piece."""
        with (self.root / name).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def remove(self, name: str) -> None:
        """Delete a file, if there is one."""
        (self.root / name).unlink(missing_ok=True)

    def names(self) -> Iterator[str]:
        """Give the names of all files, those that are not written yet included."""
        return (p.relative_to(self.root).as_posix() for p in self.root.rglob("*") if p.is_file())

    def sweep(self, *, before: datetime) -> int:
        """Remove what killed writes have left, if last written before an instant; returns bytes."""
        removed = 0
        for path in list(self.root.rglob(f"{TEMPORARY}*")):
            with suppress(FileNotFoundError):
                found = path.stat()
                if found.st_mtime < before.timestamp():
                    path.unlink()
                    removed += found.st_size
        return removed


def _make_directory(path: Path) -> None:
    """Make a directory and those above it, each forced to the disk as an entry of the one above."""
    if not path.is_dir():
        _make_directory(path.parent)
        path.mkdir(exist_ok=True)
        _sync_directory(path.parent)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
