"""A status is what was published, with changes within one mode, and says when it is stale."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from forecasts.instants import end_of_day
from forecasts.status import NoSnapshotError, status
from tests.jobs.small_home import NOW, evidence

QUESTION_KEYS = {"question", "deadline", "probability", "low", "high", "change_7d", "change_30d", "resolved"}
SCENARIO_KEYS = {"scenario", "probability", "low", "high", "overlay"}


def test_the_keys_and_numbers_are_those_of_the_snapshot(published):
    home, outcome = published
    found = status(home.store, "small")
    assert all(set(q) >= QUESTION_KEYS for q in found["questions"])
    assert all(set(s) >= SCENARIO_KEYS for s in found["scenarios"])
    assert (found["as_of"], found["known_through"]) == (outcome.snapshot.as_of.isoformat(), "2026-03-31")
    rows = outcome.snapshot.rows.filter(pl.col("group") == "question")
    assert [q["probability"] for q in found["questions"]] == rows["value"].to_list()
    assert [q["low"] for q in found["questions"]] == rows["low90"].to_list()
    assert [s["overlay"] for s in found["scenarios"]] == [False, False, False, True]
    assert {q["change_7d"] for q in found["questions"]} == {None}, "nothing was published before"
    assert (found["stale"], found["stale_reason"]) == (False, None)


def test_changes_compare_with_what_stood_then_in_the_same_mode(home):
    day = date(2026, 3, 31)
    for back in (40, 10, 3, 0):
        assert home.refit(as_of=end_of_day(day - timedelta(days=back)), mode="retrospective").kind == "published"
    home.refit()
    past = {
        back: {q["question"] + q["deadline"]: q["probability"] for q in status_at(home, day - timedelta(days=back))}
        for back in (40, 10, 0)
    }
    found = status(home.store, "small", mode="retrospective")
    for q in found["questions"]:
        key = q["question"] + q["deadline"]
        assert q["change_7d"] == past[0][key] - past[10][key]
        assert q["change_30d"] == past[0][key] - past[40][key]
    assert any(q["change_7d"] for q in found["questions"])
    assert {q["change_30d"] for q in status(home.store, "small")["questions"]} == {None}, "live has no history"


def status_at(home, day):
    return status(home.store, "small", as_of=end_of_day(day), mode="retrospective")["questions"]


def test_decided_questions_are_marked(home):
    home.refit(now=datetime(2027, 2, 1, tzinfo=UTC))
    by = {(q["question"], q["deadline"]): (q["resolved"], q["state"]) for q in status(home.store, "small")["questions"]}
    assert by["truce", "2026-12-31"] == (False, "awaiting")
    assert by["truce", "2030-12-31"] == (False, "open")


def test_stale_after_a_refusal_and_after_new_rows(home):
    assert home.refit().kind == "published"
    home.add(evidence("E1"), evidence("E2"))
    found = status(home.store, "small")
    assert found["stale"]
    assert found["stale_reason"].startswith("2 ledger rows entered since")
    assert home.refit(futures=900).kind == "refused"
    found = status(home.store, "small")
    assert found["stale"]
    assert "precision FAILS" in found["stale_reason"]
    assert home.refit().kind == "published"
    assert not status(home.store, "small")["stale"]


def test_nothing_published_yet(home):
    with pytest.raises(NoSnapshotError, match="no live snapshot yet"):
        status(home.store, "small")
    home.refit()
    with pytest.raises(NoSnapshotError, match="no live snapshot by 2026-04-01"):
        status(home.store, "small", as_of=NOW - timedelta(days=9))


def test_a_status_loads_nothing_heavy():
    code = "import sys, forecasts.status; print(' '.join(sorted(m for m in sys.modules if '.' not in m)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert "polars" in loaded
    assert not loaded & {"numba", "pymc", "arviz", "pandas", "scipy", "streamlit", "netCDF4"}
