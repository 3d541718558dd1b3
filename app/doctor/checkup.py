"""One look at an installation: each thing checked is a line that says what was found and what to do about it.

Nothing is created or changed, and nothing that is wrong can keep the other checks from being made.
"""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version

from app.doctor import record
from app.doctor.finding import Finding, State
from app.web.login_file import LOGIN_FILE, LoginFileError, read
from forecasts.artefacts import Artefacts
from forecasts.settings import Home, SettingsError, kernel_version
from forecasts.side_by_side import processors

PACKAGES = (
    "numpy",
    "numba",
    "polars",
    "sqlalchemy",
    "psycopg",
    "streamlit",
    "pymc",
    "arviz",
    "procrastinate",
    "fsspec",
)
_LITTLE, _TOO_LITTLE = 2e9, 2e8
"""Bytes of free disk below which a refit may fail, and below which hardly anything can be written."""
_MEMORY = 2e9
"""Bytes of free memory below which a refit of a large board may fail."""


@dataclass(frozen=True, slots=True)
class Place:
    """What is looked at."""

    environment: Mapping[str, str]
    now: datetime
    """Aware UTC instant of the machine's clock."""


def checkup(place: Place) -> list[Finding]:
    """Return everything that was found, in the order in which a person would look."""
    found = [_program(), *_guarded("packages", _packages), *_guarded("memory", _memory)]
    try:
        home = Home.from_environment(place.environment)
    except SettingsError as error:
        return [*found, Finding("settings", "fail", str(error))]
    found += _guarded("home", lambda: _home(home))
    found += _guarded("disk", lambda: _disk(home))
    found += _guarded("cache", lambda: _cache(home))
    found += _guarded("login", lambda: _login(home))
    found += record.look(home, place.now)
    return found + _guarded("backups", lambda: _backups(home, place.now))


def _guarded(subject: str, look: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        return look()
    except Exception as error:  # noqa: BLE001 - a doctor looks at what is broken; one check must not end the others
        return [Finding(subject, "fail", f"cannot be looked at: {type(error).__name__}: {error}")]


def _program() -> Finding:
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return Finding("program", "ok", f"twixt {_version('twixt')}, Python {platform.python_version()}, {system}")


def _packages() -> list[Finding]:
    shown = ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    missing = [name for name in PACKAGES if _version(name) == "absent"]
    if missing:
        return [Finding("packages", "fail", f"{', '.join(missing)} absent: set twixt up again; {shown}")]
    return [Finding("packages", "ok", shown)]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def _memory() -> list[Finding]:
    import psutil

    memory = psutil.virtual_memory()
    text = f"{memory.available / 1e9:.1f} GB of {memory.total / 1e9:.1f} GB free, {processors()} cores"
    few = memory.available < _MEMORY
    return [Finding("memory", "warn" if few else "ok", text + ("; a refit of a large board may fail" if few else ""))]


def _home(home: Home) -> list[Finding]:
    if not home.root.is_dir():
        return [Finding("home", "fail", f"{home.root}: there is none yet; `twixt init` creates it")]
    if not os.access(home.root, os.W_OK | os.X_OK):
        return [Finding("home", "fail", f"{home.root}: cannot be written by this user")]
    return [Finding("home", "ok", f"{home.root}; artefacts in {Artefacts(home.artefacts).label}")]


def _disk(home: Home) -> list[Finding]:
    found = []
    for name, path in (("home", home.root), ("cache", home.cache)):
        there = next(p for p in (path, *path.parents) if p.exists())
        usage = shutil.disk_usage(there)
        state: State = "fail" if usage.free < _TOO_LITTLE else "warn" if usage.free < _LITTLE else "ok"
        advice = "" if state == "ok" else "; free some space"
        text = f"{name}: {usage.free / 1e9:.1f} GB of {usage.total / 1e9:.1f} GB free{advice}"
        found.append(Finding("disk", state, text))
    return found


def _cache(home: Home) -> list[Finding]:
    if not home.cache.is_dir():
        return [Finding("cache", "warn", f"{home.cache}: there is none yet; the first refit compiles for a minute")]
    if not os.access(home.cache, os.W_OK | os.X_OK):
        return [Finding("cache", "warn", f"{home.cache}: cannot be written; every start compiles anew")]
    size = sum(path.stat().st_size for path in home.cache.rglob("*") if path.is_file())
    compiled = (home.cache / "numba" / kernel_version()).is_dir()
    state = "compiled for this version" if compiled else "nothing compiled for this version yet"
    return [Finding("cache", "ok", f"{home.cache}: {size / 1e6:.0f} MB, {state}")]


def _login(home: Home) -> list[Finding]:
    try:
        found = read(home.root / LOGIN_FILE)
    except LoginFileError as error:
        return [Finding("login", "fail", str(error))]
    return [Finding("login", "ok", "people can log in" if found else f"no {LOGIN_FILE}: a local record")]


def _backups(home: Home, now: datetime) -> list[Finding]:
    files = sorted(home.backups.glob("twixt-*.zip"), key=lambda path: path.stat().st_mtime)
    if not files:
        text = f"none in {home.backups}; `twixt backup` makes one (others may be elsewhere)"
        return [Finding("backups", "warn", text)]
    age = timedelta(seconds=now.timestamp() - files[-1].stat().st_mtime)
    return [Finding("backups", "ok", f"{len(files)} in {home.backups}, the newest {max(age.days, 0)} days old")]
