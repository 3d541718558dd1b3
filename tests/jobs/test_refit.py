"""A run publishes, finds its snapshot again, or refuses; laws of METHODS 11 that live at this level."""

import json
import os
import resource
import threading
from datetime import date, datetime, timedelta

import polars as pl
import pytest

from forecasts import runs, snapshots
from forecasts.domain import Confirmation, Effect
from forecasts.errors import StoreError
from forecasts.instants import end_of_day
from forecasts.replay import ReplayError
from forecasts.snapshots import Snapshot
from tests.jobs.small_home import NOW, Home, evidence, keep_rates, occurrence, retraction

LATER = NOW + timedelta(hours=2)
DETAIL = (
    "timing", "drift", "drivers", "scenarios", "contributions", "inputs", "classes", "edges", "panels", "people",
    "readings", "votes", "expiring", "inert", "flags", "notes", "gates",
)  # fmt: skip


def content(home: Home, snapshot: Snapshot) -> tuple[str, str]:
    """Return the rows and the detail of a snapshot as text: what its pages show."""
    return snapshot.rows.write_csv(), home.artefacts.get(snapshot.detail_hash).decode()


def value(snapshot: Snapshot, subject: str, deadline: date | None = None) -> float:
    rows = snapshot.rows.filter((pl.col("subject") == subject) & (pl.col("measure") == "probability"))
    if deadline is not None:
        rows = rows.filter(pl.col("deadline") == deadline)
    return rows["value"].item()


def published(home: Home, **choices: object) -> Snapshot:
    outcome = home.refit(**choices)
    assert outcome.kind == "published", outcome.message
    return outcome.snapshot


def test_a_published_snapshot_is_coherent_and_complete(published):
    home, outcome = published
    assert outcome.kind == "published"
    assert all(g.holds for g in outcome.gates)
    rows = outcome.snapshot.rows
    by = rows.filter(pl.col("group") == "question").pivot("deadline", index="subject", values="value")
    numbers = {row[0]: row[1:] for row in by.rows()}
    assert set(numbers) == {q.id for q in home.board.questions}
    assert all(list(p) == sorted(p) for p in numbers.values()), "P(by T) falls"
    assert all(a <= b for a, b in zip(numbers["consent"], numbers["floor"], strict=True))
    assert all(a <= b for a, b in zip(numbers["floor"], numbers["pact"], strict=True))
    assert all(a <= b for a, b in zip(numbers["four"], numbers["three"], strict=True))
    assert rows.filter(pl.col("group") == "partition")["value"].sum() == pytest.approx(1.0, abs=1e-12)
    assert rows.filter(pl.col("group") == "series")["deadline"].dt.year().unique().to_list() == [
        2026,
        2027,
        2028,
        2029,
        2030,
    ]
    detail = json.loads(home.artefacts.get(outcome.snapshot.detail_hash))
    assert set(detail) == set(DETAIL)
    assert {c["id"] for c in detail["contributions"]["truce"]["2028-12-31"]} >= {"E1"}


def test_the_receipt_says_what_it_was_computed_from(published):
    home, outcome = published
    receipt = outcome.snapshot.receipt
    assert receipt["definition"] == {"hash": home.board.content_hash, "version": 1}
    assert receipt["ledger"] == {"position": 4, "digest": outcome.snapshot.ledger_digest}
    assert receipt["effort"] == {"draws": 48_000, "per_draw": 3, "seed": 5, "tilt": []}
    assert {g["name"] for g in receipt["gates"]} >= {
        "finite",
        "precision",
        "khat",
        "history_khat",
        "history_ess",
        "jump",
    }
    assert len(receipt["model_version"]) == 64
    rates = receipt["parameters"]["class rates"]
    assert set(receipt["parameters"]) == {"class rates"}
    assert rates["artefact"] == home.artefacts.bound(rates["input_hash"])
    assert (rates["origin"], rates["note"]) == ("kept", "")


def test_the_same_inputs_publish_once(home):
    first = published(home)
    again = home.refit(now=LATER)
    assert (again.kind, again.snapshot.id) == ("unchanged", first.id)
    assert snapshots.index(home.store, "small").height == 1
    assert [r.outcome for r in runs.read(home.store, "small")] == ["published"]


def test_a_new_day_or_a_new_row_is_due(home):
    first = published(home)
    assert first.as_of == datetime(2026, 4, 10, tzinfo=NOW.tzinfo), "the start of the day: nothing was entered since"
    home.add(evidence("E1"), at=NOW)
    second = published(home, now=LATER)
    assert second.as_of == NOW
    assert value(second, "truce", date(2028, 12, 31)) > value(first, "truce", date(2028, 12, 31))
    third = published(home, now=NOW + timedelta(days=1))
    assert third.as_of == datetime(2026, 4, 11, tzinfo=NOW.tzinfo)


