"""The parts of a move sum to it exactly, and each goes to what caused it."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest

from forecasts.attribution import NoMoveError, explain
from forecasts.domain import Confirmation
from forecasts.instants import end_of_day
from tests.jobs.small_home import NOW, evidence, keep_rates, occurrence, retraction

BY = date(2028, 12, 31)


def moved(home, question="truce", *, deadline=BY, **choices):
    found = explain(home.store, home.artefacts, "small", question=question, deadline=deadline, threads=1, **choices)
    unit = found["unit"]
    ends = {"log_odds": ("from_log_odds", "to_log_odds"), "probability": ("from", "to")}[unit]
    total = sum(part[unit] for part in found["parts"])
    assert total == pytest.approx(found[ends[1]] - found[ends[0]], abs=1e-9)
    return found, {(p["kind"], p["entry"]): p for p in found["parts"]}


def test_each_item_is_a_part_and_nothing_is_left_over(home):
    home.add(evidence("E1"))
    home.refit()
    home.add(evidence("E2", lr=6.0), evidence("E3", "pact", lr=0.3), at=NOW + timedelta(hours=1))
    home.refit(now=NOW + timedelta(hours=2))
    found, parts = moved(home)
    assert set(parts) == {("survival", None), ("fading", None), ("evidence", "E2"), ("evidence", "E3")}
    assert parts["survival", None]["log_odds"] == parts["fading", None]["log_odds"] == 0.0
    assert 0.5 < parts["evidence", "E2"]["log_odds"] < np.log(6.0)
    assert parts["evidence", "E3"]["log_odds"] < 0.0, "a pact's evidence bears on the truce through the joint"
    assert found["to"] > found["from"]


def test_corrections_and_retractions_are_parts_of_their_own(home):
    home.add(evidence("E1", lr=4.0), evidence("E2", lr=3.0))
    before = home.refit().snapshot
    later = NOW + timedelta(hours=1)
    home.add(evidence("E1", lr=2.0), at=later, versions={"E1": 1})
    home.add(retraction("R1", "E2"), at=later)
    home.refit(now=later)
    _, parts = moved(home, start=before.as_of)
    assert set(parts) == {("survival", None), ("fading", None), ("correction", "E1"), ("retraction", "E2")}
    assert parts["correction", "E1"]["log_odds"] < 0.0
    assert parts["retraction", "E2"]["log_odds"] < 0.0


def test_time_makes_a_deadline_less_likely_and_an_intent_fade(home):
    home.add(evidence("E1", lr=6.0, kind="intent", half_life_days=60.0))
    first = home.refit().snapshot
    summer = datetime(2026, 8, 21, 6, tzinfo=NOW.tzinfo)
    home.add(Confirmation("C2", date(2026, 8, 20), summer.date(), (), ""), at=summer)
    home.refit(now=summer)
    _, parts = moved(home, start=first.as_of)
    assert parts["survival", None]["log_odds"] < -0.05
    assert parts["fading", None]["log_odds"] < -0.3
    assert abs(parts["monte_carlo", None]["log_odds"]) < 0.06, "two runs of one model differ by Monte Carlo error"
    assert ("residual", None) not in parts


def test_an_occurrence_is_a_part_and_decides_its_own_question(home):
    first = home.refit().snapshot
    home.add(occurrence("O1", "truce", date(2026, 3, 20)), at=NOW)
    home.refit()
    _, parts = moved(home, "pact", start=first.as_of)
    assert parts["occurrence", "O1"]["log_odds"] > 0.5, "the edge from truce to pact has a median of 4"
    found, parts = moved(home, "truce", start=first.as_of)
    assert (found["unit"], found["to"]) == ("probability", 1.0)
    assert parts["occurrence", "O1"]["probability"] > 0.5
    assert parts["occurrence", "O1"]["log_odds"] is None


def test_a_deadline_that_passes_is_accounted_in_probability(home):
    first = home.refit().snapshot
    january = datetime(2027, 1, 5, tzinfo=NOW.tzinfo)
    home.add(Confirmation("C2", date(2027, 1, 1), january.date(), (), ""), at=january)
    home.refit(now=january)
    found, parts = moved(home, deadline=date(2026, 12, 31), start=first.as_of)
    assert (found["to"], found["unit"]) == (0.0, "probability")
    assert parts["survival", None]["probability"] == pytest.approx(-found["from"], abs=1e-12)


def test_more_futures_are_no_news(home):
    first = home.refit().snapshot
    home.refit(now=NOW + timedelta(days=1), seed=6, futures=150_000)
    _, parts = moved(home, start=first.as_of)
    assert set(parts) == {("survival", None), ("fading", None), ("monte_carlo", None)}
    assert parts["survival", None]["log_odds"] == 0.0
    assert 0.0 < abs(parts["monte_carlo", None]["log_odds"]) < 0.06


def test_new_parameters_are_data_and_not_evidence(home):
    first = home.refit().snapshot
    keep_rates(home, factor=1.3)
    home.add(evidence("E1"), at=NOW)
    home.refit(accept_jump=True)
    _, parts = moved(home, start=first.as_of)
    assert parts["data", None]["log_odds"] > 0.1
    assert parts["evidence", "E1"]["log_odds"] > 0.3


def test_a_number_issued_by_another_model_version_leaves_a_residual(home):
    home.add(evidence("E1", published_on=date(2026, 2, 3)))
    days = end_of_day(date(2026, 2, 2)), end_of_day(date(2026, 2, 9))
    for day in days:
        home.refit(as_of=day, mode="retrospective")
    backdated = evidence("E2", lr=2.0, published_on=date(2026, 2, 4))
    home.add(backdated, at=NOW + timedelta(hours=1))  # the published snapshot did not know it
    _, parts = moved(home, mode="retrospective", start=days[0], end=days[1])
    assert parts["residual", None]["log_odds"] == pytest.approx(-parts["evidence", "E2"]["log_odds"], abs=1e-9)


def test_the_modes_are_never_compared(home):
    home.refit(as_of=end_of_day(date(2026, 2, 2)), mode="retrospective")
    home.refit()
    for mode in ("live", "retrospective"):
        with pytest.raises(NoMoveError, match=f"only one {mode} snapshot"):
            moved(home, mode=mode)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"question": "truse"}, "question 'truse' is not in the snapshot .* truce, pact"),
        ({"deadline": date(2027, 1, 1)}, "deadline 2027-01-01 of truce: allowed are 2026-12-31"),
        ({"start": NOW - timedelta(days=300)}, "no live snapshot by 2025"),
        ({"end": NOW - timedelta(days=300)}, "no live snapshot by 2025"),
    ],
)
def test_what_cannot_be_explained(home, choices, message):
    home.refit()
    home.refit(now=NOW + timedelta(days=1))
    with pytest.raises(NoMoveError, match=message):
        moved(home, **choices)
