"""How exports reach the disk: a file or a folder appears whole, or not at all, and nothing that is there is lost."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from app.failures import CommandError


def write_lines(path: Path, lines: Iterable[str]) -> int:
    """Write all lines or leave the path as it was; returns their number.

    Raises
    ------
    OSError
        When it cannot be written.
    """
    handle, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.")
    count = 0
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            for line in lines:
                file.write(f"{line}\n")
                count += 1
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    return count


def check_folder(folder: str) -> Path:
    """Return the path of a folder that can be written; raises CommandError when something is there already."""
    path = Path(folder).absolute()
    if path.is_symlink() or (path.exists() and (not path.is_dir() or any(path.iterdir()))):
        raise CommandError(f"FOLDER: {folder[:300]!r} is there already; name one that is new or empty")
    if not path.parent.is_dir():
        raise CommandError(f"FOLDER: {str(path.parent)[:300]!r} is no folder in which one could be made")
    return path


def write_folder(folder: str, files: Iterable[tuple[str, bytes]]) -> dict[str, int]:
    """Write a new folder with all files in it, or nothing; returns the size in bytes of each by its name.

    Parameters
    ----------
    folder
        As the person wrote it: new, or empty.
    files
        Path below the folder, and content.

    Raises
    ------
    CommandError
        When the folder is not empty or cannot be written.
    """
    path = check_folder(folder)
    temporary = path.parent / f".{path.name}.{secrets.token_hex(6)}"
    try:
        sizes = _fill(temporary, files)
        temporary.replace(path)
    except OSError as error:
        reason = f"FOLDER: {folder[:300]!r} cannot be written: {error.strerror}; nothing was written"
        raise CommandError(reason) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return sizes


def _fill(folder: Path, files: Iterable[tuple[str, bytes]]) -> dict[str, int]:
    sizes = {}
    folder.mkdir()
    for name, content in files:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        sizes[name] = len(content)
    return sizes
