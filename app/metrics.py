"""What Prometheus reads: how the boards of a record stand, and what this process has done, in its text format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from forecasts.errors import StoreError

if TYPE_CHECKING:
    from forecasts.jobs.health import Health
    from forecasts.jobs.rounds import Done

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
OUTCOMES = ("published", "unchanged", "refused", "failed", "stopped", "busy", "cancelled")
SECONDS = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)
"""Upper bounds of the classes into which run times are counted."""


class Boards(Collector):
    """Reads the record whenever somebody asks for the metrics."""

    def __init__(self, read: Callable[[], Health]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        """Give the gauges; where the record cannot be read, only that."""
        try:
            health = self._read()
        except (StoreError, OSError):
            yield GaugeMetricFamily("twixt_record_reachable", "Whether the record can be read.", value=0)
            return
        yield GaugeMetricFamily("twixt_record_reachable", "Whether the record can be read.", value=1)
        yield from _totals(health)
        yield from _each(health)


def _totals(health: Health) -> Iterator[Metric]:
    due = sum(s.is_due for s in health.standings)
    yield GaugeMetricFamily("twixt_boards", "Boards in the record.", value=len(health.standings))
    yield GaugeMetricFamily("twixt_boards_due", "Boards for which something new is known.", value=due)
    yield GaugeMetricFamily(
        "twixt_boards_stopped",
        "Due boards whose input failed so often that it is left alone.",
        value=len(health.given_up),
    )
    yield GaugeMetricFamily(
        "twixt_oldest_due_seconds",
        "How long the oldest board that will be tried has been due.",
        value=health.oldest_due.total_seconds(),
    )


def _each(health: Health) -> Iterator[Metric]:
    age = GaugeMetricFamily(
        "twixt_board_snapshot_age_seconds",
        "Time since the instant that the newest live snapshot speaks of.",
        labels=["board"],
    )
    due = GaugeMetricFamily(
        "twixt_board_due_seconds", "How long a board has been due; 0 if it is not.", labels=["board"]
    )
    stopped = GaugeMetricFamily("twixt_board_stopped", "Whether a board's input is left alone.", labels=["board"])
    given_up = {g.board for g in health.given_up}
    for standing in health.standings:
        waited = health.at - standing.due_since if standing.due_since else timedelta(0)
        due.add_metric([standing.board], max(0.0, waited.total_seconds()))
        stopped.add_metric([standing.board], float(standing.board in given_up))
        if standing.published is not None:
            age.add_metric([standing.board], (health.at - standing.published).total_seconds())
    yield from (age, due, stopped)


class Work:
    """Counts what one scheduler or worker has done since it was started, beside the gauges of its record."""

    def __init__(self, read: Callable[[], Health]) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(Boards(read))
        self._looks = Counter("twixt_looks", "Looks for due boards.", registry=self._registry)
        self._errors = Counter(
            "twixt_look_errors", "Looks that the record or the disk refused.", registry=self._registry
        )
        self._runs = Counter("twixt_board_runs", "Runs of boards by outcome.", ["outcome"], registry=self._registry)
        self._seconds = Histogram(
            "twixt_board_run_seconds", "Time of a board's run.", buckets=SECONDS, registry=self._registry
        )
        for outcome in OUTCOMES:
            self._runs.labels(outcome)

    def also(self, gauges: Collector) -> None:
        """Let more gauges be read with these."""
        self._registry.register(gauges)

    def looked(self) -> None:
        """Count a look for due boards."""
        self._looks.inc()

    def erred(self) -> None:
        """Count a look that could not be finished."""
        self._errors.inc()

    def count(self, done: Done) -> None:
        """Count a board's ending."""
        self.ended(done.ended.kind, done.seconds)

    def ended(self, outcome: str, seconds: float) -> None:
        """Count how a run ended, and how long it took where one took place."""
        self._runs.labels(outcome).inc()
        if outcome not in {"stopped", "busy"}:
            self._seconds.observe(seconds)

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry)


def boards_text(read: Callable[[], Health]) -> bytes:
    """Return the gauges of a record in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(Boards(read))
    return generate_latest(registry)
