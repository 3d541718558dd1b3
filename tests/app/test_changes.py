"""What changed between two snapshots: outcomes, the order of importance, and which reports did what."""

import math
from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl
import pytest

from app import changes
from app.changes import Change, Happening
from forecasts.domain import BoardVersion, Entry
from forecasts.snapshot_rows import ROWS
from forecasts.snapshots import Snapshot
from tests.forecasts.records import evidence
from tests.jobs.small_home import small

BOARD = small()
TRUCE, PACT = BOARD.question("truce"), BOARD.question("pact")
LEDGER = {"E1": 2, "E2": 5, "E3": 9}


def snapshot(
    day: int, position: int, values: dict[str, object], *, mode: str = "live", version: str = "v", error: float = 0.0
) -> Snapshot:
    """Return a snapshot of 2026-07-DAY; a value is a chance, or a state of a question that is decided."""
    scenarios = {s.id: s.group for s in BOARD.scenarios}
    rows = []
    for name, value in values.items():
        group = scenarios.get(name, "question")
        deadline = None if name in scenarios else BOARD.question(name).headline_deadline
        chance, state = (value, "open") if isinstance(value, float) else (float(value == "occurred"), value)
        rows.append((name, group, deadline, "probability", chance, *[chance] * 4, error, True, state))
    at = datetime(2026, 7, day, tzinfo=UTC)
    frame = pl.DataFrame(rows, schema=ROWS, orient="row")
    head = {"board": BOARD.id, "board_version": version, "receipt": {}, "detail_hash": "d", "futures_hash": None}
    return Snapshot(
        id=f"s{day}",
        mode=mode,
        as_of=at,
        known_through=at.date(),
        published_at=at,
        ledger_position=position,
        ledger_digest="",
        rows=frame,
        **head,
    )


def entries() -> list[Entry]:
    at = datetime(2026, 7, 1, tzinfo=UTC)
    days = {"E1": date(2026, 6, 1), "E2": date(2026, 7, 2), "E3": date(2026, 7, 9)}
    return [Entry("b", LEDGER[i], i, 1, at, "owner", replace(evidence(i), published_on=days[i]), "") for i in LEDGER]


def detail(**shifts: dict[str, float]) -> dict:
    def listed(question) -> dict:
        found = [{"id": i, "before": 0.1, "delta_log_odds": s} for i, s in shifts.get(question.id, {}).items()]
        return {question.headline_deadline.isoformat(): found}

    return {"contributions": {q.id: listed(q) for q in (TRUCE, PACT)}}


NOTHING = ({}, {})


def between(before: Snapshot, now: Snapshot, details=NOTHING) -> changes.Changes:
    return changes.between(before, now, board=BOARD, entries=entries(), details=details)


def test_importance_is_a_distance_on_which_chance_is_equally_blurred():
    small_chance, even = (Change("q", "", "", None, a, b) for a, b in ((0.01, 0.03), (0.5, 0.57)))
    # 2 (asin sqrt .03 - asin sqrt .01) = 2 (.174083 - .100167) = .147831; 2 (asin sqrt .57 - pi / 4) = .140461
    assert small_chance.importance == pytest.approx(0.147831, abs=1e-6)
    assert even.importance == pytest.approx(0.140461, abs=1e-6)
    assert Change("q", "", "", None, 0.0, 1.0).importance == pytest.approx(math.pi)
    assert small_chance.points == pytest.approx(0.02)


def test_moves_are_ordered_by_importance_and_not_by_points():
    before = snapshot(1, 1, {"truce": 0.50, "pact": 0.01, "relapsed": 0.3})
    now = snapshot(8, 9, {"truce": 0.55, "pact": 0.03, "relapsed": 0.3004})
    found = between(before, now)
    assert [(c.subject, round(c.points, 3)) for c in found.moved] == [("pact", 0.02), ("truce", 0.05)]
    assert found.questions == found.moved, "the scenario moved by less than is shown"
    assert not found.nothing_new


def test_scenarios_move_among_the_questions():
    before, now = snapshot(1, 1, {"truce": 0.5, "armed": 0.1}), snapshot(8, 9, {"truce": 0.49, "armed": 0.2})
    assert [(c.subject, c.question) for c in between(before, now).moved] == [("armed", None), ("truce", TRUCE)]


