"""The runs page: attempts, receipts, checks; and the refit that a page starts as a process of its own."""

import json
import sys
import time

import pytest

from app import refit_job
from app.pages import runs as runs_page
from forecasts import runs as attempts
from forecasts.people import JOBS, LOCAL_OWNER
from forecasts.runs import Run
from tests.app.conftest import SMALL_VIEWED
from tests.app.test_board_page import html
from tests.jobs import small_home


def test_attempts_and_the_receipt_of_the_newest_snapshot(page, small):
    refused = Run(
        small.board.id, "live", small_home.NOW, small_home.NOW, small_home.NOW, "refused", "precision: too low", {}
    )
    attempts.append(small.store, refused, actor=JOBS)
    test = page("runs", small.artefacts.root.parent, at=SMALL_VIEWED).run()
    assert not test.exception
    table = test.dataframe[0].value
    assert list(table["Outcome"]) == ["refused", "published"]
    assert table["Message"].iloc[0] == "precision: too low"
    assert "stale: refused since" in html(test)
    text = html(test)
    assert "✓ passed" in text
    assert "✗ failed" not in text
    assert "precision" in text
    assert json.loads(test.code[0].value)["gates"], "the whole receipt is there"


def test_a_failed_check_is_named_by_sign_and_word():
    cells = runs_page.gate_cells({"name": "khat", "value": 0.91, "bound": 0.7, "holds": False, "place": "<b>"})
    assert "✗ failed" in cells[0]
    assert cells[1:] == ["Pareto k-hat of the evidence weights (&lt;b&gt;)", "0.91", "below 0.7"]


@pytest.mark.parametrize("holds", [None, "true", 1, float("nan")])
def test_only_a_plain_true_passes(holds):
    assert "failed" in runs_page.gate_cells({"name": "x", "holds": holds})[0]


def test_a_snapshot_of_the_address_is_shown(page, shipped_home):
    test = page("runs", shipped_home, snapshot="no-such-snapshot").run()
    assert not test.exception
    assert test.selectbox(key="receipt_of").value.startswith("live-")


@pytest.fixture
def command(monkeypatch, tmp_path):
    """Let the refit be a process that does what the test says."""
    refit_job._jobs.clear()
    monkeypatch.setenv("TWIXT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(refit_job.data, "actor", lambda: LOCAL_OWNER)

    def use(script: str) -> None:
        monkeypatch.setattr(refit_job, "arguments", lambda _board: [sys.executable, "-c", script])

    yield use
    refit_job._jobs.clear()


def wait(job: refit_job.Job) -> None:
    deadline = time.monotonic() + 20
    while job.running and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not job.running


def test_a_job_tells_its_progress_and_its_end(command):
    command("import sys; print('futures 3/9', file=sys.stderr); print('{\"message\": \"published as of today\"}')")
    job = refit_job.start("b")
    wait(job)
    assert job.last_line() == "futures 3/9"
    assert job.message() == "published as of today"


def test_a_job_that_fails_says_why(command):
    command("import sys; print('precision: 0.004 is above 0.0025', file=sys.stderr); sys.exit(4)")
    job = refit_job.start("b")
    wait(job)
    assert job.process.returncode == 4
    assert job.message() == "precision: 0.004 is above 0.0025"


def test_a_second_start_waits_for_the_first(command):
    command("import time; time.sleep(1)")
    first = refit_job.start("b")
    assert refit_job.start("b") is first
    assert refit_job.under_way("b")
    assert not refit_job.under_way("another")
    wait(first)
    assert not refit_job.under_way("b")


def test_the_refit_of_a_page_is_the_command_line(monkeypatch):
    assert refit_job.arguments("river") == [
        sys.executable, "-m", "app.cli", "refit", "--board", "river", "--json", "--progress",
    ]  # fmt: skip
