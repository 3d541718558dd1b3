"""`refit --due`, `schedule` and `status --jobs` as processes: what they say, how they end, what they answer."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.commands import refit, schedule
from forecasts import ledger, runs, snapshots
from forecasts.artefacts import Artefacts
from forecasts.jobs import clock, one_board
from forecasts.people import JOBS
from forecasts.store import open_store
from tests.cli.conftest import ROOT, Place, complaint, run_at
from tests.jobs import small_home
from tests.jobs.small_home import NOW, evidence

LATER = NOW + timedelta(hours=2)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small home with a live snapshot of the day; copy it, never write to it."""
    home = small_home.open_home(tmp_path_factory.mktemp("made") / "home")
    assert home.refit().kind == "published"
    home.store.close()
    return home.artefacts.root.parent


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Place:
    return Place(Path(shutil.copytree(made, tmp_path / "home")))


@pytest.fixture
def small(place: Place) -> Iterator[small_home.Home]:
    """Give the record of the place."""
    with open_store(f"sqlite:///{place.root / 'twixt.sqlite'}") as store:
        yield small_home.Home(store, Artefacts(place.root / "artefacts"), small_home.small())


def documents(stderr: str) -> list[dict]:
    return [json.loads(line) for line in stderr.splitlines()]


def fail(small: small_home.Home, place: Place, times: int) -> str:
    """Let the present input fail as runs keep it; returns its key."""
    key = str(json.loads(run_at(place, "status", "--jobs", "--json", now=LATER).stdout)["boards"][0]["input"])
    for hour in range(times):
        at = LATER + timedelta(hours=hour)
        failed = runs.Run("small", "live", NOW, at, at, "refused", "khat FAILS", {"input": key})
        runs.append(small.store, failed, actor=JOBS)
    return key


def test_with_nothing_due_no_process_is_started_and_all_boards_are_told(place: Place) -> None:
    result = run_at(place, "refit", "--due", now=LATER)
    assert (result.exit_code, result.stdout) == (
        0,
        "small: nothing new as of 2026-04-10T00:00:00+00:00; the published snapshot stands\n",
    )
    found = json.loads(run_at(place, "refit", "--due", "--json", now=LATER).stdout)["boards"]
    assert [(b["board"], b["outcome"]) for b in found] == [("small", "unchanged")]
    assert found[0]["receipt"]["effort"]


@pytest.mark.slow
def test_a_run_that_cannot_be_computed_is_an_attempt_and_after_three_a_refusal(
    small: small_home.Home, place: Place
) -> None:
    """The definition's file is missing, as where a disk has lost it."""
    small.add(evidence("E1"))
    small.artefacts.remove(small.board.content_hash)
    for hour in range(3):
        result = run_at(place, "refit", "--due", now=LATER + timedelta(hours=hour))
        assert result.exit_code == 2, result.output
        assert "small: definition" in complaint(result)
    assert run_at(place, "refit", "--due", now=LATER + timedelta(hours=4)).exit_code == 3
    assert [r.outcome for r in runs.read(small.store, "small")] == ["failed"] * 3 + ["published"]


def test_an_input_that_failed_three_times_is_left_alone_and_everybody_is_told(
    small: small_home.Home, place: Place
) -> None:
    small.add(evidence("E1"))
    fail(small, place, 3)
    result = run_at(place, "refit", "--due", now=LATER + timedelta(hours=4))
    assert result.exit_code == 3
    assert "stopped retrying after 3 attempts on the same input" in complaint(result)
    assert len(runs.read(small.store, "small")) == 4, "the good one and three that failed"
    jobs = run_at(place, "status", "--jobs", now=LATER)
    assert jobs.exit_code == 3
    line = r"^small +stopped +2026-04-10 00:00 +2 h +3 +refused 2026-04-10 13:00$"
    assert re.search(line, jobs.stdout, re.MULTILINE)
    assert "not tried again until something new is known" in jobs.stdout
    found = json.loads(run_at(place, "status", "--jobs", "--json", now=LATER).stdout)
    assert (found["oldest_due_seconds"], found["boards"][0]["state"]) == (0, "stopped")
    assert found["boards"][0]["failed_attempts"] == 3
    told = documents(run_at(place, "refit", "--due", "--log", "json", now=LATER).stderr)
    assert [(d["event"], d["level"]) for d in told] == [("board_ended", "warning"), ("looked", "info")]
    assert (told[0]["outcome"], told[1]["outcomes"]) == ("stopped", {"stopped": 1})


