"""Detail tables worked by hand on a handful of futures."""

from datetime import date

import numpy as np
import pytest

from forecasts.detail import cliffs, drivers, expiring, inert, month_ends, timing
from forecasts.snapshot_detail import input_flags
from forecasts.summary import quantiles
from models.world import NEVER
from tests.jobs.small_home import evidence, small

BOARD = small()
Q = len(BOARD.questions)


def days(*columns):
    """Return (N, Q) days: the given columns, and NEVER for every other question."""
    table = np.full((len(columns[0]), Q), NEVER, np.int16)
    for q, column in enumerate(columns):
        table[:, q] = column
    return table


def test_month_ends():
    assert month_ends(date(2027, 11, 30), date(2028, 3, 1)) == [
        date(2027, 12, 31),
        date(2028, 1, 31),
        date(2028, 2, 29),
    ]


def test_when_it_happens_is_the_weighted_share_by_each_months_end():
    # day 0 = 2025-01-01; 30 -> 31 January, 31 -> 1 February, 58 -> 28 February 2025
    day = days([30, 31, 58, NEVER])
    found = timing(day, np.array([0.1, 0.2, 0.3, 0.4]), board=BOARD, known=date(2025, 1, 1))["truce"]
    assert found["months"][:2] == ["2025-01-31", "2025-02-28"]
    assert found["cdf"][:3] == [0.1, 0.6, 0.6]
    assert found["median"] == "2025-02-28"
    late = timing(day, np.array([0.1, 0.1, 0.2, 0.6]), board=BOARD, known=date(2025, 1, 1))["truce"]
    assert late["median"] is None


def test_drivers_are_conditional_probabilities_by_the_headline_deadline():
    # pact given truce: (.1) / (.1 + .3); pact without truce: .2 / .6
    day = days([5, 5, NEVER, NEVER], [9, NEVER, 9, NEVER])
    weight = np.array([0.1, 0.3, 0.2, 0.4])
    found = drivers(day, weight, board=BOARD, still_open=[True, True] + [False] * (Q - 2))
    assert found["pact"] == [{"question": "truce", "p_if_yes": 0.25, "p_if_no": pytest.approx(1 / 3, abs=1e-6)}]
    assert found["floor"] == []


def test_what_expires_and_what_is_inert():
    items = [
        evidence("E1", deadline=date(2026, 12, 31)),
        evidence("E2", deadline=date(2028, 12, 31)),
    ]
    soon = expiring(items, known=date(2026, 3, 31), as_of=date(2026, 10, 15))
    assert soon == [{"id": "E1", "question": "truce", "deadline": "2026-12-31", "days": 77}]
    assert expiring(items, known=date(2026, 12, 31), as_of=date(2026, 12, 31)) == []
    assert [i["id"] for i in inert(items, known=date(2026, 12, 31))] == ["E1"]


def test_a_hazard_that_falls_behind_an_evidence_deadline_is_flagged():
    h = 729  # 2026-12-31
    steady = np.r_[np.arange(400, 1000), np.full(4000, NEVER)]
    weight = np.full(steady.size, 1 / steady.size)
    options = {"board": BOARD, "known": 300, "judged": [(0, h)]}
    assert cliffs(days(steady), weight, **options) == []
    tilted = np.where(steady <= h, 5.0, 1.0)
    found = cliffs(days(steady), tilted / tilted.sum(), **options)
    assert [(f["kind"], f["question"], f["deadline"]) for f in found] == [("cliff", "truce", "2026-12-31")]
    assert found[0]["before"] / found[0]["after"] == pytest.approx(5.0, rel=0.25)
    few = np.r_[np.arange(h - 20, h + 20), np.full(500, NEVER)]
    rare = np.where(few <= h, 9.0, 1.0)
    assert cliffs(days(few), rare / rare.sum(), **options) == [], "too few futures to call it one"


def test_weighted_quantiles_are_the_smallest_values_that_reach_their_share():
    value, weight = np.array([4.0, 1.0, 3.0, 2.0]), np.array([0.4, 0.1, 0.3, 0.2])
    # cumulative: 1 -> .1, 2 -> .3, 3 -> .6, 4 -> 1
    assert quantiles(value, weight) == [3.0, 2.0, 4.0, 1.0, 4.0]


def test_a_level_that_is_judged_unlike_its_cases_or_off_its_check_is_flagged():
    sound = {"outside_class": False, "driven_by_adjustment": False, "cases_differ": False, "agrees": True}
    inputs = {
        "elicited": {"label": "elicited"},
        "sound": sound,
        "judged": sound | {"driven_by_adjustment": True},
        "odd": sound | {"cases_differ": True, "agrees": False},
    }
    assert [(f["question"], f["kind"]) for f in input_flags(inputs)] == [
        ("judged", "driven_by_adjustment"),
        ("odd", "cases_differ"),
        ("odd", "hazard_check"),
    ]
