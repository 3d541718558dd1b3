"""The board page, drawn by Streamlit's own harness from published snapshots."""

import itertools
import json
import math
import re

import pytest

from app.pages import board_changes, board_filter
from app.view import BoardView
from forecasts.board import load
from forecasts.settings import Home, open_workspace
from tests.app import publishing


def loaded_board():
    board, problems = load(publishing.SHIPPED)
    assert board is not None, problems
    return board


def html(page) -> str:
    return "\n".join(element.proto.body for element in page.get("html"))


@pytest.fixture
def drawn(page, shipped_home):
    test = page("board", shipped_home).run()
    assert not test.exception
    return test


def test_every_question_stands_under_its_section_with_number_band_and_trend(drawn):
    assert [t.value for t in drawn.title] == ["Indivisible security?"]
    headings = [h.value for h in drawn.header]
    assert headings[:2] == ["What changed since 27 May 2026", "Scenarios"]
    assert headings[2:-1] == [
        "The war",
        "The treaty road",
        "Guarantees and presence",
        "NATO and Russia",
        "Rearmament and the alliance",
        "Will it hold",
    ]
    text = html(drawn)
    assert text.count('class="tx-row tx" role="group"') == 20
    assert "Happened on 27 May 2025" in text, "the one question that is decided"
    assert text.count("tx-spark") >= 20
    assert re.search(r'aria-label="\d+(\.\d)? %, 90 % band', text)


def test_the_scenarios_are_one_bar_that_sums_to_one(drawn):
    spec = json.loads(drawn.get("vega_lite_chart")[0].proto.spec)
    bars = spec["layer"][0]["data"]["values"]
    assert len(bars) == 6
    assert sum(b["value"] for b in bars) == pytest.approx(1, abs=1e-9)
    assert "Agreement breaks down" in html(drawn)


def test_it_says_as_of_known_through_and_what_is_retrospective(drawn):
    text = html(drawn)
    assert "as of 20 Jul 2026 09:30 UTC" in text
    assert "known through 1 Jul 2026 (19 days ago)" in text
    assert "In the retrospective history" in text
    assert "Dashed trends are retrospective" in text


def test_every_question_links_to_its_page_with_its_deadline(drawn):
    links = [link.proto for link in drawn.get("page_link")]
    addresses = {(link.page, link.query_string) for link in links}
    assert ("question", "board=indivisible-security&question=ceasefire&deadline=2026-12-31") in addresses
    questions = {query for page, query in addresses if page == "question"}
    assert len(questions) == 21


def test_the_numbers_behind_the_pictures_are_a_table(drawn):
    table = drawn.dataframe[-1].value
    assert len(table) == 21 * 7 + 6 + 4
    assert table["Chance %"].between(0, 100).all()


def test_the_most_important_moves_come_first_and_the_rest_behind_a_word(drawn):
    steps = re.findall(r'tx-muted">([\d.]+) % →</span> <b>([\d.]+) %', html(drawn))
    assert len(steps) == board_changes.SHOWN
    (smaller,) = [e for e in drawn.expander if "smaller" in e.label]
    told = next(h.proto.body for h in smaller.get("html") if "<table" in h.proto.body)
    steps += re.findall(r'data-label="From">([\d.]+) %</td><td class="n" data-label="To">([\d.]+) %', told)
    sizes = [2 * abs(math.asin(math.sqrt(float(b) / 100)) - math.asin(math.sqrt(float(a) / 100))) for a, b in steps]
    assert smaller.label == f"{len(sizes) - board_changes.SHOWN} smaller changes"
    rounding = 0.02  # the chances are shown in whole percent above 10
    clear = told.count("<tr>") - 1 - told.count(">(")
    kept = sizes[: board_changes.SHOWN + clear]
    assert all(b <= a + rounding for a, b in itertools.pairwise(kept)), kept


def test_an_empty_home_says_how_to_begin(page, tmp_path):
    test = page("board", tmp_path / "empty").run()
    assert not test.exception
    assert [t.value for t in test.title] == ["No board yet"]
    assert "twixt init" in html(test)


def test_a_board_without_a_snapshot_offers_the_first_run(page, tmp_path):
    with open_workspace(Home.from_environment({"TWIXT_HOME": str(tmp_path)})).store as store:
        from forecasts.artefacts import Artefacts
        from forecasts.settings import Workspace

        home = Home.from_environment({"TWIXT_HOME": str(tmp_path)})
        publishing.enter(Workspace(home, store, Artefacts(home.artefacts)))
    test = page("board", tmp_path).run()
    assert not test.exception
    assert "No numbers yet" in html(test)
    assert [b.label for b in test.button] == ["Run the models now"]


