"""A lock file that the system lets go when its holder ends, however it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # a system without it: then nothing is locked, and a second run only costs time
    fcntl = None  # type: ignore[assignment]


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Hold the lock for the length of a block; gives False when somebody else holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        yield _take(file.fileno())


def is_held(path: Path) -> bool:
    """Tell whether somebody holds the lock now."""
    try:
        with path.open() as file:
            return not _take(file.fileno())
    except FileNotFoundError:
        return False


def _take(descriptor: int) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
