"""The scenarios page: the pair in the address, the tables behind the charts, and what a rare scenario leaves out."""

from types import SimpleNamespace

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
    assert [h.value for h in test.header][:1] == ["Two scenarios side by side"]
    assert "hangs on" in test.header[1].value


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
    assert "hangs on" in test.header[-1].value


def test_a_scenario_without_a_table_is_compared_with_nothing():
    board = SimpleNamespace(questions=())
    view = SimpleNamespace(board=board, detail={"scenarios": {"a": {"questions": {}}, "b": {"questions": {"q": 0.5}}}})
    assert scenarios.beside(view, "a", "b") == []
    assert scenarios.beside(view, "a", "missing") == []
