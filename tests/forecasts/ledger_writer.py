"""A process of its own that appends evidence and says so: `python -m tests.forecasts.ledger_writer URL NAME COUNT`."""

import sys
from datetime import UTC, datetime

from forecasts import ledger
from forecasts.people import LOCAL_OWNER
from forecasts.store import open_store
from tests.forecasts.records import evidence


def main(url: str, name: str, count: int) -> None:
    """Open the store, creating it if this process is the first, and append one item at a time."""
    with open_store(url, busy_seconds=60) as store:
        for i in range(count):
            now = datetime(2026, 7, 1, 12, tzinfo=UTC)
            ledger.append(store, [evidence(f"{name}-{i}")], board="b", actor=LOCAL_OWNER, now=now)
            sys.stdout.write(f"{name}-{i}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
