"""A worker: does what waits, in the order of who waits; fails, leaves, is cut off, and nothing is lost."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from forecasts import ledger, runs
from forecasts.domain import BoardVersion, Confirmation
from forecasts.errors import StoreError
from forecasts.jobs import due, queue
from forecasts.jobs import worker as workers
from forecasts.jobs.child import Child
from forecasts.jobs.queue import Priority
from forecasts.jobs.taking_over import take_over
from forecasts.jobs.worker import Duties, Worker, is_cron
from forecasts.people import JOBS, LOCAL_OWNER
from forecasts.store import Store
from tests.workers.conftest import tasks_of
from tests.workers.test_queue import begin, change, enter, states

pytestmark = pytest.mark.postgres
NOW = datetime(2026, 4, 10, 9, tzinfo=UTC)
NEVER = "0 0 1 1 *"
PATIENCE = 30.0
BEGAN = time.monotonic()


def clock() -> datetime:
    return NOW + timedelta(seconds=time.monotonic() - BEGAN)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("FIRST_PAUSE", 0), ("BUSY_PAUSE", 0), ("SHORTEST_WAIT", 0.1), ("LONGEST_WAIT", 0.2)):
        monkeypatch.setattr(workers, name, seconds)


class Said(list[tuple[str, dict[str, object]]]):
    """What a worker has told."""

    def __call__(self, event: str, message: str, *, level: str = "info", **fields: object) -> None:
        self.append((event, {"message": message, **fields}))

    def of(self, event: str, field: str) -> list[object]:
        return [fields[field] for name, fields in self if name == event]


def work(
    store: Store,
    children: Child | list[Child],
    until: Callable[[], bool],
    *,
    meanwhile: Callable[[], None] = lambda: None,
    **duties: float,
) -> Said:
    """Let a worker work until something is so; it is told to leave then."""
    said = Said()
    plan = Duties(NEVER, **{"heartbeat": 0.3, "silent": 5.0, "grace": 5.0} | duties)
    many = [children] if isinstance(children, Child) else children
    worker = Worker(store, many, plan, clock, said)

    async def both() -> None:
        stop = asyncio.Event()
        serving = asyncio.create_task(worker.serve(stop))
        await asyncio.to_thread(meanwhile)
        ends = time.monotonic() + PATIENCE
        while not await asyncio.to_thread(until):
            assert not serving.done(), said
            assert time.monotonic() < ends, said
            await asyncio.sleep(0.05)
        stop.set()
        await serving

    with ThreadPoolExecutor(1) as thread:  # a browser of another test may have a loop in this one
        thread.submit(asyncio.run, both()).result()
    return said


def all_ended(store: Store) -> Callable[[], bool]:
    return lambda: not queue.counts(store).keys() & {"todo", "doing"}


def test_what_waits_is_done_in_the_order_of_who_waits_for_it(queue_store, child):
    enter(queue_store, "old", "older", priority=Priority.BACKFILL, mode="retrospective")
    enter(queue_store, "fresh")
    enter(queue_store, "asked", priority=Priority.PERSON)
    said = work(queue_store, child, all_ended(queue_store))
    assert said.of("board_ended", "board") == ["asked", "fresh", "old", "older"]
    assert set(states(queue_store).values()) == {"succeeded"}
    with queue_store.reading() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM twixt_queue.procrastinate_workers")).scalar_one() == 0


def test_a_task_entered_while_it_waits_is_told_to_it(queue_store, child):
    def ask() -> None:
        time.sleep(0.5)
        enter(queue_store, "asked", priority=Priority.PERSON)

    # by itself it would look again after a thousand seconds
    work(
        queue_store,
        child,
        lambda: bool(states(queue_store)) and all_ended(queue_store)(),
        meanwhile=ask,
        heartbeat=2000.0,
    )
    assert states(queue_store) == {"asked": "succeeded"}


def test_one_board_is_done_by_one_slot_at_a_time(queue_store, child):
    with Child(child.command, child.environment, child.limits) as second:
        enter(queue_store, "slow")
        enter(queue_store, "slow", mode="retrospective")
        enter(queue_store, "quick")
        running: list[set[str]] = []

        def quick_is_done() -> bool:
            running.append({f"{j.task.board} {j.task.mode}" for j in queue.read(queue_store, states=("doing",))})
            return states(queue_store)["quick"] == "succeeded"

        work(queue_store, [child, second], quick_is_done, grace=0.0)
    assert not [found for found in running if len({f.split()[0] for f in found}) < len(found)]
    assert {"slow live"} <= set().union(*running)


def test_a_task_that_fails_is_tried_three_times_and_each_time_is_kept(queue_store, child):
    enter(queue_store, "crash", input="d" * 64)
    enter(queue_store, "fine")
    said = work(queue_store, child, all_ended(queue_store))
    assert states(queue_store) == {"crash": "failed", "fine": "succeeded"}
    assert said.of("board_ended", "outcome").count("failed") == 3
    kept = runs.read(queue_store, "crash")
    assert [(run.outcome, run.receipt["input"]) for run in kept] == [("failed", "d" * 64)] * 3
    assert "ended with code 3" in kept[0].message


def test_a_retry_lets_newer_tasks_of_its_board_go_first(queue_store, child, monkeypatch):
    monkeypatch.setattr(workers, "FIRST_PAUSE", 3600)
    (number,) = enter(queue_store, "crash")
    work(queue_store, child, lambda: queue.get(queue_store, number).attempts == 1)
    waiting = queue.get(queue_store, number)
    assert (waiting.state, waiting.priority) == ("todo", -1)
    assert waiting.not_before - waiting.started_at >= timedelta(minutes=59)


def test_a_board_that_another_process_computes_is_waited_for(queue_store, child):
    enter(queue_store, "busy")
    said = work(queue_store, child, all_ended(queue_store))
    assert said.of("board_ended", "outcome") == ["busy", "published"]
    assert runs.read(queue_store, "busy") == ()


def test_a_running_task_that_is_cancelled_ends_with_its_child_and_the_next_is_done(queue_store, child):
    slow, _ = enter(queue_store, "slow", "quick")

    def cancel() -> None:
        while queue.get(queue_store, slow).state != "doing":
            time.sleep(0.02)
        queue.cancel(queue_store, slow, actor=LOCAL_OWNER)

    work(queue_store, child, all_ended(queue_store), meanwhile=cancel)
    assert states(queue_store) == {"slow": "aborted", "quick": "succeeded"}
    assert runs.read(queue_store, "slow") == ()


def test_a_worker_that_leaves_lets_go_of_what_it_does(queue_store, child):
    (number,) = enter(queue_store, "slow")
    work(queue_store, child, lambda: states(queue_store)["slow"] == "doing", grace=0.2)
    left = queue.get(queue_store, number)
    assert (left.state, left.attempts, left.priority) == ("todo", 1, 0)
    assert runs.read(queue_store, "slow") == ()


def test_the_tasks_of_a_worker_that_died_are_done_by_the_next(queue_store, child):
    dead, other = enter(queue_store, "left", "right")
    for number in (dead, other):
        begin(queue_store, number, silent_for=100)
    said = work(queue_store, child, all_ended(queue_store))
    assert states(queue_store) == {"left": "succeeded", "right": "succeeded"}
    assert sorted(said.of("taken_over", "task")) == sorted([dead, other])


def test_a_worker_that_was_cut_off_and_comes_back_does_no_harm(queue_store, child):
    """While it computes others believe it dead and compute the same; both end, and both go on."""
    first, _ = enter(queue_store, "nap", "after")

    def believe_dead() -> None:
        while queue.get(queue_store, first).state != "doing":
            time.sleep(0.02)
        change(queue_store, "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
        assert take_over(queue_store, silent=30, now=NOW).again == (first,)
        with Child(child.command, child.environment, child.limits) as second:
            work(queue_store, second, all_ended(queue_store))
        enter(queue_store, "later")

    said = work(queue_store, child, all_ended(queue_store), meanwhile=believe_dead, heartbeat=20.0, silent=60.0)
    assert states(queue_store) == dict.fromkeys(("nap", "after", "later"), "succeeded")
    assert "nap" in said.of("board_ended", "board")
    assert "later" in said.of("board_ended", "board")


def test_lost_connections_are_made_anew(queue_store, child):
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"

    def cut_twice() -> None:
        for name in ("first", "second"):
            enter(queue_store, name)
            ends = time.monotonic() + PATIENCE
            while states(queue_store)[name] != "succeeded" and time.monotonic() < ends:
                time.sleep(0.05)
            with queue_store.writing() as connection:
                connection.execute(sa.text(cut))
        enter(queue_store, "third")

    work(queue_store, child, all_ended(queue_store), meanwhile=cut_twice)
    assert states(queue_store) == dict.fromkeys(("first", "second", "third"), "succeeded")


def begun(store: Store, board: str, *, at: datetime = NOW) -> None:
    records = (
        BoardVersion("board", "e" * 64, "owner", "test", at.date()),
        Confirmation("C1", date(2026, 3, 31), at.date(), (), ""),
    )
    ledger.append(store, records, board=board, actor=LOCAL_OWNER, now=at)


def test_boards_that_fell_behind_are_found_and_entered_once(queue_store, child):
    begun(queue_store, "behind")
    worker = Worker(queue_store, [child], Duties(NEVER), lambda: NOW + timedelta(days=1), Said())
    assert worker.look_for_due() > 0
    assert worker.look_for_due() == 0
    (job,) = queue.read(queue_store, board="behind")
    (standing,) = due.read(queue_store, now=NOW + timedelta(days=1), only=["behind"])
    assert (job.task.as_of, job.task.input, job.priority) == (standing.as_of, standing.input, Priority.DUE)


def test_a_board_about_which_more_is_known_meanwhile_is_computed_as_of_that(queue_store, child):
    begun(queue_store, "moving", at=NOW - timedelta(hours=2))
    (then,) = due.read(queue_store, now=NOW, only=["moving"])
    queue.enter(queue_store, tasks_of("moving", as_of=then.as_of, input=then.input), priority=Priority.DUE, actor=JOBS)
    late = Confirmation("C2", date(2026, 4, 1), NOW.date(), (), "")
    ledger.append(queue_store, [late], board="moving", actor=LOCAL_OWNER, now=NOW - timedelta(hours=1))
    said = work(queue_store, child, all_ended(queue_store))
    (standing,) = due.read(queue_store, now=NOW, only=["moving"])
    assert said.of("board_ended", "as_of") == [then.as_of, standing.as_of]
    assert said.of("board_ended", "outcome") == ["unchanged", "published"]
    assert "something newer is known" in str(said.of("board_ended", "message")[0])


def test_a_task_of_another_version_is_told_waits_for_another_worker_and_harms_no_other(queue_store, child):
    strange, _ = enter(queue_store, "strange", "fine")
    change(queue_store, """UPDATE procrastinate_jobs SET args = args || '{"warp": 9}' WHERE id = :n""", n=strange)
    said = work(queue_store, child, all_ended(queue_store))
    assert queue.counts(queue_store) == {"failed": 1, "succeeded": 1}
    assert said.of("task_unreadable", "task") == [strange] * 3
    with pytest.raises(StoreError, match=rf"task {strange}: entered by another version of twixt \(.*warp"):
        queue.read(queue_store)


def test_two_workers_share_the_tasks(queue_store, child):
    enter(queue_store, *(f"board{k}" for k in range(40)))
    said: list[Said] = []
    with Child(child.command, child.environment, child.limits) as other:
        threads = [
            threading.Thread(target=lambda c=c: said.append(work(queue_store, c, all_ended(queue_store))))
            for c in (child, other)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    boards = [board for one in said for board in one.of("board_ended", "board")]
    assert sorted(boards) == sorted(f"board{k}" for k in range(40))
    assert all(one.of("board_ended", "board") for one in said)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("*/5 * * * *", True),
        ("0 6,18 * * mon-fri", True),
        ("* * * * * *", False),
        ("61 * * * *", False),
        ("@daily", False),
        ("*/5 * * * *\n", False),
        ("", False),
    ],
)
def test_a_line_of_cron_has_five_fields(text, good):
    assert is_cron(text) is good
