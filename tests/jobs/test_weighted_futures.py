"""Weighted futures are the snapshot's, and equally weighted samples of them say the same, jointly."""

import shutil
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasts import snapshots, weighted_futures
from forecasts.artefacts import Artefacts
from forecasts.stored_futures import CorruptFuturesError, dump_futures
from forecasts.weighted_futures import FuturesNotKeptError, OtherNumbersError, resampled
from tests.jobs.small_home import NOW, evidence

COUNT = 10_000
SEED = 3
ERRORS = 5.0
"""Standard errors that a sample may be off; 60 numbers, each off by more once in 1.7 million."""


@pytest.fixture(scope="module")
def snapshot(published):
    home, _ = published
    return snapshots.latest(home.store, "small", mode="live")


@pytest.fixture(scope="module")
def futures(published, snapshot):
    home, _ = published
    return weighted_futures.of_snapshot(home.store, home.artefacts, snapshot, threads=1)


@pytest.fixture(scope="module")
def rows(futures):
    return resampled(futures, COUNT, seed=SEED)


def days_by(futures, question: str, year: int) -> np.ndarray:
    """Return (N,) whether a question happens by the end of a year."""
    board = futures.board
    return futures.stored.day[:, board.index(question)] <= (date(year, 12, 31) - board.opens).days


def test_the_weights_give_every_published_number(futures, snapshot):
    assert futures.weight.sum() == pytest.approx(1, abs=1e-12)
    for subject, _, deadline, value in weighted_futures.published(snapshot.rows).iter_rows():
        if deadline is not None:
            hit = days_by(futures, subject, deadline.year)
        else:
            hit = futures.marks.indicators[:, [s.id for s in futures.board.scenarios].index(subject)]
        assert futures.weight[hit].sum() == pytest.approx(value, abs=1e-9), (subject, deadline)
    assert futures.weight.max() > 1.5 * futures.weight.min(), "evidence has moved weights, or nothing was tested"


def test_samples_give_the_published_numbers_within_their_error(futures, rows, snapshot):
    given = weighted_futures.published(snapshot.rows)
    assert given.height > 20
    worst = weighted_futures.largest_difference(futures, rows)
    assert 0 < worst < ERRORS * 0.5 / np.sqrt(COUNT)
    for subject, _, deadline, value in given.filter(pl.col("deadline").is_not_null()).iter_rows():
        error = np.sqrt(value * (1 - value) / COUNT)
        assert days_by(futures, subject, deadline.year)[rows].mean() == pytest.approx(value, abs=ERRORS * error + 1e-9)


def test_scenarios_of_the_partition_come_within_one_sample_each(futures, rows):
    code = futures.marks.code
    for number in np.unique(code):
        share = futures.weight[code == number].sum()
        assert abs((code[rows] == number).sum() - COUNT * share) < 1


@pytest.mark.parametrize(
    ("event", "condition"), [("relapse", "pact"), ("summit", "truce"), ("three", "pact"), ("truce", "summit")]
)
def test_what_holds_jointly_holds_in_the_samples(futures, rows, event, condition):
    """P(event | condition) from samples against the weights; independent samples would give P(event)."""
    a, c = days_by(futures, event, 2030), days_by(futures, condition, 2030)
    exact = futures.weight[a & c].sum() / futures.weight[c].sum()
    held = c[rows].sum()
    error = np.sqrt(exact * (1 - exact) / held)
    assert (a & c)[rows].sum() / held == pytest.approx(exact, abs=ERRORS * error + 1e-9)
    if (event, condition) != ("three", "pact"):
        assert abs(exact - futures.weight[a].sum()) > 2 * ERRORS * error, (
            "the condition says nothing: nothing is tested"
        )


def test_series_and_events_stay_one_future(futures, rows):
    """The level `three` is reached exactly where the path of the same future passes it at a publication."""
    s, y, _, _ = next(iter(futures.coming))
    share = futures.stored.share[rows, s, y]
    level = futures.stored.day[rows, futures.board.index("three")] <= futures.stored.publications[s, y]
    assert level.any()
    assert share[level].min() >= 2.95, "printed with one decimal"
    assert share[~level].max() < 3.05


