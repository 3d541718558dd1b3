"""The services of deploy/compose.yaml, as they would be started: in which order, with which command and environment."""

import re
import shlex
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "deploy" / "compose.yaml"
_VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+)(?:(?P<how>:?[-?])(?P<rest>[^}]*))?\}")


@dataclass(frozen=True)
class Service:
    """One service of the file."""

    name: str
    command: tuple[str, ...]
    """Empty where the image's own command runs."""
    environment: dict[str, str]
    whole: dict[str, Any]


def document(variables: dict[str, str]) -> dict[str, Any]:
    """Return the file with its variables filled in; raises KeyError for one that is needed and absent."""
    return yaml.safe_load(_VARIABLE.sub(lambda match: _filled(match, variables), FILE.read_text(encoding="utf-8")))


def _filled(match: re.Match[str], variables: dict[str, str]) -> str:
    name, how = match["name"], match["how"] or ""
    if name in variables and (variables[name] or not how.startswith(":")):
        return variables[name]
    if how.endswith("-"):
        return match["rest"]
    raise KeyError(f"{name}: {match['rest']}")


def services(variables: dict[str, str]) -> dict[str, Service]:
    """Return all services in the order in which they may start: those that others wait for first."""
    found = document(variables)["services"]
    order = TopologicalSorter({name: set(one.get("depends_on", {})) for name, one in found.items()}).static_order()
    return {name: _service(name, found[name]) for name in order}


def _service(name: str, whole: dict[str, Any]) -> Service:
    command = whole.get("command", [])
    words = shlex.split(command) if isinstance(command, str) else command
    return Service(name, tuple(words), {k: str(v) for k, v in whole.get("environment", {}).items()}, whole)
