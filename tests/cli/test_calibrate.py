"""`twixt calibrate`: a board's own record on the screen and as JSON, live and retrospective apart."""

import json
import shutil
from datetime import timedelta

import pytest

from forecasts import scoring
from forecasts.settings import Home, open_workspace
from tests.app import publishing
from tests.cli.conftest import Place, complaint, run_at

WEEKS = 60


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Place:
    """Give a home with the shipped board, made-up numbers of sixty weeks with hindsight and one live snapshot."""
    place = Place(tmp_path_factory.mktemp("recorded"))
    opened = open_workspace(Home.from_environment(place.environment))
    board = publishing.enter(opened)
    publishing.publish_history(opened, board, weeks=WEEKS)
    publishing.publish(opened, board, on=publishing.NOW, mode="live", step=WEEKS)
    opened.store.close()
    return place


def calibrate(place: Place, *arguments: str):
    return run_at(place, "calibrate", *arguments, now=publishing.NOW)


def document(place: Place, *arguments: str) -> dict:
    result = calibrate(place, *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_what_was_issued_live_waits_for_its_dates(recorded):
    found = document(recorded)
    assert (found["mode"], found["forecaster"], found["calibration"]) == ("live", "model", None)
    assert found["n_issued"] > 50
    assert found["scoring_rule"] == scoring.rule_hash()
    assert "no question" in calibrate(recorded).stdout.lower()


def test_the_record_with_hindsight_is_judged(recorded):
    found = document(recorded, "--retrospective")
    parts = found["calibration"]
    assert parts["n_independent"] <= parts["n_questions"] < parts["n_forecasts"]
    assert parts["brier"] == pytest.approx(parts["mcb"] - parts["dsc"] + parts["unc"])
    assert sum(b["n_forecasts"] for b in parts["bins"]) == parts["n_forecasts"]
    references = [line["reference"] for line in found["skill"]]
    assert references[:3] == ["base rate", "frozen prior", "status quo"]
    for line in found["skill"]:
        assert line["verdict"] in {"better", "worse", "not told apart", "too few questions"}
        assert line["skill"] == pytest.approx(line["brier_reference"] - line["brier"], abs=0.2)
    assert found["movement"][0]["n_updates"] > 1000


def test_the_screen_says_how_little_is_known(recorded):
    text = calibrate(recorded, "--retrospective").stdout
    assert "of them independent, are judged" in text
    assert "what 95 % of calibrated ones stay below" in text
    assert "status quo" in text
    assert "nan" not in text


def test_another_forecaster(recorded):
    found = document(recorded, "--retrospective", "--forecaster", "frozen prior")
    assert found["forecaster"] == "frozen prior"
    assert "frozen prior" not in [line["reference"] for line in found["skill"]]


def test_an_unknown_forecaster_and_board(recorded):
    unknown = complaint(calibrate(recorded, "--forecaster", "nobody"))
    assert "'nobody' has issued nothing here; allowed: " in unknown
    assert "unknown" in complaint(calibrate(recorded, "--board", "none"))


def test_a_person_is_known_by_name(recorded, tmp_path):
    place = Place(tmp_path / "copy")
    shutil.copytree(recorded.root, place.root)
    now = publishing.NOW
    added = run_at(place, "forecast", "add", "ceasefire", "2026-12-31", "0.3", "--by", "Ann", now=now)
    assert added.exit_code == 0, added.output
    result = run_at(place, "calibrate", "--forecaster", "Ann", now=now + timedelta(days=1))
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("Ann, live: 1 probabilities issued")