def test_a_retrospective_history_alone_is_named_so(page, tmp_path):
    opened = open_workspace(Home.from_environment({"TWIXT_HOME": str(tmp_path)}))
    definition = publishing.enter(opened)
    publishing.publish_history(opened, definition, weeks=3)
    opened.store.close()
    test = page("board", tmp_path).run()
    assert not test.exception
    assert "retrospective: made with hindsight, no live run yet" in html(test)


def test_hostile_words_of_a_board_stay_words(page, tmp_path, monkeypatch):
    from dataclasses import replace

    opened = open_workspace(Home.from_environment({"TWIXT_HOME": str(tmp_path)}))
    definition = publishing.enter(opened)
    publishing.publish_history(opened, definition, weeks=2)
    opened.store.close()
    hostile = '<img src=x onerror="alert(1)">**bold** [x](javascript:y)'
    scenarios = tuple(replace(s, title=hostile, description=hostile) for s in definition.scenarios)
    questions = tuple(replace(q, title=hostile) for q in definition.questions)
    spoiled = replace(definition, title=hostile, questions=questions, scenarios=scenarios)
    monkeypatch.setattr(BoardView, "board", property(lambda _view: spoiled))
    test = page("board", tmp_path).run()
    assert not test.exception
    assert "<img src=x" not in html(test)
    assert "&lt;img src=x" in html(test)
    for text in [t.value for t in test.title] + [link.proto.label for link in test.get("page_link")]:
        assert r"\<img" in text
        assert r"\*\*bold\*\*" in text


def test_the_summary_names_the_leader_the_moves_and_the_reports(drawn):
    text = html(drawn)
    summary = re.search(r'tx-summary">(.*?)</p>', text).group(1)
    assert "leads with" in summary or "about level" in summary
    assert re.search(r"Since \d+ \w+ 2026 \(retrospective\) .* (rose|fell) from .* to .*%", summary)


def test_the_span_of_changes_is_in_the_address(page, shipped_home):
    test = page("board", shipped_home, since="7d").run()
    assert any(h.value == "What changed since 24 Jun 2026" for h in test.header)
    assert not test.exception
    test = page("board", shipped_home, since="999d").run()
    assert not test.exception
    assert test.query_params["since"] in ("30d", ["30d"])


def test_the_search_keeps_the_questions_that_hold_every_word(page, shipped_home):
    test = page("board", shipped_home, find="senate two thirds").run()
    assert html(test).count('class="tx-row tx" role="group"') == 1
    test.text_input(key="find").set_value("no such words anywhere").run()
    assert "No question holds all of these words" in html(test)


def test_matching_ignores_case_and_order():
    questions = loaded_board().questions
    assert board_filter.matching(questions, "") == {q.id for q in questions}
    assert "senate_consent" in board_filter.matching(questions, "THIRDS two")
    assert board_filter.matching(questions, "zzz") == frozenset()


def test_tags_filter_across_sections_and_stand_in_the_address(page, shipped_home):
    test = page("board", shipped_home, tag="senate").run()
    assert html(test).count('class="tx-row tx" role="group"') == 2
    assert "2 of 21 questions." in html(test)
    test = page("board", shipped_home, tag=["senate", "arms_control"]).run()
    assert html(test).count('class="tx-row tx" role="group"') == 4, "of any of the tags"
    test = page("board", shipped_home, tag="no_such_tag").run()
    assert html(test).count('class="tx-row tx" role="group"') == 20
    assert "tag" not in test.query_params


def test_a_tag_that_is_picked_goes_into_the_address_and_out_again(page, shipped_home):
    test = page("board", shipped_home, find="senate").run()
    (tags,) = [g for g in test.get("button_group") if g.label == "Tags"]
    assert [o.content for o in tags.proto.options][:2] == ["russia", "ukraine"]
    test.session_state["tags"] = ["treaty_law"]
    test.run()
    assert test.query_params["tag"] in ("treaty_law", ["treaty_law"])
    assert test.query_params["find"] in ("senate", ["senate"])
    test.session_state["tags"] = ["spending"]
    test.run()
    assert "No question holds all of these words and has one of these tags." in html(test)
    test.session_state["tags"] = []
    test.run()
    assert "tag" not in test.query_params


def test_what_this_band_is_can_be_asked_in_place(drawn):
    assert "What is this band?" in [p.proto.popover.label for p in drawn.get("popover")]
    assert any("nine times in ten" in m.value for m in drawn.markdown)
