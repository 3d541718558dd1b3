"""Kill points: how they are drawn, and a command that is killed at one of them.

Four families. `clock`: a moment drawn evenly between the process's start and its typical end. `step`: before or after
the n-th statement, commit, fsync, link, rename or unlink (`tests.faults.doomed`). `change`: just after the n-th change
of a file in the home, as the kernel reports it, so also amid what SQLite does within one commit. `message`: just before
or after the n-th message to PostgreSQL is passed on. Every n is drawn evenly from what an undisturbed run did; the seed
is fixed.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Literal
from zlib import crc32

import numpy as np
import psutil

from tests.cli.conftest import ROOT, Place
from tests.faults import proxy
from tests.faults.homes import BOARD, NOW, url_of
from tests.faults.watching import Watch

type Family = Literal["clock", "step", "change", "message"]

SEED = 20260701
LONGEST = 120.0
"""Seconds after which a command counts as hanging."""
_STREAM = 400
"""Items that a stream of evidence enters at most."""


@dataclass(frozen=True)
class Deed:
    """Something that people or jobs do to a home, as a command."""

    name: str
    arguments: tuple[str, ...]
    """Of the command line; a word `{root}` in one of them stands for the home."""
    stream: bool = False
    """Whether the families other than `step` watch one process that enters many items."""
    together: tuple[str, ...] = ()
    """Further words where the clock decides: those that make it start processes of its own."""
    before: tuple[tuple[str, ...], ...] = ()
    """Commands that are run first, so that there is something for it to change."""

    def words(self, place: Place, family: Family, *, die_at: int = 0, steps: Path, url: str) -> list[str]:
        """Return the process to start."""
        if self.stream and family != "step":
            return [sys.executable, "-m", "tests.faults.writer", url, BOARD, str(_STREAM)]
        given = [*self.given(place), *(self.together if family == "clock" else ())]
        return [sys.executable, "-m", "tests.faults.doomed", NOW.isoformat(), str(die_at), str(steps), *given]

    def given(self, place: Place) -> list[str]:
        """Return the arguments of the command line for a home."""
        return [a.format(root=place.root) for a in self.arguments]


@dataclass(frozen=True)
class Extent:
    """What an undisturbed run did: the range from which points are drawn."""

    seconds: float
    steps: int
    changes: int
    messages: int


@dataclass(frozen=True)
class Point:
    """One moment at which to kill."""

    family: Family
    at: float
    """Seconds after the start, or the number of a step, change or message."""
    delay: float = 0.0
    """Seconds after a change, or 0 before and 1 after a message was passed on."""


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    killed: bool
    said: str
    seconds: float
    changes: int
    messages: int


def points(name: str, extents: dict[Family, Extent]) -> Iterator[Point]:
    """Draw kill points without end, by turns: of ten, three by the clock, four by steps, three by what is written."""
    rng = np.random.default_rng([SEED, crc32(name.encode())])
    inner: Family = "message" if "message" in extents else "change"
    for family in cycle(("step", inner, "clock", "step", inner, "step", "clock", inner, "step", "clock")):
        extent = extents[family]
        if family == "clock":
            yield Point(family, float(rng.uniform(0, extent.seconds)))
        elif family == "step":
            yield Point(family, int(rng.integers(1, extent.steps + 1)))
        elif family == "change":
            yield Point(family, int(rng.integers(1, extent.changes + 1)), float(rng.uniform(0, 0.003)))
        else:
            yield Point(family, int(rng.integers(1, extent.messages + 1)), float(rng.integers(0, 2)))


def killed_at(place: Place, deed: Deed, point: Point, *, scratch: Path) -> Ended:
    """Run a deed and kill its process at a point; what it had started must be gone soon after."""
    with ExitStack() as stack:
        running: list[subprocess.Popen[str]] = []

        def sent(number: int, when: str, _data: bytes) -> None:
            if point.family == "message" and (number, when) == (point.at, ("before", "after")[int(point.delay)]):
                running[0].kill()

        url, through = url_of(place), None
        if point.family == "message":
            through = stack.enter_context(proxy.before(url, sent=sent))
            url = through.url
        watch = Watch(place.root)
        stack.callback(watch.close)
        die_at = int(point.at) if point.family == "step" else 0
        words = deed.words(place, point.family, die_at=die_at, steps=scratch / "steps", url=url)
        began = time.perf_counter()
        process = start(place, words, url if place.database else "")
        running.append(process)
        _wait(process, point, watch, began)
        said, _ = process.communicate(timeout=LONGEST)
        seconds = time.perf_counter() - began
        check_none_left(process.pid)
        return Ended(process.returncode == -9, said, seconds, watch.read(0), through.count if through else 0)


def undisturbed(place: Place, deed: Deed, family: Family, *, scratch: Path) -> Extent:
    """Run a deed to its end and return what it did; `family` chooses what watches it."""
    (scratch / "steps").unlink(missing_ok=True)
    ended = killed_at(place, deed, Point(family, 0 if family != "clock" else LONGEST), scratch=scratch)
    assert not ended.killed
    steps = scratch / "steps"
    taken = len(steps.read_text(encoding="utf-8").split("\n")) if steps.exists() else 0
    return Extent(ended.seconds, taken, ended.changes, ended.messages)


def start(place: Place, words: Sequence[str], database: str = "") -> subprocess.Popen[str]:
    """Start a process in a session of its own."""
    environment = {**os.environ, **place.environment} | ({"TWIXT_DB": database} if database else {})
    return subprocess.Popen(
        words,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def _wait(process: subprocess.Popen[str], point: Point, watch: Watch, began: float) -> None:
    """Wait until the process has ended, killing it at the point where that is ours to do."""
    while process.poll() is None:
        passed = time.perf_counter() - began
        assert passed < LONGEST, "the process hangs"
        if point.family == "clock":
            time.sleep(max(0.0, min(point.at - passed, 0.02)))
            if passed >= point.at:
                process.kill()
        elif point.family == "change":
            if watch.read(0.01) >= point.at > 0:
                time.sleep(point.delay)
                process.kill()
        else:
            watch.read(0.01)


def check_none_left(session: int, *, seconds: float = 20.0) -> None:
    """Check that no process of a killed command's session goes on without it."""
    until = time.monotonic() + seconds
    while left := list(_of_session(session)):
        assert time.monotonic() < until, f"still running: {left}"
        time.sleep(0.05)


def _of_session(session: int) -> list[int]:
    found = []
    for one in psutil.process_iter(["pid", "status"]):
        try:
            if os.getsid(one.pid) == session and one.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(one.pid)
        except ProcessLookupError:
            continue
    return found
