"""The queue: a task waits once, whoever waits is served first, and what nobody does any more is done again."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from app import refit_job
from app.metrics import Work
from app.queue_metrics import QueueGauges
from forecasts import runs
from forecasts.errors import ForbiddenError, StoreError
from forecasts.jobs import health, queue, queue_tables
from forecasts.jobs.queue import Priority
from forecasts.jobs.taking_over import MOST_LOST, Own, take_over
from forecasts.people import ANONYMOUS, JOBS, LOCAL_OWNER
from forecasts.store import Store, open_store
from tests.workers.conftest import AS_OF, tasks_of

pytestmark = pytest.mark.postgres
NOW = datetime(2026, 4, 10, 9, tzinfo=UTC)


def enter(store: Store, *boards: str, priority: Priority = Priority.DUE, **values: object) -> tuple[int, ...]:
    return queue.enter(store, tasks_of(*boards, **values), priority=priority, actor=JOBS).numbers


def states(store: Store) -> dict[str, str]:
    return {job.task.board: job.state for job in queue.read(store)}


def change(store: Store, statement: str, **values: object) -> None:
    with store.writing() as connection, queue_tables.speaking_of_the_queue(connection):
        connection.execute(sa.text(statement), values)


def begin(store: Store, number: int, *, silent_for: float = 0.0, attempts: int = 0) -> int:
    """Let a task be done by a worker that was heard of so many seconds ago; returns the worker's number."""
    with store.writing() as connection, queue_tables.speaking_of_the_queue(connection):
        heard = (
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => :s)) RETURNING id"
        )
        worker = connection.execute(sa.text(heard), {"s": silent_for}).scalar_one()
        doing = "UPDATE procrastinate_jobs SET status = 'doing', worker_id = :w, attempts = :a WHERE id = :n"
        connection.execute(sa.text(doing), {"w": worker, "a": attempts, "n": number})
    return worker


def test_a_task_comes_back_as_it_was_entered(queue_store):
    (task,) = tasks_of("alpha", mode="retrospective", input="a" * 64, seed=2**62, futures=1000, keep_futures=False)
    (number,) = queue.enter(queue_store, [task], priority=Priority.PERSON, actor=LOCAL_OWNER).numbers
    job = queue.get(queue_store, number)
    assert job.task == task
    assert (job.state, job.priority, job.attempts, job.worker) == ("todo", 100, 0, None)
    assert job.entered_at.tzinfo is not None
    assert (job.started_at, job.ended_at, job.not_before) == (None, None, None)


def test_a_task_waits_once_however_many_enter_it(queue_store):
    together = threading.Barrier(8)

    def enter_all(_number: int) -> queue.Entered:
        together.wait()
        return queue.enter(queue_store, tasks_of("alpha", "beta", "gamma"), priority=Priority.DUE, actor=JOBS)

    with ThreadPoolExecutor(8) as pool:
        entered = list(pool.map(enter_all, range(8)))
    assert sorted(e.new for e in entered) == [0] * 7 + [3]
    assert len({e.numbers for e in entered}) == 1
    assert queue.counts(queue_store) == {"todo": 3}


@pytest.mark.slow
def test_more_tasks_can_be_entered_at_once_than_a_statement_has_parameters(queue_store):
    many = [f"board{k}" for k in range(66_000)]
    assert len(set(enter(queue_store, *many))) == len(many)
    assert queue.active(queue_store)["todo", "due"] == len(many)


def test_a_task_that_runs_is_not_entered_again_and_one_that_has_ended_is(queue_store):
    (first,) = enter(queue_store, "alpha")
    begin(queue_store, first)
    assert enter(queue_store, "alpha") == (first,)
    change(queue_store, "UPDATE procrastinate_jobs SET status = 'succeeded'")
    assert enter(queue_store, "alpha") != (first,)


def test_an_unusual_wish_is_a_task_of_its_own(queue_store):
    usual, seeded, resampled = (enter(queue_store, "alpha", **wish) for wish in ({}, {"seed": 3}, {"resample": True}))
    later = enter(queue_store, "alpha", as_of=AS_OF + timedelta(seconds=1))
    assert len({usual, seeded, resampled, later}) == 4
    assert enter(queue_store, "alpha", seed=3, threads=1, input="b" * 64) == seeded


def test_who_waits_is_served_first_and_moves_what_waits_already(queue_store):
    weeks = enter(queue_store, "old", "older", priority=Priority.BACKFILL, mode="retrospective")
    due = enter(queue_store, "fresh")
    person = enter(queue_store, "asked", priority=Priority.PERSON)
    waiting = queue.read(queue_store)
    assert [job.number for job in waiting] == [*person, *due, *weeks]
    assert [queue.before(queue_store, job) for job in waiting] == [0, 1, 2, 3]
    assert enter(queue_store, "older", priority=Priority.PERSON, mode="retrospective") == weeks[1:]
    assert [job.number for job in queue.read(queue_store)] == [weeks[1], *person, *due, weeks[0]]
    enter(queue_store, "older", priority=Priority.BACKFILL, mode="retrospective")
    assert queue.get(queue_store, weeks[1]).priority == Priority.PERSON


