"""`twixt resolve`: proposals wait for a person; corrections are new versions; outcomes agree with occurrences."""

import json
from datetime import UTC, datetime

import pytest

from forecasts import ledger
from forecasts.domain import Resolution
from forecasts.settings import Home
from forecasts.store import open_store
from tests.cli.conftest import BOARD, NOW, Place, complaint

SETTLE = ["resolve", "settlement", "2025-12-31", "no", "--on", "2026-01-01", "--source", "None was signed"]
OCCURRED = ["occurred", "settlement", "--on", "2025-12-30", "--source", "Both states"]


def proposed(twixt, *more: str, now=NOW):
    result = twixt("resolve", "--proposed", "--json", *more, now=now)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def resolutions(home: Place) -> list[Resolution]:
    with open_store(Home.from_environment(home.environment).database, migrate=False) as store:
        return [e.record for e in ledger.history(store, BOARD) if isinstance(e.record, Resolution)]


def test_deadlines_that_passed_propose_no_and_wait_for_a_person(twixt, home: Place) -> None:
    found = proposed(twixt)["proposed"]
    past = {p["question"]: p for p in found if p["deadline"] == "2025-12-31"}
    assert len(past) == 21
    assert {q for q, p in past.items() if p["outcome"] == "yes"} == {"eu_joint_borrowing"}
    assert (past["ceasefire"]["on"], past["ceasefire"]["reason"]) == ("2026-01-01", "passed")
    assert past["ceasefire"]["confirmed"], "the shipped board is confirmed through July 2026"
    assert resolutions(home) == []
    assert "nothing had happened through 2026-07-01" in twixt("resolve", "--proposed").stdout
    assert twixt(*SETTLE).exit_code == 0
    assert "settlement" not in {p["question"] for p in proposed(twixt)["proposed"] if p["deadline"] == "2025-12-31"}


def test_accepting_records_what_needs_no_further_look(twixt, home: Place) -> None:
    later = datetime(2027, 1, 5, tzinfo=UTC)  # the deadlines of 2026 have passed, and nobody has looked since July
    before = proposed(twixt, now=later)["proposed"]
    ready = [p for p in before if p["confirmed"]]
    assert {p["deadline"] for p in before if not p["confirmed"]} == {"2026-12-31"}
    done = proposed(twixt, "--accept", "--source", "Each question's own source", now=later)
    assert len(done["accepted"]) == len(ready) == len(resolutions(home))
    after = proposed(twixt, now=later)["proposed"]
    assert after == [p for p in before if not p["confirmed"]]
    assert "0 outcomes recorded" in twixt("resolve", "--proposed", "--accept", "--source", "x", now=later).stdout


def test_an_outcome_that_the_record_contradicts_is_shown_first_and_corrected(twixt, home: Place) -> None:
    assert twixt(*SETTLE).exit_code == 0
    assert twixt(*OCCURRED).exit_code == 0
    first = proposed(twixt)["proposed"][0]
    assert (first["question"], first["outcome"], first["reason"], first["confirmed"]) == (
        "settlement",
        "yes",
        "contradiction",
        False,
    )
    assert first["message"] == "R001 says no, but it happened on 2025-12-30 (O002)"
    corrected = [*SETTLE[:3], "yes", "--on", "2025-12-30", "--source", "Both states"]
    assert twixt(*corrected).exit_code == 0
    assert [(r.id, r.outcome) for r in resolutions(home)] == [("R001", "no"), ("R001", "yes")]
    assert "contradiction" not in {p["reason"] for p in proposed(twixt)["proposed"]}


@pytest.mark.parametrize("outcome", ["ambiguous", "annulled"])
def test_an_open_question_can_be_called_off(twixt, home: Place, outcome: str) -> None:
    called_off = ["resolve", "ceasefire", "2027-12-31", outcome, "--on", "2026-07-01", "--source", "x", "--note", "Why"]
    assert twixt(*called_off).exit_code == 0
    assert resolutions(home)[-1].note == "Why"
    refused = twixt("forecast", "add", "ceasefire", "2027-12-31", "0.2")
    assert f"was resolved {outcome} on 2026-07-01 (R001)" in complaint(refused)


BAD = [
    (["resolve"], "Missing argument 'QUESTION'"),
    (SETTLE[:4], "Missing option '--on'"),
    (SETTLE[:6], "Missing option '--source'"),
    ([*SETTLE, "--accept"], "--accept: only with --proposed"),
    ([*SETTLE, "--proposed"], "--proposed: speaks of the whole board"),
    (["resolve", "--proposed", "--accept"], "--source: needed with --accept"),
    (["resolve", "--proposed", "--accept", "--source", "javascript:x"], "only http:// and https://"),
    ([*SETTLE[:5], "2025-12-30", *SETTLE[6:]], "'no' can be settled only once the deadline 2025-12-31 has passed"),
]


@pytest.mark.parametrize(("arguments", "said"), BAD, ids=lambda v: v if isinstance(v, str) else "")
def test_bad_input_is_refused_and_nothing_is_written(twixt, home: Place, arguments, said) -> None:
    before = home.contents()
    result = twixt(*arguments)
    assert result.exit_code == 2
    assert said in complaint(result)
    assert home.contents() == before


def test_no_waits_until_the_deadlines_day_is_over(twixt) -> None:
    day = ["resolve", "settlement", "2026-12-31", "no", "--on", "2026-12-31", "--source", "x"]
    early = twixt(*day, now=datetime(2026, 12, 31, 23, 59, tzinfo=UTC))
    assert "is not over yet" in complaint(early)
    assert twixt(*day, now=datetime(2027, 1, 1, tzinfo=UTC)).exit_code == 0
