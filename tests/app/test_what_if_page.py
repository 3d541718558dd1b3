"""The what-if page: its address is the question, and every answer shows how many futures it rests on."""

import shutil
from datetime import date

import polars as pl
import pytest

from app import charts_of_what_ifs, data, login, look, what_if_data
from app.pages import what_if_form
from forecasts import ledger
from forecasts.domain import NamedWhatIf, Retraction
from forecasts.errors import ForbiddenError
from forecasts.people import ANONYMOUS
from forecasts.store import open_store
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
    assert [h.value for h in test.header] == ["What it would mean", "The scenarios", "Keep it"]
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
        ("truce", "between", "truce between 2028-01-01 and 2028-02-01"),
        ("scenario settled", "by", "scenario settled"),
        ("scenario settled", "not by", "not scenario settled"),
    ],
)
def test_the_form_writes_what_the_reader_reads(what, how, expected):
    assert what_if_form.written(what, how, "2028-01-01", "2028-02-01") == expected


def test_a_condition_is_spoken_with_names_and_days(asked):
    assert "<b>“truce” by 31 Dec 2028</b>" in html(asked("truce by 2028-12-31"))
    assert "not scenario “settled”" in html(asked("not scenario settled"))


# ---- the form's mistakes: said where they are made, and the address stays as it is


@pytest.fixture
def kept_home(tmp_path, small_published):
    """Give a copy of the small published home, to be written to."""
    root = tmp_path / "home"
    shutil.copytree(small_published.artefacts.root.parent, root)
    return root


@pytest.fixture
def written_to(kept_home):
    """Give what the record of the copied home holds now."""

    def entries():
        with open_store(f"sqlite:///{kept_home / 'twixt.sqlite'}") as store:
            return [e.record for e in ledger.history(store, "small") if isinstance(e.record, NamedWhatIf | Retraction)]

    return entries


def add(test, what, how, **days):
    mode = values(test, "mode")[0] if values(test, "mode") else "see"
    test.selectbox(key=f"what_{mode}").set_value(what).run()
    test.selectbox(key=f"how_{mode}_{what.startswith('scenario ')}").set_value(how).run()
    for key, day in days.items():
        test.date_input(key=f"{key}_{mode}").set_value(day)
    return test.button(key=f"add_{mode}").click().run()


@pytest.mark.parametrize(
    ("mode", "before", "typed", "said"),
    [
        ("see", (), ("truce", "by", {"when": None}), "A day is needed: the field is empty."),
        (
            "do",
            (),
            ("truce", "between", {"from": date(2028, 1, 2), "until": date(2028, 1, 1)}),
            "lies after 2028-01-01",
        ),
        ("do", (), ("truce", "between", {"until": None}), "A day is needed"),
        ("do", ("never truce",), ("truce", "on", {}), "truce: made twice"),
        ("see", ("scenario settled",), ("scenario settled", "by", {}), "is asked already"),
        ("see", ("pact by 2026-12-31",), ("pact", "by", {"when": date(2026, 12, 31)}), "is asked already"),
    ],
)
def test_a_condition_that_cannot_be_added_is_refused_at_the_form(asked, mode, before, typed, said):
    what, how, days = typed
    test = add(asked(*before, mode=mode), what, how, **days)
    assert not test.exception
    assert [said in e.value.replace("\\", "") for e in test.error] == [True]
    assert tuple(values(test, "if")) == before


def test_a_span_of_days_is_made(asked):
    test = add(asked(mode="do"), "truce", "between", **{"from": date(2027, 1, 1), "until": date(2027, 6, 30)})
    assert values(test, "if") == ["truce between 2027-01-01 and 2027-06-30"]
    assert "effective futures" in html(test)


def test_eight_conditions_are_the_most(asked):
    test = asked(
        *(f"not truce by 20{y}-01-01" for y in range(27, 31)), *(f"not pact by 20{y}-01-01" for y in range(27, 31))
    )
    assert not test.exception
    assert "8 conditions are the most" in html(test)
    assert "Add this condition" not in [b.label for b in test.button]


# ---- kept under a name


@pytest.fixture
def opened(page, kept_home):
    def draw(*conditions, at=SMALL_VIEWED, **address):
        test = page("what_if", kept_home, at=at, **address)
        if conditions:
            test.query_params["if"] = list(conditions)
        return test.run()

    return draw


def keep(test, name, note=""):
    generation = test.session_state.get("what_if_generation", 0)
    test.text_input(key=f"wi{generation}_name").set_value(name)
    test.text_input(key=f"wi{generation}_note").set_value(note)
    return test.button(key=f"wi{generation}_save").click().run()