def test_what_was_decided_is_no_move_and_comes_as_an_outcome():
    before = snapshot(1, 1, {"truce": 0.5, "pact": 0.2})
    now = snapshot(8, 9, {"truce": "occurred", "pact": "passed"})
    found = between(before, now)
    assert found.moved == ()
    assert set(found.happened) == {
        Happening("Happened", TRUCE.title, TRUCE),
        Happening("Did not happen", PACT.title, PACT),
    }
    again = between(replace(now, id="later"), now)
    assert again.happened == ()


def test_another_scenario_in_the_lead_and_another_definition_are_told():
    before = snapshot(1, 1, {"relapsed": 0.6, "settled": 0.4})
    now = snapshot(8, 9, {"relapsed": 0.4, "settled": 0.6}, version="w")
    told = [(h.what, h.title) for h in between(before, now).happened]
    assert told[0] == ("In the lead", "settled (60 %)")
    assert told[1] == ("New definition", "The board's questions or numbers were changed")
    assert between(before, replace(now, rows=before.rows, board_version="v")).happened == ()


def test_the_same_snapshot_is_nothing_new():
    now = snapshot(8, 9, {"truce": 0.5})
    assert between(now, now).nothing_new


def test_reports_are_counted_by_place_in_the_record_or_by_day_of_publication():
    values = {"truce": 0.5}
    live = between(snapshot(1, 2, values), snapshot(8, 5, values))
    assert [r.id for r in live.reports] == ["E2"]
    past = between(snapshot(1, 9, values, mode="retrospective"), snapshot(9, 9, values, mode="retrospective"))
    assert [r.id for r in past.reports] == ["E2", "E3"], "published in those days, whenever it was entered"


def test_a_report_did_what_its_contribution_changed_by_where_that_was_most():
    before, now = snapshot(1, 2, {"truce": 0.5, "pact": 0.2}), snapshot(8, 9, {"truce": 0.6, "pact": 0.1})
    details = (
        detail(truce={"E1": 0.30, "E9": 0.2}, pact={"E1": 0.0}),
        detail(truce={"E1": 0.31, "E2": 0.25}, pact={"E1": -0.4, "E2": 0.1, "E3": 0.001}),
    )
    found = between(before, now, details).did_most
    assert [(w.entry, w.question.id, round(w.shift, 6)) for w in found] == [
        ("E1", "pact", -0.4),
        ("E2", "truce", 0.25),
        ("E9", "truce", -0.2),
    ], "E3 did next to nothing; E9 is no longer in force"
    # E2: .6 is log-odds .405465; without .25 it would be 1 / (1 + exp(-.155465)) = .538788
    assert found[1].points == pytest.approx(0.6 - 0.538788, abs=1e-6)


def test_a_move_within_the_simulation_error_comes_last_and_is_not_told():
    # each run errs by .003, their difference by .00424; twice that is .0085
    before = snapshot(1, 1, {"truce": 0.500, "pact": 0.01}, error=0.003)
    now = snapshot(8, 9, {"truce": 0.509, "pact": 0.018}, error=0.003)
    found = between(before, now, (detail(), detail(pact={"E2": 0.6})))
    assert [(c.subject, c.clear) for c in found.moved] == [("truce", True), ("pact", False)]
    assert [c.subject for c in found.questions] == ["truce"]
    assert found.did_most == (), "what a report did to a question that may not have moved"


def test_two_chances_that_read_alike_are_told_finer():
    assert changes.from_to(0.10, 0.30) == ("10 %", "30 %")
    assert changes.from_to(0.843, 0.838) == ("84.3 %", "83.8 %")


def test_the_reason_of_a_new_definition_is_told():
    version = BoardVersion("board", "w", "owner", "Second thoughts on the pact", date(2026, 7, 3))
    row = Entry("b", 7, "board", 2, datetime(2026, 7, 3, tzinfo=UTC), "owner", version, "")
    before, now = snapshot(1, 1, {"truce": 0.5}), snapshot(8, 9, {"truce": 0.5}, version="w")
    found = changes.between(before, now, board=BOARD, entries=[*entries(), row], details=NOTHING)
    assert found.happened == (Happening("New definition", "Second thoughts on the pact"),)
