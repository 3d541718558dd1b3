"""`/healthz` and, where it is asked for, `/metrics` of the app's server: for load balancers and Prometheus.

`/healthz` tells counts and ages and names no board, so everybody may read it: 200 while the record can be read, 503
when it cannot. `/metrics` names boards; `TWIXT_METRICS=1` opens it, and the reverse proxy says to whom.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from time import monotonic

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.health_server import Answer, healthz
from app.metrics import CONTENT_TYPE, boards_text
from forecasts.jobs import health
from forecasts.settings import Home, open_workspace

METRICS = "TWIXT_METRICS"
KEPT_SECONDS = 5.0
"""How long an answer is given again: however many ask, the record is read this often."""


class HealthError(ValueError):
    """The environment asks for something that is not known; the message names variable, value and what is allowed."""


def wants_metrics(environment: Mapping[str, str]) -> bool:
    """Tell whether `/metrics` is open; raises HealthError for a value that is neither 1 nor empty."""
    asked = environment.get(METRICS, "")
    if asked not in {"", "1"}:
        raise HealthError(f"{METRICS}: {asked[:40]!r}; allowed: 1, or nothing")
    return asked == "1"


class HealthPages:
    """ASGI middleware that answers the two addresses and passes everything else on."""

    def __init__(
        self, app: ASGIApp, *, home: Home, metrics: bool, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.app = app
        self._home, self._clock = home, clock
        self._kept: dict[str, tuple[float, Answer]] = {}
        self._answers: dict[str, Callable[[], Answer]] = {"/healthz": lambda: healthz(self._read, late_after=None)}
        if metrics:
            self._answers["/metrics"] = lambda: Answer(200, CONTENT_TYPE, boards_text(self._read))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `/healthz` and an open `/metrics`; pass any other request on."""
        asked = scope["path"] if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"} else ""
        if asked not in self._answers:
            await self.app(scope, receive, send)
            return
        answer = await run_in_threadpool(self._answer, asked)
        headers = {"Content-Type": answer.kind, "Cache-Control": "no-store"}
        await Response(answer.body, answer.status, headers)(scope, receive, send)

    def _answer(self, asked: str) -> Answer:
        at, kept = self._kept.get(asked, (0.0, None))
        if kept is None or monotonic() - at > KEPT_SECONDS:
            kept = self._answers[asked]()
            self._kept[asked] = (monotonic(), kept)
        return kept

    def _read(self) -> health.Health:
        """Read the record, opened for this once: there may be none yet, or another one since."""
        with open_workspace(self._home, migrate=False).store as store:
            return health.read(store, now=self._clock())