def test_a_what_if_is_kept_answered_shown_and_taken_back(opened, written_to):
    test = keep(opened("truce by 2028-12-31"), "Peace <b>first</b>", "asked weekly")
    assert not test.exception
    (record,) = written_to()
    assert (record.id, record.name, record.mode) == ("W001", "Peace <b>first</b>", "see")
    assert record.conditions == ("truce by 2028-12-31",)
    assert "W001 is kept" in test.success[0].value
    assert values(test, "kept") == ["W001"]
    assert [h.value.replace("\\", "") for h in test.header][-1] == "Through time: Peace <b>first</b>"
    table = test.dataframe[-1].value
    assert table["Kind"].to_list() == ["live"]
    assert table["Effective futures"][0] >= 1000
    assert values(test, "of")
    assert "kept=W001" in test.code[0].value

    listed = opened()
    assert "Peace &lt;b&gt;first&lt;/b&gt;" in html(listed)
    assert "1 snapshot. Moves most: " in html(listed)

    shared = opened(kept="W001", of="pact", by="2028-12-31")
    assert values(shared, "if") == ["truce by 2028-12-31"]
    assert [s.value for s in shared.selectbox if s.label in {"Number", "By"}] == ["pact", "2028-12-31"]
    shared.selectbox(key="of_W001").set_value("settled").run()
    assert values(shared, "of") == ["settled"]
    assert values(shared, "by") == []

    ended = shared.button(key="end_W001").click().run()
    assert "Why: is empty" in ended.error[0].value
    ended.text_input(key="why_W001").set_value("no longer asked")
    ended.button(key="end_W001").click().run()
    assert not ended.exception
    assert [type(r) for r in written_to()] == [NamedWhatIf, Retraction]
    assert "Kept what-ifs" not in html(opened())
    gone = opened(kept="W001")
    assert "may have been taken back" in gone.warning[0].value


@pytest.mark.parametrize(
    ("name", "note", "said"),
    [
        ("  ", "", "Name: is empty; some text is needed"),
        ("a\u202eb", "", "control character U+202E"),
        ("x", "a\x07", "Why it is kept: "),
    ],
)
def test_what_cannot_be_kept_says_why_and_writes_nothing(opened, written_to, name, note, said):
    test = keep(opened("truce by 2028-12-31"), name, note)
    assert not test.exception
    assert said in test.error[0].value.replace("\\", "")
    assert written_to() == []


def test_a_name_that_is_taken_and_a_condition_that_cannot_be_asked(opened, written_to):
    keep(opened("truce by 2028-12-31"), "Taken")
    test = keep(opened("pact by 2028-12-31"), "TAKEN")
    assert "is taken by W001" in test.error[0].value
    test = keep(opened("nobody by 2028-12-31"), "Other")
    assert "Conditions: 'nobody' is no question" in test.error[0].value.replace("\\", "")
    assert [r.id for r in written_to()] == ["W001"]


@pytest.mark.slow
def test_one_that_snapshots_could_not_answer_says_so(opened, written_to):
    test = keep(opened("four by 2026-04-20"), "Out of reach")
    assert not test.exception
    assert len(written_to()) == 1
    assert "1 of 1 snapshots could not answer it" in test.warning[-1].value.replace("\\", "")
    assert "Not answered as of" in html(opened())


def test_a_viewer_may_ask_and_not_keep(opened, monkeypatch, written_to):
    monkeypatch.setattr(login, "actor", lambda *_: ANONYMOUS)
    test = opened("truce by 2028-12-31")
    assert "effective futures" in html(test)
    assert "To keep a what-if under a name you need one of these roles: forecaster, admin" in html(test)
    assert "Keep this what-if" not in [b.label for b in test.button]
    view = data.board_view("small")
    with pytest.raises(ForbiddenError, match="may not keep what-ifs under a name"):
        what_if_data.save(view, {"name": "x", "note": ""}, ["truce by 2028-12-31"], "see")
    assert written_to() == []


def test_the_line_has_a_solid_and_a_dashed_part_with_both_ends_named():
    rows = [
        {"on": f"2026-0{m}-01", "mode": mode, "before": 0.2, "after": 0.2 + m / 20, "low": 0.1, "high": 0.9}
        for mode, months in (("retrospective", (1, 2, 3)), ("live", (4, 5)))
        for m in months
    ]
    spec = charts_of_what_ifs.trend(pl.DataFrame(rows), given="if seen", colours=look.LIGHT)
    lines = [x["mark"] for x in spec["layer"] if x["mark"]["type"] == "line"]
    assert [("strokeDash" in m) for m in lines] == [True, True, False, False]
    labels = [x["data"]["values"][0]["label"] for x in spec["layer"] if x["mark"]["type"] == "text"]
    assert labels == ["if seen 45 %", "as published 20 %"]
    assert [x["data"]["values"][0]["on"] for x in spec["layer"] if x["mark"]["type"] == "text"] == ["2026-05-01"] * 2
