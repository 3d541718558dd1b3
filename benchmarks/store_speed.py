"""A record of a million evidence rows in 1,000 boards, on SQLite and PostgreSQL, both durable as they are installed.

The store is opened once, as the app's server and the workers keep it; `status` is the whole command as a process of its
own. Boards are chosen at random, so that hardly any is met twice.
"""

import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from benchmarks import large_store
from forecasts import ledger, new_entry
from forecasts.artefacts import Artefacts
from forecasts.jobs import attempts, due
from forecasts.people import LOCAL_OWNER
from forecasts.store import Store, open_store
from tests.faults import servers

APPENDS, READS, STATUSES, CHECKS = 300, 60, 7, 5
APPEND_BAR, READ_BAR, STATUS_BAR, DUE_BAR = 20.0, 100.0, 1.0, 5.0
DATABASES = ("SQLite", "PostgreSQL")


@dataclass(frozen=True)
class Large:
    """The filled record on one database."""

    name: str
    root: Path
    url: str
    store: Store
    boards: list[str]
    """In random order."""


@contextmanager
def filled(name: str) -> Iterator[Large]:
    """Give the record of a million rows on one kind of database."""
    root = Path(tempfile.mkdtemp(prefix="twixt-large-"))
    try:
        if name == "SQLite":
            with _opened(name, root, f"sqlite:///{root / 'twixt.sqlite'}") as large:
                yield large
        else:
            with servers.running() as server, _opened(name, root, server.new_database()) as large:
                yield large
    finally:
        shutil.rmtree(root)


@contextmanager
def _opened(name: str, root: Path, url: str) -> Iterator[Large]:
    with open_store(url) as store:
        written = large_store.fill(store, Artefacts(root / "artefacts"))
        assert written == large_store.EVIDENCE
        boards = large_store.names()
        random.Random(1).shuffle(boards)
        ledger.verify(store, boards[0])
        yield Large(name, root, url, store, boards)


def rows(only: str = "") -> list[dict[str, object]]:
    """Measure on each database: an entry, a read, `twixt status`, and what is due of all boards."""
    found: list[dict[str, object]] = []
    for name in DATABASES:
        with filled(name) as large:
            found += [*appends(large), *reads(large), *statuses(large), *due_checks(large)]
    return [line for line in found if re.search(only, str(line["name"]))]


def appends(large: Large) -> list[dict[str, object]]:
    """Time an item under a new id, and a correction, each acknowledged when it is on the disk."""

    def enter(board: str) -> None:
        def make(entry: str) -> object:
            return large_store.item(int(entry[1:]), 1)

        new_entry.append_new(
            large.store,
            make,
            letter="E",
            board=board,
            actor=LOCAL_OWNER,
            now=large_store.LAST,  # type: ignore[arg-type]
        )

    def correct(board: str) -> None:
        record = large_store.item(2, 7)
        ledger.append(
            large.store, [record], board=board, actor=LOCAL_OWNER, now=large_store.LAST, expected_version={"E002": 1}
        )

    entered = [1e3 * t for t in _each(enter, large.boards[:APPENDS])]
    corrected = [1e3 * t for t in _each(correct, large.boards[:APPENDS])]
    return [
        _row(large, "append a new item, median", statistics.median(entered), "ms", APPEND_BAR),
        _row(large, "append a new item, slowest of 100", _slowest_of_100(entered), "ms", None),
        _row(large, "append a correction, median", statistics.median(corrected), "ms", APPEND_BAR),
    ]


def reads(large: Large) -> list[dict[str, object]]:
    """Time what is in force on a board in the middle of its history, and all of it in retrospect."""
    middle = large_store.FIRST + (large_store.LAST - large_store.FIRST) / 2
    found = []
    for words, as_of, mode in (
        ("now", large_store.LAST + timedelta(days=1), "live"),
        ("at mid-history", middle, "live"),
        ("in retrospect", large_store.LAST, "retrospective"),
    ):

        def read(board: str, as_of=as_of, mode=mode) -> None:  # type: ignore[no-untyped-def]
            assert ledger.read(large.store, board, as_of=as_of, mode=mode).entries

        times = [1e3 * t for t in _each(read, large.boards[-READS:])]
        found.append(_row(large, f"as_of read of one board, {words}, median", statistics.median(times), "ms", READ_BAR))
        found.append(
            _row(large, f"as_of read of one board, {words}, slowest of 100", _slowest_of_100(times), "ms", None)
        )
    return found


def statuses(large: Large) -> list[dict[str, object]]:
    """Time `twixt status` of one board as a process of its own."""
    script = Path(sys.executable).with_name("twixt")
    environment = {**os.environ, "TWIXT_HOME": str(large.root), "TWIXT_DB": large.url}

    def status(board: str) -> None:
        run = subprocess.run([script, "status", "--board", board], env=environment, stdout=subprocess.PIPE, check=False)
        assert run.returncode in {0, 3}, run

    times = _each(status, large.boards[APPENDS : APPENDS + STATUSES])
    return [_row(large, "twixt status of one board, whole process, median", statistics.median(times), "s", STATUS_BAR)]


def due_checks(large: Large) -> list[dict[str, object]]:
    """Time what is due of all boards and what of it was given up, when some are behind, and when all are."""
    found = []
    for words, later in (("some due", timedelta(0)), ("all due", timedelta(days=3))):
        now = large_store.LAST + later

        def check(_: str, now=now) -> None:  # type: ignore[no-untyped-def]
            standings = due.read(large.store, now=now)
            assert len(standings) == large_store.BOARDS
            assert attempts.stopped(large.store, standings) == {}

        times = _each(check, ["all"] * CHECKS)
        found.append(_row(large, f"due-check of 1,000 boards, {words}, median", statistics.median(times), "s", DUE_BAR))
    return found


def _each(action: Callable[[str], None], boards: list[str]) -> list[float]:
    """Return the seconds that an action takes on each board."""
    found = []
    for board in boards:
        began = time.perf_counter()
        action(board)
        found.append(time.perf_counter() - began)
    return found


def _slowest_of_100(times: list[float]) -> float:
    return sorted(times)[max(0, round(0.99 * len(times)) - 1)]


def _row(large: Large, name: str, value: float, unit: str, bar: float | None) -> dict[str, object]:
    ok = None if bar is None else value <= bar
    return {
        "name": f"{large.name}, a million rows: {name}",
        "value": round(value, 4),
        "unit": unit,
        "bar": bar,
        "ok": ok,
    }


if __name__ == "__main__":
    for line in rows():
        print(line)
