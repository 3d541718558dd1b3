"""What a run was computed from: canonical hashes of its inputs and of the code that decides the numbers."""

import dataclasses
import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from forecasts import forms

ROOT = Path(__file__).resolve().parents[1]

NUMBERS_COME_FROM = (
    "models/*.py",
    "forecasts/encode*.py",
    "forecasts/catalogue.py",
    "forecasts/bodies.py",
    "forecasts/class_rates.py",
    "forecasts/durability_fit.py",
    "forecasts/effort.py",
    "forecasts/evaluation.py",
    "forecasts/replay.py",
    "forecasts/senate_fit.py",
    "forecasts/scenarios.py",
    "forecasts/spending_editions.py",
    "forecasts/spending_fit.py",
    "forecasts/summary.py",
    "forecasts/detail*.py",
    "forecasts/gates.py",
    "forecasts/panel_*.py",
)
"""The code that decides a published number; its hash is part of every input hash."""

NUMERIC_PACKAGES = ("numpy", "numba", "polars")


def canonical(value: object) -> str:
    """Return a value as canonical JSON text (`forms.canonical`): records as objects, days and instants in ISO form."""
    return forms.canonical(value, plain=_plain)


def digest(value: object) -> str:
    """Return the SHA-256 of a value's canonical text."""
    return hashlib.sha256(canonical(value).encode("utf-8")).hexdigest()


@cache
def model_version() -> str:
    """Return the hash of the code and the package versions that decide a number; no version control is asked."""
    hasher = hashlib.sha256()
    for path in sorted({p for pattern in NUMBERS_COME_FROM for p in ROOT.glob(pattern)}):
        hasher.update(f"{path.relative_to(ROOT).as_posix()}\0".encode())
        hasher.update(hashlib.sha256(path.read_bytes()).digest())
    hasher.update(canonical(package_versions()).encode("utf-8"))
    return hasher.hexdigest()


def package_versions() -> Mapping[str, str]:
    """Return the installed versions of the packages that decide a number."""
    return {name: _version(name) for name in NUMERIC_PACKAGES}


def program_version() -> str:
    """Return the installed version of twixt, or `unknown` when it runs from a bare folder."""
    return _version("twixt")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"no canonical text for {type(value).__name__}")
