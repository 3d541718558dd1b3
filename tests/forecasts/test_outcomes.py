"""What is decided, what is proposed, and what contradicts itself, on a small board worked through by hand."""

from dataclasses import replace
from datetime import date

import pytest

from forecasts.domain import Confirmation, Occurrence, Resolution
from forecasts.outcomes import confirmed_through, decided, proposals
from tests.forecasts.small_board import BOARD, DEADLINES, question, view

D26, D28, D30 = DEADLINES
ONE = replace(BOARD, questions=(question("truce"), question("fund")), edges=(), votes=(), series=())


def confirmed(through: date, *questions: str) -> Confirmation:
    return Confirmation("C1", through, through, questions, "")


def occurred(on: date) -> Occurrence:
    return Occurrence("O1", "truce", on, on, "x", "", "verified", "")


def resolved(outcome: str, *, deadline: date = D26, on: date = date(2027, 1, 5), entry: str = "R1") -> Resolution:
    return Resolution(entry, "truce", deadline, outcome, on, on, "x", "", "")


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ((), {}),
        ((confirmed(date(2026, 12, 30)),), {}),
        ((confirmed(D26),), {("truce", D26): ("no", D26, "confirmation"), ("fund", D26): ("no", D26, "confirmation")}),
        ((confirmed(D26, "fund"),), {("fund", D26): ("no", D26, "confirmation")}),
        # it happened in 2027: missed the first deadline, met the others, whatever anybody confirmed
        (
            (occurred(date(2027, 3, 1)),),
            {
                ("truce", D26): ("no", D26, "occurrence"),
                ("truce", D28): ("yes", date(2027, 3, 1), "occurrence"),
                ("truce", D30): ("yes", date(2027, 3, 1), "occurrence"),
            },
        ),
        ((resolved("no"),), {("truce", D26): ("no", D26, "resolution")}),
        ((resolved("annulled"),), {("truce", D26): ("annulled", date(2027, 1, 5), "resolution")}),
        (
            (resolved("ambiguous"), confirmed(D26, "truce")),
            {("truce", D26): ("ambiguous", date(2027, 1, 5), "resolution")},
        ),
        (
            (occurred(D26), resolved("yes")),
            {
                ("truce", D26): ("yes", D26, "resolution"),
                ("truce", D28): ("yes", D26, "occurrence"),
                ("truce", D30): ("yes", D26, "occurrence"),
            },
        ),
        ((resolved("yes"),), {}),  # yes without an occurrence: a contradiction decides nothing
        ((resolved("yes"), confirmed(D26, "truce")), {}),
        (
            (occurred(D26), resolved("no")),
            {("truce", D28): ("yes", D26, "occurrence"), ("truce", D30): ("yes", D26, "occurrence")},
        ),
    ],
)
def test_what_is_decided(records, expected) -> None:
    found = decided(ONE, view(*records))
    assert {pair: (d.outcome, d.on, d.basis) for pair, d in found.items()} == expected
    assert all(d.scored == (d.outcome in {"yes", "no"}) for d in found.values())


TODAY = date(2027, 2, 1)


@pytest.mark.parametrize(
    ("records", "today", "expected"),
    [
        ((), D26, []),  # the day of the deadline is not over
        ((), date(2027, 1, 1), [("truce", D26, "no", False), ("fund", D26, "no", False)]),
        ((confirmed(D26, "fund"),), TODAY, [("truce", D26, "no", False), ("fund", D26, "no", True)]),
        ((confirmed(D26), resolved("no")), TODAY, [("fund", D26, "no", True)]),
        ((confirmed(D26), resolved("annulled")), TODAY, [("fund", D26, "no", True)]),
        (
            (occurred(D26), confirmed(D26, "fund"), resolved("yes")),
            TODAY,
            [("fund", D26, "no", True), ("truce", D28, "yes", True), ("truce", D30, "yes", True)],
        ),
        (
            (occurred(date(2027, 1, 2)), resolved("no"), resolved("yes", deadline=D28, entry="R2")),
            TODAY,
            [("fund", D26, "no", False), ("truce", D30, "yes", True)],
        ),
        # contradictions come first and never accept themselves
        ((resolved("yes"), confirmed(D26)), TODAY, [("truce", D26, "no", False), ("fund", D26, "no", True)]),
        (
            (occurred(D26), resolved("no"), confirmed(D26)),
            TODAY,
            [
                ("truce", D26, "yes", False),
                ("fund", D26, "no", True),
                ("truce", D28, "yes", True),
                ("truce", D30, "yes", True),
            ],
        ),
    ],
)
def test_what_is_proposed(records, today, expected) -> None:
    found = proposals(ONE, view(*records), today=today)
    assert [(p.question, p.deadline, p.outcome, p.confirmed) for p in found] == expected


def test_a_proposal_says_why() -> None:
    messages = {
        p.message
        for records in (
            (),
            (confirmed(D26),),
            (occurred(date(2027, 1, 2)),),
            (occurred(D26), resolved("no")),
            (resolved("yes"),),
        )
        for p in proposals(ONE, view(*records), today=TODAY)
        if p.question == "truce" and p.deadline == D26
    }
    assert messages == {
        "nothing is recorded, but nobody has looked beyond 2025-01-01",
        "nothing had happened through 2026-12-31",
        "happened only on 2027-01-02 (O1)",
        "R1 says no, but it happened on 2026-12-31 (O1)",
        "R1 says yes, but no occurrence by then is recorded",
    }


def test_each_question_is_known_as_far_as_somebody_looked() -> None:
    found = confirmed_through(ONE, [confirmed(date(2026, 3, 1)), confirmed(date(2026, 5, 1), "truce", "gone")])
    assert found == {"truce": date(2026, 5, 1), "fund": date(2026, 3, 1)}
