"""One of eight writers: `python -m tests.faults.contender URL NUMBER ITEMS EDITS` begins when its input is closed.

It enters so many items, and between them edits its share of the contested ones: each is edited by two writers, both of
whom have seen the first version. At its end it prints what it was told, as JSON.
"""

import json
import sys
from datetime import UTC, datetime

from forecasts import ledger
from forecasts.errors import ConflictError
from forecasts.new_entry import EVIDENCE, append_new
from forecasts.people import Actor
from forecasts.store import Store, open_store
from tests.forecasts.records import evidence

BOARD = "contested"
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
PATIENCE = 60.0
"""Seconds that a writer waits for the others."""


def mine(number: int, edits: int) -> list[str]:
    """Return the contested items that a writer edits: each belongs to two neighbours."""
    return [f"contested-{i}" for i in range(edits) if number in (i % 8, (i + 1) % 8)]


def edit(store: Store, entry: str, actor: Actor) -> tuple[str, str, str] | None:
    """Edit the first version of an item; returns None when that went through, else who was first and what was said."""
    new = evidence(entry, lr=1.5)
    try:
        ledger.append(store, [new], board=BOARD, actor=actor, now=NOW, expected_version={entry: 1})
    except ConflictError as error:
        return entry, error.newest.recorded_by, str(error)
    return None


def main(url: str, number: int, items: int, edits: int) -> None:
    """Write as told, at the same time as the others."""
    actor = Actor(f"writer-{number}", "owner")
    told: dict[str, list[object]] = {"entered": [], "won": [], "lost": []}
    contested = mine(number, edits)
    with open_store(url, migrate=False, busy_seconds=PATIENCE) as store:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.read()
        for i in range(max(items, len(contested))):
            if i < items:
                entry = append_new(store, evidence, letter=EVIDENCE, board=BOARD, actor=actor, now=NOW)
                told["entered"].append(entry.entry)
            if i < len(contested):
                lost = edit(store, contested[i], actor)
                told["lost" if lost else "won"].append(lost or contested[i])
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
