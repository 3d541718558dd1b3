"""Content-addressed files: draws, futures, definitions, details. A file's name is the SHA-256 of its bytes.

A file appears whole or not at all and its bytes are checked whenever they are read, in a directory of this machine or
at a URL that several share. Names lead to hashes for what is looked up by its inputs, such as the parameter draws of a
definition.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Protocol

from forecasts.errors import CorruptArtefactError, StoreError
from forecasts.forms import check_hash
from forecasts.local_files import LocalFiles

_KEY_PLACE = re.compile(r"keys/[0-9a-f]{2}/[0-9a-f]{64}")


class Files(Protocol):
    """Where the bytes lie: `LocalFiles` or `SharedFiles`. Names are relative; whatever goes wrong is an OSError."""

    def label(self, name: str) -> str:
        """Return what messages call a file."""
        ...

    def read(self, name: str) -> bytes:
        """Return a file's bytes; raises FileNotFoundError when there is none."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Write a whole file in place of a former one, or leave nothing."""
        ...

    def exists(self, name: str) -> bool:
        """Tell whether there is a file."""
        ...

    def digest(self, name: str) -> str:
        """Return the SHA-256 of a file's bytes."""
        ...

    def remove(self, name: str) -> None:
        """Delete a file, if there is one."""
        ...

    def names(self) -> Iterator[str]:
        """Give the names of all files."""
        ...

    def sweep(self, *, before: datetime) -> int:
        """Remove what killed writes have left, if last written before an instant; returns bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Artefacts:
    """Content-addressed files under a directory, which the first `put` creates, or under an fsspec URL."""

    root: Path | str
    """A directory of this machine, or the URL of a place that several machines share."""

    @property
    def label(self) -> str:
        """What messages call the place: never with the password of a URL."""
        return self._files.label("").rstrip("/")

    def put(self, content: bytes) -> str:
        """Keep the bytes and return their hash; the same bytes again change nothing, but repair a damaged file.

        Raises
        ------
        StoreError
            When the directory cannot be written: read-only, full, no permission. Nothing is left behind.
        """
        name = hashlib.sha256(content).hexdigest()
        if not self._holds(name):
            self._write(_place(name), content)
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
        place, files = _place(name), self._files
        path = files.label(place)
        try:
            content = files.read(place)
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
        """Tell whether there is a file of this hash; its bytes are not checked. StoreError when nobody can tell."""
        place = _place(name)
        with self._reached(place):
            return self._files.exists(place)

    def bind(self, key: str, name: str) -> None:
        """Let a key, such as the hash of a computation's inputs, lead to an artefact, in place of a former one."""
        if not self.has(name):
            raise CorruptArtefactError(f"{key!r:.80} cannot lead to {name[:12]}: there is no such artefact")
        self._write(_key_place(key), f"{name}\n{key}\n".encode())

    def bound(self, key: str) -> str | None:
        """Return the hash that a key leads to, or None when it was never bound or its artefact was removed.

        Raises
        ------
        CorruptArtefactError
            When the key's file is damaged.
        """
        place = _key_place(key)
        try:
            name, found = self._read_key(place)
        except FileNotFoundError:
            return None
        if found != key:
            raise CorruptArtefactError(self._of_another(place))
        return name if self.has(name) else None

    def bindings(self) -> dict[str, str]:
        """Return every key with the hash that it leads to, whether or not that artefact is still there.

        Raises
        ------
        CorruptArtefactError
            When a key's file is damaged.
        StoreError
            When the files cannot be listed.
        """
        with self._reached(""):
            places = [name for name in self._files.names() if _KEY_PLACE.fullmatch(name)]
        found = {}
        for place in sorted(places):
            name, key = self._read_key(place)
            if _key_place(key) != place:
                raise CorruptArtefactError(self._of_another(place))
            found[key] = name
        return found

    def sweep(self, *, before: datetime) -> int:
        """Remove what writes that were killed have left behind, if last written before an instant.

        The instant protects a write that is going on. No artefact is touched. Returns the number of bytes removed.
        """
        with self._reached(""):
            return self._files.sweep(before=before)

    def remove(self, name: str) -> None:
        """Delete the file of a hash, if there is one; raises StoreError when it cannot be."""
        place = _place(name)
        with self._reached(place):
            self._files.remove(place)

    def hashes(self) -> set[str]:
        """Return the hashes of all files; raises StoreError when they cannot be listed."""
        with self._reached(""):
            parts = [PurePosixPath(name).parts for name in self._files.names()]
        return {p[1] for p in parts if len(p) == 2 and p[1][:2] == p[0]}

    @property
    def _files(self) -> Files:
        if isinstance(self.root, Path):
            return LocalFiles(self.root)
        from forecasts.shared_files import SharedFiles

        return SharedFiles(self.root)

    @contextmanager
    def _reached(self, place: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(f"{self._files.label(place)}: cannot be reached ({error.strerror})") from error

    def _read_key(self, place: str) -> tuple[str, str]:
        """Return the hash and the key that a key's file holds; raises FileNotFoundError, CorruptArtefactError."""
        path = self._files.label(place)
        try:
            name, _, rest = self._files.read(place).decode("utf-8").partition("\n")
            check_hash(name)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise CorruptArtefactError(f"{path}: cannot be read ({error.strerror})") from error
        except ValueError as error:
            raise CorruptArtefactError(f"{path}: damaged ({error}); delete it to make it anew") from error
        if not rest.endswith("\n"):
            raise CorruptArtefactError(f"{path}: damaged: it is cut off; delete it to make it anew")
        return name, rest.removesuffix("\n")

    def _of_another(self, place: str) -> str:
        return f"{self._files.label(place)}: damaged: it belongs to another key; delete it to make it anew"

    def _holds(self, name: str) -> bool:
        try:
            return self._files.digest(_place(name)) == name
        except OSError:
            return False

    def _write(self, place: str, content: bytes) -> None:
        files = self._files
        try:
            files.write(place, content)
        except OSError as error:
            folder = files.label(place).rpartition("/")[0]
            raise StoreError(f"{folder}: cannot be written ({error.strerror}); nothing was kept") from error


def _place(name: str) -> str:
    check_hash(name)
    return f"{name[:2]}/{name}"


def _key_place(key: str) -> str:
    name = hashlib.sha256(key.encode()).hexdigest()
    return f"keys/{name[:2]}/{name}"
