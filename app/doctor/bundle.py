"""A bundle for those who help: what the doctor found, versions, counts, runs and error reports, redacted.

No row of the record is in it: no evidence, no names, no probabilities.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from datetime import datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile

import sqlalchemy as sa

from app import alert_key
from app.doctor.redaction import Redaction, environment, places, secret_values
from app.web.login_file import LOGIN_FILE
from forecasts import ledger, people, runs, schema
from forecasts.backups.whole_file import appearing
from forecasts.errors import StoreError
from forecasts.settings import Home, SettingsError
from forecasts.store import Store, open_store

if TYPE_CHECKING:
    from app.doctor.finding import Finding

MOST_REPORTS = 20
LONGEST_LOG = 100_000
"""Characters from the end of a log."""
MOST_RUNS = 20
"""Of each board."""
MOST_BOARDS = 50


def write(path: Path, findings: Iterable[Finding], found: Mapping[str, str], *, now: datetime) -> list[str]:
    """Write the bundle to a new file that only its owner can read; returns the names of what is in it.

    Raises
    ------
    BackupError
        When there is a file of that name, or it cannot be written.
    """
    home = _home(found)
    secrets, record = (_secrets(home), _record(home)) if home else ([], {})
    secrets += secret_values(found)
    shown = places(home.root, home.cache) | _board_numbers(home) if home else {}
    redact = Redaction(secrets, shown)
    members = {
        "doctor.json": [{"subject": f.subject, "state": f.state, "text": f.text} for f in findings],
        "environment.json": environment(found, redact),
        "packages.json": dict(sorted((d.metadata["Name"], d.version) for d in distributions())),
        "record.json": record,
        "taken_at.json": now.isoformat(),
    }
    texts = {name: json.dumps(_redacted(value, redact), indent=1) for name, value in members.items()}
    texts |= {redact(f"logs/{name}"): redact(text) for name, text in (_logs(home.logs) if home else {}).items()}
    with appearing(path) as temporary, ZipFile(temporary, "w", ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    return sorted(texts)


def _redacted(value: Any, redact: Redaction) -> Any:
    """Return JSON values whose texts are redacted one by one, so that the document stays one."""
    if isinstance(value, dict):
        return {key: _redacted(inner, redact) for key, inner in value.items()}
    if isinstance(value, list):
        return [_redacted(inner, redact) for inner in value]
    return value if isinstance(value, int | float | None) else redact(str(value))


def _home(found: Mapping[str, str]) -> Home | None:
    try:
        return Home.from_environment(found)
    except SettingsError:
        return None


def _secrets(home: Home) -> list[str]:
    """Return every word that is known to be nobody else's business."""
    found = [str(value) for value in _login_values(home.root / LOGIN_FILE)] + _first_line(home.root / alert_key.FILE)
    address = sa.make_url(home.database)
    found += [str(part) for part in (address.password, address.username) if part]
    try:
        with open_store(home.database, migrate=False, busy_seconds=2) as store:
            for person in people.everyone(store):
                found += [person.name, person.email or ""]
    except StoreError:
        return found
    return [word for word in found if word not in {people.ERASED_NAME, ""}]


def _first_line(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").split("\n")[:1]
    except (OSError, ValueError):
        return []


def _login_values(path: Path) -> list[object]:
    try:
        return list(tomllib.loads(path.read_text(encoding="utf-8")).values())
    except (OSError, ValueError):
        return []


def _record(home: Home) -> dict[str, Any]:
    """Return counts and attempts: how much there is and how runs ended, not what it says."""
    try:
        with open_store(home.database, migrate=False, busy_seconds=2) as store:
            return {"counts": _counts(store), "runs": _runs(store)}
    except StoreError as error:
        return {"error": str(error)}


def _counts(store: Store) -> dict[str, int]:
    with store.reading() as connection:
        tables = schema.metadata.sorted_tables
        return {t.name: connection.execute(sa.select(sa.func.count()).select_from(t)).scalar_one() for t in tables}


def _board_numbers(home: Home) -> dict[str, str]:
    """Return what is shown instead of each board's name, which may say too much."""
    try:
        with open_store(home.database, migrate=False, busy_seconds=2) as store:
            return {board: f"board {number}" for number, board in enumerate(ledger.known_boards(store), 1)}
    except StoreError:
        return {}


def _runs(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Return how the last runs of each board ended."""
    found = {}
    for number, board in enumerate(ledger.known_boards(store)[:MOST_BOARDS], 1):
        found[f"board {number}"] = [
            {
                "mode": run.mode,
                "as_of": run.as_of,
                "seconds": (run.ended_at - run.started_at).total_seconds(),
                "outcome": run.outcome,
                "message": run.message.replace(board, f"board {number}"),
            }
            for run in runs.read(store, board, limit=MOST_RUNS)
        ]
    return found


def _logs(folder: Path) -> dict[str, str]:
    """Return the newest error reports, and the end of every other log."""
    if not folder.is_dir():
        return {}
    files = sorted((p for p in folder.iterdir() if p.is_file()), key=lambda p: p.stat().st_mtime, reverse=True)
    return {p.name: p.read_text(encoding="utf-8", errors="replace")[-LONGEST_LOG:] for p in files[:MOST_REPORTS]}
