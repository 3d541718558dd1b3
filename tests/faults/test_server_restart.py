"""PostgreSQL is stopped as by a failing machine amid writes, and started again: what was acknowledged is there."""

import numpy as np
import pytest

from forecasts import ledger
from forecasts.errors import StoreError
from forecasts.store import open_store
from tests.cli.conftest import Place, complaint, run_at
from tests.faults import homes, record, servers
from tests.faults.homes import BOARD, NOW
from tests.faults.streams import Stream
from tests.faults.test_kills import ADD

SEED = 5
ROUNDS = 8


def crash_amid_writes(url: str, server: servers.Server, *, after: int) -> tuple[int, int]:
    """Crash the server after so many acknowledgements; returns how many were told and how many rows there are."""
    with open_store(url) as store:
        before = ledger.tail(store, BOARD).position
        stream = Stream(url, board=BOARD)
        stream.read(after)
        server.crash()
        assert stream.finish() == 2
        assert any(words in stream.complaint for words in ("cannot be reached", "shutting down", "was lost while"))
        with pytest.raises(StoreError, match=r"cannot be reached|shutting down"):
            ledger.tail(store, BOARD)
        server.start()
        end = ledger.verify(store, BOARD)  # the same opened store: it finds the server again by itself
        rows = [row.entry for row in ledger.history(store, BOARD)]
    assert set(stream.acknowledged) <= set(rows)
    assert 0 <= end.position - before - len(stream.acknowledged) <= 1
    return len(stream.acknowledged), end.position - before


@pytest.mark.slow
@pytest.mark.postgres
def test_a_crash_of_the_server_loses_nothing_that_was_acknowledged(tmp_path) -> None:
    with servers.running() as server:
        url = server.new_database()
        place = homes.build(tmp_path / "home", url)
        crash_amid_writes(url, server, after=30)
        server.crash()
        refused = run_at(place, *ADD, now=NOW)
        assert refused.exit_code == 2
        assert "cannot be reached" in complaint(refused)
        server.start()
        homes.run(place, *ADD)
        homes.run(place, "refit")
        homes.state(place)


@pytest.mark.nightly
@pytest.mark.postgres
def test_crashes_at_random_points() -> None:
    told = kept = 0
    rng = np.random.default_rng(SEED)
    with servers.running() as server:
        url = server.new_database()
        for _ in range(ROUNDS):
            one = crash_amid_writes(url, server, after=int(rng.integers(1, 200)))
            told, kept = told + one[0], kept + one[1]
    record.keep("server", "crashes", {"rounds": ROUNDS, "acknowledged": told, "kept": kept})


def test_the_recorded_crashes() -> None:
    found = record.kept()["server"]["crashes"]
    assert found["rounds"] == ROUNDS
    assert 0 <= found["kept"] - found["acknowledged"] <= ROUNDS


def test_a_server_that_is_away_is_told_in_one_line(tmp_path) -> None:
    place = Place(tmp_path, "postgresql://nobody@127.0.0.1:9/nothing")
    for command in (["evidence", "list"], ["status"], ["refit"], list(ADD)):
        refused = run_at(place, *command, now=NOW)
        assert refused.exit_code == 2, refused.output
        assert "cannot be reached" in complaint(refused)
