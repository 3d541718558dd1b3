"""Parquet of history and futures: read by others, it gives the published numbers."""

import io
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from forecasts import snapshots, weighted_futures
from forecasts.exchange import parquet_files
from models.world import NEVER


@pytest.fixture(scope="module")
def futures(published):
    home, _ = published
    snapshot = snapshots.latest(home.store, "small", mode="live")
    return weighted_futures.of_snapshot(home.store, home.artefacts, snapshot, threads=1)


@pytest.fixture(scope="module")
def read(published, futures):
    """Give the frames as another program reads them from the files."""
    home, _ = published
    return {n: pl.read_parquet(io.BytesIO(c)) for n, c in parquet_files.files(home.store, "small", futures)}


def test_the_history_comes_back_equal(published, read):
    home, _ = published
    assert_frame_equal(read["history.parquet"], snapshots.history(home.store, "small"))
    assert_frame_equal(read["snapshots.parquet"], snapshots.index(home.store, "small"))


def test_sums_of_weights_are_the_published_numbers(futures, read):
    table = read["futures.parquet"]
    assert table.height == futures.weight.size
    for subject, group, deadline, value in weighted_futures.published(futures.snapshot.rows).iter_rows():
        if group == "question":
            test = pl.col(f"day:{subject}") <= deadline
        else:
            test = pl.col("scenario") == subject if group == "partition" else pl.col(f"overlay:{subject}")
        assert table.filter(test)["weight"].sum() == pytest.approx(value, abs=1e-9), subject


def test_days_are_those_of_the_futures(futures, read):
    for q, name in enumerate(futures.stored.questions):
        own = read["futures.parquet"][f"day:{name}"]
        assert (own.is_null().to_numpy() == (futures.stored.day[:, q] == NEVER)).all()
        first = int(np.flatnonzero(futures.stored.day[:, q] != NEVER)[0])
        assert own[first] == futures.board.opens + timedelta(days=int(futures.stored.day[first, q]))
        assert own.max() <= futures.board.horizon


def test_series_and_draws_are_those_of_the_futures(futures, read):
    table = read["futures.parquet"]
    named = [(s, y, f"share:{name}:{year}") for s, y, name, year in futures.coming]
    assert named[0][2] == "share:spending:2026"
    for s, y, column in named:
        assert table[column].dtype == pl.Float32
        assert (table[column].to_numpy() == futures.stored.share[:, s, y]).all()
    assert (table["draw"].to_numpy() == futures.stored.draw).all()
    mean = futures.snapshot.rows.filter((pl.col("measure") == "mean") & (pl.col("deadline") == date(2026, 12, 31)))[
        "value"
    ].item()
    assert (table["share:spending:2026"] * table["weight"]).sum() == pytest.approx(mean, rel=1e-6)


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32), size=st.integers(1, 60), never=st.floats(0, 1))
def test_any_futures_come_back_to_the_bit(futures, seed, size, never):
    luck, stored = np.random.default_rng(seed), futures.stored
    days = luck.integers(-400, (futures.board.horizon - futures.board.opens).days + 1, (size, stored.day.shape[1]))
    days[luck.random(days.shape) < never] = NEVER
    share = luck.normal(2, 1, (size, *stored.share.shape[1:])).astype(np.float32)
    parts = replace(stored, day=days.astype(np.int16), draw=np.sort(luck.integers(0, 9, size, np.int32)), share=share)
    part = replace(futures, stored=parts, weight=luck.dirichlet(np.ones(size)))
    read = pl.read_parquet(io.BytesIO(parquet_files.content(parquet_files.table(part))))
    assert (read["weight"].to_numpy() == part.weight).all()
    assert (read["draw"].to_numpy() == part.stored.draw).all()
    for q, name in enumerate(stored.questions):
        since = (read[f"day:{name}"] - futures.board.opens).dt.total_days().fill_null(NEVER)
        assert (since.to_numpy() == days[:, q]).all()
    for s, y, name, year in part.coming:
        assert (read[f"share:{name}:{year}"].to_numpy() == share[:, s, y]).all()
    for number, scenario in enumerate(s.id for s in futures.board.scenarios if s.group == "partition"):
        assert ((read["scenario"] == scenario).fill_null(value=False).to_numpy() == (part.marks.code == number)).all()


def test_without_futures_the_history_is_left(published):
    home, _ = published
    assert [n for n, _ in parquet_files.files(home.store, "small", None)] == ["history.parquet", "snapshots.parquet"]


def test_the_same_futures_give_the_same_bytes(published, futures):
    home, _ = published
    first, again = (dict(parquet_files.files(home.store, "small", futures)) for _ in range(2))
    assert first == again
