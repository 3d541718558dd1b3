"""The evidence page: search, stories, one item, edits, conflicts, retraction, undo, links to read; every refusal."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from app import data, evidence_data
from app.pages import evidence_edit
from forecasts import ledger, people, reading_list
from forecasts.domain import Evidence, Retraction
from forecasts.evidence_book import Wanted, find
from forecasts.people import LOCAL_OWNER, Actor
from tests.app.conftest import SMALL_VIEWED
from tests.app.test_board_page import html
from tests.app.test_evidence_page import errors
from tests.app.test_question_page import specs
from tests.jobs import small_home
from tests.jobs.small_home import evidence

ADA = Actor("ada", "forecaster")


@pytest.fixture
def desk(small_published, tmp_path):
    """Give a copy of the published small board that a test may write to."""
    root = tmp_path / "desk"
    source = small_published.artefacts.root
    shutil.copytree(source, root / source.name)
    with (
        closing(sqlite3.connect(source.parent / "twixt.sqlite")) as original,
        closing(sqlite3.connect(root / "twixt.sqlite")) as copy,
    ):
        original.backup(copy)
    store = small_home.open_store(f"sqlite:///{root / 'twixt.sqlite'}")
    yield small_home.Home(store, small_home.Artefacts(root / source.name), small_published.board)
    store.close()


@pytest.fixture
def opened(page, desk):
    """Give a function that draws the page of the copy at an address."""

    def draw(name: str = "evidence", **address: str):
        test = page(name, desk.artefacts.root.parent, at=SMALL_VIEWED, **address).run()
        assert not test.exception, test.exception
        return test

    return draw


def rows(desk) -> list[object]:
    return [row.record for row in ledger.history(desk.store, desk.board.id)]


def write(desk, *records, actor=LOCAL_OWNER, versions=None, minutes=1):
    at = SMALL_VIEWED + timedelta(minutes=minutes)
    return ledger.append(desk.store, records, board=desk.board.id, actor=actor, now=at, expected_version=versions)


def field(test, name: str):
    return next(w for w in (*test.text_input, *test.text_area) if w.key.endswith(f"_{name}"))


def press(test, label: str):
    test = next(b for b in test.button if b.label == label).click().run()
    assert not test.exception, test.exception
    return test


def warnings(test) -> str:
    return " ".join(w.value for w in test.warning).replace("\\", "")


# ---- the list


def test_the_list_says_what_each_item_says_and_did(opened):
    test = opened()
    said = html(test)
    assert "1 to 2 of 2 items; 2 in all." in said
    assert "Says truce by 2028: ratio 3." in said
    assert "Says fund by 2028: ratio 0.5." in said
    assert "truce by 2028 <b>+" in said, "measured, with its sign"
    assert "judged by owner" in said


def test_a_search_stands_in_the_address_and_comes_back_from_it(opened):
    test = opened()
    next(w for w in test.text_input if w.label == "Search").set_value("report E2").run()
    assert "1 to 1 of 1 items; 2 in all." in html(test)
    assert test.query_params["q"] == "report E2"
    assert "1 to 1 of 1 items" in html(opened(q="report e2"))
    assert "No item fits" in html(opened(q="nothing like it"))


@pytest.mark.parametrize(
    ("address", "count"),
    [
        ({"about": "fund"}, 1),
        ({"story": "E1"}, 1),
        ({"grade": "B"}, 2),
        ({"grade": "A"}, 0),
        ({"kind": "intent"}, 0),
        ({"by": "owner"}, 2),
        ({"standing": "retracted"}, 0),
        ({"about": "no_such_question", "page": "99", "view": "nonsense"}, 2),
    ],
)
def test_filters_in_the_address(opened, address, count):
    said = html(opened(**address))
    assert (f"1 to {count} of {count} items" in said) if count else ("No item fits" in said)


def test_a_long_list_has_pages(opened, desk):
    write(desk, *(evidence(f"E{i}", statement=f"Number {i} of many.") for i in range(10, 60)))
    test = opened()
    assert "1 to 20 of 52 items" in html(test)
    test = press(press(test, "Next page"), "Next page")
    assert "41 to 52 of 52 items" in html(test)
    assert test.query_params["page"] == "3"
    assert "21 to 40 of 52" in html(press(test, "Previous page"))
    next(w for w in test.text_input if w.label == "Search").set_value("number").run()
    assert "1 to 20 of 50 items" in html(test), "another search begins at its first page"


# ---- stories


def test_a_story_is_told_in_order_with_what_each_report_did(opened, desk):
    earlier = evidence("E7", thread="E1", occurred_on=small_home.THROUGH - timedelta(days=200), statement="It began.")
    write(desk, earlier)
    test = opened(view="stories")
    assert "2 of 2 stories" in html(test)
    assert "2 reports" in html(test)
    test = opened(view="stories", story="E1")
    said = html(test)
    assert said.index("E7") < said.index("<b>E1</b>"), "by the day it happened"
    assert "not counted yet" in said, "E7 came after the shown run"
    test.toggle[0].set_value(True).run()
    assert not test.exception
    assert any("triangle-left" in str(s) for s in specs(test)), "without the story the truce is less likely"
    assert "no story gone" in " ".join(i.value for i in opened(view="stories", story="gone").info)


# ---- one item


def test_an_item_has_its_own_address_with_its_past(opened, desk):
    write(desk, replace(evidence("E1"), source="The mediator"), versions={"E1": 1})
    said = html(opened(item="E1"))
    assert "Report E1." in said
    assert "<del>A newspaper</del> → <ins>The mediator</ins>" in said
    assert "is no evidence of this board" in html(opened(item="<b>E9</b>"))
    assert "&lt;b&gt;E9" in html(opened(item="<b>E9</b>"))


# ---- edit


def test_an_edit_begins_with_the_item_and_saves_a_new_version(opened, desk):
    test = opened(item="E1", do="edit")
    assert field(test, "statement").value == "Report E1."
    assert "Nothing yet" in html(test)
    field(test, "source").set_value("The mediator").run()
    assert "The mediator" in html(test), "what changes is listed"
    assert "Nothing moves" in html(test), "words move no number"
    test = press(test, "Save as a new version")
    newest = rows(desk)[-1]
    assert newest == replace(evidence("E1"), source="The mediator")
    assert "E1 has a new version" in test.success[0].value
    assert test.query_params["item"] == "E1"

    test = press(test, "Undo")
    assert rows(desk)[-1] == evidence("E1")
    assert len(ledger.history(desk.store, desk.board.id, entry="E1")) == 3, "every version stays"


def test_the_preview_of_an_edit_is_the_refit_with_it(opened, desk, monkeypatch):
    test = opened(item="E1", do="edit")
    field(test, "lr_0").set_value("9")
    field(test, "high_0").set_value("18")
    test.run()
    view = data.board_view(desk.board.id)
    edited = replace(evidence("E1"), effects=(replace(evidence("E1").effects[0], lr=9.0, low=1.5, high=18.0),))
    said = evidence_data.preview(view, edited)
    press(test, "Save as a new version")
    assert rows(desk)[-1] == edited
    agrees(desk, said)


def agrees(desk, said) -> None:
    """Hold a preview against what the next refit publishes."""
    published = desk.refit(now=SMALL_VIEWED + timedelta(hours=2)).snapshot
    assert published is not None
    wanted = {
        (r["subject"], r["deadline"].isoformat()): r["value"]
        for r in published.rows.rows(named=True)
        if r["group"] == "question" and r["measure"] == "probability"
    }
    found = {(r["question"], r["deadline"]): r["after"] for r in said["questions"]}
    assert found == pytest.approx(wanted, abs=1e-3), "the refit is an hour later; ages are days"
    assert any(abs(r["after"] - r["before"]) > 0.01 for r in said["questions"]), "and it did move"


def test_an_edit_without_a_change_is_not_saved(opened, desk):
    before = rows(desk)
    test = press(opened(item="E1", do="edit"), "Save as a new version")
    assert "nothing is different" in test.error[0].value
    assert rows(desk) == before


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"statement": ""}, "is empty"),
        ({"source": ""}, "is empty"),
        ({"url": "javascript:alert(1)"}, "only http"),
        ({"lr_0": "nan"}, "likelihood ratio above 0"),
        ({"lr_0": "50", "high_0": "60"}, "1/20 to 20"),
        ({"low_0": "9"}, "does not contain"),
    ],
)
def test_a_mistake_in_an_edit_stands_beside_its_field(opened, desk, values, message):
    before = rows(desk)
    test = opened(item="E1", do="edit")
    for name, value in values.items():
        field(test, name).set_value(value)
    test = press(test.run(), "Save as a new version")
    assert any(message in e for e in errors(test)), errors(test)
    assert "Not saved: " in test.error[-1].value
    assert rows(desk) == before


def test_leaving_an_edit_forgets_it(opened, desk):
    before = rows(desk)
    test = opened(item="E1", do="edit")
    field(test, "source").set_value("Not kept").run()
    test = press(test, "Leave it as it is")
    assert test.query_params["item"] == "E1"
    assert "do" not in test.query_params
    assert rows(desk) == before


def test_an_item_whose_deadline_has_passed_can_still_be_corrected(opened, desk, page):
    old = evidence("E7", deadline=desk.board.question("truce").deadlines[0])
    write(desk, old)
    late = SMALL_VIEWED + timedelta(days=400)
    test = page("evidence", desk.artefacts.root.parent, at=late, item="E7", do="edit").run()
    assert not test.exception
    field(test, "source").set_value("Corrected").run()
    press(test, "Save as a new version")
    assert rows(desk)[-1] == replace(old, source="Corrected")


def test_a_colleague_who_edits_becomes_the_judge_and_is_told_so(opened, desk, monkeypatch):
    monkeypatch.setattr(data, "actor", lambda: ADA)
    test = opened(item="E1", do="edit")
    assert "owner judged this item" in test.info[0].value
    field(test, "source").set_value("Ada asked").run()
    press(test, "Save as a new version")
    newest = rows(desk)[-1]
    assert isinstance(newest, Evidence)
    assert (newest.source, newest.forecaster) == ("Ada asked", "ada")


@pytest.mark.parametrize("do", ["edit", "retract"])
def test_a_viewer_is_told_who_may(opened, desk, monkeypatch, do):
    monkeypatch.setattr(data, "actor", lambda: people.ANONYMOUS)
    test = opened(item="E1", do=do)
    assert "you need one of these roles" in html(test)
    assert not [b for b in test.button if b.label in {"Save as a new version", "Retract it"}]
    assert not [b for b in opened(item="E1").button if b.label in {"Edit", "Retract"}]
    assert not opened(view="links").text_area


# ---- two writers


THEIRS = replace(evidence("E1"), statement="They wrote it anew.", grade_info="3")


@pytest.fixture
def conflict(opened, desk):
    """Give the conflict screen: the statement was changed by both, the grade by them, the source by me."""
    test = opened(item="E1", do="edit")
    field(test, "statement").set_value("I wrote it anew.")
    field(test, "source").set_value("I asked").run()
    write(desk, THEIRS, versions={"E1": 1})
    return press(test, "Save as a new version")


def choices(test) -> dict[str, object]:
    return {r.key.rpartition("_")[2]: r.value for r in test.radio if r.key.startswith("pick_")}


def test_whoever_saves_second_sees_both_versions_and_nothing_is_written(conflict, desk):
    assert rows(desk)[-1] == THEIRS
    assert "You began with version 1. Meanwhile version 2 was saved" in warnings(conflict)
    assert choices(conflict) == {"statement": None, "source": "mine", "grade": "theirs"}
    for words in ("They wrote it anew.", "I wrote it anew.", "Report E1.", "I asked"):
        assert words in html(conflict)
    assert next(b for b in conflict.button if b.label == "Save the merged version").disabled


def test_a_merged_version_holds_what_was_chosen(conflict, desk):
    next(r for r in conflict.radio if r.key.endswith("statement")).set_value("mine").run()
    test = press(conflict, "Save the merged version")
    assert rows(desk)[-1] == replace(THEIRS, statement="I wrote it anew.", source="I asked")
    versions = ledger.history(desk.store, desk.board.id, entry="E1")
    assert [v.version for v in versions] == [1, 2, 3]
    assert "E1 has a new version" in test.success[0].value
    press(test, "Undo")
    assert rows(desk)[-1] == THEIRS, "undone to what they had saved"


def test_mine_can_be_put_aside(conflict, desk):
    test = press(conflict, "Put mine aside")
    assert rows(desk)[-1] == THEIRS
    assert "They wrote it anew." in html(test)
    assert field(opened_again(test), "statement").value == "They wrote it anew."


def opened_again(test):
    return press(test, "Edit")


def test_editing_can_go_on_from_the_merged_version(conflict, desk):
    next(r for r in conflict.radio if r.key.endswith("statement")).set_value("mine").run()
    test = press(conflict, "Go on editing with these choices")
    assert field(test, "statement").value == "I wrote it anew."
    assert field(test, "source").value == "I asked"
    field(test, "statement").set_value("We wrote it together.").run()
    press(test, "Save as a new version")
    assert rows(desk)[-1] == replace(THEIRS, statement="We wrote it together.", source="I asked")


def test_a_third_version_between_the_look_and_the_press_is_shown_first(conflict, desk):
    next(r for r in conflict.radio if r.key.endswith("statement")).set_value("mine").run()
    third = replace(THEIRS, source="They asked too")
    write(desk, third, versions={"E1": 2}, minutes=2)
    test = next(b for b in conflict.button if b.label == "Save the merged version").click().run()
    assert not test.exception
    assert rows(desk)[-1] == third, "nothing was saved over it"
    assert "version 3 was saved" in warnings(test)
    assert choices(test) == {"statement": None, "source": None, "grade": "theirs"}


def test_an_item_retracted_meanwhile_can_be_saved_apart(opened, desk):
    test = opened(item="E1", do="edit")
    field(test, "statement").set_value("I wrote it anew.").run()
    write(desk, Retraction("X001", "E1", "A hoax", SMALL_VIEWED.date()))
    test = press(test, "Save as a new version")
    assert "it was retracted" in warnings(test)
    assert "A hoax" in warnings(test)
    press(test, "Save mine as a new item")
    assert rows(desk)[-1] == replace(evidence("E1"), id="E003", statement="I wrote it anew.")


def test_an_undo_that_somebody_overtook_is_refused_in_words(opened, desk):
    test = opened(item="E1", do="edit")
    field(test, "source").set_value("I asked").run()
    test = press(test, "Save as a new version")
    write(desk, THEIRS, versions={"E1": 2})
    test = press(test, "Undo")
    assert "Not undone" in warnings(test)
    assert rows(desk)[-1] == THEIRS


def test_an_undo_of_an_entry_leaves_alone_what_somebody_made_of_it(opened, desk):
    test = opened("add_evidence")
    for name, text in (("statement", "A truce."), ("source", "A gazette"), ("new_thread", "truce")):
        field(test, name).set_value(text)
    test = press(test.run(), "Save")
    edited = replace(rows(desk)[-1], source="Ada asked")
    write(desk, edited, versions={"E003": 1})
    test = press(test, "Undo")
    assert "Not undone" in warnings(test)
    assert rows(desk)[-1] == edited


def test_two_who_write_the_same_have_nothing_to_settle(opened, desk):
    test = opened(item="E1", do="edit")
    field(test, "statement").set_value(THEIRS.statement).run()
    next(s for s in test.selectbox if s.key.endswith("digit")).set_value("3").run()
    write(desk, THEIRS, versions={"E1": 1})
    test = press(test, "Save as a new version")
    assert "nothing of yours is left" in test.info[0].value
    press(test, "Put mine aside")
    assert rows(desk)[-1] == THEIRS


# ---- retract


def test_a_retraction_shows_the_board_without_the_item_and_can_be_undone(opened, desk):
    test = opened(item="E1", do="retract")
    assert any("triangle-left" in str(s) for s in specs(test)), "the truce would be less likely"
    said = evidence_data.preview(data.board_view(desk.board.id), None, remove=("E1",))
    field(test, "E1").set_value("Withdrawn by its source")
    test = press(test, "Retract it")
    assert rows(desk)[-1] == Retraction("X001", "E1", "Withdrawn by its source", SMALL_VIEWED.date())
    assert "E1 is retracted" in test.success[0].value
    assert "Withdrawn by its source" in warnings(test)
    assert [i.id for i in find(evidence_data.items(data.board_view(desk.board.id)), Wanted())] == ["E2"]
    press(test, "Undo")
    assert {e.id for e in data.board_view(desk.board.id).moment.evidence} == {"E1", "E2"}
    write(desk, Retraction("X009", "E1", "After all", SMALL_VIEWED.date()), minutes=3)
    agrees(desk, said)


@pytest.mark.parametrize(("reason", "message"), [("", "is empty"), ("x" * 1001, "at most 1000"), ("a\x07b", "control")])
def test_a_retraction_needs_a_reason(opened, desk, reason, message):
    before = rows(desk)
    test = opened(item="E1", do="retract")
    field(test, "E1").set_value(reason)
    test = press(test, "Retract it")
    assert any(message in e for e in errors(test)), errors(test)
    assert rows(desk) == before


def test_a_version_that_was_not_seen_is_not_retracted(opened, desk):
    test = opened(item="E1", do="retract")
    write(desk, THEIRS, versions={"E1": 1})
    field(test, "E1").set_value("Wrong")
    test = press(test, "Retract it")
    assert "Version 2 was saved meanwhile" in warnings(test)
    assert rows(desk)[-1] == THEIRS
    assert "They wrote it anew." in html(test)
    press(test, "Retract it")
    assert isinstance(rows(desk)[-1], Retraction), "now it was seen"


def test_what_was_retracted_can_count_again(opened, desk):
    write(desk, Retraction("X001", "E1", "A hoax", SMALL_VIEWED.date()))
    assert "retracted already" in opened(item="E1", do="retract").info[0].value
    test = opened(item="E1")
    assert "If it counted again" in [h.value for h in test.header]
    assert any("triangle-right" in str(s) for s in specs(test)), "and what that would do is shown first"
    test = press(test, "Let it count again")
    assert "E1 counts again" in test.success[0].value
    assert {e.id for e in data.board_view(desk.board.id).moment.evidence} == {"E1", "E2"}


# ---- duplicates


def test_a_duplicate_is_pointed_out_while_editing_but_never_the_item_itself(opened, desk):
    truce = "Both governments announced a ceasefire of thirty days on land, sea and air from Monday."
    write(desk, evidence("E7", statement=truce, url="https://www.example.org/truce"))
    assert not opened(item="E7", do="edit").warning
    test = opened(item="E2", do="edit")
    field(test, "url").set_value("http://example.org/truce/?utm_source=x").run()
    assert "E7 has the same link" in warnings(test)
    field(test, "url").set_value("")
    field(test, "statement").set_value(truce.upper().replace("MONDAY", "TUESDAY")).run()
    assert "E7 has nearly the same words" in warnings(test)


# ---- links to read


def paste(test, text: str):
    next(w for w in test.text_area if w.label.startswith("Paste")).set_value(text)
    return press(test, "Keep for later")


def test_links_wait_and_become_evidence(opened, desk):
    test = paste(
        opened(view="links"), "https://example.org/a Talks in June\nhttp://www.example.org/a/\nhttps://b.example/"
    )
    assert "2 new links to read" in test.success[0].value
    assert "example.org/a" in html(test)
    assert ledger.tail(desk.store, desk.board.id).position == len(rows(desk)), "no row of the ledger"
    test = paste(test, "https://b.example")
    assert "0 new links to read. 1 stood on the list already" in test.success[0].value.replace("\\", "")

    draft = opened("add_evidence", link="1")
    assert "From the reading list" in draft.info[0].value
    assert field(draft, "url").value == "https://example.org/a"
    assert field(draft, "statement").value == "Talks in June"
    field(draft, "source").set_value("A gazette")
    field(draft, "new_thread").set_value("talks")
    next(n for n in draft.number_input if n.key.endswith("yes_0")).set_value(60.0).run()
    press(draft, "Save")
    first, second = reading_list.read(desk.store, desk.board.id)
    assert (first.state, first.evidence) == ("done", "E003")
    assert second.state == "open"
    assert "not open on the reading list" in opened("add_evidence", link="1").info[0].value
    assert "not open on the reading list" in opened("add_evidence", link="77").info[0].value


def test_a_link_is_put_aside_and_comes_back(opened, desk):
    test = paste(opened(view="links"), "https://example.org/a")
    test = press(test, "Put aside")
    assert [k.state for k in reading_list.read(desk.store, desk.board.id)] == ["dismissed"]
    assert "Nothing waits to be read" in html(test)
    next(g for g in test.segmented_control if g.key == "links_state").set_value("dismissed").run()
    press(test, "Back to the list")
    assert [k.state for k in reading_list.read(desk.store, desk.board.id)] == ["open"]


def test_a_link_that_somebody_else_settled_is_left_as_it_is(opened, desk):
    test = paste(opened(view="links"), "https://example.org/a")
    (link,) = reading_list.read(desk.store, desk.board.id)
    button = next(b for b in test.button if b.label == "Done")
    real = evidence_data.links
    evidence_data.links = lambda board: (link,)  # what the page had read before the other one's change
    try:
        kept = reading_list.change(desk.store, link, state="dismissed", actor=ADA, now=SMALL_VIEWED)
        test = button.click().run()
    finally:
        evidence_data.links = real
    assert not test.exception
    assert "Left as it is" in test.success[0].value
    assert reading_list.read(desk.store, desk.board.id) == (kept,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a link on each line"),
        ("https://example.org/a\nno link here", "line 2"),
        ("javascript:alert(1)", "line 1"),
        ("\n".join(f"https://example.org/{i}" for i in range(201)), "at most 200"),
    ],
)
def test_of_a_paste_with_a_mistake_nothing_is_kept(opened, desk, text, message):
    test = paste(opened(view="links"), text)
    assert any(message in e for e in errors(test)), errors(test)
    assert "Nothing was kept" in test.error[0].value
    assert reading_list.read(desk.store, desk.board.id) == ()


def test_a_page_that_is_in_the_record_already_is_said_so(opened, desk):
    write(desk, evidence("E7", url="https://www.example.org/a"))
    assert "in the record already as E7" in html(paste(opened(view="links"), "http://example.org/a?utm_source=x"))


def test_deadlines_of_an_edit_reach_back_to_the_entry(desk, opened):
    opened()
    item = evidence_data.item(data.board_view(desk.board.id), "E1")
    assert item is not None
    assert evidence_edit.open_on(item) == small_home.NOW.date()