def test_status_of_the_board_says_that_it_is_not_tried_again(small: small_home.Home, place: Place) -> None:
    small.add(evidence("E1"))
    assert json.loads(run_at(place, "status", "--json", now=LATER).stdout)["stopped"] is None
    key = fail(small, place, 3)
    shown = run_at(place, "status", now=LATER)
    assert shown.exit_code == 3
    assert "small: stopped retrying after 3 attempts" in shown.stdout
    assert "`twixt refit`, tries again" in shown.stdout
    assert json.loads(run_at(place, "status", "--json", now=LATER).stdout)["stopped"]["input"] == key
    assert run_at(place, "refit", now=LATER).exit_code == 0, "a person who asks is not refused"
    assert json.loads(run_at(place, "status", "--json", now=LATER).stdout)["stopped"] is None


def test_jobs_of_a_record_say_what_is_due_and_since_when(small: small_home.Home, place: Place) -> None:
    quiet = run_at(place, "status", "--jobs", now=LATER).stdout.splitlines()
    assert quiet[0].split() == ["board", "state", "as", "of", "due", "for", "failed", "last", "attempt"]
    assert quiet[1].split() == ["small", "up", "to", "date", "2026-04-10", "00:00", "published", "2026-04-10", "09:00"]
    small.add(evidence("E1"))
    due = run_at(place, "status", "--jobs", now=LATER)
    assert due.exit_code == 0
    assert due.stdout.splitlines()[1].split()[:6] == ["small", "due", "2026-04-10", "00:00", "2", "h"]


def test_what_ends_a_look_stands_in_its_log(tmp_path: Path) -> None:
    nowhere = Place(tmp_path / "nowhere")
    result = run_at(nowhere, "refit", "--due", "--log", "json", now=LATER)
    assert result.exit_code == 2
    (told,) = documents(result.stderr)
    assert (told["event"], told["level"], told["code"]) == ("look_failed", "error", 2)
    assert "there is no record yet" in told["message"]
    assert complaint(run_at(nowhere, "refit", "--due", now=LATER)) == told["message"]


def test_a_log_of_a_database_that_cannot_be_reached_holds_no_password(tmp_path: Path) -> None:
    place = Place(tmp_path / "home", f"postgresql://twixt:open-sesame@127.0.0.1:{free_port()}/twixt")
    result = run_at(place, "refit", "--due", "--log", "json", now=LATER)
    (told,) = documents(result.stderr)
    assert (result.exit_code, told["event"]) == (2, "look_failed")
    assert "open-sesame" not in result.output + result.stderr


