"""A process that keeps the record open while others open and close it: nobody's entries go past the others."""

from forecasts import ledger
from forecasts.new_entry import EVIDENCE, append_new
from forecasts.people import LOCAL_OWNER
from forecasts.store import Store, open_store
from tests.faults.streams import Stream
from tests.faults.writer import NOW
from tests.forecasts.records import evidence

BOARD = "small"


def enter(store: Store) -> str:
    return append_new(store, evidence, letter=EVIDENCE, board=BOARD, actor=LOCAL_OWNER, now=NOW).entry


def come_and_go(url: str, count: int) -> list[str]:
    """Let another process open the record, enter items, and close it; returns what it was told."""
    stream = Stream(url, board=BOARD, count=count)
    assert stream.finish() == 0, stream.complaint
    return stream.acknowledged


def test_entries_of_one_who_stays_and_of_some_who_come_and_go(database_url: str) -> None:
    """On SQLite the last to close a file deletes its log: so whoever stays must hold a lock from beginning to end."""
    open_store(database_url).close()
    with open_store(database_url) as stays:
        told = [enter(stays), *come_and_go(database_url, 2), enter(stays), *come_and_go(database_url, 1), enter(stays)]
        assert told == [f"E{i:03d}" for i in range(1, 7)]
        assert ledger.verify(stays, BOARD).position == 6
    with open_store(database_url, migrate=False) as later:
        assert [row.entry for row in ledger.history(later, BOARD)] == told
