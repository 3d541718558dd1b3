"""`twixt worker` and `twixt jobs` on a real PostgreSQL: what they say, how they end, what they refuse."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from forecasts import snapshots
from forecasts.jobs import queue, queue_tables
from forecasts.people import JOBS
from forecasts.store import open_store
from tests.cli.conftest import ROOT, Place, complaint, run_at
from tests.jobs import small_home
from tests.workers.conftest import tasks_of
from tests.workers.test_queue import begin

NOW = small_home.NOW


@pytest.fixture
def place(tmp_path: Path, postgres_url: str) -> Place:
    """Give a home with a small board, its record and its queue in PostgreSQL."""
    home = small_home.open_home(tmp_path / "home", database=postgres_url)
    queue_tables.install(home.store)
    home.store.close()
    return Place(tmp_path / "home", postgres_url)


@pytest.mark.postgres
def test_a_task_is_entered_listed_moved_up_and_cancelled(place):
    board = small_home.small().id
    with open_store(place.database) as store:
        queue.enter(store, tasks_of(board, as_of=NOW), priority=queue.Priority.DUE, actor=JOBS)
    added = json.loads(run_at(place, "jobs", "add", "--json", now=NOW).stdout)
    assert (added["board"], added["state"], added["priority"]) == (board, "todo", 100)
    assert run_at(place, "jobs", "add", now=NOW).stdout == f"{board}: task {added['task']} was in the queue already\n"
    listed = json.loads(run_at(place, "jobs", "list", "--json", now=NOW).stdout)
    assert (listed["workers"], listed["counts"]) == (0, {"todo": 2})
    assert [task["task"] for task in listed["tasks"]] == [added["task"], 1]
    shown = run_at(place, "jobs", "list", now=NOW).stdout.splitlines()
    assert [line.split()[6:8] for line in shown[1:3]] == [["a", "person"], ["due", "0"]]
    assert shown[-1] == "0 running, 2 waiting; workers: 0"
    cancelled = run_at(place, "jobs", "cancel", str(added["task"]), now=NOW)
    assert cancelled.stdout == "cancelled: 1, 0 of them while running\n"
    listed = json.loads(run_at(place, "jobs", "list", "--all", "--json", now=NOW).stdout)
    assert [task["state"] for task in listed["tasks"]] == ["todo", "cancelled"]


@pytest.mark.postgres
def test_the_doctor_tells_of_tasks_that_nobody_works_on(place):
    def looked_at() -> tuple[str, str]:
        found = json.loads(run_at(place, "doctor", "--json", now=NOW).stdout)["findings"]
        return next((f["state"], f["text"]) for f in found if f["subject"] == "queue")

    assert looked_at() == ("ok", "0 running, 0 waiting; workers: 0")
    run_at(place, "jobs", "add", now=NOW)
    assert looked_at() == ("warn", "0 running, 1 waiting; workers: 0; `twixt worker` starts one")
    with open_store(place.database) as store, store.writing() as connection:
        connection.execute(queue_tables.workers.insert().values(last_heartbeat=sa.func.clock_timestamp()))
    assert looked_at() == ("ok", "0 running, 1 waiting; workers: 1")


@pytest.mark.postgres
def test_a_history_waits_behind_everything_and_can_be_taken_back_whole(place):
    entered = json.loads(run_at(place, "jobs", "backfill", "--every", "30d", "--json", now=NOW).stdout)
    assert entered["new"] == len(entered["days"]) > 10
    assert json.loads(run_at(place, "jobs", "backfill", "--every", "30d", "--json", now=NOW).stdout)["new"] == 0
    with open_store(place.database) as store:
        waiting = queue.read(store)
        begin(store, waiting[0].number)
    days = [f"{job.task.as_of.date()}" for job in waiting]
    assert days == entered["days"][::-1]
    assert [job.task.keep_futures for job in waiting] == [True] + [False] * (len(days) - 1)
    assert {(job.task.mode, job.priority) for job in waiting} == {("retrospective", -100)}
    told = run_at(place, "jobs", "cancel", "--history", now=NOW).stdout
    assert told == f"cancelled: {len(days)}, 1 of them while running\n"


REFUSED = (
    (("jobs", "cancel"), "TASK: numbers of tasks are needed, or --history"),
    (("jobs", "cancel", "1", "--history"), "TASK: numbers of tasks are needed, or --history"),
    (("jobs", "cancel", "x"), "TASK: 'x': a whole number"),
    (("jobs", "cancel", "77"), "task 77: there is none in the queue"),
    (("jobs", "add", "--retrospective"), "--retrospective: goes with --as-of"),
    (("jobs", "add", "--board", "elsewhere"), "--board: 'elsewhere' is unknown"),
    (("jobs", "list", "--limit", "0"), "--limit: '0'"),
    (("jobs", "backfill", "--every", "x"), "--every: 'x'"),
    (("worker", "--slots", "65"), "--slots: '65': a whole number from 1 to 64"),
    (("worker", "--check", "every day"), "--check: 'every day': five fields of cron"),
    (("worker", "--silent-after", "1"), "--silent-after: '1': a whole number from 3"),
    (("worker", "--log", "xml"), "--log: 'xml'; allowed: text, json"),
    (("worker", "--metrics"), "--metrics: goes with --listen"),
)


@pytest.mark.postgres
def test_what_cannot_be_used_is_refused_in_one_line(place):
    for arguments, said in REFUSED:
        result = run_at(place, *arguments, now=NOW)
        assert result.exit_code == 2, arguments
        assert said in complaint(result)


@pytest.mark.postgres
def test_a_machine_that_does_not_reach_the_files_of_the_record_says_so(place, tmp_path):
    result = run_at(Place(tmp_path / "elsewhere", place.database), "worker", now=NOW)
    assert result.exit_code == 2
    said = complaint(result)
    assert f"TWIXT_ARTEFACTS: {tmp_path / 'elsewhere' / 'artefacts'}: the definition of" in said
    assert "it must lead to the files that the other machines write" in said


def test_without_postgresql_there_is_no_queue(tmp_path):
    home = small_home.open_home(tmp_path / "home")
    home.store.close()
    for arguments in (("worker",), ("jobs", "list"), ("jobs", "add"), ("jobs", "cancel", "1")):
        result = run_at(Place(tmp_path / "home"), *arguments, now=NOW)
        assert result.exit_code == 2
        assert "a queue for many machines needs PostgreSQL" in complaint(result)
        assert "`twixt schedule` does the same work on one machine" in complaint(result)


def free_port() -> int:
    import socket

    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.mark.slow
@pytest.mark.postgres
def test_a_person_waits_for_a_run_that_a_worker_does_and_the_worker_leaves_on_sigterm(place):
    environment = {**os.environ, **place.environment}
    twixt, port = [sys.executable, "-m", "app.cli"], free_port()
    listen = ("--listen", f"{port}", "--metrics", "--check", "0 0 1 1 *", "--log", "json", "--json")
    pipes = {"env": environment, "cwd": ROOT, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([*twixt, "worker", *listen], **pipes) as worker:
        asked = _run([*twixt, "jobs", "add", "--wait", "--progress", "--json"], environment)
        outcome = json.loads(asked.stdout)
        assert (asked.returncode, outcome["outcome"], outcome["state"]) == (0, "published", "succeeded")
        assert asked.stderr.splitlines()[-1] == "computed by a worker"
        health = json.loads(urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10).read())
        metrics = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read().decode()
        worker.send_signal(signal.SIGTERM)
        told, logged = worker.communicate(timeout=60)
    assert worker.returncode == 0
    assert json.loads(told) == {"boards": {"published": 1}}
    assert health["status"] == "ok"
    assert 'twixt_board_runs_total{outcome="published"} 1.0' in metrics
    events = [json.loads(line)["event"] for line in logged.splitlines()]
    assert events[0] == "worker_started"
    assert events[-1] == "worker_ended"
    again = _run([*twixt, "jobs", "add", "--json"], environment)
    drained = _run([*twixt, "worker", "--drain", "--json"], environment)
    assert json.loads(again.stdout)["state"] == "todo"
    assert (drained.returncode, json.loads(drained.stdout)) == (0, {"boards": {"unchanged": 1}})
    with open_store(place.database) as store:
        assert len(snapshots.index(store, small_home.small().id)) == 1


def _run(command: list[str], environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)
