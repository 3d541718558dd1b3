"""Hosts, each a process tree with a home of its own, that share boards by one PostgreSQL and one place for files."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import sqlalchemy as sa

from forecasts import board_text, ledger, runs, snapshots
from forecasts.artefacts import Artefacts
from forecasts.domain import BoardVersion, Confirmation
from forecasts.jobs import queue
from forecasts.people import LOCAL_OWNER
from forecasts.schema import snapshots as published
from forecasts.store import Store, open_store
from tests.jobs import small_home
from tests.jobs.small_home import START, THROUGH

ROOT = Path(__file__).resolve().parents[2]


def enter_boards(url: str, artefacts: Artefacts, count: int) -> tuple[str, ...]:
    """Enter so many small boards, each ready to be computed without a sampler; returns their ids."""
    boards = [board_text.sealed(replace(small_home.small(), id=f"board{k:03}")) for k in range(count)]
    with open_store(url) as store:
        small_home.keep_rates(small_home.Home(store, artefacts, boards[0]))
        for board in boards:
            artefacts.put(board_text.text(board).encode())
            definition = BoardVersion("board", board.content_hash, "owner", "test", START.date())
            through = Confirmation("C1", THROUGH, START.date(), (), "")
            ledger.append(store, (definition, through), board=board.id, actor=LOCAL_OWNER, now=START)
    return tuple(board.id for board in boards)


@dataclass
class Host:
    """A worker process and what it has said."""

    process: subprocess.Popen[bytes]
    log: Path
    killed: bool = field(default=False)

    def events(self, name: str) -> list[dict[str, object]]:
        """Return its log lines of one kind; a line that is still being written is left out."""
        text = self.log.read_bytes().decode()
        lines = [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
        return [line for line in lines if line["event"] == name]

    def boards(self) -> list[str]:
        """Return the boards that it has published."""
        return [str(e["board"]) for e in self.events("board_ended") if e["outcome"] == "published"]

    def is_doing(self, store: Store) -> bool:
        """Tell whether the queue has it at a board."""
        numbers = {e["worker"] for e in self.events("board_ended")}
        return any(job.worker in numbers for job in queue.read(store, states=("doing",)))

    def kill(self) -> None:
        """End the worker as a power cut does: nothing of it can tidy up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.killed = True

    def kill_at_work(self, store: Store) -> None:
        """Kill the worker in the midst of a board."""
        while True:
            self.process.send_signal(signal.SIGSTOP)
            if self.is_doing(store):
                break
            self.process.send_signal(signal.SIGCONT)
            time.sleep(0.05)
        self.kill()


@contextmanager
def host(
    folder: Path, *arguments: str, url: str, artefacts: Path | str, processor: int | None = None
) -> Iterator[Host]:
    """Run a worker in a home (and on a processor) of its own for a block; told to leave at its end."""
    folder.mkdir(parents=True)
    log = folder / "worker.log"
    environment = {
        **os.environ,
        "TWIXT_HOME": str(folder / "home"),
        "TWIXT_DB": url,
        "TWIXT_ARTEFACTS": str(artefacts),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "app.cli", "worker", "--log", "json", *arguments]
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command, env=environment, cwd=ROOT, stderr=stream, stdout=subprocess.DEVNULL, start_new_session=True
        )
    if processor is not None:
        os.sched_setaffinity(process.pid, {processor})
    running = Host(process, log)
    try:
        yield running
        process.terminate()
        assert process.wait(60) == 0 or running.killed, log.read_text()[-3000:]
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait(until: Callable[[], bool], *, seconds: float, hosts: tuple[Host, ...] = ()) -> None:
    """Wait until something is so; fails when it takes too long, or a worker ends that was not killed."""
    ends = time.monotonic() + seconds
    while not until():
        gone = [h.log.read_text() for h in hosts if not h.killed and h.process.poll() is not None]
        assert not gone, gone
        assert time.monotonic() < ends, [h.log.read_text()[-3000:] for h in hosts]
        time.sleep(0.1)


def published_times(store: Store) -> dict[str, int]:
    """Return how many snapshots each board has."""
    query = sa.select(published.c.board, sa.func.count()).group_by(published.c.board)
    with store.reading() as connection:
        return {row.board: row[1] for row in connection.execute(query)}


def check_exactly_once(
    store: Store, artefacts: Artefacts, boards: tuple[str, ...], *, outcomes: frozenset[str] = frozenset({"published"})
) -> None:
    """Fail unless every board was published exactly once, whole, and its attempts ended in no other way."""
    assert published_times(store) == dict.fromkeys(boards, 1)
    for board in boards:
        snapshot = snapshots.latest(store, board, mode="live")
        assert snapshot is not None
        for name in (snapshot.detail_hash, snapshot.futures_hash):
            assert name is not None
            artefacts.get(name)
        ended = [run.outcome for run in runs.read(store, board)]
        assert ended.count("published") <= 1
        assert set(ended) <= outcomes
