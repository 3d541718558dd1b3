"""The form: mistakes beside their fields and nothing written, the preview before the save, the way back."""

from datetime import date, timedelta

import pytest

from app import data
from app.pages import evidence_effects, evidence_form
from app.pages.evidence_preview import SMALLEST
from forecasts import ledger
from forecasts.domain import Evidence
from tests.app.conftest import SMALL_VIEWED
from tests.app.test_board_page import html
from tests.app.test_question_page import specs

TODAY = SMALL_VIEWED.date()


@pytest.fixture
def form(page, small):
    """Give the drawn form on the small board, and a function that tells what was written after its beginning."""
    test = page("add_evidence", small.artefacts.root.parent, at=SMALL_VIEWED).run()
    assert not test.exception
    before = ledger.tail(small.store, small.board.id).position

    def written() -> list[object]:
        rows = ledger.history(small.store, small.board.id)
        return [row.record for row in rows if row.position > before]

    return test, written


def fill(test, **values):
    """Fill the text fields (and the ratio) of a new item."""
    usual = {"statement": "A truce was announced by both sides.", "source": "A gazette", "new_thread": "truce_news"}
    for name, value in (usual | values).items():
        field = next(w for w in (*test.text_input, *test.text_area) if w.key == f"ev0_{name}")
        field.set_value(value)
    return test


def likelihoods(test, yes: float, no: float):
    test.number_input(key="ev0_yes_0").set_value(yes)
    test.number_input(key="ev0_no_0").set_value(no)
    return test


def errors(test) -> list[str]:
    return [e.proto.body.split(">")[1].split("<")[0] for e in test.get("html") if "tx-err" in e.proto.body]


def test_an_empty_form_is_quiet_until_it_is_saved(form):
    test, written = form
    assert errors(test) == []
    test.button(key="ev0_save").click().run()
    assert not test.exception
    assert len(errors(test)) == 3, "statement, source and story"
    assert all("is empty" in e for e in errors(test))
    assert "Not saved: 3 fields need a look" in test.error[0].value
    assert written() == []


def test_the_preview_comes_before_the_save_and_writes_nothing(form):
    test, written = form
    likelihoods(test, 60, 10).run()
    assert not test.exception
    assert "Ratio <b>6</b>" in html(test)
    assert "strong, for YES" in html(test)
    moves = next(s for s in specs(test) if "triangle-right" in str(s))
    names = [row["name"] for row in moves["layer"][0]["data"]["values"]]
    assert names[0].startswith("truce"), "the question it speaks of moves most"
    sizes = [abs(r["after"] - r["before"]) for r in moves["layer"][0]["data"]["values"]]
    assert sizes == sorted(sizes, reverse=True)
    assert min(sizes) > SMALLEST
    assert written() == []


def test_a_ratio_of_one_moves_nothing(form):
    test, _ = form
    likelihoods(test, 40, 40).run()
    assert "Nothing moves" in html(test)


def test_a_saved_item_holds_what_was_typed_and_can_be_undone(form, small):
    test, written = form
    likelihoods(fill(test, url="https://example.org/truce"), 60, 10)
    test.button(key="ev0_save").click().run()
    assert not test.exception
    (item,) = written()
    assert isinstance(item, Evidence)
    assert (item.id, item.statement, item.source) == ("E003", "A truce was announced by both sides.", "A gazette")
    assert (item.grade_source, item.grade_info, item.thread, item.lr_basis) == ("B", "2", "truce_news", "content")
    assert (item.occurred_on, item.published_on, item.forecaster) == (TODAY, TODAY, "owner")
    (effect,) = item.effects
    assert (effect.question, effect.lr) == ("truce", 6.0)
    assert effect.deadline >= TODAY + timedelta(days=365), "a year ahead is proposed"
    assert "E003 is in the record" in test.success[0].value
    assert test.text_area(key="ev1_statement").value == "", "the next item starts empty"

    test.button(key="undo").click().run()
    assert not test.exception
    _, retraction = written()
    assert retraction.target == "E003"
    assert "E003 is taken back" in test.info[0].value
    assert all(e.id != "E003" for e in data.board_view(small.board.id).moment.evidence)


BAD = [
    ({"statement": "two\nlines\x07"}, {}, "control character"),
    ({"statement": "x" * 1_000_000}, {}, "at most"),
    ({"url": "javascript:alert(1)"}, {}, "only http:// and https://"),
    ({"url": "data:text/html,x"}, {}, "only http:// and https://"),
    ({"url": "https://a b"}, {}, "without spaces"),
    ({"new_thread": "not a name!"}, {}, "letters, digits"),
    ({}, {"yes_0": 0.0}, "above 0"),
    ({}, {"no_0": 0.0}, "above 0"),
    ({}, {"yes_0": 100.0, "no_0": 1.0}, "1/20 to 20"),
]


@pytest.mark.parametrize(("text", "numbers", "message"), BAD)
def test_a_mistake_is_shown_beside_its_field_and_nothing_is_written(form, text, numbers, message):
    test, written = form
    fill(test, **text)
    for name, value in ({"yes_0": 60.0, "no_0": 10.0} | numbers).items():
        test.number_input(key=f"ev0_{name}").set_value(value)
    test.button(key="ev0_save").click().run()
    assert not test.exception
    assert any(message in e for e in errors(test)), errors(test)
    assert test.error, "and the form says that it was not saved"
    assert written() == []


