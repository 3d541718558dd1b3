"""A file that appears under its name only when it is whole, and that never replaces another one."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from forecasts.errors import BackupError

A_WRITE_PAUSES = 3600.0
"""Seconds without a byte after which a temporary file was left by a killed process."""


@contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """Give an empty temporary file in the same directory; when the block ends it takes the name, forced to the disk.

    Only its owner can read it: a backup holds names and addresses.

    Raises
    ------
    BackupError
        When there is a file of that name already, or the directory cannot be written. Nothing is left behind.
    """
    temporary = path.parent / f".{path.name}.writing-{secrets.token_hex(4)}"
    try:
        _check_absent(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch(mode=0o600, exist_ok=False)
        yield temporary
        _force_to_disk(temporary)
        _check_absent(path)
        sweep(path.parent, before=temporary.stat().st_mtime - A_WRITE_PAUSES)
        temporary.replace(path)
        _force_to_disk(path.parent)
    except OSError as error:
        raise BackupError(f"{path}: cannot be written ({error.strerror or error}); nothing was kept") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def sweep(folder: Path, *, before: float) -> None:
    """Remove what killed processes have begun in a directory; times are those of its own file system."""
    for path in folder.glob(".*.writing-*"):
        with suppress(OSError):
            if path.stat().st_mtime < before:
                path.unlink()


def _check_absent(path: Path) -> None:
    if path.exists():
        raise BackupError(f"{path}: there is a file of this name already; it stays as it is, name another one")


def _force_to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
