"""Stored futures come back as they were; a damaged file says what is wrong with it."""

import io
from dataclasses import fields

import numpy as np
import polars as pl
import pytest

from forecasts.stored_futures import CorruptFuturesError, StoredFutures, dump_futures, load_futures
from models.world import NEVER

FUTURES = StoredFutures(
    questions=("a", "b:c"),
    series=("spending", "levy"),
    publications=np.array([[200, 565], [300, NEVER]]),
    day=np.array([[5, NEVER], [-3, 40], [7, 8]], np.int16),
    draw=np.array([0, 0, 4], np.int32),
    share=np.array([[[2.0, 2.5], [1, np.nan]], [[2.1, 2.6], [1, np.nan]], [[0, 0], [1, np.nan]]], np.float32),
    log_history=np.array([-1.0, -1.0, -2.5]),
    log_tilt=np.zeros(3),
    log_clamp=np.array([0.0, -np.inf, 0.1]),
)


def test_round_trip_and_the_same_bytes():
    content = dump_futures(FUTURES)
    found = load_futures(content, name="x")
    for part in fields(StoredFutures):
        np.testing.assert_array_equal(getattr(found, part.name), getattr(FUTURES, part.name))
        assert getattr(getattr(found, part.name), "dtype", None) == getattr(getattr(FUTURES, part.name), "dtype", None)
    assert dump_futures(found) == content
    assert found.log_prior.tolist() == [-1.0, -np.inf, -2.4]


def test_a_board_without_series():
    bare = StoredFutures(
        ("a",), (), np.empty((0, 0), np.int64), FUTURES.day[:, :1], FUTURES.draw, np.empty((3, 0, 0), np.float32),
        FUTURES.log_history, FUTURES.log_tilt, FUTURES.log_clamp,
    )  # fmt: skip
    found = load_futures(dump_futures(bare), name="x")
    assert found.share.shape == (3, 0, 0)
    assert found.series == ()


def ipc(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_ipc(buffer)
    return buffer.getvalue()


WHOLE = pl.read_ipc(io.BytesIO(dump_futures(FUTURES)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "stored futures x: "),
        (b"not arrow at all", "stored futures x: "),
        (dump_futures(FUTURES)[:300], "stored futures x: "),
        (ipc(WHOLE.drop("log_tilt")), "unexpected columns .*log_tilt"),
        (ipc(WHOLE.drop("day:a", "day:b:c")), "unexpected columns"),
        (ipc(WHOLE.with_columns(pl.col("day:a").cast(pl.Int64))), "unexpected columns .*day:a"),
        (ipc(WHOLE.with_columns(extra=1)), "unexpected columns .*extra"),
        (ipc(WHOLE.with_columns(schema_version=pl.lit(9, pl.Int8))), "schema version 9, this program reads 1"),
        (ipc(WHOLE.with_columns(log_tilt=pl.lit(float("nan")))), "missing or non-finite"),
        (ipc(WHOLE.with_columns(log_clamp=pl.lit(float("inf")))), "missing or non-finite"),
        (ipc(WHOLE.with_columns(pl.lit(None, pl.Int16).alias("day:a"))), "missing or non-finite"),
        (ipc(WHOLE.clear()), "unexpected columns"),
    ],
)
def test_a_damaged_file_is_named_with_what_to_do(content, message):
    with pytest.raises(CorruptFuturesError, match=message) as refused:
        load_futures(content, name="x")
    assert "twixt refit" in str(refused.value)
    assert "\n" not in str(refused.value)
