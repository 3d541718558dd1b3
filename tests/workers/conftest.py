"""Fixtures of the workers' tests, on a real PostgreSQL.

`queue_store` a record with an empty queue; `tasks_of` tasks by board; `child` a child process that says at once how the
boards of a script end.
"""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from forecasts.jobs import queue_tables
from forecasts.jobs.child import Child, Limits
from forecasts.jobs.task import Task
from forecasts.store import Store, open_store

AS_OF = datetime(2026, 4, 2, tzinfo=UTC)

SCRIPT = """
import json, sys, time
asked = {}
for line in sys.stdin:
    task = json.loads(line)["task"]
    board = task["board"]
    asked[board] = asked.get(board, 0) + 1
    if board.startswith("slow"):
        time.sleep(60)
    if board.startswith("nap"):
        time.sleep(1)
    if board.startswith("crash"):
        sys.exit(3)
    kind = "busy" if board.startswith("busy") and asked[board] == 1 else "published"
    ended = {"kind": kind, "message": board + ": " + kind, "code": 0, "snapshot": None, "gates": []}
    print(json.dumps({"ended": ended}), flush=True)
"""


@pytest.fixture(scope="session")
def _queue_store(postgres_server):
    from tests.postgres import _database

    with _database(postgres_server) as url, open_store(url) as store:
        queue_tables.install(store)
        yield store


@pytest.fixture
def queue_store(_queue_store: Store):
    """Give a record in PostgreSQL with a queue; its queue and attempts are emptied after the test."""
    yield _queue_store
    with _queue_store.writing() as connection:
        names = ("jobs", "workers", "periodic_defers", "events")
        tables = ", ".join(f"{queue_tables.SCHEMA}.procrastinate_{name}" for name in names)
        connection.execute(sa.text(f"TRUNCATE {tables} RESTART IDENTITY"))
        connection.execute(sa.text("DELETE FROM runs"))


@pytest.fixture
def child() -> Iterator[Child]:
    """Give a child that answers by a script; a board's name says how: crash, slow, nap, busy at first, or published."""
    with ExitStack() as opened:
        command = (sys.executable, "-S", "-c", SCRIPT)
        yield opened.enter_context(Child(command, {"PATH": str(Path(sys.executable).parent)}, Limits(30.0, 10**9)))


def tasks_of(*boards: str, as_of: datetime = AS_OF, **values: object) -> list[Task]:
    return [Task(board, as_of, **values) for board in boards]
