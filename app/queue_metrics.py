"""What Prometheus reads of the queue that many machines share: how much waits, and how many workers live."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from forecasts.errors import StoreError
from forecasts.jobs import queue

if TYPE_CHECKING:
    from forecasts.store import Store


class QueueGauges(Collector):
    """Reads the queue whenever somebody asks for the metrics; gives nothing where it cannot be read."""

    def __init__(self, store: Store, *, heard_within: float) -> None:
        """Count as alive the workers that were heard of within so many seconds."""
        self._store = store
        self._heard_within = heard_within

    def collect(self) -> Iterator[Metric]:
        """Give the gauges."""
        try:
            active = queue.active(self._store)
            workers = queue.workers(self._store, heard_within=self._heard_within)
        except (StoreError, OSError):
            return
        tasks = GaugeMetricFamily(
            "twixt_queue_tasks", "Tasks that wait (todo) or run (doing), by who waits.", labels=["state", "waiting"]
        )
        for (state, who), number in active.items():
            tasks.add_metric([state, who], number)
        yield tasks
        yield GaugeMetricFamily("twixt_queue_workers", "Workers that live.", value=workers)
