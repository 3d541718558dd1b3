"""`twixt explain --post-mortem`: what each item, story, judge and forecaster was worth."""

import json
from datetime import UTC, datetime

import pytest

from tests.cli.conftest import complaint

AFTER = datetime(2026, 7, 20, tzinfo=UTC)
EARLY = datetime(2026, 7, 2, 12, tzinfo=UTC)


def test_a_question_that_has_happened_is_taken_apart(twixt) -> None:
    twixt("forecast", "add", "ceasefire", "2026-12-31", "0.3", "--by", "Ann", now=EARLY)
    report = ["--grade", "A1", "--kind", "fact", "--thread", "t1", "--source", "A paper", "--by", "Bea"]
    dates = ["--occurred-on", "2026-07-01", "--published-on", "2026-07-02"]
    added = twixt(
        "evidence", "add", "--effect", "ceasefire:2026-12-31:4", *report, *dates, "--statement", "Yes.", now=EARLY
    )
    assert added.exit_code == 0, added.output
    assert twixt("occurred", "ceasefire", "--on", "2026-07-15", "--source", "Both", now=AFTER).exit_code == 0
    result = twixt("explain", "ceasefire", "--post-mortem", "--deadline", "2026-12-31", "--json", now=AFTER)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["outcome"], found["on"], found["basis"]) == ("yes", "2026-07-15", "occurrence")
    items = {i["entry"]: i for i in found["items"]}
    assert items["E113"]["bits"] == pytest.approx(2 * 0.9), "grade A is believed to nine tenths"
    assert items["E113"]["right"] is True
    assert len(items) > 10, "the shipped items on this question are there"
    assert {j["name"] for j in found["judges"]} >= {"Bea"}
    (ann,) = (v for v in found["forecasters"] if v["by"] == "Ann")
    assert (ann["mode"], ann["first"]) == ("live", 0.3)
    shown = twixt("explain", "ceasefire", "--post-mortem", "--deadline", "2026-12-31", now=AFTER).stdout
    assert shown.startswith("ceasefire by 2026-12-31: yes, 2026-07-15 (occurrence)")
    assert "E113  right  +1.80" in shown
    assert shown.rstrip().endswith("fewer than 40 independent resolved questions with evidence"), (
        "nobody is learned from it"
    )


def test_the_first_decided_deadline_is_taken(twixt) -> None:
    found = json.loads(twixt("explain", "eu_joint_borrowing", "--post-mortem", "--json").stdout)
    assert (found["deadline"], found["outcome"], found["on"]) == ("2025-12-31", "yes", "2025-05-27")
    found = json.loads(twixt("explain", "ceasefire", "--post-mortem", "--json").stdout)
    assert (found["deadline"], found["outcome"], found["basis"]) == ("2025-12-31", "no", "confirmation")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["ceasefire", "--deadline", "2026-12-31"],
            "ceasefire by 2026-12-31 has no outcome yet; its decided deadlines: 2025",
        ),
        (["ceasefir"], "QUESTION: 'ceasefir' is no question"),
        (["ceasefire", "--from", "2026-01-01"], "--post-mortem: speaks of the outcome"),
    ],
)
def test_bad_input_is_refused_in_one_line(twixt, arguments, said) -> None:
    result = twixt("explain", *arguments, "--post-mortem")
    assert result.exit_code == 2
    assert said in complaint(result)
