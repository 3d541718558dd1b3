"""A small board on which numbers are published as a test wants them, and a receiver of messages on this machine."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import polars as pl

from forecasts import ledger, snapshots
from forecasts.alerts import rules, sealing, standing, subscribers, telling
from forecasts.alerts.sealing import Address
from forecasts.alerts.subscribers import Subscriber
from forecasts.artefacts import Artefacts
from forecasts.people import JOBS, LOCAL_OWNER
from forecasts.snapshot_rows import ROWS
from forecasts.snapshots import Snapshot
from forecasts.store import open_store
from tests.jobs import small_home
from tests.jobs.small_home import NOW, Home

KEY = sealing.new_key()
SECRET = sealing.new_secret()


def publish(
    home: Home, at: datetime, *, mcse: float = 0.0005, states: Mapping[str, str] | None = None, **values: float
):
    """Publish a live snapshot whose questions have these chances by every deadline, .2 where nothing is said."""
    rows = []
    for question in home.board.questions:
        for deadline in question.deadlines:
            state = (states or {}).get(question.id, "open")
            p = {"occurred": 1.0, "passed": 0.0}.get(state, values.get(question.id, 0.2))
            rows.append((question.id, "question", deadline, "probability", p, p, p, p, p, mcse, True, state))
    parts = [s for s in home.board.scenarios if s.group == "partition"]
    rows += [
        (s.id, "partition", None, "probability", 1 / len(parts), *[1 / len(parts)] * 4, mcse, True, "open")
        for s in parts
    ]
    tail = ledger.tail(home.store, home.board.id)
    snapshot = Snapshot(
        id=f"s{at:%Y%m%d%H%M%S}",
        board=home.board.id,
        mode="live",
        as_of=at,
        known_through=small_home.THROUGH,
        published_at=at,
        board_version=home.board.content_hash,
        ledger_position=tail.position,
        ledger_digest=tail.digest,
        rows=pl.DataFrame(rows, schema=ROWS, orient="row"),
        receipt={},
        detail_hash=home.artefacts.put(b"{}"),
        futures_hash=None,
    )
    assert snapshots.write(home.store, snapshot, actor=JOBS)
    return snapshot


def subscribe(
    home: Home, *wanted: str, url: str = "https://hooks.example.org/x", now: datetime = NOW, **more
) -> Subscriber:
    """Add a subscriber with these rules, who knows how the board stands now."""
    here = standing.read(home.store, home.artefacts, home.board.id, now=now)
    chosen = rules.read(wanted, board=here.board)
    values = {"name": "desk", "kind": "webhook", "private": False} | more
    return subscribers.add(
        home.store,
        values["name"],
        board=home.board.id,
        kind=values["kind"],
        address=Address(url, SECRET, values["private"]),
        rules=chosen,
        seen=telling.beginning(chosen, here),
        key=KEY,
        actor=LOCAL_OWNER,
        now=now,
    )


def queue(home: Home, now: datetime) -> int:
    return telling.queue_news(home.store, home.artefacts, home.board.id, actor=JOBS, now=now)


@dataclass
class Clock:
    """A clock that a test sets."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def on(self, **step: float) -> datetime:
        self.now += timedelta(**step)
        return self.now


@dataclass
class Receiver:
    """What a receiver got, and what it is to answer."""

    url: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """Status and headers of the next answers; 204 when there are none left."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver on this machine for the length of a block."""
    known = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            known.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
            status, headers = known.answers.pop(0) if known.answers else (204, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    known.url = f"http://127.0.0.1:{server.server_port}/hook/secret-path"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield known
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def open_home(folder: Path, database: str = "") -> Home:
    """Give a small home without numbers."""
    return small_home.open_home(folder, database=database, rows=48)


def open_home_again(folder: Path) -> Home:
    """Give a home that is there already."""
    return Home(open_store(f"sqlite:///{folder / 'twixt.sqlite'}"), Artefacts(folder / "artefacts"), small_home.small())
