"""The reference class on a question's page: cases, before and after, how long it holds, what the essay claims."""

import json
from itertools import pairwise

import pytest

from app.pages import question_class
from tests.app.test_board_page import html
from tests.app.test_question_page import specs


@pytest.fixture
def resumption(page, shipped_home):
    test = page("question", shipped_home, question="resumption").run()
    assert not test.exception
    return test


def chart(test, needed: str) -> dict:
    return next(s for s in specs(test) if needed in json.dumps(s, ensure_ascii=False))


def test_every_event_question_shows_its_cases_and_what_was_known_before_and_after(page, shipped_home):
    test = page("question", shipped_home, question="settlement").run()
    assert not test.exception
    ranges = chart(test, "Class, a year")
    stages = {row["stage"] for layer in ranges["layer"] for row in layer["data"]["values"]}
    assert stages == {"before the cases", "after"}
    watched = chart(test, "years watched")
    table = html(test)
    names = {row["name"] for row in watched["layer"][0]["data"]["values"]}
    assert len(names) == len(watched["layer"][0]["data"]["values"]) == 19, "cases that share a name are told apart"
    assert "Korean War" in table
    assert "recalled" in table, "what nobody has checked says so"
    assert "Happened" not in table


def test_resumption_shows_how_long_agreements_held(resumption):
    curve = chart(resumption, "still in force")
    text = json.dumps(curve)
    assert "low50" in text
    assert "low90" in text
    stairs = curve["layer"][-1]["data"]["values"]
    assert stairs[0] == {"years": 0.0, "value": 1.0}
    assert all(a["value"] >= b["value"] for a, b in pairwise(stairs))
    fitted = curve["layer"][2]["data"]["values"]
    assert fitted[0]["value"] == pytest.approx(1.0, abs=0.01)
    assert 0.2 < fitted[-1]["value"] < 0.5, "after twenty years"
    assert all(row["low90"] <= row["low50"] <= row["high50"] <= row["high90"] for row in fitted)
    effects = chart(resumption, "hazard ratio")
    names = {row["name"] for layer in effects["layer"][1:] for row in layer["data"]["values"]}
    assert {"Monitored line", "Russia party"} <= names
    assert "58 cases of the reference class" in [e.label for e in resumption.expander]
    assert "Minsk II" in html(resumption)


def test_the_essays_claim_stands_beside_what_the_board_can_say_of_it(resumption):
    text = html(resumption)
    assert "could undermine the peace settlement" in text
    assert "50 % as judged, 50 % now" in text
    assert "next to nothing about it (0.01 bits)" in text
    assert "0.75 (0.35 to 1.60)" in text, "the guarantee as judged"
    assert text.count("cases</span>") == 1, "one edge was fitted with the cases"


@pytest.mark.parametrize(
    ("bits", "said"), [(0.0, "next to nothing"), (0.05, "little"), (0.5, "something"), (1.0, "much"), (9.0, "much")]
)
def test_bits_in_words(bits, said):
    assert question_class.learned(bits) == said


def test_cases_that_share_a_name_have_their_time_beside_it(page, shipped_home):
    test = page("question", shipped_home, question="treaty_transmitted").run()
    assert not test.exception
    names = [row["name"] for row in chart(test, "years watched")["layer"][0]["data"]["values"]]
    assert len(set(names)) == len(names)
