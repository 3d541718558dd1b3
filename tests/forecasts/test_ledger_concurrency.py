"""Many writers at once: nothing is lost, positions stay gapless, whoever comes second on an entry is told."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa

from forecasts import ledger
from forecasts.errors import ConflictError
from forecasts.instants import TICK
from forecasts.people import LOCAL_OWNER, Actor
from forecasts.store import lock_board, open_store
from tests.forecasts.records import evidence

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
WRITERS = 8
ROOT = Path(__file__).resolve().parents[2]


def append(store, entry, **options):
    return ledger.append(store, [evidence(entry)], board="b", actor=LOCAL_OWNER, now=NOW, **options)[0]


def check_complete(store, names):
    rows = ledger.history(store, "b")
    assert [row.position for row in rows] == list(range(1, len(names) + 1))
    assert sorted(row.entry for row in rows) == sorted(names)
    assert all(a.recorded_at < b.recorded_at for a, b in pairwise(rows))
    assert ledger.verify(store, "b").position == len(names)


def test_eight_threads_lose_nothing(store):
    start = threading.Barrier(WRITERS)

    def work(writer):
        start.wait()
        for i in range(10):
            append(store, f"w{writer}-{i}")

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(work, range(WRITERS)))
    check_complete(store, [f"w{writer}-{i}" for writer in range(WRITERS) for i in range(10)])


def test_eight_processes_that_all_create_the_store_lose_nothing(database_url):
    command = [sys.executable, "-W", "error", "-m", "tests.forecasts.ledger_writer", database_url]
    workers = [
        subprocess.Popen(
            [*command, f"w{i}", "10"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        for i in range(WRITERS)
    ]
    errors = [worker.communicate(timeout=120)[1] for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * WRITERS, errors
    with open_store(database_url) as store:
        check_complete(store, [f"w{writer}-{i}" for writer in range(WRITERS) for i in range(10)])


@pytest.mark.parametrize("after", [1, 4, 9])
def test_what_was_acknowledged_before_a_kill_is_kept_and_the_next_writer_goes_on(store, store_url, after):
    command = [sys.executable, "-m", "tests.forecasts.ledger_writer", store_url, "w", "100000"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as worker:
        acknowledged = [worker.stdout.readline().strip() for _ in range(after)]
        worker.kill()
        acknowledged += worker.stdout.read().split()
    append(store, "next")
    *kept, last = (row.entry for row in ledger.history(store, "b"))
    assert last == "next"
    assert kept[: len(acknowledged)] == acknowledged
    assert len(kept) <= len(acknowledged) + 1  # at most the one that was being written
    check_complete(store, [*kept, "next"])


def test_of_eight_who_correct_the_same_version_one_wins_and_seven_are_told_who_did(store):
    append(store, "E1")
    start = threading.Barrier(WRITERS)

    def work(writer):
        start.wait()
        actor = Actor(f"p{writer}", "owner")
        new = [evidence("E1", lr=1.5 + writer)]
        try:
            return ledger.append(store, new, board="b", actor=actor, now=NOW, expected_version={"E1": 1})[0]
        except ConflictError as error:
            return error

    with ThreadPoolExecutor(WRITERS) as pool:
        outcomes = list(pool.map(work, range(WRITERS)))
    winners = [o for o in outcomes if not isinstance(o, ConflictError)]
    assert len(winners) == 1
    for loser in (o for o in outcomes if isinstance(o, ConflictError)):
        assert loser.newest == winners[0]
        assert f"version 2 was written by {winners[0].recorded_by}" in str(loser)
    assert ledger.verify(store, "b").position == 2


def test_a_reader_does_not_wait_for_a_writer_and_sees_only_what_was_committed(store):
    append(store, "E1")
    with store.writing() as connection:
        lock_board(connection, "b")
        tail = ledger.tail(store, "b")
        view = ledger.read(store, "b", as_of=NOW + timedelta(days=1), mode="live")
    assert tail.position == view.position == 1


def test_a_writer_that_fails_halfway_leaves_nothing(store):
    def half_done():
        with store.writing() as connection:
            lock_board(connection, "b")
            entries = ledger._rows(
                ledger.Tail(0, ledger.NO_DIGEST, None),
                [evidence("E1")],
                ["{}"],
                board="b",
                actor=LOCAL_OWNER,
                now=NOW,
                expected={},
            )
            ledger.insert_rows(connection, entries, ["{}"])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half_done()
    assert ledger.tail(store, "b").position == 0
    assert append(store, "E1").position == 1


@pytest.mark.postgres
def test_the_transaction_that_began_first_and_commits_last_stands_last(postgres_url):
    """A begins, B begins, B commits, A commits: positions and times follow the commits, not the beginnings."""
    with open_store(postgres_url) as store:
        with store.writing() as a:
            a.execute(sa.text("SELECT txid_current()"))  # A has its transaction number before B
            b = append(store, "B")
            lock_board(a, "b")
            end = ledger._tail(a, "b")
            rows = ledger._rows(
                end,
                [evidence("A")],
                [_text("A")],
                board="b",
                actor=LOCAL_OWNER,
                now=NOW - timedelta(hours=1),
                expected={},
            )
            ledger.insert_rows(a, rows, [_text("A")])
        assert (b.position, rows[0].position) == (1, 2)
        assert rows[0].recorded_at == b.recorded_at + TICK
        check_complete(store, ["A", "B"])


@pytest.mark.postgres
def test_a_second_writer_waits_for_the_first_to_commit(postgres_url):
    """A holds the board, B waits inside its transaction, A commits: B takes the position after A's."""
    with open_store(postgres_url) as store, ThreadPoolExecutor(1) as pool:
        with store.writing() as a:
            lock_board(a, "b")
            b = pool.submit(append, store, "B")
            while not _somebody_waits(store):
                assert not b.done()
            rows = ledger._rows(
                ledger._tail(a, "b"), [evidence("A")], [_text("A")], board="b", actor=LOCAL_OWNER, now=NOW, expected={}
            )
            ledger.insert_rows(a, rows, [_text("A")])
        assert b.result(timeout=30).position == 2
        check_complete(store, ["A", "B"])


def _somebody_waits(store):
    with store.reading() as connection:
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return connection.execute(sa.text(waiting)).scalar_one() > 0


def _text(entry):
    return ledger.canonical(ledger.encode(evidence(entry)))
