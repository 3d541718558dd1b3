"""What entering a changed definition would do: one change each, and what is refused."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from forecasts import board_diff
from forecasts.definition import Elicited
from forecasts.domain import Confirmation, Effect, Entry, Evidence, LedgerView, Occurrence, Resolution

DAY = date(2030, 3, 20)
INSTANT = datetime(2030, 4, 1, tzinfo=UTC)


def changed(board, question, **values):
    return replace(board, questions=tuple(replace(q, **values) if q.id == question else q for q in board.questions))


def found(old, new, view=None):
    return [(c.kind, c.subject, c.message) for c in board_diff.changes(old, new, view=view)]


def view(*records):
    entries = tuple(Entry("river-levy", i, r.id, 1, INSTANT, "p", r, "") for i, r in enumerate(records, 1))
    return LedgerView("river-levy", INSTANT, "live", len(entries), "", INSTANT, entries)


def test_the_same_definition_changes_nothing(small):
    assert found(small, small) == []


def number(value):
    return Elicited(value, value / 2, value * 2, "new")


CHANGES = [
    (lambda b: changed(b, "flood", criteria="x"), ("criteria", "question flood", "criteria changed after opening")),
    (lambda b: changed(b, "flood", title="x"), ("criteria", "question flood", "title changed after opening")),
    (lambda b: changed(b, "flood", short="x", rationale="y"), ("text", "question flood", "short, rationale changed")),
    (lambda b: changed(b, "flood", closed_on=DAY), ("question", "question flood", "closed on 2030-03-20")),
    (
        lambda b: changed(b, "flood", kind="vote"),
        ("refused", "question flood", "kind vote instead of event; that is another question and needs another id"),
    ),
    (lambda b: changed(b, "flood", opens=DAY), ("refused", "question flood", "opens 2030-03-20 instead of 2030-03-01")),
    (
        lambda b: changed(b, "flood", headline_deadline=date(2033, 12, 31)),
        ("text", "question flood", "headline deadline 2033-12-31 instead of 2031-06-30"),
    ),
    (
        lambda b: changed(b, "flood", deadlines=b.question("flood").deadlines[1:]),
        ("structure", "question flood", "deadline 2031-06-30 dropped"),
    ),
    (
        lambda b: changed(b, "flood", deadlines=(date(2030, 6, 30), *b.question("flood").deadlines)),
        ("structure", "question flood", "deadline 2030-06-30 added"),
    ),
    (
        lambda b: changed(b, "levy_vote", hazard_check=number(0.6)),
        ("numbers", "question levy_vote", "hazard_check 0.6 (0.3 to 1.2) instead of 0.3 (0.1 to 0.9)"),
    ),
    (
        lambda b: replace(b, questions=b.questions[:-1]),
        ("refused", "question bread_150", "removed; an id is never removed or reused: close it with closed_on"),
    ),
    (
        lambda b: replace(b, questions=(*b.questions, replace(b.questions[0], id="other"))),
        ("question", "question other", "added"),
    ),
    (lambda b: replace(b, edges=b.edges[1:]), ("structure", "edge levy_vote -> levy_law (requires)", "removed")),
    (
        lambda b: replace(b, edges=(*b.edges, replace(b.edges[0], child="alarm"))),
        ("structure", "edge levy_vote -> alarm (requires)", "added"),
    ),
    (
        lambda b: replace(b, edges=(*b.edges[:2], replace(b.edges[2], hazard_ratio=number(2)), *b.edges[3:])),
        ("numbers", "edge flood -> levy_vote (hazard_ratio)", "hazard_ratio 2 (1 to 4) instead of 3 (1.5 to 6)"),
    ),
    (
        lambda b: replace(b, cases=(replace(b.cases[0], events=3.0), *b.cases[1:])),
        ("numbers", "case levy_vote: Bills of the 7th House (2020-01-01)", "events 3 instead of 2"),
    ),
    (
        lambda b: replace(b, adjustments=(replace(b.adjustments[0], divided_share=0.5), *b.adjustments[1:])),
        ("numbers", "adjustment levy_vote", "divided_share 0.5 instead of 1"),
    ),
    (
        lambda b: replace(b, votes=(replace(b.votes[0], members=151),)),
        ("numbers", "vote levy_law", "members 151 instead of 150"),
    ),
    (
        lambda b: replace(b, series=(replace(b.series[0], damping=replace(b.series[0].damping, reason="x")),)),
        ("numbers", "series bread_index", "damping: reason changed"),
    ),
    (lambda b: replace(b, frailties=()), ("structure", "frailty weather", "removed")),
    (lambda b: replace(b, scheduled=()), ("structure", "scheduled election", "removed")),
    (
        lambda b: replace(b, scenarios=(replace(b.scenarios[0], definition="x"), *b.scenarios[1:])),
        ("text", "scenario dike", "definition changed"),
    ),
    (lambda b: replace(b, settings=replace(b.settings, seed=8)), ("numbers", "board", "settings changed")),
    (lambda b: replace(b, title="x"), ("text", "board", "title changed")),
    (
        lambda b: replace(b, opens=DAY),
        ("refused", "board", "opens 2030-03-20 instead of 2030-03-01; its history begins there"),
    ),
    (
        lambda b: replace(b, horizon=date(2036, 12, 31)),
        ("structure", "board", "horizon 2036-12-31 instead of 2035-12-31"),
    ),
    (
        lambda b: replace(b, horizon=date(2034, 12, 31)),
        ("refused", "board", "horizon 2034-12-31 before 2035-12-31; it can only move on"),
    ),
    (
        lambda b: replace(b, id="other"),
        ("refused", "board", "id 'other' where the record has 'river-levy'; a new id is a new board"),
    ),
]


@pytest.mark.parametrize(("change", "expected"), CHANGES)
def test_one_change_is_named(small, change, expected):
    assert found(small, change(small)) == [expected]


def test_records_that_name_what_would_vanish_are_refused_first(small):
    item = Evidence(
        "E1", DAY, DAY, "s", "s", "", "B", "2", "content", "fact", None, "t", "verified",
        (Effect("flood", date(2031, 6, 30), 1.2, 1.0, 1.5),), "p",
    )  # fmt: skip
    settled = Resolution("R1", "drought", date(2030, 12, 31), "no", DAY, DAY, "s", "", "")
    happened = Occurrence("O1", "alarm", DAY, DAY, "s", "", "verified", "")
    looked = Confirmation("C1", DAY, DAY, ("alarm",), "")
    new = changed(small, "flood", deadlines=small.question("flood").deadlines[1:])
    new = changed(new, "drought", deadlines=small.question("drought").deadlines[1:])
    new = replace(new, questions=tuple(q for q in new.questions if q.id != "alarm"))
    refused = [c for c in found(small, new, view(item, settled, happened, looked)) if c[0] == "refused"]
    assert refused == [
        ("refused", "question alarm", "removed; an id is never removed or reused: close it with closed_on"),
        ("refused", "question flood", "E1 names its deadline 2031-06-30, which would vanish"),
        ("refused", "question drought", "R1 names its deadline 2030-12-31, which would vanish"),
        ("refused", "question alarm", "O1 names it and it would vanish"),
        ("refused", "question alarm", "C1 names it and it would vanish"),
    ]
    assert found(small, new, view(item, settled, happened, looked))[: len(refused)] == refused
    assert str(board_diff.changes(small, new)[0]).startswith("question alarm: removed")