def test_many_at_once_publish_once(home):
    kinds: list[str] = []
    workers = [threading.Thread(target=lambda: kinds.append(home.refit().kind)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(kinds) == ["published", "unchanged", "unchanged"]
    assert snapshots.index(home.store, "small").height == 1


def test_in_retrospect_later_evidence_changes_no_byte(home):
    home.add(evidence("E1", published_on=date(2026, 2, 3), occurred_on=date(2026, 2, 1)))
    as_of = end_of_day(date(2026, 2, 10))
    before = published(home, as_of=as_of, mode="retrospective")
    home.add(evidence("E2", lr=8.0), occurrence("O1", "fund", date(2026, 3, 5)), at=LATER)
    again = home.refit(as_of=as_of, mode="retrospective", now=LATER)
    assert (again.kind, again.snapshot.id) == ("unchanged", before.id)
    other = published(home, as_of=as_of, mode="retrospective", now=LATER, threads=2, resample=False, seed=6)
    assert content(home, other) != content(home, before), "the comparison would see a difference"


def test_a_retrospective_run_is_the_same_whatever_the_ledger_holds_later(new_home):
    early, late = new_home("a"), new_home("b")
    first = evidence("E1", published_on=date(2026, 2, 3), occurred_on=date(2026, 2, 1))
    early.add(first)
    late.add(first, evidence("E2", lr=8.0), occurrence("O1", "fund", date(2026, 3, 5)))
    as_of = end_of_day(date(2026, 2, 10))
    a = published(early, as_of=as_of, mode="retrospective")
    b = published(late, as_of=as_of, mode="retrospective", now=LATER)
    assert content(early, a) == content(late, b)
    assert a.id == b.id


def test_dropping_later_evidence_equals_as_of(new_home):
    whole, part = new_home("a"), new_home("b")
    for home in (whole, part):
        home.add(evidence("E1"))
    whole.add(evidence("E2", "pact", lr=5.0), at=LATER)
    replayed = published(whole, as_of=NOW, now=LATER)
    assert content(whole, replayed) == content(part, published(part, as_of=NOW))


def test_a_retraction_restores_the_former_numbers_exactly(home):
    home.add(evidence("E1"))
    before = published(home)
    home.add(evidence("E2", lr=12.0, thread="E1"), at=LATER)
    between = published(home, now=LATER)
    home.add(retraction("R1", "E2"), at=LATER + timedelta(hours=1))
    after = published(home, now=LATER + timedelta(hours=1))
    assert after.id != before.id
    assert content(home, after) == content(home, before) != content(home, between)


def test_order_of_entry_does_not_matter(new_home):
    items = [evidence("E1"), evidence("E2", lr=5.0, thread="E1"), evidence("E3", "fund", lr=0.4, thread="E1")]
    texts = []
    for name, order in (("a", items), ("b", items[::-1])):
        home = new_home(name)
        home.add(*order)
        texts.append(published(home).rows.write_csv())
    assert texts[0] == texts[1]


def test_a_ratio_of_one_changes_no_probability_whatever_its_range(home):
    before = published(home)
    effect = Effect("truce", date(2028, 12, 31), 1.0, 0.2, 5.0)
    home.add(evidence("E1", effects=(effect,)), at=LATER)
    after = published(home, now=LATER)
    for name in ("truce", "pact"):
        then, now = (s.rows.filter(pl.col("subject") == name) for s in (before, after))
        assert now["value"].to_list() == pytest.approx(then["value"].to_list(), abs=1e-12)
    wide = [s.rows.filter(pl.col("subject") == "truce")["high90"][1] for s in (before, after)]
    assert wide[1] > wide[0] + 0.02, "an uncertain ratio widens the band"


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_change_no_byte(published, new_home, threads):
    reference, outcome = published
    home = new_home()
    home.add(evidence("E1"), evidence("E2", "fund", lr=0.5))
    found = home.refit(threads=threads).snapshot
    assert content(home, found) == content(reference, outcome.snapshot)
    assert found.futures_hash == outcome.snapshot.futures_hash


def test_a_run_without_enough_precision_is_refused_and_the_last_one_stays(home):
    good = published(home)
    home.add(evidence("E1"), at=LATER)
    refused = home.refit(now=LATER, futures=900)
    assert refused.kind == "refused"
    assert refused.imprecise
    assert refused.snapshot.id == good.id
    assert "precision FAILS" in refused.message
    assert snapshots.index(home.store, "small").height == 1
    last = runs.read(home.store, "small")[0]
    assert (last.outcome, last.snapshot) == ("refused", None)
    assert last.receipt["futures"] == 3600, "it tried four times the draws before it gave up"
    assert runs.stale(home.store, "small").since == NOW + timedelta(hours=2)


def test_a_jump_that_nothing_explains_is_held_until_a_person_confirms(home):
    published(home)
    keep_rates(home, factor=9.0)
    tomorrow = NOW + timedelta(days=1)
    held = home.refit(now=tomorrow)
    assert held.kind == "refused"
    assert not held.imprecise
    assert "jump FAILS" in held.message
    confirmed = published(home, now=tomorrow, accept_jump=True)
    gate = next(g for g in confirmed.receipt["gates"] if g["name"] == "jump")
    assert gate["holds"]
    assert "confirmed by a person" in gate["place"]


def test_time_passing_is_no_jump(home):
    before = published(home)
    summer = datetime(2026, 8, 21, 6, tzinfo=NOW.tzinfo)
    home.add(Confirmation("C2", date(2026, 8, 20), summer.date(), (), ""), at=summer)
    after = published(home, now=summer)
    gate = next(g for g in after.receipt["gates"] if g["name"] == "jump")
    assert gate["holds"]
    assert gate["place"] != "nothing to compare"
    assert gate["value"] < 0.15, "what is left beside survival is Monte Carlo error"
    soon = date(2026, 12, 31)
    assert value(after, "truce", soon) < 0.6 * value(before, "truce", soon)


def test_how_a_question_stands_by_its_deadlines(new_home):
    home = new_home(through=date(2027, 2, 1))
    home.add(
        occurrence("O1", "fund", date(2026, 9, 1)),  # by the known day: history
        occurrence("O2", "truce", date(2027, 3, 1)),  # after it: clamped
        at=datetime(2027, 3, 2, tzinfo=NOW.tzinfo),
    )
    found = published(home, now=datetime(2029, 1, 5, tzinfo=NOW.tzinfo))
    rows = found.rows.filter(pl.col("group") == "question").select("subject", "deadline", "value", "state")
    states = {(r[0], r[1].year): r[2:] for r in rows.rows()}
    assert states["fund", 2026] == states["fund", 2030] == (1.0, "occurred")
    assert states["truce", 2026] == (0.0, "passed")
    assert states["truce", 2028] == (1.0, "occurred")
    assert states["pact", 2026] == (0.0, "passed")
    assert states["pact", 2028][1] == "awaiting"
    assert 0.0 < states["pact", 2028][0] < states["pact", 2030][0] < 1.0
    assert states["pact", 2030][1] == "open"


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"as_of": NOW + timedelta(days=2)}, "lies after now"),
        ({"as_of": end_of_day(date(2024, 12, 31)), "mode": "retrospective"}, "before the board opened"),
        ({"futures": 2}, "futures 2: at least 3"),
        ({"seed": -1}, "seed -1"),
    ],
)
def test_what_cannot_be_run_is_said_in_one_line(home, choices, message):
    with pytest.raises((ReplayError, ValueError), match=message):
        home.refit(**choices)
    assert snapshots.index(home.store, "small").is_empty()