@pytest.mark.parametrize(
    ("name", "day", "message"),
    [
        ("published_on", TODAY + timedelta(days=1), "lies in the future"),
        ("occurred_on", TODAY + timedelta(days=400), "lies in the future"),
        ("published_on", TODAY - timedelta(days=30), "before occurred_on"),
    ],
)
def test_dates_in_the_future_or_reversed_are_refused(form, name, day, message):
    test, written = form
    likelihoods(fill(test), 60, 10)
    test.date_input(key=f"ev0_{name}").set_value(day)
    test.button(key="ev0_save").click().run()
    assert not test.exception
    assert any(message in e for e in errors(test)), errors(test)
    assert written() == []


@pytest.mark.parametrize("text", ["nan", "-2", "inf", "0", "two", "1e999", ""])
def test_a_direct_ratio_that_is_no_ratio_is_refused(form, text):
    test, written = form
    fill(test).radio(key="ev0_how_0").set_value(evidence_effects.DIRECT).run()
    test.text_input(key="ev0_lr_0").set_value(text)
    test.button(key="ev0_save").click().run()
    assert not test.exception
    assert any("likelihood ratio above 0" in e for e in errors(test)), errors(test)
    assert written() == []


def test_a_range_of_ones_own_must_hold_the_ratio(form):
    test, written = form
    likelihoods(fill(test), 60, 10).checkbox(key="ev0_own_range_0").check().run()
    assert test.text_input(key="ev0_low_0").value == "2.4", "6 / 2.5, the usual range, is proposed"
    test.text_input(key="ev0_low_0").set_value("7")
    test.button(key="ev0_save").click().run()
    assert any("does not contain" in e for e in errors(test))
    assert written() == []


def test_one_item_cannot_speak_twice_of_a_question(form):
    test, written = form
    likelihoods(fill(test), 60, 10).button(key="ev0_add_effect").click().run()
    assert not test.exception
    test.number_input(key="ev0_yes_1").set_value(30.0)
    test.button(key="ev0_save").click().run()
    assert any("stands 2 times" in e for e in errors(test)), errors(test)
    assert written() == []
    test.selectbox(key="ev0_question_1").set_value("fund").run()
    test.button(key="ev0_save").click().run()
    assert not test.exception
    assert [len(r.effects) for r in written()] == [2]


def test_an_intention_fades_and_needs_its_half_life(form):
    test, written = form
    likelihoods(fill(test), 60, 10).radio(key="ev0_kind").set_value("intent").run()
    test.number_input(key="ev0_half_life").set_value(90.0)
    test.button(key="ev0_save").click().run()
    assert not test.exception
    assert [(r.kind, r.half_life_days) for r in written()] == [("intent", 90.0)]


def test_a_belief_becomes_the_ratio_that_it_implies(form):
    test, _ = form
    likelihoods(fill(test), 50, 50).run()
    test.number_input(key="ev0_belief").set_value(60.0).run()
    assert not test.exception
    assert "It would need a ratio of" in html(test)
    test.button(key="ev0_use_ratio").click().run()
    assert not test.exception
    ratio = float(test.text_input(key="ev0_lr_0").value)
    assert ratio > 1
    moves = next(s for s in specs(test) if "triangle-right" in str(s))
    first = next(r for r in moves["layer"][0]["data"]["values"] if r["name"].startswith("truce"))
    assert first["after"] == pytest.approx(0.6, abs=2e-3), "the preview shows the belief"


def test_a_belief_out_of_reach_is_refused_in_words(form):
    test, _ = form
    likelihoods(fill(test), 50, 50).run()
    test.number_input(key="ev0_belief").set_value(100.0).run()
    assert not test.exception
    assert any("probability inside (0, 1)" in e for e in errors(test))


def test_a_report_that_is_already_there_is_hinted_at(form):
    test, _ = form
    fill(test, statement="Report E1 of the truce was published again today.").run()
    assert not test.warning, "not alike enough"
    fill(test, statement="Report E1.").run()
    assert not test.warning, "too short to compare"


def test_stories_are_offered_the_latest_first(shipped_home, page):
    test = page("add_evidence", shipped_home).run()
    assert not test.exception
    stories = evidence_form.threads(data.board_view("indivisible-security"))
    assert len(stories) > 20
    told = [s.rpartition("last ")[2] for s in stories.values()]
    assert told[0].endswith("2026")
    assert "no stored futures" in test.warning[0].value, "the preview says what it lacks"


@pytest.mark.parametrize(
    ("yes", "no", "text"),
    [(60.0, 10.0, "6"), (10.0, 60.0, "0.1667"), (0.0, 10.0, "0"), (10.0, 0.0, "0"), (None, 5.0, "0")],
)
def test_two_likelihoods_give_a_ratio_or_a_number_that_is_refused(yes, no, text):
    assert evidence_effects.two_likelihoods(yes, no) == text


def test_a_deadline_at_least_a_year_ahead_is_proposed(small):
    question = small.board.question("truce")
    assert evidence_effects.propose_deadline(question, today=date(2026, 4, 10)) == date(2028, 12, 31)
    assert evidence_effects.propose_deadline(question, today=date(2030, 6, 1)) == question.deadlines[-1]
