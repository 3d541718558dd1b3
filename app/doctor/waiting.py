"""What the doctor finds waiting: messages for subscribers, and tasks for workers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from app.doctor.finding import Finding
from forecasts.alerts import outbox
from forecasts.jobs import queue, queue_tables

if TYPE_CHECKING:
    from forecasts.store import Store

LATE = timedelta(hours=1)
"""How long a message may wait before it is worth a word: two attempts are made within that time."""


def messages(store: Store, now: datetime) -> Finding:
    """Tell of messages that have not arrived."""
    found = outbox.backlog(store)
    if found.oldest is None and not found.given_up:
        return Finding("alerts", "ok", "no message waits to be sent")
    since = f", the oldest since {found.oldest:%Y-%m-%d %H:%M} UTC" if found.oldest else ""
    text = f"{found.waiting} waiting to be sent{since}; {found.given_up} given up"
    late = found.oldest is not None and now - found.oldest > LATE
    if late or found.given_up:
        return Finding("alerts", "warn", f"{text}; `twixt alerts list` says to whom, `twixt alerts send` tries again")
    return Finding("alerts", "ok", text)


def tasks(store: Store) -> list[Finding]:
    """Tell of a queue that nobody works on; nothing where there is no queue."""
    if not queue_tables.is_installed(store):
        return []
    counts, workers = queue.counts(store), queue.workers(store, heard_within=queue.HEARD_WITHIN)
    text = f"{counts.get('doing', 0)} running, {counts.get('todo', 0)} waiting; workers: {workers}"
    if not workers and any(counts.get(state) for state in queue.ACTIVE):
        return [Finding("queue", "warn", f"{text}; `twixt worker` starts one")]
    return [Finding("queue", "ok", text)]
