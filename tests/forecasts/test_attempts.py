"""Three failures on one input and it is left alone; a new input is tried at once; the last good run stays."""

from datetime import UTC, date, datetime, timedelta

import pytest

from forecasts import ledger, runs
from forecasts.domain import BoardVersion, Confirmation
from forecasts.jobs import attempts, due, health, inputs
from forecasts.jobs.task import Task
from forecasts.people import JOBS, LOCAL_OWNER
from forecasts.runs import Run
from tests.forecasts.records import evidence

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def begin(store, board="b"):
    definition = BoardVersion("board", "d" * 64, "owner", "first", date(2026, 6, 1))
    records = (definition, Confirmation("C1", date(2026, 6, 1), date(2026, 6, 1), (), ""))
    ledger.append(store, records, board=board, actor=LOCAL_OWNER, now=NOON - 9 * DAY)


def run(key, outcome="failed", hour=0, **changes):
    at = NOON + hour * HOUR
    values = {"board": "b", "mode": "live", "as_of": NOON, "started_at": at, "ended_at": at + HOUR / 60}
    return Run(**values | {"outcome": outcome, "message": f"at {hour}", "receipt": {"input": key}} | changes)


def fail(store, count, *, board="b", now=NOON, outcome="failed"):
    """Let the present input of a board fail so many times; returns its key."""
    (standing,) = due.read(store, now=now, only=(board,))
    for hour in range(count):
        runs.append(store, run(standing.input, outcome, hour, board=board), actor=JOBS)
    return standing.input


def stopped(store, now=NOON):
    return attempts.stopped(store, due.read(store, now=now))


@pytest.mark.parametrize("outcome", ["failed", "refused"])
def test_after_the_third_failure_an_input_is_left_alone(store, outcome):
    begin(store)
    key = fail(store, 2, outcome=outcome)
    assert stopped(store) == {}
    runs.append(store, run(key, outcome, 2), actor=JOBS)
    found = stopped(store)["b"]
    assert (found.input, found.attempts, found.outcome) == (key, 3, outcome)
    assert (found.since, found.ended_at) == (NOON, NOON + 2 * HOUR + HOUR / 60)
    assert str(found).startswith("b: stopped retrying after 3 attempts on the same input since 2026-07-01T12:00+00:00")
    assert str(found).endswith(f"{outcome}: at 2")


@pytest.mark.parametrize("news", ["row", "day"])
def test_something_new_is_tried_at_once(store, news):
    begin(store)
    fail(store, 3)
    if news == "row":
        ledger.append(store, [evidence("E1")], board="b", actor=LOCAL_OWNER, now=NOON)
    assert stopped(store, NOON + (DAY if news == "day" else HOUR)) == {}


def test_what_was_given_up_is_told_of_for_ever(store):
    begin(store)
    key = fail(store, 4)
    ledger.append(store, [evidence("E1")], board="b", actor=LOCAL_OWNER, now=NOON)
    other = fail(store, 3)
    runs.append(store, run("z" * 64, "published", 9), actor=JOBS)
    found = attempts.given_up(runs.read(store, "b", mode="live"))
    assert [(g.input, g.attempts) for g in found] == [(other, 3), (key, 4)], "the newest first"


def test_a_success_on_the_same_input_ends_the_count(store):
    begin(store)
    key = fail(store, 3)
    runs.append(store, run(key, "published", 5), actor=JOBS)
    assert stopped(store) == {}
    for hour in (6, 7):
        runs.append(store, run(key, hour=hour), actor=JOBS)
    assert stopped(store) == {}
    runs.append(store, run(key, hour=8), actor=JOBS)
    assert stopped(store)["b"].attempts == 3


def test_runs_that_a_person_asked_for_in_between_do_not_hide_the_failures(store):
    begin(store)
    key = fail(store, 2)
    for hour in range(3, 9):
        runs.append(store, run("e" * 64, "published", hour), actor=JOBS)
    runs.append(store, run(key, hour=9), actor=JOBS)
    assert stopped(store)["b"].attempts == 3


def test_an_attempt_without_a_key_counts_for_none(store):
    begin(store)
    for hour in range(5):
        runs.append(store, run("", hour=hour, receipt={}), actor=JOBS)
    assert stopped(store) == {}
    assert attempts.given_up(runs.read(store, "b")) == ()


def test_boards_and_modes_are_apart(store):
    begin(store)
    begin(store, "c")
    (standing, _) = due.read(store, now=NOON)
    for hour in range(3):
        runs.append(store, run(standing.input, hour=hour, mode="retrospective"), actor=JOBS)
    assert stopped(store) == {}
    fail(store, 3, board="c")
    assert list(stopped(store)) == ["c"]


def test_many_attempts_are_read_as_the_newest_of_each_board(store):
    for board in ("b", "c"):
        begin(store, board)
        for hour in range(attempts.LOOKED_AT + 5):
            runs.append(store, run("k", hour=hour, board=board), actor=JOBS)
    found = attempts.recent(store, ["b", "c", "d"])
    assert {board: len(newest) for board, newest in found.items()} == {"b": 20, "c": 20}
    assert found["c"] == runs.read(store, "c", limit=attempts.LOOKED_AT)
    assert attempts.recent(store, []) == {}


def test_a_failure_is_kept_once_whoever_says_so(store):
    begin(store)
    task = Task("b", NOON)
    said = {"started_at": NOON, "ended_at": NOON + HOUR, "message": "b: killed"}
    assert attempts.keep_failure(store, task, **said)
    assert not attempts.keep_failure(store, task, **said), "the child had kept it before it died"
    assert attempts.keep_failure(store, task, **said | {"started_at": NOON + HOUR})
    kept = runs.read(store, "b")
    assert [(r.outcome, r.receipt["input"]) for r in kept] == [
        ("failed", inputs.key_at(store, "b", as_of=NOON, mode="live"))
    ] * 2


def test_health_counts_what_waits_and_what_is_left_alone_apart(store):
    begin(store)
    begin(store, "c")
    ledger.append(store, [evidence("E1")], board="c", actor=LOCAL_OWNER, now=NOON)
    fail(store, 3)
    found = health.read(store, now=NOON + HOUR)
    assert [s.board for s in found.standings] == ["b", "c"]
    assert [g.board for g in found.given_up] == ["b"]
    assert [s.board for s in found.waiting] == ["c"]
    assert found.oldest_due == 9 * DAY + HOUR
