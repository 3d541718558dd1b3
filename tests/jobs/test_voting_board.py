"""A fitted vote from the ledger to the snapshot: statements move it, a retraction restores it, a preview agrees."""

import json
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from forecasts import attribution, moves, snapshots, vote_preview
from forecasts.domain import Composition, Statement
from forecasts.snapshots import Snapshot
from tests.jobs import small_home, voting_home
from tests.jobs.small_home import NOW
from tests.jobs.voting_home import statement

HORIZON = date(2030, 12, 31)

pytestmark = pytest.mark.slow


def detail(home: small_home.Home, snapshot: Snapshot) -> dict:
    return json.loads(home.artefacts.get(snapshot.detail_hash))


def consent(snapshot: Snapshot) -> float:
    rows = snapshot.rows.filter((pl.col("subject") == "consent") & (pl.col("deadline") == HORIZON))
    return float(rows.filter(pl.col("measure") == "probability")["value"][0])


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """Give a home and four snapshots: at first, after two statements, in the other order, after their retraction."""
    home = voting_home.open_home(tmp_path_factory.mktemp("votes") / "home")
    other = voting_home.open_home(tmp_path_factory.mktemp("votes") / "other")
    spoken = [statement("S001"), statement("S002", "m40", "against_lean")]
    found = [home.refit().snapshot]
    for i, record in enumerate(spoken):
        home.add(record, at=NOW + timedelta(minutes=i))
    for i, record in enumerate(reversed(spoken)):
        other.add(record, at=NOW + timedelta(minutes=i))
    found.append(home.refit(now=NOW + timedelta(minutes=5)).snapshot)
    found.append(other.refit(now=NOW + timedelta(minutes=5)).snapshot)
    for i, entry in enumerate(("S001", "S002")):
        home.add(small_home.retraction(f"X00{i + 1}", entry), at=NOW + timedelta(minutes=10 + i))
    found.append(home.refit(now=NOW + timedelta(minutes=15)).snapshot)
    yield home, found
    home.store.close()
    other.store.close()


def test_a_run_publishes_with_the_fitted_gate(story) -> None:
    home, (first, *_) = story
    found = detail(home, first)
    assert found["inputs"]["consent"]["label"] == "fitted"
    vote = found["votes"]["consent"]
    now = vote["now"]
    assert (now["period"], now["party"], now["seats_known"], len(now["seats"])) == (0, "R", True, 60)
    for tally in (now["expected"], *now["classes"]):
        assert 0 < tally["low"] <= tally["high"] <= 1
        assert 0 < tally["chance"] < 1
        assert sum(tally["yeas"]) == pytest.approx(1, abs=0.01)
        assert sum(tally["pivotal"]) == pytest.approx(1, abs=0.01)
        assert len(tally["members"]) == 60
        assert all(0 < p < 1 for p in tally["members"])
    assert sum(t["weight"] for t in vote["terms"]) == pytest.approx(1, abs=0.001)
    assert [(p["known"], p["changing"]) for p in vote["periods"]] == [(True, 0), (False, 20), (False, 40)]
    assert set(vote["periods"][0]["chances"]) == {"D", "R"}


def test_the_boards_chance_is_that_of_the_votes_held(story) -> None:
    """P(consent) by the horizon is the mass of the votes held times their chances, second votes aside."""
    home, (first, *_) = story
    vote = detail(home, first)["votes"]["consent"]
    mass = np.array(vote["held"][HORIZON.isoformat()])
    floor = first.rows.filter((pl.col("subject") == "floor") & (pl.col("deadline") == HORIZON))["value"][0]
    assert mass.sum() == pytest.approx(floor, abs=1e-6)
    assert abs(consent(first) / floor - vote["now"]["expected"]["chance"]) < 0.12


def test_statements_move_the_vote_in_any_order_and_a_retraction_restores_every_number(story) -> None:
    home, (first, spoken, reversed_order, back) = story
    assert consent(spoken) < consent(first) - 0.01
    assert spoken.rows.equals(reversed_order.rows)
    assert back.rows.equals(first.rows)
    assert detail(home, back)["votes"] == detail(home, first)["votes"]
    before, after = (detail(home, s)["votes"]["consent"]["now"]["expected"]["members"] for s in (first, spoken))
    moved = np.array(after) - np.array(before)
    assert moved.max() < 0
    assert set(np.argsort(moved)[:2]) == {3, 40}


def test_a_statement_does_not_move_what_no_vote_leads_to(story) -> None:
    _, (first, spoken, *_) = story
    for question in ("truce", "pact", "floor", "three"):
        rows = [s.rows.filter(pl.col("subject") == question) for s in (first, spoken)]
        assert rows[0].equals(rows[1]), question


def test_the_move_is_explained_by_what_was_said(story) -> None:
    home, (first, spoken, *_) = story
    found = attribution.explain(
        home.store,
        home.artefacts,
        home.board.id,
        question="consent",
        deadline=HORIZON,
        start=first.as_of,
        end=spoken.as_of,
    )
    data = [p for p in found["parts"] if p["kind"] == "data"]
    assert [p["name"] for p in data] == ["what was said, and who sits: S001, S002"]


def test_a_preview_agrees_with_the_refit(story) -> None:
    home, (first, spoken, *_) = story
    state = moves.read_state(home.store, home.artefacts, first)
    held = vote_preview.load(state, detail(home, first), "consent")
    after = held.outlook([statement("draft"), statement("other", "m40", "against_lean")])
    said = detail(home, spoken)["votes"]["consent"]["now"]["expected"]
    chance = held.two_thirds(after)
    assert chance.before == detail(home, first)["votes"]["consent"]["now"]["expected"]["chance"]
    assert abs(chance.after - said["chance"]) < 0.03
    moved = held.consent(after, {HORIZON.isoformat(): consent(first)})[HORIZON.isoformat()]
    assert abs(moved.after - consent(spoken)) < 0.015
    nothing = held.outlook(state.moment.view.records(Statement))
    assert held.two_thirds(nothing).after == pytest.approx(chance.before, abs=1e-9)


def test_an_earlier_as_of_sees_neither_statement_nor_composition(story, tmp_path) -> None:
    home, (first, *_) = story
    seats = home.board.votes[0].fitted.seats
    coming = Composition("M001", "consent", date(2027, 5, 1), date(2026, 4, 9), seats, "", "", "")
    home.add(coming, at=NOW + timedelta(minutes=20))
    earlier = home.refit(now=NOW + timedelta(minutes=30), as_of=first.as_of)
    assert (earlier.kind, earlier.snapshot.id) == ("unchanged", first.id)
    later = home.refit(now=NOW + timedelta(minutes=30))
    periods = detail(home, later.snapshot)["votes"]["consent"]["periods"]
    assert [p["known"] for p in periods] == [True, True, False]


def test_the_newest_snapshot_is_the_last_one(story) -> None:
    home, _ = story
    assert snapshots.latest(home.store, home.board.id, mode="live") is not None
