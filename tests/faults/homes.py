"""Small fitted homes to be hurt: copies of one template for each kind of database, and what must hold of each."""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import polars as pl

from forecasts import ledger, runs, snapshots
from forecasts.artefacts import Artefacts
from forecasts.local_files import TEMPORARY
from forecasts.store import Store, open_store
from tests.cli.conftest import Place, run_at
from tests.faults import servers
from tests.jobs.small_home import NOW as PUBLISHED
from tests.jobs.small_home import evidence, open_home

BOARD = "small"
NOW = PUBLISHED + timedelta(hours=2)
"""The clock of what is done to a home: an item was entered since it was published, so a run is due."""
ENTERED = 3
"""Evidence items of the template."""


def build(root: Path, database: str = "") -> Place:
    """Make a home that was published once and has one item since."""
    home = open_home(root, database=database)
    with home.store:
        home.add(evidence("E001"), evidence("E002", "fund", lr=0.5))
        outcome = home.refit()
        assert outcome.kind == "published", outcome.message
        home.add(evidence("E003", "summit", lr=2.0), at=PUBLISHED + timedelta(hours=1))
    return Place(root, database)


@contextmanager
def copied(template: Place, root: Path) -> Iterator[Place]:
    """Give a copy of a home, with a copy of its database on the same server; both are gone afterwards."""
    shutil.copytree(template.root, root)
    url = servers.copy_of(template.database) if template.database else ""
    try:
        yield Place(root, url)
    finally:
        if url:
            servers.drop(url)
        shutil.rmtree(root)


def url_of(place: Place) -> str:
    """Return the URL of a home's database."""
    return place.database or f"sqlite:///{place.root / 'twixt.sqlite'}"


@contextmanager
def opened(place: Place) -> Iterator[tuple[Store, Artefacts]]:
    """Give the record of a home and its files."""
    with open_store(url_of(place), migrate=False) as store:
        yield store, Artefacts(place.root / "artefacts")


type Site = dict[str, str]
"""Name of each file of a static site -> the hash of its bytes."""


@dataclass(frozen=True)
class State:
    """What a home holds, as far as it must be the same however it came to be."""

    entries: tuple[str, ...]
    """Entry ids in ledger order."""
    snapshots: dict[str, pl.DataFrame]
    """Snapshot id -> its rows."""
    details: dict[str, str]
    """Snapshot id -> the hash of its detail."""
    sites: tuple[Site, ...] = ()
    """The static site, one after the other, where there is one."""


def state(place: Place) -> State:
    """Return what a home holds, having checked that it is whole: chain, files, snapshots, attempts."""
    with opened(place) as (store, artefacts):
        _check_database(place)
        ledger.verify(store, BOARD)
        for name in artefacts.hashes():
            artefacts.get(name)
        runs.read(store, BOARD)
        published = list(snapshots.every(store, BOARD))
        for one in published:
            snapshots.check(one)
            json.loads(artefacts.get(one.detail_hash))
        _check_lines(store, published)
        entries = tuple(row.entry for row in ledger.history(store, BOARD))
    return State(entries, {s.id: s.rows for s in published}, {s.id: s.detail_hash for s in published})


def _check_database(place: Place) -> None:
    if not place.database:
        connection = sqlite3.connect(place.root / "twixt.sqlite")
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()


def _check_lines(store: Store, published: list[snapshots.Snapshot]) -> None:
    """Check that no row of a snapshot is there without its snapshot, and none of it is missing."""
    frame = snapshots.history(store, BOARD)
    counts = dict(frame.group_by("snapshot").len().iter_rows())
    assert counts == {s.id: s.rows.height for s in published}


def check_against(found: State, reference: State) -> None:
    """Check that what a home holds is a part of what the undisturbed one came to hold, to the last digit."""
    assert set(found.snapshots) <= set(reference.snapshots), "a snapshot of other inputs"
    for identifier, rows in found.snapshots.items():
        assert rows.equals(reference.snapshots[identifier]), f"snapshot {identifier[:12]} is torn"
        assert found.details[identifier] == reference.details[identifier]


def check_equal(found: State, reference: State) -> None:
    """Check that a home has come to hold what the undisturbed one holds."""
    check_against(found, reference)
    assert (found.entries, set(found.snapshots)) == (reference.entries, set(reference.snapshots))


def sites(place: Place) -> tuple[Site, ...]:
    """Return a home's static site, if it has one."""
    root = place.root / "out" / "site"
    files = sorted(p for p in root.rglob("*") if p.is_file())
    found = {str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
    return (found,) if root.exists() else ()


def leftovers(place: Place) -> list[Path]:
    """Return the files that a killed process has begun and not finished."""
    return [p for p in place.root.rglob(f"*{TEMPORARY}*") if p.is_file()]


def run(place: Place, *arguments: str, now: object = NOW) -> None:
    """Run a command in this process, which must succeed."""
    result = run_at(place, *arguments, now=now)  # type: ignore[arg-type]
    assert result.exit_code == 0, result.output