@pytest.mark.slow
def test_what_follows_a_look_is_told_and_does_not_stop_the_next_step(place: Place, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("no folder")
    after = ("--publish", str(tmp_path / "taken" / "site"), "--tell")
    refused = run_at(place, "refit", "--due", *after, "--log", "json", now=LATER)
    assert refused.exit_code == 2
    steps = [d for d in documents(refused.stderr) if d["event"] == "afterwards"]
    assert [(d["command"], d["code"], d["level"]) for d in steps] == [
        ("publish", 2, "warning"),
        ("alerts send", 0, "info"),
    ]
    assert str(tmp_path / "taken") in steps[0]["message"]
    (tmp_path / "site").mkdir()
    quiet = run_at(place, "refit", "--due", "--publish", str(tmp_path / "site"), "--json", now=LATER)
    assert json.loads(quiet.stdout)["afterwards"] == [], "nothing was published"


def test_while_another_process_computes_the_board_a_person_waits_and_a_job_goes_on(
    small: small_home.Home, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.add(evidence("E1"))
    monkeypatch.setattr(refit, "PATIENCE", 0.2)
    with one_board.computing(small.store, "small") as mine:
        assert mine
        assert " computing " in run_at(place, "status", "--jobs", now=LATER).stdout
        waited = run_at(place, "refit", now=LATER)
    assert waited.exit_code == 2
    assert "small: another process has been computing it" in complaint(waited)
    assert " due " in run_at(place, "status", "--jobs", now=LATER).stdout


@pytest.mark.parametrize(("days", "more"), [(0, 30), (-3, 30), (3, 0)])
def test_a_clock_that_jumps_makes_a_scheduler_sleep_no_longer(
    monkeypatch: pytest.MonkeyPatch, days: int, more: int
) -> None:
    """It waits from 10:00 to 10:15; at 10:14:30 the clock jumps by whole days: half a minute is left, or nothing."""
    start, slept = datetime(2026, 7, 1, 10, tzinfo=UTC), []

    def now() -> datetime:
        jumped = timedelta(days=days) if len(slept) >= 870 else timedelta(0)
        return start + timedelta(seconds=len(slept)) + jumped

    monkeypatch.setattr(schedule, "_now", now)
    monkeypatch.setattr(schedule.time, "sleep", slept.append)
    plan = SimpleNamespace(schedule=clock.every("15m"), log=lambda *_, **__: None)
    schedule._wait(plan, start + timedelta(minutes=15))
    assert len(slept) == 870 + more


@contextmanager
def scheduling(place: Place, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Give a running scheduler; it is killed when the test has not ended it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "schedule", "--log", "json", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **place.environment},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def heard(process: subprocess.Popen[str], event: str) -> dict:
    """Return the first event of a name that a scheduler tells from now on."""
    assert process.stderr is not None
    for line in process.stderr:
        told = json.loads(line)
        if told["event"] == event:
            return told
    raise AssertionError(f"the scheduler has ended without {event}: {process.wait()}")


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port: int, path: str) -> tuple[int, str, str]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read().decode()


@pytest.mark.slow
def test_a_scheduler_makes_up_what_was_missed_answers_and_ends_cleanly(small: small_home.Home, place: Place) -> None:
    """Its board was published in April; every day since was missed, and one run makes them up."""
    port = free_port()
    with scheduling(place, "--json", "--every", "1d", "--listen", str(port), "--metrics") as process:
        assert heard(process, "board_started")["board"] == "small"
        assert ask(port, "/healthz")[0] == 503, "it has been due for months"
        ended = heard(process, "board_ended")
        assert (ended["outcome"], ended["level"]) == ("published", "info")
        heard(process, "waiting")
        status, kind, body = ask(port, "/healthz")
        assert (status, kind) == (200, "application/json")
        assert json.loads(body) | {"at": ""} == {
            "status": "ok", "boards": 1, "due": 0, "stopped": 0, "oldest_due_seconds": 0.0, "at": ""
        }  # fmt: skip
        assert ask(port, "/nothing")[0] == 404
        status, kind, text = ask(port, "/metrics")
        assert (status, kind.partition(";")[0]) == (200, "text/plain")
        values = {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
        assert values["twixt_boards",] == values["twixt_looks_total",] == 1
        assert values["twixt_boards_due",] == values["twixt_board_stopped", "small"] == 0
        assert values["twixt_board_runs_total", "published"] == values["twixt_board_run_seconds_count",] == 1
        assert values["twixt_board_snapshot_age_seconds", "small"] >= 0
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert json.loads(out)["outcomes"] == {"published": 1}
    assert [d["event"] for d in documents(err)] == ["ended"]
    assert snapshots.index(small.store, "small").height == 2


def test_a_scheduler_that_is_ended_in_the_midst_of_a_run_leaves_no_attempt(
    small: small_home.Home, place: Place
) -> None:
    with scheduling(place) as process:
        heard(process, "board_started")
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert [d["event"] for d in documents(err)] == ["ended"]
    assert [r.outcome for r in runs.read(small.store, "small")] == ["published"]


@pytest.mark.slow
def test_a_scheduler_survives_its_child(small: small_home.Home, place: Place) -> None:
    """SIGKILL as the system sends it when memory is short; a new child then tries the next board."""
    ledger.append(small.store, [evidence("E1")], board="z", actor=small_home.LOCAL_OWNER, now=NOW + timedelta(days=9))
    with scheduling(place, "--looks", "1") as process:
        assert heard(process, "board_started")["board"] == "small"
        while not (children := psutil.Process(process.pid).children()):
            time.sleep(0.01)
        children[0].kill()
        killed, following = heard(process, "board_ended"), heard(process, "board_ended")
        process.communicate(timeout=60)
    assert (killed["board"], killed["outcome"]) == ("small", "failed")
    assert "was killed by SIGKILL" in killed["message"]
    assert "no definition in the record" in following["message"], "which only a living child could know"
    assert [r.outcome for r in runs.read(small.store, "small")] == ["failed", "published"]


@pytest.mark.parametrize(
    ("arguments", "names", "allowed"),
    [
        (["schedule", "--every", "7m"], "--every: '7m'", "a step that divides a day"),
        (["schedule", "--at", "25:00"], "--at: '25:00'", "00:00 to 23:59"),
        (["schedule", "--every", "1h", "--at", "06:00"], "--every: goes without --at", ""),
        (["schedule", "--listen", "70000"], "--listen: '70000'", "ADDRESS:PORT"),
        (["schedule", "--listen", "here:there"], "--listen: 'here:there'", "ADDRESS:PORT"),
        (["schedule", "--listen", "192.0.2.1:9108"], "--listen: 192.0.2.1:9108", "assign"),
        (["schedule", "--metrics"], "--metrics: goes with --listen", ""),
        (["schedule", "--late-after", "soon"], "--late-after: 'soon'", "0.01"),
        (["schedule", "--looks", "0"], "--looks: '0'", "a whole number"),
        (["schedule", "--log", "xml"], "--log: 'xml'", "text, json"),
        (["schedule", "--timeout", "0"], "--timeout: '0'", "0.01"),
        (["schedule", "--memory", "lots"], "--memory: 'lots'", "0.1"),
        (["schedule", "--board", "nowhere"], "--board: 'nowhere'", "allowed: small"),
        (["refit", "--due", "--timeout", "1e9"], "--timeout: '1e9'", "10080"),
        (["refit", "--due", "--memory", "0"], "--memory: '0'", "0.1"),
        (["refit", "--due", "--seed", "3"], "--seed: goes with a run that a person asks for", "--due"),
        (["refit", "--due", "--accept-jump"], "--accept-jump: goes with a run", "--due"),
        (["refit", "--due", "--url", "https://example.org"], "--url: goes with --publish", ""),
        (["refit", "--tell"], "--tell: goes with --due", ""),
        (["schedule", "--publish", " "], "--publish: ''", "a folder"),
        (["refit", "--timeout", "3"], "--timeout: goes with --due", ""),
        (["status", "--jobs", "--deadlines"], "--jobs: goes without", "--as-of"),
    ],
)
def test_bad_input_is_one_line(made: Path, arguments: list[str], names: str, allowed: str) -> None:
    result = run_at(Place(made), *arguments, now=LATER)
    assert result.exit_code == 2
    assert names in complaint(result)
    assert allowed in complaint(result)
