"""Answers `/healthz` and `/metrics` beside the work of a scheduler or a worker, on a port of its own."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, override

from app.failures import CommandError
from app.metrics import CONTENT_TYPE

if TYPE_CHECKING:
    from datetime import timedelta

    from forecasts.jobs.health import Health

_ADDRESS = re.compile(r"(?:(?P<host>[^:\[\]]+|\[[0-9a-fA-F:.]+\]):)?(?P<port>[0-9]{1,5})", re.ASCII)
HERE = "127.0.0.1"
SLOWEST_CLIENT = 10.0
"""Seconds that a client may take to ask."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    status: int
    kind: str
    body: bytes


def health_document(health: Health, *, late_after: timedelta | None) -> dict[str, Any]:
    """Return what `/healthz` tells: counts and ages, no board's name.

    `status` is `late` where a board that will be tried has been due for longer than `late_after`, else `ok`.
    """
    late = late_after is not None and health.oldest_due > late_after
    return {
        "status": "late" if late else "ok",
        "boards": len(health.standings),
        "due": sum(s.is_due for s in health.standings),
        "stopped": len(health.given_up),
        "oldest_due_seconds": round(health.oldest_due.total_seconds(), 3),
        "at": health.at.isoformat(),
    }


def healthz(read: Callable[[], Health], *, late_after: timedelta | None, **more: object) -> Answer:
    """Return the answer to `/healthz`: 200, or 503 where boards are late or the record cannot be read."""
    from forecasts.errors import StoreError

    try:
        found = health_document(read(), late_after=late_after)
    except (StoreError, OSError):
        found = {"status": "unreachable"}
    body = json.dumps(found | more, allow_nan=False).encode() + b"\n"
    return Answer(200 if found["status"] == "ok" else 503, "application/json", body)


def address(option: str, text: str) -> tuple[str, int]:
    """Return host and port of `PORT` or `HOST:PORT`; raises CommandError for anything else."""
    found = _ADDRESS.fullmatch(text)
    if not found or not 0 < int(found["port"]) < 65536:
        raise CommandError(f"{option}: {text[:60]!r}: PORT or ADDRESS:PORT is needed, for example 9108")
    return (found["host"] or HERE).strip("[]"), int(found["port"])


class HealthServer:
    """A small server in a thread of its own, for as long as a `with` lasts.

    Raises
    ------
    CommandError
        When the address cannot be listened on.
    """

    def __init__(self, place: tuple[str, int], answers: dict[str, Callable[[], Answer]]) -> None:
        handler = type("_Handler", (_Handler,), {"answers": answers})
        kind = _IPv6Server if ":" in place[0] else _Server
        try:
            self._server = kind(place, handler)
        except OSError as error:
            raise CommandError(f"--listen: {place[0]}:{place[1]}: {error.strerror or error}") from error
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that hang up."""


class _IPv6Server(_Server):
    address_family = socket.AF_INET6


class _Handler(BaseHTTPRequestHandler):
    answers: dict[str, Callable[[], Answer]]
    timeout = SLOWEST_CLIENT
    server_version, sys_version = "twixt", ""

    def do_GET(self) -> None:
        """Answer a known path; 404 for any other."""
        told = self.answers.get(self.path.partition("?")[0])
        answer = told() if told else Answer(404, "text/plain; charset=utf-8", b"not found\n")
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(answer.body)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Write no access log: the process has one log, of its work."""


def metrics(text: Callable[[], bytes]) -> Callable[[], Answer]:
    """Return the answer to `/metrics`."""
    return lambda: Answer(200, CONTENT_TYPE, text())
