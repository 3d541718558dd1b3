"""A second board: another body, another series, every part of a definition that the shipped board leaves out."""

from datetime import date

from forecasts import board_seed, scenarios
from tests.boards.conftest import SMALL


def test_every_kind_of_part_is_read(small):
    assert (small.opens, small.horizon) == (date(2030, 3, 1), date(2035, 12, 31))
    assert {q.id: q.kind for q in small.questions if q.kind != "event"} == {
        "levy_law": "vote",
        "bread_120": "threshold",
        "bread_150": "threshold",
    }
    assert {e.kind for e in small.edges} == {"requires", "hazard_ratio", "ends", "with"}
    assert small.frailties[0].loadings == (("flood", 0.5), ("drought", -0.3))
    assert small.scheduled[0].on == date(2031, 5, 15)
    assert small.series[0].publication == (2, 10)
    assert [level.value for level in small.series[0].levels] == [120.0, 150.0]
    assert small.adjustments[0].divided_edges == ("flood",)


def test_a_question_may_have_deadlines_of_its_own(small):
    assert small.question("drought").deadlines == (date(2030, 12, 31), date(2033, 12, 31), date(2035, 12, 31))
    assert small.question("flood").deadlines == (date(2031, 6, 30), date(2033, 12, 31), date(2035, 12, 31))
    assert small.deadlines == (date(2030, 12, 31), date(2031, 6, 30), date(2033, 12, 31), date(2035, 12, 31))


def test_parents_of_requires_come_before_their_children_and_nothing_else_moves(small):
    # the file begins levy_law, levy_vote; levy_law requires levy_vote
    order = [q.id for q in small.questions]
    assert order[:2] == ["levy_vote", "levy_law"]
    assert order[2:] == ["flood", "drought", "dam_failure", "alarm", "election", "bread_120", "bread_150"]


def test_gates_stand_by_period_and_class_of_terms(small):
    # periods first; class 0 = no flood yet, class 1 = flood has happened
    gate = small.votes[0].gate
    assert [g.median for g in gate] == [0.4, 0.7, 0.5, 0.7]
    assert [(g.low, g.high) for g in gate] == [(0.2, 0.6), (0.5, 0.9), (0.2, 0.8), (0.4, 0.9)]


def test_first_entries_are_read_by_the_rules_of_the_form(small):
    records, problems = board_seed.load(SMALL, small, today=date(2030, 4, 1))
    assert problems == []
    assert [r.id for r in records] == ["E1", "E2", "C1"]


def test_scenarios_of_the_partition_come_first(small):
    assert [s.id for s in small.scenarios] == ["dike", "wet", "dry", "dear_bread"]
    assert scenarios.check(small.scenarios, [q.id for q in small.questions]) == []
