"""Files that several machines share, at an fsspec URL: an object store, SFTP, a share of the network.

A file is written under a temporary name, all of them in one folder, and moved, so that nobody reads half of one; its
size is looked at afterwards, because not every service says that it has kept less than it was given. What the service
forces to its disks is its own promise. No cached listing is trusted: another machine may have written a moment ago.
"""

import errno
import hashlib
import posixpath
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from forecasts.errors import StoreError

_UNFINISHED = ".writing"
"""Folder of what is not written yet: one short listing finds what killed writes left, however many files there are."""


@dataclass(frozen=True, slots=True)
class SharedFiles:
    """What lies under a URL; names are relative, with `/`. Whatever goes wrong is an OSError."""

    url: str

    def label(self, name: str) -> str:
        """Return what messages call a file: never with the password of the URL."""
        return f"{without_login(self.url).rstrip('/')}/{name}"

    def read(self, name: str) -> bytes:
        """Return a file's bytes; raises FileNotFoundError when there is none."""
        with self._reached(name) as (system, path):
            content: bytes = system.cat_file(path)
            return content

    def write(self, name: str, content: bytes) -> None:
        """Write a whole file in place of a former one, or leave nothing."""
        with self._reached(name) as (system, path):
            temporary = self._path(f"{_UNFINISHED}/{secrets.token_hex(8)}")
            try:
                for each in (temporary, path):
                    system.makedirs(posixpath.dirname(each), exist_ok=True)
                system.pipe_file(temporary, content)
                _move(system, temporary, path)
            except BaseException:
                with suppress(Exception):
                    system.rm_file(temporary)
                raise
            system.invalidate_cache()
            kept = system.info(path)["size"]
            if kept != len(content):
                raise OSError(errno.EIO, f"{kept} bytes were kept of {len(content)}")

    def exists(self, name: str) -> bool:
        """Tell whether there is a file; a service that does not answer is an error, never a no."""
        try:
            with self._reached(name) as (system, path):
                return str(system.info(path)["type"]) == "file"
        except FileNotFoundError:
            return False

    def digest(self, name: str) -> str:
        """Return the SHA-256 of a file's bytes."""
        return hashlib.sha256(self.read(name)).hexdigest()

    def remove(self, name: str) -> None:
        """Delete a file, if there is one."""
        with suppress(FileNotFoundError), self._reached(name) as (system, path):
            system.rm_file(path)

    def names(self) -> Iterator[str]:
        """Give the names of all files, those that are not written yet included."""
        return iter(self._found(""))

    def sweep(self, *, before: datetime) -> int:
        """Remove what killed writes have left, if last written before an instant; returns bytes.

        A service that does not tell when a file was written keeps them.
        """
        return sum(self._remove_if_old(name, before) for name in self._found(_UNFINISHED))

    def _remove_if_old(self, name: str, before: datetime) -> int:
        with suppress(FileNotFoundError), self._reached(name) as (system, path):
            try:
                written: datetime = system.modified(path)
            except NotImplementedError:
                return 0
            size = int(system.info(path)["size"])
            if (written if written.tzinfo else written.replace(tzinfo=UTC)) < before:
                system.rm_file(path)
                return size
        return 0

    def _found(self, folder: str) -> list[str]:
        try:
            with self._reached(folder) as (system, path):
                return [posixpath.relpath(found, self._path("")) for found in system.find(path)]
        except FileNotFoundError:
            return []

    def _path(self, name: str) -> str:
        root = _system(self.url)[1]
        return posixpath.join(root, name) if name else root

    @contextmanager
    def _reached(self, name: str) -> Iterator[tuple[Any, str]]:
        """Give the file system and a path in it; every kind of error that a service has becomes an OSError."""
        system, path = _system(self.url)[0], self._path(name)
        try:
            system.invalidate_cache()
            yield system, path
        except (FileNotFoundError, StoreError):
            raise
        except Exception as error:
            _forget(system)
            raise _as_oserror(error, self.url) from error


def without_login(url: str) -> str:
    """Return a URL without the name and password that may stand before its host."""
    return re.sub(r"//[^/@]*@", "//", url)


def _as_oserror(error: Exception, url: str) -> OSError:
    said = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
    plain = " ".join(str(said).replace(url, without_login(url)).split())[:200]
    return OSError(getattr(error, "errno", None) or errno.EIO, plain)


@cache
def _system(url: str) -> tuple[Any, str]:
    """Return the file system of a URL and the path that the URL names in it; StoreError where there is none."""
    import fsspec.core  # type: ignore[import-untyped]

    try:
        system, root = fsspec.core.url_to_fs(url)
    except ImportError as error:
        raise StoreError(f"{without_login(url)}: a package is missing to reach it ({error})") from error
    except Exception as error:
        said = " ".join(str(error).replace(url, without_login(url)).split())[:200]
        raise StoreError(f"{without_login(url)}: cannot be reached ({said})") from error
    return system, root.rstrip("/")


def _forget(system: Any) -> None:
    """Reach the service anew next time: a connection that broke stays broken."""
    _system.cache_clear()
    type(system).clear_instance_cache()


def _move(system: Any, temporary: str, path: str) -> None:
    """Give a written file its name; where a system refuses to replace, what stands there goes first."""
    try:
        system.mv(temporary, path)
    except FileExistsError:
        system.rm_file(path)
        system.mv(temporary, path)