def test_a_run_that_cannot_be_written_leaves_nothing(home):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, limits[1]))  # the futures are larger, the record is not
    try:
        with pytest.raises(StoreError, match="cannot be written"):
            home.refit()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert snapshots.index(home.store, "small").is_empty()
    assert runs.read(home.store, "small")[0].outcome == "failed"


def test_a_day_known_after_the_known_day_is_published(home):
    """It is clamped in every future, which gives few of them much weight: that alone is no reason to refuse."""
    home.add(occurrence("O1", "truce", date(2026, 4, 6)), at=NOW)
    found = published(home)
    assert value(found, "truce", date(2026, 12, 31)) == 1.0
    assert found.known_through == date(2026, 3, 31)


def test_what_killed_writes_left_behind_is_cleaned_up(home):
    torn, fresh = (home.artefacts.root / "00" / f".writing-{name}" for name in ("torn", "fresh"))
    torn.parent.mkdir(exist_ok=True)
    for path, age in ((torn, timedelta(hours=2)), (fresh, timedelta(minutes=1))):
        path.write_bytes(b"half a file")
        then = (NOW - age).timestamp()
        os.utime(path, (then, then))
    published(home)
    assert [torn.exists(), fresh.exists()] == [False, True]


def test_only_the_newest_futures_of_a_mode_are_kept(home):
    first = published(home)
    home.add(occurrence("O1", "fund", date(2026, 3, 20)), at=LATER)
    second = published(home, now=LATER)
    retro = published(home, as_of=end_of_day(date(2026, 3, 1)), mode="retrospective")
    assert first.futures_hash != second.futures_hash
    assert [home.artefacts.has(s.futures_hash) for s in (first, second, retro)] == [False, True, True]
    assert home.artefacts.has(first.detail_hash)
