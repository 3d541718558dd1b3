"""The calibration page: the record judged, live and with hindsight apart, and nobody ranked before it can be."""

import json
from datetime import timedelta

import numpy as np
import pytest

from app import charts_of_scores, look
from app.pages import calibration
from forecasts import calibration_report, skill
from forecasts.calibration import reliability
from forecasts.scored_rows import BASE_RATE, MODEL
from tests.app.conftest import with_history
from tests.app.test_board_page import html
from tests.forecasts.scoring_cases import OPENED, rows

LATER = (OPENED + timedelta(days=1000)).timestamp()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Give a home with a year of made-up numbers; nobody may write to it."""
    root = tmp_path_factory.mktemp("recorded")
    with_history(root, weeks=60)
    return root


def test_the_record_with_hindsight_is_shown_first_while_nothing_live_is_judged(page, recorded):
    test = page("calibration", recorded).run()
    assert not test.exception
    text = html(test)
    assert "forecasts judged of" in text
    assert "with hindsight" in text
    assert test.query_params["mode"] == "retrospective"
    assert "frozen prior" in text
    assert "nan" not in text


def test_live_says_that_nothing_can_be_judged_yet(page, recorded):
    test = page("calibration", recorded, mode="live").run()
    assert not test.exception
    assert "no question with one of them has come to its scheduled close yet" in html(test)
    test.segmented_control(key="calibration_mode").set_value("retrospective").run()
    assert not test.exception
    assert "forecasts judged of" in html(test)


def test_another_forecaster_by_address_and_by_hand(page, recorded):
    test = page("calibration", recorded, mode="retrospective", forecaster="base rate").run()
    assert not test.exception
    assert test.selectbox(key="calibration_forecaster_retrospective").value == "base rate"
    test.selectbox(key="calibration_forecaster_retrospective").set_value("frozen prior").run()
    assert not test.exception


@pytest.mark.parametrize("address", [{"mode": "<b>"}, {"mode": "retrospective", "forecaster": "<script>"}])
def test_an_address_that_names_nothing_falls_back(page, recorded, address):
    test = page("calibration", recorded, **address).run()
    assert not test.exception
    assert "<script>" not in html(test)


def judged(*, sure: float = 0.7, questions: int = 60):
    table = [(f"q{i}", MODEL, 1, sure if i % 2 else 0.2, int(i % 10 == 0), 100) for i in range(questions)]
    found = reliability(rows(*table), as_of=LATER)
    assert found is not None
    return found


def test_the_diagram_holds_its_numbers_and_marks_what_is_off():
    part = judged(sure=0.97)
    spec = charts_of_scores.reliability(part.bins, part.curve, colours=look.LIGHT)
    json.dumps(spec, allow_nan=False)
    inside, outside = (spec["layer"][i]["data"]["values"] for i in (3, 4))
    assert [d["inside"] for d in (*inside, *outside)] == [True, False]
    assert outside[0]["mean"] == pytest.approx(0.97)
    assert spec["layer"][4]["mark"]["color"] == look.LIGHT.warn
    assert spec["layer"][0]["encoding"]["x"]["scale"]["domain"][1] == pytest.approx(1.03)


def test_where_forecasts_lie_counts_both_ways():
    spec = charts_of_scores.discrimination(judged().histogram, colours=look.DARK)
    up, down = (spec["layer"][i]["data"]["values"] for i in (0, 1))
    assert sum(r["yes"] for r in up) == 6
    assert sum(r["down"] for r in down) == -54
    json.dumps(spec, allow_nan=False)


def compared(questions: int) -> skill.Skill:
    table = [(f"q{i}", MODEL, 1, 0.1 + 0.005 * (i % 9), int(i % 10 == 0), 100) for i in range(questions)]
    base = [(f"q{i}", BASE_RATE, 1, 0.3, int(i % 10 == 0), 100) for i in range(questions)]
    return skill.skills(rows(*table, *base), forecaster=MODEL)[0]


def test_a_comparison_without_an_interval_has_no_bar_and_no_winner():
    few, many = compared(5), compared(300)
    assert calibration.skill_cells(few)[4] == "too few"
    assert "more questions needed" in calibration.said(few)
    assert calibration.said(many) == "better"
    table = calibration.skill_rows([few, many])
    spec = charts_of_scores.skill(table, colours=look.LIGHT)
    assert len(spec["layer"][1]["data"]["values"]) == 1
    json.dumps(spec, allow_nan=False)


def test_the_verdict_on_miscalibration():
    rng = np.random.default_rng(1)
    p = rng.random(300).round(2)
    y = (rng.random(300) < p).astype(int)
    fair = reliability(rows(*((f"q{i}", MODEL, 1, float(p[i]), int(y[i]), 100) for i in range(300))), as_of=LATER)
    assert fair is not None
    assert "no more than" in calibration.verdict(fair)
    assert "more than calibrated" in calibration.verdict(judged(sure=0.97))
    assert calibration.parts_cells(fair)[0][1] == f"<b>{fair.parts.brier:.4f}</b>"


FORECASTER = {
    "forecaster": "<b>",
    "n_questions": 3,
    "brier": 0.1,
    "log": 0.3,
    "peer": None,
    "versus_others": None,
    "low": None,
    "more_questions": None,
}


def test_names_of_people_stay_text_and_what_is_not_known_is_a_dash():
    cells = calibration.forecaster_cells(FORECASTER, {})
    assert cells == ["&lt;b&gt;", "3", "0.1000", "0.3000", "–", "–", "–"]
    assert calibration.forecaster_cells(FORECASTER, {"<b>": "Ann & Bo"})[0] == "Ann &amp; Bo"


@pytest.mark.parametrize(("value", "text"), [(0.0, "0.0000"), (0.00001, "under 0.0001"), (0.12345, "0.1235")])
def test_a_small_score_never_reads_as_none(value, text):
    assert calibration.small(value) == text


@pytest.mark.parametrize(("questions", "names"), [(4, ["adam", "zoe"]), (400, ["zoe", "adam"])])
def test_people_are_listed_by_name_until_they_can_be_ranked(questions, names):
    # zoe says .1, adam .3 of what happens once in ten times
    table = [
        (f"q{i}", who, 1, p, int(i % 10 == 0), 100)
        for i in range(questions)
        for who, p in (("zoe", 0.1), ("adam", 0.3))
    ]
    found = calibration_report.report(rows(*table), mode="live", as_of=LATER, forecaster="zoe")
    lines, order = calibration.ordered(found.forecasters)
    assert lines["forecaster"].to_list() == names
    assert order.startswith("Not ranked" if questions == 4 else "By Brier")