@settings(max_examples=60)
@given(count=st.integers(1, 3000), seed=st.integers(0, 2**31 - 1), tilt=st.floats(0, 8), gone=st.booleans())
def test_each_future_is_taken_as_often_as_its_weight_says(futures, count, seed, tilt, gone):
    first = 500
    weight = np.random.default_rng(seed).random(first) ** tilt
    weight[::7] *= not gone
    part = replace(
        futures,
        stored=replace(futures.stored, day=futures.stored.day[:first], draw=futures.stored.draw[:first]),
        weight=weight / weight.sum(),
    )
    times = np.bincount(resampled(part, count, seed=seed), minlength=first)
    assert times.sum() == count
    assert (np.abs(times - count * part.weight) < 1 + 1e-6).all()
    assert not times[part.weight == 0].any()


def test_all_of_equal_weight_are_taken_once_each(futures):
    """With nothing to lose the samples are the futures themselves: every number comes out exactly."""
    size = futures.weight.size
    even = replace(futures, weight=np.full(size, 1 / size))
    assert sorted(resampled(even, size, seed=1)) == list(range(size))


def test_a_part_of_the_samples_is_a_sample_too(futures, rows):
    few = rows[: COUNT // 10]
    for number in np.unique(futures.marks.code):
        share = futures.weight[futures.marks.code == number].sum()
        error = np.sqrt(share * (1 - share) / few.size)
        assert (futures.marks.code[few] == number).mean() == pytest.approx(share, abs=ERRORS * error)


def test_the_same_seed_gives_the_same_samples_and_another_others(futures, rows):
    assert (resampled(futures, COUNT, seed=SEED) == rows).all()
    assert (resampled(futures, COUNT, seed=SEED + 1) != rows).any()


@pytest.mark.parametrize(("count", "seed"), [(0, 1), (-1, 1), (1, -1)])
def test_sizes_and_seeds_outside_are_refused(futures, count, seed):
    with pytest.raises(ValueError, match=f"{count} samples with seed {seed}"):
        resampled(futures, count, seed=seed)


def test_futures_that_are_gone_are_named(published, snapshot, tmp_path):
    home, _ = published
    with pytest.raises(FuturesNotKeptError, match=r"small: the futures of the snapshot as of .* \(live\) are not kept"):
        weighted_futures.of_snapshot(home.store, Artefacts(tmp_path), snapshot, threads=1)
    none = replace(snapshot, futures_hash=None)
    with pytest.raises(FuturesNotKeptError, match="are not kept"):
        weighted_futures.of_snapshot(home.store, home.artefacts, none, threads=1)


@pytest.fixture
def artefacts(published, tmp_path):
    """Give a copy of the home's files, to which more can be put."""
    shutil.copytree(published[0].artefacts.root, tmp_path / "artefacts")
    return Artefacts(tmp_path / "artefacts")


def test_futures_of_other_numbers_are_refused(published, artefacts, snapshot, futures):
    other = replace(futures.stored, day=futures.stored.day[::-1].copy())
    changed = replace(snapshot, futures_hash=artefacts.put(dump_futures(other)))
    with pytest.raises(OtherNumbersError, match="another version of the model has made it"):
        weighted_futures.of_snapshot(published[0].store, artefacts, changed, threads=1)


def test_damaged_futures_are_refused(published, artefacts, snapshot):
    changed = replace(snapshot, futures_hash=artefacts.put(b"not futures at all"))
    with pytest.raises(CorruptFuturesError, match="twixt refit"):
        weighted_futures.of_snapshot(published[0].store, artefacts, changed, threads=1)


def test_later_evidence_leaves_an_older_snapshot_as_it_was(new_home):
    """What is exported is what was published, not what the evidence of today says of the old futures."""
    home = new_home()
    home.add(evidence("E1"))
    home.refit()
    old = snapshots.latest(home.store, "small", mode="live")
    home.add(evidence("E2", lr=9.0), at=NOW + timedelta(hours=1))
    again = weighted_futures.of_snapshot(home.store, home.artefacts, old, threads=1)
    assert [e.id for e in again.moment.evidence] == ["E1"]
    assert again.snapshot == old
