"""The scenarios page: the pair in the address, the tables behind the charts, and what a rare scenario leaves out."""

from types import SimpleNamespace

import polars as pl
import pytest

from app import charts_of_scenarios, look
from app.pages import scenarios
from tests.app.conftest import SMALL_VIEWED
from tests.app.test_board_page import html


def values(test, name):
    """Return all values of an address's parameter."""
    found = test.query_params.get(name, [])
    return [found] if isinstance(found, str) else list(found)


def test_every_scenario_with_its_chance_and_the_two_likeliest_side_by_side(page, shipped_home):
    test = page("scenarios", shipped_home).run()
    assert not test.exception
    text = html(test)
    assert "sum to 100 %" in text
    assert [s.label for s in test.selectbox] == ["Scenario", "beside"]
    first, second = (s.value for s in test.selectbox)
    assert first != second
    assert values(test, "scenario") == [first]
    assert values(test, "with") == [second]
    headers = [h.value for h in test.header]
    assert headers[:2] == ["What each means", "Two scenarios side by side"]
    assert "hangs on" in headers[2]
    assert headers[3] == "How strongly they hang on each question"


def test_the_address_names_the_pair_and_an_unknown_one_falls_back(page, shipped_home):
    test = page("scenarios", shipped_home, scenario="breakdown", **{"with": "war_continues"}).run()
    assert [s.value for s in test.selectbox] == ["breakdown", "war_continues"]
    test = page("scenarios", shipped_home, scenario="<script>", **{"with": "war_continues"}).run()
    assert not test.exception
    assert test.selectbox[0].value != "<script>"


def test_picking_another_scenario_changes_the_address(page, shipped_home):
    test = page("scenarios", shipped_home).run()
    other = next(o for o in ("breakdown", "frozen_front") if o != test.selectbox[0].value)
    test.selectbox[0].set_value(other).run()
    assert values(test, "scenario") == [other]
    assert not test.exception


def test_a_real_run_fills_the_page(page, small_published):
    test = page("scenarios", small_published.artefacts.root.parent, at=SMALL_VIEWED, scenario="settled").run()
    assert not test.exception
    assert "hangs on" in test.header[-2].value
    table = test.dataframe[-1].value
    assert table["Points"].to_list() == sorted(table["Points"], reverse=True)
    apart = table[["relapsed", "settled", "open_end"]]
    assert (apart.sum(axis=1).abs() < 0.2).all(), "what one scenario gains the others lose"


def test_a_scenario_without_a_table_is_compared_with_nothing():
    board = SimpleNamespace(questions=())
    view = SimpleNamespace(
        board=board, headlines=list, detail={"scenarios": {"a": {"questions": {}}, "b": {"questions": {"q": 0.5}}}}
    )
    assert scenarios.beside(view, "a", "b") == []
    assert scenarios.beside(view, "a", "missing") == []


def test_every_scenario_has_its_meaning_chance_and_band_in_the_table(page, shipped_home):
    text = html(page("scenarios", shipped_home).run())
    for told in (
        "Neither a 30-day general ceasefire nor a settlement by the end of 2030.",
        "Also watched.",
        "90 % band",
    ):
        assert told in text


def test_the_bars_of_the_tornado_point_apart_from_now_and_name_their_ends():
    frame = pl.DataFrame({"name": ["a", "b"], "p_if_yes": [0.5, 0.1], "p_if_no": [0.2, 0.35]})
    spec = charts_of_scenarios.tornado(frame, probability=0.3, colours=look.LIGHT)
    hollow, rising, falling, left, right, here = spec["layer"]
    assert [r["p_if_no"] for r in hollow["data"]["values"]] == [0.2, 0.35]
    assert [r["name"] for r in rising["data"]["values"]] == ["a"]
    assert [r["name"] for r in falling["data"]["values"]] == ["b"]
    assert [r["left_label"] for r in left["data"]["values"]] == ["no 20 %", "yes 10 %"]
    assert [r["right_label"] for r in right["data"]["values"]] == ["yes 50 %", "no 35 %"]
    assert here["data"]["values"] == [{"now": 0.3}]


def test_the_stack_is_named_where_it_ends_and_the_names_lie_in_their_areas():
    shares = {"first": 0.5, "thin": 0.05, "last": 0.45}
    rows = [{"on": f"2026-0{m}-01", "title": t, "value": v} for m in (1, 2) for t, v in shares.items()]
    spec = charts_of_scenarios.labelled_history(pl.DataFrame(rows), titles=list(shares), colours=look.LIGHT)
    labels = spec["layer"][-1]["data"]["values"]
    assert [(r["label"], round(r["at"], 3), r["on"]) for r in labels] == [
        ("50 %  first", 0.75, "2026-02-01"),
        ("45 %  last", 0.225, "2026-02-01"),
    ]


def test_what_a_scenario_implies_stands_beside_what_is_published(page, shipped_home):
    test = page("scenarios", shipped_home).run()
    links = [link.proto.label for link in test.get("page_link")]
    assert sum(label.startswith("What if: ") for label in links) == 2
    frame = pl.DataFrame({"name": ["q"], "first": [0.4], "second": [0.2], "now": [0.3]})
    spec = charts_of_scenarios.two_sides(frame, names=("one", "two"), colours=look.LIGHT)
    tick = next(x for x in spec["layer"] if x["mark"]["type"] == "tick")
    assert tick["data"]["values"][0]["now"] == pytest.approx(0.3)
