"""What speaks against an evidence item, held against board and clock; and the same for a board's first entries."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasts import board_seed, evidence_check
from forecasts.domain import Effect, Evidence
from tests.boards.conftest import SHIPPED, SMALL

TODAY = date(2030, 4, 1)
FLOOD = Effect("flood", date(2031, 6, 30), 1.4, 1.0, 2.0)


def item(**changes):
    values = {
        "id": "E9", "occurred_on": date(2030, 3, 20), "published_on": date(2030, 3, 21), "statement": "Snow.",
        "source": "River office", "url": "", "grade_source": "A", "grade_info": "1", "lr_basis": "content",
        "kind": "fact", "half_life_days": None, "thread": "snow", "verification": "verified", "effects": (FLOOD,),
        "forecaster": "p1",
    }  # fmt: skip
    return Evidence(**(values | changes))


def effects(**changes):
    return (replace(FLOOD, **changes),)


def test_a_good_item_has_nothing_against_it(small):
    assert evidence_check.check(item(), small, today=TODAY) == []
    assert evidence_check.check(item(effects=()), small, today=TODAY) == []


FAULTS = [
    (
        {"occurred_on": date(2030, 4, 2), "published_on": date(2030, 4, 2)},
        "occurred_on",
        "2030-04-02 lies in the future",
    ),
    ({"published_on": date(2030, 4, 2)}, "published_on", "at most today, 2030-04-01 UTC, is allowed"),
    ({"published_on": date(2030, 3, 19)}, "published_on", "2030-03-19 lies before occurred_on, 2030-03-20"),
    ({"id": "E1"}, "id", "'E1' is the id of another entry"),
    ({"source": "javascript:alert(1)"}, "source", "a link that begins with http:// or https://"),
    ({"source": " DATA:text/html;base64,x"}, "source", "a link that begins with http:// or https://"),
    ({"kind": "intent"}, "half_life", "None: an intent needs 1 to 36525 days"),
    ({"kind": "intent", "half_life_days": 0.5}, "half_life", "0.5: an intent needs"),
    ({"half_life_days": 30.0}, "half_life", "30: a fact has no half-life"),
    ({"effects": effects(question="floods")}, "effects[0].question", "did you mean flood"),
    (
        {"effects": effects(deadline=date(2031, 7, 1))},
        "effects[0].deadline",
        "2031-07-01 is not listed for flood; allowed: 2031-06-30, 2033-12-31, 2035-12-31",
    ),
    ({"effects": effects(lr=0.0)}, "effects[0].lr", "0: a likelihood ratio from 1/20 to 20 is allowed"),
    ({"effects": effects(lr=-2.0)}, "effects[0].lr", "-2: a likelihood ratio"),
    ({"effects": effects(lr=float("nan"))}, "effects[0].lr", "nan: a likelihood ratio"),
    ({"effects": effects(lr=20.1, high=30.0)}, "effects[0].lr", "20.1: a likelihood ratio from 1/20 to 20"),
    ({"effects": effects(lr=0.049, low=0.04)}, "effects[0].lr", "0.049: a likelihood ratio from 1/20 to 20"),
    ({"effects": effects(high=float("inf"))}, "effects[0].high", "inf: a likelihood ratio from 1/1000 to 1000"),
    ({"effects": effects(low=1.5)}, "effects[0].low", "the range 1.5 to 2 does not contain the ratio 1.4"),
    ({"effects": effects(lr=1001.0, high=1002.0), "official": True}, "effects[0].lr", "from 1/1000 to 1000"),
    (
        {"effects": (FLOOD, replace(FLOOD, deadline=date(2033, 12, 31)))},
        "effects",
        "'flood' stands 2 times; an item bears on a question by one deadline only",
    ),
    ({"effects": (FLOOD, replace(FLOOD, question="dam_failure"))}, "effects", "'dam_failure' requires 'flood'"),
    (
        {"effects": (replace(FLOOD, question="levy_law"), replace(FLOOD, question="levy_vote"))},
        "effects",
        "'levy_law' requires 'levy_vote'",
    ),
]


@pytest.mark.parametrize(("changes", "field", "message"), FAULTS)
def test_a_fault_is_named_by_its_field(small, changes, field, message):
    problems = evidence_check.check(item(**changes), small, today=TODAY, known={"E1"})
    assert [p for p in problems if p.field == field and message in p.message], problems


def test_all_faults_are_named_at_once(small):
    bad = item(id="E1", published_on=date(2030, 3, 1), kind="intent", effects=effects(lr=0.0, deadline=TODAY))
    fields = {p.field for p in evidence_check.check(bad, small, today=TODAY, known={"E1"})}
    assert fields == {"id", "published_on", "half_life", "effects[0].deadline", "effects[0].lr"}


def test_a_past_deadline_is_refused_by_the_clock_that_is_passed_in(small):
    deadline = FLOOD.deadline
    assert evidence_check.check(item(), small, today=deadline) == []
    late = evidence_check.check(item(), small, today=deadline + timedelta(days=1))
    assert [p.message for p in late] == ["2031-06-30 has passed; allowed for flood: 2033-12-31, 2035-12-31"]
    # for a record of the past the day it was published counts
    assert evidence_check.check(item(), small, today=date(2035, 1, 1), open_on=item().published_on) == []


def test_a_closed_question_takes_no_more_evidence(small):
    closed = replace(
        small,
        questions=tuple(replace(q, closed_on=date(2030, 3, 21)) if q.id == "flood" else q for q in small.questions),
    )
    assert evidence_check.check(item(), closed, today=TODAY)[0].message.startswith("flood was closed on 2030-03-21")
    earlier = item(published_on=date(2030, 3, 20))
    assert evidence_check.check(earlier, closed, today=TODAY) == []


def test_official_records_are_exempt_from_the_cap_of_one_item(small):
    strong = effects(lr=50.0, high=80.0)
    assert evidence_check.check(item(effects=strong, official=True), small, today=TODAY) == []


def test_requirements_reach_through_several_questions(shipped):
    assert evidence_check.ancestors(shipped, "senate_consent") == {"senate_vote", "treaty_transmitted"}
    assert evidence_check.ancestors(shipped, "resumption") == {"ceasefire", "settlement"}
    assert evidence_check.ancestors(shipped, "ceasefire") == frozenset()


@settings(max_examples=200, deadline=None)
@given(
    lr=st.floats(allow_nan=True),
    low=st.floats(allow_nan=True),
    high=st.floats(allow_nan=True),
    day=st.dates(),
    half_life=st.one_of(st.none(), st.floats(allow_nan=True)),
    kind=st.sampled_from(["fact", "intent"]),
)
def test_what_passes_is_within_all_limits(*, small, lr, low, high, day, half_life, kind):
    bad = item(effects=effects(lr=lr, low=low, high=high, deadline=day), kind=kind, half_life_days=half_life)
    if not evidence_check.check(bad, small, today=TODAY):
        assert 1 / 20 <= lr <= 20
        assert low <= lr <= high
        assert day in small.question("flood").deadlines
        assert (kind == "intent") == (half_life is not None)


SEEDS = [
    ("evidence.csv", "E2,2030-03-20,2030-03-20", "E1,2030-03-20,2030-03-20", "line 3, E1, id", "another entry"),
    ("evidence.csv", "E2,2030-03-20,2030-03-20", "E 2,2030-03-20,2030-03-20", "line 3, E 2, id", "letters, digits"),
    ("evidence.csv", "E2,2030-03-20,2030-03-20", "E2,2030-03-20,2030-03-19", "line 3, E2, published_on", "lies before"),
    (
        "evidence.csv",
        "E2,2030-03-20,2030-03-20",
        "E2,2030-03-20,2030-04-02",
        "line 3, E2, published_on",
        "in the future",
    ),
    ("evidence.csv", "E2,2030-03-20,2030-03-20", "E2,20.3.2030,2030-03-20", "line 3, E2, occurred_on", "YYYY-MM-DD"),
    (
        "evidence.csv",
        "https://gazette.example/levy",
        "javascript:alert(1)",
        "line 2, E1, url",
        "only http:// and https://",
    ),
    (
        "evidence.csv",
        "https://gazette.example/levy",
        "data:text/html;x",
        "line 2, E1, url",
        "only http:// and https://",
    ),
    ("evidence.csv", ",B,2,", ",G,2,", "line 2, E1, grade_source", "a letter A to F and a digit 1 to 6"),
    ("evidence.csv", ",B,2,", ",B,7,", "line 2, E1, grade_source", "a letter A to F and a digit 1 to 6"),
    ("evidence.csv", "intent,180", "intent,0", "line 2, E1, half_life_days", "above 0 is needed"),
    ("evidence.csv", "intent,180", "fact,180", "line 2, E1, half_life_days", "a fact has no half-life"),
    ("evidence.csv", "verified,levy_vote", "checked,levy_vote", "line 2, E1, verification", "allowed are"),
    (
        "evidence.csv",
        "levy_vote:2031-06-30:1.5:1.1:2",
        "levy_vote:2031-06-30",
        "line 2, E1, effects",
        "QUESTION:DEADLINE:LR",
    ),
    (
        "evidence.csv",
        "levy_vote:2031-06-30:1.5:1.1:2",
        "levy_vote:2031-06-29:1.5:1.1:2",
        "line 2, E1, effects[0].deadline",
        "is not listed for levy_vote",
    ),
    (
        "evidence.csv",
        "levy_vote:2031-06-30:1.5:1.1:2",
        "levy_vote:2031-06-30:1.5:1.6:2",
        "line 2, E1, effects[0].low",
        "does not contain",
    ),
    ("evidence.csv", "The whips", "x" * 2000, "line 2, E1, statement", "at most 1000"),
    ("evidence.csv", "The whips", "\x07", "line 2, E1, statement", "control character U+0007"),
    ("evidence.csv", "The whips", '"The whips', "line 3", "not valid CSV"),
    (
        "evidence.csv",
        "id,occurred_on",
        "id,occured_on",
        "line 1",
        "unknown column 'occured_on' (did you mean 'occurred_on'?)",
    ),
    ("confirmations.csv", "C1,2030-03-31", "C1,2030-04-01", "line 2, C1, through", "lies in the future"),
    ("confirmations.csv", "C1,2030-03-31", "C1,2030-02-01", "line 2, C1, through", "is too early"),
    ("confirmations.csv", ",,Looked", ",floods,Looked", "line 2, C1, question", "is no question of board"),
    ("confirmations.csv", "C1,2030-03-31,2030-03-31", "C1,2030-03-31,2030-04-20", "line 2, C1, published_on", "future"),
]


@pytest.mark.parametrize(("file", "old", "new", "place", "message"), SEEDS)
def test_first_entries_with_a_mistake_are_named_by_line_and_column(
    *, small, small_copy, file, old, new, place, message
):
    path = small_copy / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    _, problems = board_seed.load(small_copy, small, today=TODAY)
    wanted = [p for p in problems if (p.file, p.place) == (file, place) and message in p.message]
    assert wanted, "\n".join(map(str, problems))


def test_an_occurrence_among_the_first_entries_passes_the_rules_of_the_form(small, small_copy):
    header = ",".join(board_seed.OCCURRENCE_COLUMNS)
    lines = [
        "O1,flood,2030-03-10,2030-03-11,River office,,verified,",
        "O2,flood,2030-03-12,2030-03-12,River office,,verified,",
        "O3,levy_law,2030-03-12,2030-03-12,Journal,,verified,",
        "E1,alarm,2030-03-12,2030-03-12,River office,,verified,",
    ]
    (small_copy / "occurrences.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    records, problems = board_seed.load(small_copy, small, today=TODAY)
    assert [r.id for r in records] == ["E1", "E2", "O1", "C1"]
    assert [p.place for p in problems] == ["line 3, O2, question", "line 4, O3, question", "line 5, E1, id"]


def test_without_first_entries_there_are_none(small, tmp_path):
    assert board_seed.load(tmp_path, small) == ((), [])


def test_shipped_entries_hold_at_every_day_of_their_publication(shipped):
    # an item published on the last day is refused the day before, and nothing else is
    last = date(2026, 6, 22)
    assert board_seed.load(SHIPPED, shipped, today=date(2026, 7, 1))[1] == []
    early = board_seed.load(SHIPPED, shipped, today=last - timedelta(days=1))[1]
    assert {p.place.split(", ")[1] for p in early} == {"E112", "C001"}


def test_the_small_boards_entries_are_good(small):
    assert board_seed.load(SMALL, small, today=TODAY)[1] == []