def test_the_metrics_tell_who_waits_and_who_lives(queue_store):
    enter(queue_store, "old", "older", priority=Priority.BACKFILL, mode="retrospective")
    running, retried = enter(queue_store, "fresh", "again")
    enter(queue_store, "asked", priority=Priority.PERSON)
    begin(queue_store, running)
    begin(queue_store, retried, silent_for=100)
    change(queue_store, "UPDATE procrastinate_jobs SET status = 'todo', priority = -1 WHERE id = :n", n=retried)
    work = Work(lambda: health.read(queue_store, now=NOW))
    work.also(QueueGauges(queue_store, heard_within=30))
    lines = [line for line in work.text().decode().splitlines() if line.startswith("twixt_queue")]
    assert lines == [
        'twixt_queue_tasks{state="todo",waiting="person"} 1.0',
        'twixt_queue_tasks{state="todo",waiting="due"} 1.0',
        'twixt_queue_tasks{state="todo",waiting="history"} 2.0',
        'twixt_queue_tasks{state="doing",waiting="person"} 0.0',
        'twixt_queue_tasks{state="doing",waiting="due"} 1.0',
        'twixt_queue_tasks{state="doing",waiting="history"} 0.0',
        "twixt_queue_workers 1.0",
    ]


def test_a_look_for_due_boards_does_not_shorten_the_pause_of_a_retry_and_a_person_does(queue_store):
    (number,) = enter(queue_store, "alpha")
    change(queue_store, "UPDATE procrastinate_jobs SET priority = -1, scheduled_at = now() + interval '5 min'")
    enter(queue_store, "alpha")
    assert queue.get(queue_store, number).not_before is not None
    enter(queue_store, "alpha", priority=Priority.PERSON)
    assert (queue.get(queue_store, number).not_before, queue.get(queue_store, number).priority) == (None, 100)


def test_who_may_not_ask_for_a_run_enters_and_cancels_nothing(queue_store):
    viewer = replace(LOCAL_OWNER, role="viewer")
    for actor in (viewer, ANONYMOUS):
        with pytest.raises(ForbiddenError):
            queue.enter(queue_store, tasks_of("alpha"), priority=Priority.PERSON, actor=actor)
    (number,) = enter(queue_store, "alpha")
    with pytest.raises(ForbiddenError):
        queue.cancel(queue_store, number, actor=viewer)
    assert states(queue_store) == {"alpha": "todo"}


def test_a_waiting_task_is_cancelled_at_once_a_running_one_is_asked_to_end_and_an_ended_one_is_refused(queue_store):
    waiting, running = enter(queue_store, "alpha", "beta")
    begin(queue_store, running)
    assert queue.cancel(queue_store, waiting, actor=LOCAL_OWNER) == "todo"
    assert queue.cancel(queue_store, running, actor=LOCAL_OWNER) == "doing"
    assert states(queue_store) == {"alpha": "cancelled", "beta": "doing"}
    with pytest.raises(StoreError, match=rf"task {waiting}: has ended \(cancelled\)"):
        queue.cancel(queue_store, waiting, actor=LOCAL_OWNER)
    with pytest.raises(StoreError, match="task 999: there is none"):
        queue.cancel(queue_store, 999, actor=LOCAL_OWNER)


def test_what_a_silent_worker_did_waits_again_and_what_a_living_one_does_is_left(queue_store):
    dead, alive = enter(queue_store, "alpha", "beta")
    begin(queue_store, dead, silent_for=31)
    begin(queue_store, alive, silent_for=20)
    taken = take_over(queue_store, silent=30, now=NOW)
    assert (taken.again, taken.given_up) == ((dead,), ())
    assert states(queue_store) == {"alpha": "todo", "beta": "doing"}
    assert queue.get(queue_store, dead).attempts == 1
    assert take_over(queue_store, silent=30, now=NOW).again == ()
    assert runs.read(queue_store, "alpha") == ()


def test_a_page_asks_the_workers_for_a_run_where_there_are_any(queue_store, monkeypatch):
    monkeypatch.setattr(refit_job.data, "workspace", lambda: SimpleNamespace(store=queue_store))
    assert "refit" in refit_job.arguments("alpha")
    (number,) = enter(queue_store, "alpha")
    begin(queue_store, number, silent_for=100)
    assert "refit" in refit_job.arguments("alpha")
    begin(queue_store, number)
    assert refit_job.arguments("alpha")[3:6] == ["jobs", "add", "--wait"]


def test_only_one_of_many_workers_takes_a_task_over(queue_store):
    numbers = enter(queue_store, *(f"board{k}" for k in range(20)))
    for number in numbers:
        begin(queue_store, number, silent_for=100)
    together = threading.Barrier(4)

    def take(_number: int) -> tuple[int, ...]:
        together.wait()
        return take_over(queue_store, silent=30, now=NOW).again

    with ThreadPoolExecutor(4) as pool:
        taken = [number for found in pool.map(take, range(4)) for number in found]
    assert sorted(taken) == sorted(numbers)


