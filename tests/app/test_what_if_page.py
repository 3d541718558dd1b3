"""The what-if page: its address is the question, and every answer shows how many futures it rests on."""

import pytest

from app.pages import what_if
from tests.app.conftest import SMALL_VIEWED
from tests.app.test_board_page import html


def values(test, name):
    """Return all values of an address's parameter."""
    found = test.query_params.get(name, [])
    return [found] if isinstance(found, str) else list(found)


@pytest.fixture
def asked(page, small_published):
    def draw(*conditions, mode="see"):
        test = page("what_if", small_published.artefacts.root.parent, at=SMALL_VIEWED, mode=mode)
        test.query_params["if"] = list(conditions)
        return test.run()

    return draw


def test_an_address_is_answered(asked):
    test = asked("truce by 2028-12-31")
    assert not test.exception
    text = html(test)
    assert "effective futures" in text
    assert "chance of the condition" in text
    assert [h.value for h in test.header] == ["What it would mean", "The scenarios"]
    table = test.dataframe[0].value
    row = table[table["Question"].str.len().gt(0) & (table["Now %"] != table["Then %"])]
    assert not row.empty


def test_doing_has_no_chance_of_its_condition(asked):
    text = html(asked("never truce", mode="do"))
    assert "effective futures" in text
    assert "chance of the condition" not in text


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("truce by 1999-01-01", "1999-01-01: a day after"),
        ("nobody by 2028-12-31", "is no question of this board"),
        ("<img src=x onerror=alert(1)>", "what is seen is written"),
        ("four by 2026-04-20", "effective futures"),
    ],
)
def test_what_cannot_be_answered_says_why(asked, condition, said):
    test = asked(condition)
    assert not test.exception
    assert said in test.warning[0].value.replace("\\", "")


def test_a_condition_is_added_and_taken_away(page, small_published):
    test = page("what_if", small_published.artefacts.root.parent, at=SMALL_VIEWED).run()
    test.selectbox(key="what_see").set_value("pact")
    test.button[0].click().run()
    (condition,) = values(test, "if")
    assert condition.startswith("pact by 20")
    assert not test.exception
    next(b for b in test.button if b.label == "Remove").click().run()
    assert not values(test, "if")


def test_the_other_kind_of_question_begins_anew(asked):
    test = asked("truce by 2028-12-31")
    test.radio(key="whatif_mode").set_value("do").run()
    assert not values(test, "if")
    assert values(test, "mode") == ["do"]
    assert not test.exception


@pytest.mark.parametrize(
    ("what", "how", "expected"),
    [
        ("truce", "by", "truce by 2028-01-01"),
        ("truce", "not by", "not truce by 2028-01-01"),
        ("truce", "on", "truce on 2028-01-01"),
        ("truce", "never", "never truce"),
        ("scenario settled", "by", "scenario settled"),
        ("scenario settled", "not by", "not scenario settled"),
    ],
)
def test_the_form_writes_what_the_reader_reads(what, how, expected):
    assert what_if.written(what, how, "2028-01-01") == expected


def test_a_condition_is_spoken_with_names_and_days(asked):
    assert "<b>“truce” by 31 Dec 2028</b>" in html(asked("truce by 2028-12-31"))
    assert "not scenario “settled”" in html(asked("not scenario settled"))
