"""Where twixt keeps its things: home, database, compiled code, boards. A pure function of the environment.

Nothing here is read or created until asked for; opening the store is the last step and imports SQLAlchemy only then.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from forecasts.artefacts import Artefacts
    from forecasts.store import Store

SHIPPED_BOARDS = Path(__file__).resolve().parent.parent / "data" / "boards"
"""The board definitions that come with twixt."""

MODELS = Path(__file__).resolve().parent.parent / "models"
"""The sources of everything that is compiled."""

_DATABASE = re.compile(r"(sqlite|postgresql)(\+[a-z0-9]+)?://.*", re.DOTALL)
_FILES = re.compile(r"(?!file:|https?:|ftp:)([a-z][a-z0-9]*::)*[a-z][a-z0-9+.-]*://[^\s?#]+")


class SettingsError(ValueError):
    """An environment variable has a value that cannot be used; the message names it, the value and what is allowed."""


@dataclass(frozen=True, slots=True)
class Home:
    """The places of one installation."""

    root: Path
    """`TWIXT_HOME`: the database (unless it is elsewhere), artefacts, own boards and logs."""
    database: str
    """`TWIXT_DB`: SQLAlchemy URL of SQLite or PostgreSQL."""
    cache: Path
    """`TWIXT_CACHE`: compiled code; may be deleted at any time."""
    shared: Path | str | None = None
    """`TWIXT_ARTEFACTS`: where the files of the record are when not in the home: a directory, or an fsspec URL."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Home:
        """Read the four variables; an unset or empty one takes the platform's default, the last one the home.

        Raises
        ------
        SettingsError
            When a path is a file or contains a character that cannot stand in a database URL, or a URL names another
            kind of database or no place for files.
        """
        root = _directory(environment, "TWIXT_HOME")
        cache = _directory(environment, "TWIXT_CACHE")
        return cls(root, _database(environment, root), cache, _shared(environment))

    @property
    def boards(self) -> tuple[Path, Path]:
        """Directories that hold board definitions: the shipped ones, then the user's own."""
        return SHIPPED_BOARDS, self.root / "boards"

    @property
    def artefacts(self) -> Path | str:
        """Directory of content-addressed files, or the URL at which several machines share them."""
        return self.root / "artefacts" if self.shared is None else self.shared

    @property
    def backups(self) -> Path:
        """Directory of backups that are not told to go elsewhere."""
        return self.root / "backups"

    @property
    def logs(self) -> Path:
        """Directory of error reports and of the output of background jobs."""
        return self.root / "logs"


@dataclass(frozen=True, slots=True)
class Workspace:
    """An opened home: the record and the files that go with it."""

    home: Home
    store: Store
    artefacts: Artefacts
    backup: Path | None = None
    """Where the rows of an older schema were kept before they were brought up to date just now."""


def open_workspace(home: Home, *, migrate: bool = True) -> Workspace:
    """Open the store (creating or migrating it when `migrate`) and the artefacts of a home.

    Before an older schema is brought up to date, its rows are kept in `Home.backups`.

    Raises
    ------
    OSError
        When the home cannot be created or written.
    """
    from forecasts.artefacts import Artefacts
    from forecasts.store import open_store

    if migrate:
        home.root.mkdir(parents=True, exist_ok=True, mode=0o700)  # it holds names, addresses and a login's secret
    kept: list[Path] = []

    def keep(connection: Connection, schema: str) -> None:
        from forecasts.backups.writing import write_tables

        kept.append(write_tables(connection, schema, home.backups))

    store = open_store(home.database, migrate=migrate, before_migrating=keep)
    return Workspace(home, store, Artefacts(home.artefacts), kept[-1] if kept else None)


def prepare_caches(home: Home, environment: MutableMapping[str, str]) -> None:
    """Point Numba and PyTensor to the home's cache; call it before either is imported.

    A choice already made in `environment` stays. A cache that cannot be written, or that others can write (they would
    choose the code that runs here), is replaced by a private directory that is removed when the process ends: slower,
    but nothing fails for want of a cache.
    """
    flags = environment.get("PYTENSOR_FLAGS", "")
    if "NUMBA_CACHE_DIR" in environment and "base_compiledir=" in flags:
        return
    cache = _writable(home.cache)
    environment.setdefault("NUMBA_CACHE_DIR", str(cache / "numba" / kernel_version()))
    if "base_compiledir=" not in flags:
        own = f'base_compiledir="{cache / "pytensor"}"'
        environment["PYTENSOR_FLAGS"] = f"{flags},{own}" if flags else own


def kernel_version() -> str:
    """Return a short hash of the compiled modules' sources, which names their machine code.

    Numba keeps a function's code until that function's own file changes, but what it calls is compiled into it: without
    this, a changed callee in another file would go on being used in its old form.
    """
    hasher = hashlib.sha256()
    for path in sorted(MODELS.glob("*.py")):
        hasher.update(hashlib.sha256(path.read_bytes()).digest())
    return hasher.hexdigest()[:16]


def _writable(cache: Path) -> Path:
    try:
        cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        if is_ours(cache):
            with tempfile.TemporaryFile(dir=cache):
                return cache
    except OSError:
        pass
    private = Path(tempfile.mkdtemp(prefix="twixt-cache-"))
    atexit.register(shutil.rmtree, private, ignore_errors=True)
    return private


def is_ours(directory: Path) -> bool:
    """Tell whether nobody but this user and the system's can put something into a directory, groups left aside."""
    found = directory.stat()
    return found.st_uid in {os.getuid(), 0} and not found.st_mode & stat.S_IWOTH


def _directory(environment: Mapping[str, str], name: str) -> Path:
    text = environment.get(name, "")
    if not text:
        import platformdirs

        kind = platformdirs.user_data_path if name == "TWIXT_HOME" else platformdirs.user_cache_path
        return kind("twixt", appauthor=False)
    if any(c in text for c in '?#"\0\n'):
        raise SettingsError(f"{name}: {text!r}: a directory without ? # double quote or line break is needed")
    path = Path(text).expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise SettingsError(f"{name}: {text!r} is a file; a directory is needed")
    return path


def _shared(environment: Mapping[str, str]) -> Path | str | None:
    """Return the directory or URL of shared files; a `file:` URL is a directory, with all that a directory promises."""
    text = environment.get("TWIXT_ARTEFACTS", "")
    if not text:
        return None
    if ":" not in text.partition("/")[0]:
        return _directory(environment, "TWIXT_ARTEFACTS")
    if text.startswith("file:///"):
        return Path(unquote(text.removeprefix("file://")))
    if not _FILES.fullmatch(text):
        shown = _without_password(text)
        raise SettingsError(
            f"TWIXT_ARTEFACTS: {shown!r}: allowed are a directory, file:///DIR or a URL such as s3://B/P"
        )
    return text


def _without_password(url: str) -> str:
    """Return as much of a URL as a message may show: its scheme, where a password may stand somewhere in the rest."""
    if "@" not in url and "?" not in url:
        return url[:60]
    scheme, found, _ = url.partition("://")
    return f"{scheme[:20]}://..." if found else "..."


def _database(environment: Mapping[str, str], root: Path) -> str:
    url = environment.get("TWIXT_DB", "")
    if not url:
        return f"sqlite:///{root / 'twixt.sqlite'}"
    if not _DATABASE.fullmatch(url):
        shown = _without_password(url)
        raise SettingsError(f"TWIXT_DB: {shown!r}: allowed are sqlite:///FILE and postgresql://USER@HOST/NAME")
    return url
