"""`/healthz` and `/metrics` of the app's server, over a real record; everything else passes."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from app.web.health import HealthError, HealthPages, wants_metrics
from forecasts.settings import Home
from tests.jobs.small_home import NOW, open_home

TOMORROW = NOW + timedelta(days=1)


def client(root: Path, *, metrics: bool, now=TOMORROW) -> TestClient:
    home = Home.from_environment({"TWIXT_HOME": str(root)})
    return TestClient(HealthPages(PlainTextResponse("the app"), home=home, metrics=metrics, clock=lambda: now))


@pytest.fixture(scope="module")
def record(tmp_path_factory) -> Path:
    """Give a home with a board that was never published; nobody may write to it."""
    root = tmp_path_factory.mktemp("record") / "home"
    open_home(root).store.close()
    return root


def test_health_is_told_in_numbers_and_names_no_board(record):
    answer = client(record, metrics=False).get("/healthz")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.json() == {
        "status": "ok",
        "boards": 1,
        "due": 1,
        "stopped": 0,
        "oldest_due_seconds": timedelta(days=10).total_seconds(),
        "at": "2026-04-11T09:00:00+00:00",
    }
    assert "small" not in answer.text


def test_without_a_record_it_is_unreachable_and_comes_back(tmp_path, record):
    asked = client(tmp_path / "home", metrics=False)
    answer = asked.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"status": "unreachable"})
    shutil.copytree(record, tmp_path / "home")
    asked.app._kept.clear()
    assert asked.get("/healthz").json()["status"] == "ok"


def test_metrics_are_closed_unless_they_are_asked_for(tmp_path, record):
    assert client(record, metrics=False).get("/metrics").text == "the app"
    text = client(record, metrics=True).get("/metrics").text
    values = {s.name: s.value for f in text_string_to_metric_families(text) for s in f.samples}
    assert values["twixt_boards_due"] == values["twixt_record_reachable"] == 1
    assert values["twixt_oldest_due_seconds"] == values["twixt_board_due_seconds"] == 864_000
    text = client(tmp_path / "nowhere", metrics=True).get("/metrics").text
    assert "twixt_record_reachable 0.0" in text


def test_many_who_ask_read_the_record_once(tmp_path, record):
    shutil.copytree(record, tmp_path / "home")
    asked = client(tmp_path / "home", metrics=False)
    before = asked.get("/healthz").json()
    (tmp_path / "home" / "twixt.sqlite").unlink()
    assert asked.get("/healthz").json() == before


@pytest.mark.parametrize("path", ["/", "/healthz/x", "/_stcore/health", "//healthz"])
def test_everything_else_is_the_app(tmp_path, path):
    assert client(tmp_path, metrics=True).get(path).text == "the app"
    assert client(tmp_path, metrics=True).post("/healthz").text == "the app"


@pytest.mark.parametrize("asked", ["true", "0", " 1"])
def test_a_wish_that_is_not_known_is_refused(asked):
    assert wants_metrics({"TWIXT_METRICS": "1"})
    assert not wants_metrics({})
    with pytest.raises(HealthError, match=r"TWIXT_METRICS: .* allowed: 1, or nothing"):
        wants_metrics({"TWIXT_METRICS": asked})
