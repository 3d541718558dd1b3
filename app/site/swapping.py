"""Put files into a folder all at once: readers see the old site or the new one, and unchanged files are not touched.

The new folder is made beside the old one, its unchanged files as links to the same data, and the two change places in
one step where the system can; whoever is killed at any moment leaves a whole site and something to be tidied.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.failures import CommandError
from app.site import places
from forecasts.file_lock import held

_AT_FDCWD = -100
_EXCHANGE = 2
"""RENAME_EXCHANGE of Linux's renameat2."""
_CANNOT = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP}


@dataclass(frozen=True, slots=True)
class Swapped:
    """What changed in the folder."""

    written: tuple[str, ...]
    """New or changed files."""
    removed: tuple[str, ...]
    """Files of the site before that are none now."""
    files: int
    """Of the site now."""


def swap_in(folder: Path, files: Mapping[str, bytes]) -> Swapped:
    """Make a folder hold these files, beside those in it that were never a site's.

    Raises
    ------
    CommandError
        When the folder holds other things and no site, is a file, cannot be replaced, or another process writes it.
    OSError
        When the disk refuses; the folder is as it was.
    """
    target = check(folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    with held(_beside(target, "lock")) as mine:
        if not mine:
            raise CommandError(f"{folder}: another process is writing this site")
        _tidy(target)
        before = _listed(target)
        written = tuple(sorted(path for path, content in files.items() if _differs(target / path, content)))
        removed = tuple(sorted(path for path in before - files.keys() if (target / path).is_file()))
        if written or removed:
            _replace(target, files, set(written), before)
        return Swapped(written, removed, len(files))


def _beside(target: Path, kind: str) -> Path:
    return target.with_name(f".{target.name}.twixt-{kind}")


def check(folder: Path) -> Path:
    """Return the folder itself, without links on the way; raises CommandError unless a site may be written there."""
    target = folder.resolve()
    if target.exists() and not target.is_dir():
        raise CommandError(f"{target}: is a file; a folder is needed")
    if target == target.parent or os.path.ismount(target):
        raise CommandError(f"{target}: cannot be replaced as a whole; name a folder below it")
    if target.is_dir() and not (target / places.MANIFEST).is_file():
        other = next(iter(sorted(target.iterdir())), None)
        if other is not None:
            raise CommandError(
                f"{target}: holds {other.name!r:.80} and no site of twixt; name an empty folder, or a new one"
            )
    return target


def _listed(target: Path) -> set[str]:
    """Return the files that the folder's own list names, as far as they lie in it."""
    try:
        found = json.loads((target / places.MANIFEST).read_text(encoding="utf-8"))["files"]
        known = {str(path) for path in found} | {places.MANIFEST}
    except FileNotFoundError:
        return set()
    except (ValueError, KeyError, TypeError):
        raise CommandError(
            f"{target / places.MANIFEST}: is no list of a site's files; remove the folder or name another"
        ) from None
    return {path for path in known if (target / path).resolve().is_relative_to(target)}


def _differs(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size != len(content) or path.read_bytes() != content
    except OSError:
        return True


def _replace(target: Path, files: Mapping[str, bytes], written: set[str], before: set[str]) -> None:
    new = _beside(target, "new")
    new.mkdir()
    try:
        for path, content in files.items():
            _place(new / path, target / path, content if path in written else None)
        _keep_strangers(target, new, before | files.keys())
        for folder in (*(p for p in new.rglob("*") if p.is_dir()), new):
            _flush(folder)
        _exchange(new, target)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    shutil.rmtree(new, ignore_errors=True)


def _place(new: Path, old: Path, content: bytes | None) -> None:
    """Write a file, or link the old one where it is unchanged."""
    new.parent.mkdir(parents=True, exist_ok=True)
    if content is None:
        os.link(old, new)
        return
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _keep_strangers(target: Path, new: Path, own: set[str]) -> None:
    """Take over what somebody else put into the folder, such as a host's settings."""
    if not target.is_dir():
        return
    for path in sorted(target.rglob("*")):
        name = path.relative_to(target)
        if name.as_posix() in own or (path.is_dir() and not path.is_symlink()):
            continue
        (new / name).parent.mkdir(parents=True, exist_ok=True)
        os.link(path, new / name, follow_symlinks=False)


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _exchange(new: Path, target: Path) -> None:
    """Let the new folder take the old one's place, and leave the old one, if any, in the new one's."""
    if not target.exists():
        new.rename(target)
    elif not _exchanged(new, target):
        old = _beside(target, "old")
        target.rename(old)
        new.rename(target)
        old.rename(new)
    _flush(target.parent)


def _exchanged(new: Path, target: Path) -> bool:
    """Exchange two folders in one step; returns False where the system has no such step."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    if rename(_AT_FDCWD, os.fsencode(new), _AT_FDCWD, os.fsencode(target), _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT:
        return False
    raise OSError(number, os.strerror(number), str(target))


def _tidy(target: Path) -> None:
    """Clear what a killed process left: a folder that was not put in place, or the old site where no new one came."""
    old = _beside(target, "old")
    if old.is_dir():
        if target.exists():
            shutil.rmtree(old)
        else:
            old.rename(target)
    shutil.rmtree(_beside(target, "new"), ignore_errors=True)
