"""The record of what the faults did: written by the nightly tests, checked by fast ones."""

import json
from pathlib import Path
from typing import Any

RECORD = Path(__file__).resolve().parents[1] / "records" / "faults.json"


def kept() -> dict[str, Any]:
    """Return the record; empty before the first nightly run."""
    return json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}


def keep(part: str, name: str, found: dict[str, Any]) -> None:
    """Put one result in its place; the others stay."""
    record = kept()
    record.setdefault(part, {})[name] = found
    RECORD.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")
