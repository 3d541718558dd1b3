"""The order of what makes a run last: bytes, name, directory, and only then the snapshot that speaks of them.

A kill leaves the system's memory as it is, a power failure does not. So what was forced to the disk before the commit
is checked by itself: each file's bytes, then its new name in its directory, and the directories made for it.
"""

import os
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine.default import DefaultDialect

from tests.cli.conftest import Place
from tests.faults import homes

Step = tuple[str, str]
"""(what, path); a commit has no path."""


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[Step]:
    """Give the list of what is forced to the disk, renamed or committed from now on."""
    seen: list[Step] = []
    fsync, replace, mkdir, commit = os.fsync, os.replace, os.mkdir, DefaultDialect.do_commit

    def synced(descriptor: int) -> None:
        fsync(descriptor)
        seen.append(("fsync", str(Path(f"/proc/self/fd/{descriptor}").readlink())))

    def replaced(source: Any, target: Any, **more: Any) -> None:
        seen.append(("from", str(source)))
        replace(source, target, **more)
        seen.append(("to", str(target)))

    def made(path: Any, *more: Any, **named: Any) -> None:
        mkdir(path, *more, **named)
        seen.append(("mkdir", str(path)))

    def committed(dialect: Any, connection: Any) -> None:
        seen.append(("commit", ""))
        commit(dialect, connection)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    monkeypatch.setattr(os, "mkdir", made)
    monkeypatch.setattr(DefaultDialect, "do_commit", committed)
    return seen


@pytest.mark.parametrize("template", ["sqlite"], indirect=True)
def test_files_last_before_the_snapshot_speaks_of_them(hurt: Place, steps: list[Step]) -> None:
    homes.run(hurt, "refit")
    inside = [s for s in steps if s[0] == "commit" or str(hurt.root / "artefacts") in s[1]]
    names = [path for what, path in inside if what == "to"]
    with homes.opened(hurt) as (_, artefacts):
        assert {Path(n).name for n in names} & artefacts.hashes(), "the run has kept files"
    last_commit = max(i for i, s in enumerate(inside) if s[0] == "commit")
    for i, (what, path) in enumerate(inside):
        if what == "from":
            assert ("fsync", path) in inside[:i], "a name is given before the bytes are on the disk"
        if what in {"to", "mkdir"}:
            after = inside[i:].index(("fsync", str(Path(path).parent))) + i
            assert after < last_commit, "the record speaks of a file whose name is not on the disk"


@pytest.mark.parametrize("template", ["sqlite"], indirect=True)
def test_sqlite_forces_every_commit_to_the_disk(hurt: Place) -> None:
    with homes.opened(hurt) as (store, _), store.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
