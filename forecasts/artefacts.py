"""Content-addressed files: draws, futures, definitions, details. A file's name is the SHA-256 of its bytes.

A file appears whole or not at all (temporary name, fsync, rename) and its bytes are checked whenever they are read.
Names lead to hashes for what is looked up by its inputs, such as the parameter draws of a definition.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from forecasts.errors import CorruptArtefactError, StoreError
from forecasts.forms import check_hash

_TEMPORARY = ".writing-"


@dataclass(frozen=True, slots=True)
class Artefacts:
    """A directory of content-addressed files; it is created by the first `put`."""

    root: Path

    def put(self, content: bytes) -> str:
        """Keep the bytes and return their hash; the same bytes again change nothing, but repair a damaged file.

        Raises
        ------
        StoreError
            When the directory cannot be written: read-only, full, no permission. Nothing is left behind.
        """
        name = hashlib.sha256(content).hexdigest()
        path = self._path(name)
        if not _holds(path, name):
            _write(path, content)
        return name

    def get(self, name: str) -> bytes:
        """Return the bytes of a hash.

        Raises
        ------
        CorruptArtefactError
            When the file is missing, unreadable or holds other bytes than its name says.
        ValueError
            When the name is no hash.
        """
        path = self._path(name)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise CorruptArtefactError(
                f"{path}: this file of the record is missing; restore it from a backup"
            ) from None
        except OSError as error:
            raise CorruptArtefactError(f"{path}: cannot be read ({error.strerror})") from error
        found = hashlib.sha256(content).hexdigest()
        if found != name:
            wrong = f"{len(content)} bytes with the hash {found[:12]}, not {name[:12]}"
            raise CorruptArtefactError(
                f"{path}: damaged: {wrong}; restore it from a backup or delete it to make it anew"
            )
        return content

    def has(self, name: str) -> bool:
        """Tell whether there is a file of this hash; its bytes are not checked."""
        return self._path(name).is_file()

    def bind(self, key: str, name: str) -> None:
        """Let a key, such as the hash of a computation's inputs, lead to an artefact, in place of a former one."""
        if not self.has(name):
            raise CorruptArtefactError(f"{key!r:.80} cannot lead to {name[:12]}: there is no such artefact")
        _write(self._key_path(key), f"{name}\n{key}\n".encode())

    def bound(self, key: str) -> str | None:
        """Return the hash that a key leads to, or None when it was never bound or its artefact was removed.

        Raises
        ------
        CorruptArtefactError
            When the key's file is damaged.
        """
        path = self._key_path(key)
        try:
            name, _, rest = path.read_text(encoding="utf-8").partition("\n")
            check_hash(name)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise CorruptArtefactError(f"{path}: damaged ({error}); delete it to make it anew") from error
        if rest != f"{key}\n":
            raise CorruptArtefactError(f"{path}: damaged: it belongs to another key; delete it to make it anew")
        return name if self.has(name) else None

    def sweep(self, *, before: datetime) -> int:
        """Remove what writes that were killed have left behind, if last written before an instant.

        The instant protects a write that is going on. No artefact is touched. Returns the number of bytes removed.
        """
        removed = 0
        for path in list(self.root.rglob(f"{_TEMPORARY}*")):
            with suppress(FileNotFoundError):
                found = path.stat()
                if found.st_mtime < before.timestamp():
                    path.unlink()
                    removed += found.st_size
        return removed

    def remove(self, name: str) -> None:
        """Delete the file of a hash, if there is one."""
        self._path(name).unlink(missing_ok=True)

    def hashes(self) -> set[str]:
        """Return the hashes of all files."""
        return {p.name for p in self._files() if not p.name.startswith(_TEMPORARY)}

    def _files(self) -> Iterator[Path]:
        return (p for p in self.root.glob("[0-9a-f][0-9a-f]/*") if p.is_file())

    def _path(self, name: str) -> Path:
        check_hash(name)
        return self.root / name[:2] / name

    def _key_path(self, key: str) -> Path:
        name = hashlib.sha256(key.encode()).hexdigest()
        return self.root / "keys" / name[:2] / name


def _holds(path: Path, name: str) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == name
    except OSError:
        return False


def _write(path: Path, content: bytes) -> None:
    """Write a whole file under a temporary name, force it to the disk, give it its name, force that to the disk."""
    temporary = path.parent / f"{_TEMPORARY}{secrets.token_hex(8)}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_directory(path.parent)
    except OSError as error:
        raise StoreError(f"{path.parent}: cannot be written ({error.strerror}); nothing was kept") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
