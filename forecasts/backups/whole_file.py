"""A file that appears under its name only when it is whole, and that never replaces another one."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from forecasts.errors import BackupError


@contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """Give a temporary path in the same directory; when the block ends it takes the name, forced to the disk.

    Raises
    ------
    BackupError
        When there is a file of that name already, or the directory cannot be written. Nothing is left behind.
    """
    temporary = path.parent / f".{path.name}.writing-{secrets.token_hex(4)}"
    try:
        _check_absent(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        _force_to_disk(temporary)
        _check_absent(path)
        temporary.replace(path)
        _force_to_disk(path.parent)
    except OSError as error:
        raise BackupError(f"{path}: cannot be written ({error.strerror or error}); nothing was kept") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _check_absent(path: Path) -> None:
    if path.exists():
        raise BackupError(f"{path}: there is a file of this name already; it stays as it is, name another one")


def _force_to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
