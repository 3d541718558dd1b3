"""A process that enters evidence, one item at a time, and says so: `python -m tests.faults.writer URL BOARD COUNT`.

With a schema as a fourth word it does so as the program of that schema would: it knows no newer one.
"""

import sys
from datetime import UTC, date, datetime

from forecasts import schema
from forecasts import store as store_module
from forecasts.domain import Effect, Evidence
from forecasts.errors import StoreError
from forecasts.new_entry import EVIDENCE, append_new
from forecasts.people import LOCAL_OWNER
from forecasts.store import open_store
from tests.forecasts.records import evidence

NOW = datetime(2026, 4, 10, 9, tzinfo=UTC)
EFFECTS = (Effect("truce", date(2028, 12, 31), 1.5, 1.2, 2.0),)


def item(entry: str) -> Evidence:
    """Return an item about a question of the small board."""
    return evidence(entry, effects=EFFECTS, thread=entry)


def main(url: str, board: str, count: int) -> None:
    """Enter items under new ids; each id is printed once the item is in the record, and so is what ended it early."""
    try:
        with open_store(url, busy_seconds=60) as store:
            for _ in range(count):
                entry = append_new(store, item, letter=EVIDENCE, board=board, actor=LOCAL_OWNER, now=NOW)
                _say(entry.entry)
    except StoreError as error:
        _say(str(error))
        sys.exit(2)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if len(sys.argv) > 4:
        schema.SCHEMA = store_module.SCHEMA = sys.argv[4]
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
