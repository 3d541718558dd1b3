"""The question page: its address, its charts, and what it says of evidence and provenance."""

import json
from datetime import date, timedelta

import pytest

from app.pages import question, question_move
from forecasts.snapshot_detail import input_flags
from tests.app.test_board_page import html
from tests.jobs import small_home


@pytest.fixture
def drawn(page, shipped_home):
    test = page("question", shipped_home, question="settlement", deadline="2028-12-31").run()
    assert not test.exception
    return test


def specs(test) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in test.get("vega_lite_chart")]


def test_the_address_names_question_and_deadline(drawn):
    assert drawn.title[0].value.startswith("Will Russia and Ukraine sign an agreement")
    assert drawn.selectbox(key="question_picker").value == "settlement"
    assert drawn.selectbox(key="deadline_picker_settlement").value == "2028-12-31"
    assert "by 31 Dec 2028" in html(drawn)


def test_headings_are_in_order_and_the_essay_is_labelled(drawn):
    assert [h.value for h in drawn.header] == [
        "Trend",
        "When it happens",
        "What it hangs on",
        "Evidence",
        "What people say",
        "Why it moved",
        "Where the rate comes from",
        "What counts",
    ]
    assert "a viable peace settlement" in html(drawn)
    assert "The essay’s claim, not a finding of this board" in html(drawn)


def test_choosing_another_deadline_changes_the_address_and_the_number(drawn):
    before = html(drawn)
    drawn.selectbox(key="deadline_picker_settlement").set_value("2035-12-31").run()
    assert not drawn.exception
    assert drawn.query_params["deadline"] in ("2035-12-31", ["2035-12-31"])
    assert "by 31 Dec 2035" in html(drawn)
    assert html(drawn) != before


def test_choosing_another_question_starts_at_its_headline(drawn):
    drawn.selectbox(key="question_picker").set_value("senate_consent").run()
    assert not drawn.exception
    assert drawn.title[0].value == "Will two thirds of the senators voting consent to such a treaty?"
    assert "elicited: judged, not fitted" in html(drawn)


@pytest.mark.parametrize(
    "address",
    [
        {"question": "no_such_question"},
        {"question": "settlement", "deadline": "1999-01-01"},
        {"question": "settlement", "deadline": "<script>"},
        {"question": "<script>alert(1)</script>", "deadline": "x"},
        {"board": "no-such-board", "question": "settlement"},
    ],
)
def test_an_address_that_names_nothing_falls_back_and_says_so(page, shipped_home, address):
    test = page("question", shipped_home, **address).run()
    assert not test.exception
    assert test.header[0].value == "Trend"
    assert "<script" not in html(test)
    if address["question"] != "settlement":
        assert "No question" in test.warning[0].value


def test_the_trend_holds_bands_evidence_marks_and_the_expected_drift(drawn):
    drawn_text = json.dumps(specs(drawn)[0])
    for needed in ("low50", "low90", "strokeDash", "if nothing happens", "known through", '"lane"'):
        assert needed in drawn_text
    listed = html(drawn).count('class="mark"')
    assert listed == 22, "the reports on a settlement"
    assert '"number": "22"' in drawn_text


def test_the_evidence_table_lists_each_report_with_its_source_and_ratio(drawn):
    text = html(drawn)
    assert "E022" in text
    assert "Kremlin readout" in text
    assert "grade A2" in text
    assert 'rel="noopener noreferrer nofollow"' in text


def test_a_real_snapshot_shows_what_each_item_added_and_why_it_moved(page, small):
    later = small_home.NOW + timedelta(days=8)
    small.add(small_home.evidence("E3", "truce", lr=4.0), at=later - timedelta(hours=1))
    assert small.refit(now=later).kind == "published"
    address = {"question": "truce", "deadline": "2028-12-31"}
    test = page("question", small.artefacts.root.parent, at=later + timedelta(hours=1), **address).run()
    assert not test.exception
    bars = next(s for s in specs(test) if "log-odds" in json.dumps(s))
    assert "2 · E3" in json.dumps(bars, ensure_ascii=False), "its contribution, under its number"
    test.button(key="explain_truce").click().run()
    assert not test.exception
    stairs = next(text for s in specs(test) if "exp(-datum.value)" in (text := json.dumps(s)) and "from" in text)
    assert "E3" in stairs
    assert "Log-odds" in html(test), "and the parts are a table"


FOUND = {
    "from": 0.2,
    "to": 0.35,
    "from_log_odds": -1.3862943611198906,
    "parts": [
        {"name": f"part {i}", "entry": None, "log_odds": 0.01 * (i + 1), "probability": 0.001} for i in range(20)
    ],
}


def test_a_staircase_sums_its_smallest_steps_and_ends_where_the_move_ends():
    stairs = question_move.staircase(FOUND)
    assert stairs.height == question_move.SHOWN + 3
    assert stairs["name"][-2] == "6 smaller parts"
    # the six smallest are .01 to .06: .21; all twenty sum to 2.1
    assert stairs["shift"][-2] == pytest.approx(0.21)
    assert stairs["end"][-1] == pytest.approx(FOUND["from_log_odds"] + 2.1)
    assert (stairs["start"][1:] - stairs["end"][:-1]).abs().max() < 1e-12, "each step starts where the last one ended"


def test_every_flag_of_a_run_has_words():
    told = {"outside_class": True, "driven_by_adjustment": True, "cases_differ": True, "agrees": False}
    kinds = {f["kind"] for f in input_flags({"q": told})} | {"cliff"}
    assert kinds == set(question.FLAGS)


def test_a_closed_question_says_since_when():
    told = question.closed_words(date(2026, 7, 3))
    assert told == "; closed on 3 Jul 2026: no more evidence is taken"
    assert question.closed_words(None) == ""
