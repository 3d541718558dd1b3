"""A round computes what is due, goes on whatever becomes of a board, and stops trying what failed three times."""

import os
import subprocess
import sys
from datetime import datetime, timedelta

import pytest

from forecasts import runs, snapshots
from forecasts.jobs import attempts, due, health, inputs, one_board
from forecasts.jobs.child import Limits
from forecasts.jobs.rounds import run_round
from tests.jobs.children import ENDS_WELL, ROOT, bad, real
from tests.jobs.small_home import NOW, evidence, open_home

DAY = timedelta(days=1)
KILL = "os.kill(os.getpid(), signal.SIGKILL)"


@pytest.fixture
def team(store_url, tmp_path):
    """Give a small home with its record on each kind of database."""
    home = open_home(tmp_path / "home", database=store_url)
    yield home
    home.store.close()


class Clock:
    """A clock that goes on by a second whenever it is asked."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def round_of(home, child, now=NOW, **choices):
    done = list(run_round(home.store, child, clock=Clock(now), **choices))
    return [(d.ended.kind, d.given_up is not None) for d in done]


@pytest.mark.slow
def test_what_is_due_is_published_once_and_again_when_something_new_is_known(team, tmp_path):
    with real(tmp_path / "home", TWIXT_DB=team.store.engine.url.render_as_string(hide_password=False)) as child:
        assert round_of(team, child) == [("published", False)]
        assert round_of(team, child) == [], "nothing is due"
        team.add(evidence("E1"))
        assert round_of(team, child, NOW + timedelta(hours=1)) == [("published", False)]
        assert round_of(team, child, NOW + timedelta(hours=2)) == []
    assert snapshots.index(team.store, "small").height == 2
    (first, second) = reversed(runs.read(team.store, "small"))
    assert first.receipt["input"] != second.receipt["input"]
    assert second.receipt["input"] == inputs.key_at(team.store, "small", as_of=second.as_of, mode="live")


@pytest.mark.slow
def test_a_sampler_that_crashes_is_tried_three_times_and_the_last_good_snapshot_stays(team):
    good = team.refit().snapshot
    tomorrow = NOW + DAY
    with bad(KILL) as child:
        rounds = [round_of(team, child, tomorrow + timedelta(hours=h)) for h in range(5)]
    assert rounds == [[("failed", False)]] * 2 + [[("failed", True)]] + [[("stopped", True)]] * 2
    assert [r.outcome for r in runs.read(team.store, "small")] == ["failed"] * 3 + ["published"]
    assert snapshots.latest(team.store, "small", mode="live").id == good.id
    standings = due.read(team.store, now=tomorrow)
    given_up = attempts.stopped(team.store, standings)["small"]
    assert "was killed by SIGKILL" in given_up.message
    found = health.read(team.store, now=tomorrow)
    assert (len(found.given_up), found.waiting, found.oldest_due) == (1, (), timedelta(0))
    team.add(evidence("E1"), at=tomorrow)
    with bad(KILL) as child:
        assert round_of(team, child, tomorrow + timedelta(hours=6)) == [("failed", False)], "something new is tried"
    assert team.refit(now=tomorrow + timedelta(hours=7)).kind == "published"
    assert attempts.stopped(team.store, due.read(team.store, now=tomorrow + timedelta(hours=8))) == {}


def test_one_board_that_hangs_does_not_hold_up_the_others(home):
    for name in ("a", "z"):
        due_too(home, name)
    hang = "time.sleep(600) if task['board'] == 'a' else None"
    with bad(hang, ENDS_WELL, limits=Limits(0.6, 10**10)) as child:
        done = {d.standing.board: d.ended.kind for d in run_round(home.store, child, clock=Clock(NOW))}
    assert done == {"a": "failed", "small": "published", "z": "published"}


def due_too(home, name):
    """Enter another board that has something new; nobody computes it in earnest."""
    from forecasts import ledger
    from forecasts.people import LOCAL_OWNER

    ledger.append(home.store, [evidence("E1")], board=name, actor=LOCAL_OWNER, now=NOW - DAY)


def test_a_board_of_choice_and_the_oldest_first(home):
    due_too(home, "a")
    with bad(ENDS_WELL) as child:
        order = [d.standing.board for d in run_round(home.store, child, clock=Clock(NOW))]
        assert order == ["small", "a"], "small has waited since the first of the month"
        assert [d.standing.board for d in run_round(home.store, child, clock=Clock(NOW), only=["a"])] == ["a"]


def test_one_process_at_a_time_computes_a_board(team):
    due_too(team, "a")
    assert not one_board.is_computing(team.store, "small")
    with one_board.computing(team.store, "small") as mine:
        assert mine
        assert one_board.is_computing(team.store, "small")
        assert not one_board.is_computing(team.store, "a")
        with (
            one_board.computing(team.store, "small") as second,
            one_board.computing(team.store, "a") as other,
        ):
            assert (second, other) == (False, True)
        assert one_board.is_computing(team.store, "small"), "who asked in vain has let nothing go"
    assert not one_board.is_computing(team.store, "small")


def test_others_who_failed_meanwhile_count(team, tmp_path):
    """Eight schedulers find a board due at the same minute; together they try its input three times, not eight."""
    team.artefacts.remove(team.board.content_hash)
    (standing,) = due.read(team.store, now=NOW)
    from forecasts.jobs import serving
    from forecasts.jobs.task import Task

    task = Task("small", standing.as_of, input=standing.input)
    ends = [
        serving.do(team.store, team.artefacts, task, now=NOW + timedelta(minutes=m), explain=lambda e: (str(e), 2)).kind
        for m in range(8)
    ]
    assert ends == ["failed"] * 3 + ["stopped"] * 5
    assert len(runs.read(team.store, "small")) == 3


@pytest.mark.slow
def test_however_many_run_at_once_one_publishes(team, tmp_path):
    url = team.store.engine.url.render_as_string(hide_password=False)
    environment = {**os.environ, "TWIXT_HOME": str(tmp_path / "home"), "TWIXT_DB": url}
    command = [sys.executable, "-m", "app.cli", "refit", "--due", "--json"]
    together = [
        subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    said = [process.communicate() for process in together]
    assert [process.returncode for process in together] == [0] * 6, said
    assert snapshots.index(team.store, "small").height == 1
    assert [r.outcome for r in runs.read(team.store, "small")].count("published") == 1
    assert {r.outcome for r in runs.read(team.store, "small")} == {"published"}
