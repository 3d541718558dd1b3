"""What a scheduler and a worker tell of themselves on a port of their own: `--listen`, `--metrics`, `--late-after`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from app.commands.job_options import number
from app.failures import CommandError

if TYPE_CHECKING:
    from app.health_server import HealthServer
    from app.metrics import Work
    from forecasts.store import Store

LATE_HOURS = "6"

Decorated = Callable[..., Any]


def health_options(function: Decorated) -> Decorated:
    """Give a command `--listen`, `--metrics` and `--late-after`."""
    listen = click.option(
        "--listen", metavar="[ADDRESS:]PORT", help="Answer /healthz there; ADDRESS is 127.0.0.1 by default."
    )
    metrics = click.option("--metrics", is_flag=True, help="With --listen: answer /metrics for Prometheus too.")
    late_after = click.option(
        "--late-after",
        metavar="HOURS",
        default=LATE_HOURS,
        show_default=True,
        help="How long a board may be due before /healthz says 503.",
    )
    return listen(metrics(late_after(function)))


def health_server(
    store: Store, work: Work, options: dict[str, Any], *, clock: Callable[[], datetime]
) -> AbstractContextManager[HealthServer | None]:
    """Return the server that the options ask for, or nothing; raises CommandError for what cannot be used."""
    from app.health_server import HealthServer, address, healthz, metrics
    from forecasts.jobs import health

    late_after = timedelta(hours=number("--late-after", options["late_after"], 0.01, 10_000))
    if options["listen"] is None:
        if options["metrics"]:
            raise CommandError("--metrics: goes with --listen, which says where")
        return nullcontext()
    answers = {"/healthz": lambda: healthz(lambda: health.read(store, now=clock()), late_after=late_after)}
    if options["metrics"]:
        answers["/metrics"] = metrics(work.text)
    return HealthServer(address("--listen", options["listen"]), answers)
