"""A full disk: a small file system with hardly a byte left. One line, nothing torn, all goes on with room."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import Place, complaint
from tests.faults import homes, record
from tests.faults.homes import NOW
from tests.faults.killing import Deed
from tests.faults.test_kills import DEEDS

SIZE = 48
"""Megabytes of the small file system."""
ROOM = (0, 8, 40, 200, 1500)
"""Kilobytes that are left."""


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Give a file system in memory that is gone afterwards; skips where nobody may mount one."""
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip(f"no small file system can be mounted here: {made.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(disk: Path, *, room: int) -> Path:
    """Fill a file system but for so many kilobytes; returns the file to remove."""
    ballast = disk / "ballast"
    free = os.statvfs(disk)
    size = free.f_bavail * free.f_frsize - room * 1024
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, size)
    return ballast


def go_through(template: Place, deed: Deed, folder: Path, *, rooms: tuple[int, ...]) -> dict[str, int]:
    """Run a deed with little room, and with room again; returns how often it was refused and how often it fitted."""
    refused = 0
    with small_disk(folder / "disk") as disk:
        for room in rooms:
            with homes.copied(template, disk / "home") as place:
                before = homes.state(place)
                ballast = fill(disk, room=room)
                refused += _without_room(place, deed)
                ballast.unlink()
                found = homes.state(place)
                assert found.entries[: len(before.entries)] == before.entries
                homes.check_against(before, found)
                homes.run(place, *deed.arguments)
                assert homes.leftovers(place) == []
    assert refused, "no room was small enough"
    return {"refused": refused, "fitted": len(rooms) - refused}


@pytest.mark.slow
@pytest.mark.parametrize("template", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("name", "rooms"), [("evidence", ROOM), ("refit", (8, 200))])
def test_without_room_a_command_says_so(template: Place, name: str, rooms: tuple[int, ...], tmp_path: Path) -> None:
    assert go_through(template, DEEDS[name], tmp_path, rooms=rooms)["refused"]


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("template", "name"),
    [("sqlite", "evidence"), *((kind, name) for kind in ("sqlite", "postgresql") for name in ("refit", "backfill"))],
    indirect=["template"],
)
def test_every_command_on_a_full_disk(template: Place, kind: str, name: str, tmp_path: Path) -> None:
    record.keep("full disk", f"{name} {kind}", go_through(template, DEEDS[name], tmp_path, rooms=ROOM))


@pytest.mark.parametrize(
    "name", ["evidence sqlite", "refit sqlite", "backfill sqlite", "refit postgresql", "backfill postgresql"]
)
def test_the_recorded_full_disks(name: str) -> None:
    found = record.kept()["full disk"][name]
    assert found["refused"] >= 1
    assert found["refused"] + found["fitted"] == len(ROOM)


def _without_room(place: Place, deed: Deed) -> bool:
    """Run a deed on the full disk; returns whether it was refused: one line (of a backfill, one a date) says why."""
    result = homes.run_at(place, *deed.arguments, now=NOW)
    if result.exit_code == 0:
        return False
    assert result.exit_code in {2, 3}, result.output
    lines = result.stderr.splitlines() if deed.name == "backfill" else [complaint(result)]
    assert all(re.search(r"disk|No space left", line) for line in lines), result.stderr
    return True
