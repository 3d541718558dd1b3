"""The question page: its address, its charts, and what it says of evidence and provenance."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.look import LIGHT
from app.pages import question, question_move
from app.pages.question_filter import Wanted, kept
from app.view import NumberedEvidence
from forecasts.snapshot_detail import input_flags
from forecasts.spreadsheet import csv_text
from tests.app.test_board_page import html
from tests.forecasts.records import evidence
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


def test_all_choices_stand_in_the_address_and_come_back_from_it(page, shipped_home):
    wanted = {"question": "settlement", "deadline": "2028-12-31", "scale": "logit", "range": "30"}
    test = page("question", shipped_home, **wanted).run()
    assert not test.exception
    trend = specs(test)[0]
    text = json.dumps(trend)
    assert "exp(-datum.value)" in text
    assert "value_odds" in text
    assert trend["layer"][0]["layer"][0]["encoding"]["x"]["scale"]["domain"] == ["2026-06-20", "2026-07-26"]
    assert all(layer["mark"]["clip"] for layer in trend["layer"][0]["layer"])
    assert {k: test.query_params[k] for k in wanted} == wanted


def test_a_quick_second_choice_with_the_address_of_before_keeps_the_first(drawn):
    drawn.selectbox(key="trend-with-settlement").select("ceasefire").run()
    assert drawn.query_params["with"] in ("ceasefire", ["ceasefire"])
    del drawn.query_params["with"]  # as the browser sends it when it has not read the answer to the first choice
    drawn.selectbox(key="deadline_picker_settlement").select("2035-12-31").run()
    assert not drawn.exception
    assert drawn.selectbox(key="trend-with-settlement").value == "ceasefire"
    assert {k: str(drawn.query_params[k]).strip("[']") for k in ("with", "deadline")} == {
        "with": "ceasefire",
        "deadline": "2035-12-31",
    }


def test_the_way_back_takes_a_choice_back(drawn):
    drawn.selectbox(key="trend-with-settlement").select("ceasefire").run()
    del drawn.query_params["with"]  # as the browser's Back button does: no widget speaks
    drawn.run()
    assert drawn.selectbox(key="trend-with-settlement").value == ""
    assert "with" not in drawn.query_params


def test_what_is_at_its_usual_value_is_left_out_of_the_address(drawn):
    assert set(drawn.query_params) == {"board", "question", "deadline"}
    drawn.session_state["trend-scale"] = "logit"
    drawn.run()
    assert drawn.query_params["scale"] in ("logit", ["logit"])
    drawn.session_state["trend-scale"] = "linear"
    drawn.run()
    assert "scale" not in drawn.query_params


@pytest.mark.parametrize(
    "address",
    [
        {"scale": "cubic", "range": "7", "with": "no_such", "with_deadline": "x"},
        {"with": "settlement"},
        {"scale": "<script>", "range": "days", "from": "yesterday", "to": "2999-01-01"},
        {"kind": "rumour", "grade": "Z9", "thread": "<b>", "words": ""},
    ],
)
def test_choices_that_are_none_are_passed_over(page, shipped_home, address):
    test = page("question", shipped_home, question="settlement", **address).run()
    assert not test.exception
    assert "<script" not in html(test)
    for name in address.keys() - {"range", "from", "to"}:
        assert name not in test.query_params, name


def test_days_that_cannot_be_shown_are_told_and_all_is_shown(page, shipped_home):
    chosen = {"question": "settlement", "range": "days"}
    test = page("question", shipped_home, **chosen, **{"from": "2026-06-30", "to": "2026-05-01"}).run()
    assert "The first day must lie before the last one; all is shown." in html(test)
    test = page("question", shipped_home, **chosen, **{"from": "2030-01-01", "to": "2031-01-01"}).run()
    assert "No snapshot lies between 1 Jan 2030 and 1 Jan 2031; all is shown." in html(test)
    test = page("question", shipped_home, **chosen, **{"from": "2026-05-10", "to": "2026-06-10"}).run()
    assert not test.exception
    domain = specs(test)[0]["layer"][0]["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert domain == ["2026-05-10", "2026-06-10"]


def test_two_questions_stand_on_one_chart(page, shipped_home):
    address = {"question": "settlement", "deadline": "2028-12-31", "with": "ceasefire", "with_deadline": "2027-12-31"}
    test = page("question", shipped_home, **address).run()
    assert not test.exception
    text = json.dumps(specs(test)[0])
    assert "Settlement by 2028" in text
    assert "Ceasefire by 2027" in text
    assert test.query_params["with_deadline"] in ("2027-12-31", ["2027-12-31"])
    table = next(d.value for d in test.dataframe if "question" in d.value.columns)
    assert set(table["question"]) == {"settlement", "ceasefire"}
    test.selectbox(key="trend-with-settlement").set_value("").run()
    assert "with" not in test.query_params
    assert "with_deadline" not in test.query_params
    assert "if nothing happens" in json.dumps(specs(test)[0])


def test_evidence_is_filtered_in_the_list_and_on_the_trend(page, shipped_home):
    test = page("question", shipped_home, question="settlement", grade="A2", kind="fact").run()
    assert not test.exception
    listed = html(test).count('class="mark"')
    assert 0 < listed < 22
    assert html(test).count("grade A2") == listed
    marks = [layer for layer in specs(test)[0]["layer"][1]["layer"] if layer["mark"]["type"] == "circle"]
    assert len(marks[0]["data"]["values"]) == listed
    assert re.search(rf"{listed} of 22 reports, here and above\.", html(test))
    test.text_input(key="evidence-words-settlement").set_value("no such words").run()
    assert "0 of 22 reports" in html(test)
    assert test.query_params["words"] in ("no such words", ["no such words"])
    test.text_input(key="evidence-words-settlement").set_value("").run()
    test.multiselect(key="evidence-grade-settlement").set_value([]).run()
    test.multiselect(key="evidence-kind-settlement").set_value([]).run()
    assert html(test).count('class="mark"') == 22


def test_the_filter_looks_at_kind_grade_story_and_words():
    item = replace(
        evidence("E1"), kind="fact", grade_source="B", grade_info="2", thread="talks", statement="Envoys met."
    )
    shown = NumberedEvidence(1, item, None, date(2030, 1, 1), 2.0, 1.0, 3.0, inert=False)
    keeps = (
        Wanted(),
        Wanted(kinds=("fact", "intent")),
        Wanted(grades=("B2",)),
        Wanted(threads=("talks",)),
        Wanted(text="MET envoys"),
        Wanted(("fact",), ("B2",), ("talks",), "e1"),
    )
    drops = (
        Wanted(kinds=("intent",)),
        Wanted(grades=("B1", "A2")),
        Wanted(threads=("truce",)),
        Wanted(text="met nobody"),
        Wanted(("fact",), ("B2",), ("talks",), "nobody"),
    )
    assert all(kept([shown], w) == [shown] for w in keeps)
    assert all(kept([shown], w) == [] for w in drops)


def test_the_chart_and_its_numbers_are_offered_as_files(drawn):
    names = [b.proto.label for b in drawn.get("download_button")]
    assert names == ["PNG", "SVG", "CSV"]


def test_the_numbers_of_a_file_are_those_of_the_history(page, shipped_home, monkeypatch):
    from app.pages import question_trend

    given = []
    monkeypatch.setattr(question_trend, "downloads", given.append)
    page("question", shipped_home, question="settlement", deadline="2028-12-31").run()
    (chart,) = given
    assert chart.name == "indivisible-security-settlement-2028-12-31"
    rows = list(csv.DictReader(io.StringIO(csv_text(chart.table).removeprefix("\ufeff"), newline="")))
    assert len(rows) == 11
    assert [r["mode"] for r in rows].count("live") == 1
    assert {r["question"] for r in rows} == {"settlement"}
    assert all(0 <= float(r["low90"]) < float(r["chance"]) < float(r["high90"]) <= 1 for r in rows)
    assert [r["as_of"] for r in rows] == sorted(r["as_of"] for r in rows)
    assert chart.build(LIGHT)["layer"]


def test_explanations_stand_where_they_are_needed(drawn):
    labels = [p.proto.popover.label for p in drawn.get("popover")]
    assert "What is this band?" in labels
    assert "What is the dotted line?" in labels
    assert "What is a ratio?" in labels
