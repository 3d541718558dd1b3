"""Rules as people type them: read strictly, refused in one line, kept as they were."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasts.alerts import rules
from forecasts.alerts.rules import Rule
from forecasts.errors import RecordError
from tests.jobs.small_home import small

BOARD = small()


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("move 5", Rule("move", 5, "")),
        ("move", Rule("move", 5, "")),
        ("move 2.5 truce", Rule("move", 2.5, "truce")),
        ("move settled", Rule("move", 5, "settled")),
        ("cross 25 truce", Rule("cross", 25, "truce")),
        ("stale 48", Rule("stale", 48, "")),
        ("failed", Rule("failed", 0, "")),
        ("due 30 truce", Rule("due", 30, "truce")),
        ("  due   0 ", Rule("due", 0, "")),
    ],
)
def test_a_rule_is_read(text: str, rule: Rule) -> None:
    assert rules.read([text], board=BOARD) == (rule,)
    assert rules.read([str(rule)], board=BOARD) == (rule,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "begins with one of move, cross, stale, failed, due"),
        ("jump 5", "'jump 5'.*begins with one of"),
        ("move 0", "0: move takes a number from 0.1 to 100"),
        ("move 101", "from 0.1 to 100"),
        ("move -5", "'-5' is no question or scenario"),
        ("move nan", "'nan' is no question or scenario"),
        ("cross 100", "from 0.1 to 99.9"),
        ("stale 36 truce", "'truce' is one word too many; stale takes a number"),
        ("failed 3", "'3' is one word too many; failed takes nothing"),
        ("due 14 settled", "'settled' is no question of"),
        ("move 5 treaty", "'treaty' is no question or scenario of .*allowed: .*truce"),
        ("move 5 truce fund", "'fund' is one word too many"),
    ],
)
def test_what_is_no_rule_is_refused(text: str, message: str) -> None:
    with pytest.raises(RecordError, match=message) as caught:
        rules.read([text], board=BOARD)
    assert "\n" not in str(caught.value)


def test_without_rules_the_usual_ones_hold_and_each_once() -> None:
    assert [str(r) for r in rules.read([], board=BOARD)] == list(rules.DEFAULT)
    assert len(rules.read(["move 5", "move 5", "move"], board=BOARD)) == 1
    with pytest.raises(RecordError, match="41 rules; at most 40"):
        rules.read([f"move {i + 1}" for i in range(41)], board=BOARD)


subjects = st.sampled_from(["", "truce", "settled"])
made = st.builds(Rule, st.sampled_from(["move", "cross"]), st.integers(1, 99).map(float), subjects)


@given(st.lists(made, max_size=10))
def test_rules_are_kept_as_they_were(found: list[Rule]) -> None:
    assert rules.from_text(rules.to_text(found)) == tuple(found)


@settings(max_examples=300)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = rules.read([text], board=BOARD)
    except RecordError:
        return
    low, high = rules.BOUNDS[found[0].kind]
    assert low <= found[0].amount <= high