def test_a_task_over_which_workers_fall_silent_again_and_again_counts_as_failed(queue_store):
    (number,) = enter(queue_store, "alpha", input="c" * 64)
    begin(queue_store, number, silent_for=100, attempts=MOST_LOST - 1)
    assert take_over(queue_store, silent=30, now=NOW).given_up == (number,)
    assert queue.get(queue_store, number).state == "failed"
    (kept,) = runs.read(queue_store, "alpha")
    assert (kept.outcome, kept.receipt) == ("failed", {"input": "c" * 64})
    assert "fell silent over it at attempt 3" in kept.message


def test_a_cancelled_task_of_a_silent_worker_does_not_come_back(queue_store):
    (number,) = enter(queue_store, "alpha")
    begin(queue_store, number, silent_for=100)
    queue.cancel(queue_store, number, actor=LOCAL_OWNER)
    assert take_over(queue_store, silent=30, now=NOW).given_up == (number,)
    assert states(queue_store) == {"alpha": "failed"}


def test_a_worker_notices_the_tasks_whose_end_did_not_get_through(queue_store):
    lost, going_on, just_begun = enter(queue_store, "lost", "going", "begun")
    worker = begin(queue_store, lost)
    change(queue_store, "UPDATE procrastinate_jobs SET status = 'doing', worker_id = :w", w=worker)
    change(queue_store, "UPDATE procrastinate_events SET at = at - interval '1 min' WHERE job_id <> :n", n=just_begun)
    taken = take_over(queue_store, silent=30, now=NOW, own=Own(worker, (going_on,)))
    assert taken.again == (lost,)


def test_the_tables_of_the_queue_stand_apart_and_are_made_once(queue_store):
    queue_tables.install(queue_store)
    with queue_store.reading() as connection:
        names = sa.inspect(connection).get_table_names()
    assert not [name for name in names if name.startswith("procrastinate")]
    assert queue_tables.is_installed(queue_store)


def described(store: Store) -> list[tuple[object, ...]]:
    """Return columns, functions, triggers and indexes of the queue's schema."""
    queries = (
        "SELECT table_name, column_name, udt_name, is_nullable FROM information_schema.columns WHERE table_schema = :s",
        """SELECT p.proname, pg_get_function_arguments(p.oid), '', '' FROM pg_proc p
           JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = :s AND p.proname ~ '_v[0-9]+$'""",
        """SELECT event_object_table, trigger_name, event_manipulation, '' FROM information_schema.triggers
           WHERE trigger_schema = :s""",
    )
    with store.reading() as connection:
        found = [connection.execute(sa.text(q), {"s": queue_tables.SCHEMA}).all() for q in queries]
    return sorted(tuple(map(str, row)) for rows in found for row in rows)


def test_older_tables_go_through_the_librarys_migrations_one_by_one(postgres_url, queue_store):
    names = sorted(path.stem for path in queue_tables._migrations())
    with open_store(postgres_url) as store:
        with store.writing() as connection:
            connection.execute(sa.text(f"CREATE SCHEMA {queue_tables.SCHEMA}"))
            queue_tables._APPLIED.create(connection)
            first = next(p for p in queue_tables._migrations() if p.stem == names[0])
            with queue_tables.speaking_of_the_queue(connection):
                connection.exec_driver_sql(first.read_text(), execution_options={"no_parameters": True})
            connection.execute(queue_tables._APPLIED.insert(), [{"name": names[0]}])
        queue_tables.install(store)
        assert set(described(queue_store)) <= set(described(store))
        assert enter(store, "alpha") == (1,)


def test_several_processes_that_begin_at_once_make_the_tables_once(postgres_url):
    with open_store(postgres_url) as store, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: queue_tables.install(store), range(4)))
        assert enter(store, "alpha") == (1,)


def test_a_queue_of_a_newer_library_is_refused(queue_store):
    with queue_store.writing() as connection:
        connection.execute(queue_tables._APPLIED.insert(), [{"name": "99.00.00_01_pre_future"}])
    try:
        with pytest.raises(StoreError, match=r"has been through 99\.00\.00_01_pre_future, unknown to this program"):
            queue_tables.install(queue_store)
    finally:
        with queue_store.writing() as connection:
            gone = queue_tables._APPLIED.c.name == "99.00.00_01_pre_future"
            connection.execute(queue_tables._APPLIED.delete().where(gone))


def test_sqlite_and_a_record_without_a_queue_are_refused_in_one_line(tmp_path, postgres_url):
    with open_store(f"sqlite:///{tmp_path / 'twixt.sqlite'}") as store:
        for ask in (queue_tables.install, queue.read, lambda s: enter(s, "alpha")):
            with pytest.raises(StoreError, match=r"needs PostgreSQL .*; `twixt schedule` does the same"):
                ask(store)
    with open_store(postgres_url) as store, pytest.raises(StoreError, match="no queue yet; `twixt worker` creates it"):
        queue.read(store)
