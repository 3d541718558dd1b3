"""Eight writers at once: nothing is lost, whoever comes second on an item is told who was first, readers never wait.

The nightly part enters 4,000 items and makes 400 pairs of edits on each database; the slow part does the same in small.
"""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from forecasts import ledger
from forecasts.people import LOCAL_OWNER
from forecasts.store import Store, open_store
from tests.cli.conftest import ROOT
from tests.faults import record, servers
from tests.faults.contender import BOARD, NOW
from tests.forecasts.records import evidence

WRITERS = 8
ITEMS, EDITS = 4000, 400


def outcomes(url: str, *, items: int, edits: int) -> tuple[list[dict[str, Any]], list[float]]:
    """Let eight processes write at once; returns what each reports, and how long a reader's reads took meanwhile."""
    command = [sys.executable, "-W", "error", "-m", "tests.faults.contender", url]
    contenders = [
        subprocess.Popen(
            [*command, str(i), str(items // WRITERS), str(edits)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for i in range(WRITERS)
    ]
    for one in contenders:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in contenders:
        assert one.stdin is not None
        one.stdin.close()
    waits = list(_reads(url, contenders))
    found = []
    for one in contenders:
        with one.stdout as told:  # type: ignore[union-attr]
            found.append(json.load(told))
    assert [one.wait() for one in contenders] == [0] * WRITERS
    return found, waits


def _reads(url: str, contenders: list[subprocess.Popen[str]]) -> Iterator[float]:
    """Read the board again and again while others write; gives the seconds of each read."""
    with open_store(url, migrate=False) as store:
        before = 0
        while any(one.poll() is None for one in contenders):
            began = time.perf_counter()
            view = ledger.read(store, BOARD, as_of=NOW.replace(year=2027), mode="live")
            yield time.perf_counter() - began
            assert view.position >= before, "a reader sees the past come back"
            before = view.position
            time.sleep(0.05)


def check_outcomes(store: Store, found: list[dict[str, Any]], *, items: int, edits: int) -> dict[str, int]:
    """Hold what the writers were told against the record."""
    rows = ledger.history(store, BOARD)
    assert ledger.verify(store, BOARD).position == len(rows) == edits + items + edits
    entered = [entry for one in found for entry in one["entered"]]
    assert len(entered) == items
    assert set(entered) == {f"E{i:03d}" for i in range(1, items + 1)}, "an id was given twice, or left out"
    assert set(entered) <= {row.entry for row in rows}
    second = {row.entry: row for row in rows if row.version == 2}
    won = Counter(entry for one in found for entry in one["won"])
    assert won == Counter(list(second)), "each contested item has one winner"
    for number, one in enumerate(found):
        assert {second[entry].recorded_by for entry in one["won"]} <= {f"writer-{number}"}
    lost = [conflict for one in found for conflict in one["lost"]]
    assert Counter(entry for entry, _, _ in lost) == Counter(list(second)), "each loser was told"
    for entry, winner, words in lost:
        assert winner == second[entry].recorded_by
        assert f"version 2 was written by {winner} at" in words
    return {"items": len(entered), "edits_kept": len(won), "conflicts_told": len(lost)}


def contested(store: Store, edits: int) -> None:
    """Enter the items that two writers each will edit."""
    items = [evidence(f"contested-{i}") for i in range(edits)]
    ledger.append(store, items, board=BOARD, actor=LOCAL_OWNER, now=NOW)


@contextmanager
def durable(kind: str, folder: Path) -> Iterator[str]:
    """Give the URL of a new database that keeps its promises of durability."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'twixt.sqlite'}"
    else:
        with servers.running() as server:
            yield server.new_database()


@pytest.mark.slow
def test_eight_writers_in_small(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'twixt.sqlite'}"
    with open_store(url) as store:
        contested(store, 8)
        found, _ = outcomes(url, items=40, edits=8)
        check_outcomes(store, found, items=40, edits=8)


@pytest.mark.nightly
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_eight_writers_of_4000_items(kind: str, tmp_path: Path) -> None:
    with durable(kind, tmp_path) as url, open_store(url) as store:
        contested(store, EDITS)
        began = time.perf_counter()
        found, waits = outcomes(url, items=ITEMS, edits=EDITS)
        seconds = time.perf_counter() - began
        kept = check_outcomes(store, found, items=ITEMS, edits=EDITS)
    figures = {"seconds": round(seconds, 1), "reads": len(waits), "slowest_read_seconds": round(max(waits), 3)}
    record.keep("writers", kind, {"writers": WRITERS, **kept, **figures})


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_recorded_writers(kind: str) -> None:
    found = record.kept()["writers"][kind]
    assert (found["writers"], found["items"]) == (WRITERS, ITEMS)
    assert found["edits_kept"] == found["conflicts_told"] == EDITS
    assert found["reads"] > 20
    assert found["slowest_read_seconds"] < 5.0, "a reader waited for a writer (who may wait 15 s for another)"
