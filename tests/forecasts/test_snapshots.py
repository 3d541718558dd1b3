"""Snapshots are published once, come back whole, and their numbers are read as trends."""

import itertools
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from forecasts import snapshots
from forecasts.errors import ForbiddenError
from forecasts.people import JOBS, Actor
from forecasts.snapshot_rows import GROUPS, MEASURES, ROWS, STATES
from forecasts.snapshots import HISTORY, INDEX, Snapshot
from tests.forecasts.records import rows, snapshot

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
REST = [f for f in fields(Snapshot) if f.name != "rows"]
UNUSED = itertools.count()


def check_equal(found: Snapshot, wanted: Snapshot) -> None:
    assert_frame_equal(found.rows, wanted.rows)
    assert {f.name: getattr(found, f.name) for f in REST} == {f.name: getattr(wanted, f.name) for f in REST}


def write(store, *snaps):
    return [snapshots.write(store, s, actor=JOBS) for s in snaps]


def test_a_snapshot_comes_back_whole(store):
    one = snapshot(as_of=NOW, futures_hash="f" * 64, receipt={"gates": [True, None], "é": {"ess": 1.5}})
    assert write(store, one) == [True]
    check_equal(snapshots.get(store, one.id), one)
    check_equal(snapshots.latest(store, "b", mode="live"), one)


def test_the_same_inputs_are_published_once(store):
    one = snapshot(as_of=NOW)
    later = replace(one, published_at=NOW + WEEK, rows=rows(shift=0.01))
    assert write(store, one, later) == [True, False]
    check_equal(snapshots.get(store, one.id), one)
    assert snapshots.history(store, "b").height == one.rows.height


def test_of_eight_who_publish_the_same_inputs_at_once_one_does(store):
    one = snapshot(as_of=NOW)
    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(lambda _: write(store, one)[0], range(8))) == [False] * 7 + [True]
    check_equal(snapshots.get(store, one.id), one)


def test_eight_who_publish_different_snapshots_of_a_new_board_lose_nothing(store):
    many = [snapshot(as_of=NOW + i * WEEK, rows=rows(shift=i / 1000)) for i in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda s: write(store, s)[0], many))
    for one in many:
        check_equal(snapshots.get(store, one.id), one)


def test_the_latest_is_by_as_of_then_by_publication_within_one_mode(store):
    old, new = snapshot(as_of=NOW), snapshot(as_of=NOW + WEEK)
    again = snapshot(as_of=NOW, identifier="again", rows=rows(shift=0.02))
    past = snapshot(as_of=NOW + 2 * WEEK, mode="retrospective")
    write(store, new, old, past, again)
    live = {"mode": "live"}
    assert snapshots.latest(store, "b", **live).id == new.id
    assert snapshots.latest(store, "b", as_of=NOW + WEEK - timedelta(microseconds=1), **live).id == again.id
    assert snapshots.latest(store, "b", as_of=NOW - WEEK, **live) is None
    assert snapshots.latest(store, "b", mode="retrospective").id == past.id
    assert snapshots.latest(store, "c", **live) is None


def test_an_unknown_id_is_named(store):
    with pytest.raises(KeyError, match="there is no snapshot 'x'"):
        snapshots.get(store, "x")


def test_the_index_has_a_line_for_each_snapshot_by_as_of(store):
    assert dict(snapshots.index(store, "b").schema) == INDEX
    late, early = snapshot(as_of=NOW + WEEK, futures_hash="f" * 64), snapshot(as_of=NOW, mode="retrospective")
    write(store, late, early)
    index = snapshots.index(store, "b")
    assert dict(index.schema) == INDEX
    assert index["id"].to_list() == [early.id, late.id]
    assert index["as_of"].to_list() == [NOW, NOW + WEEK]
    assert index["futures_hash"].to_list() == [None, "f" * 64]
    assert snapshots.index(store, "b", mode="live")["id"].to_list() == [late.id]


def test_the_history_is_every_row_of_every_snapshot(store):
    assert dict(snapshots.history(store, "b").schema) == HISTORY
    many = [snapshot(as_of=NOW + i * WEEK, rows=rows(shift=i / 100)) for i in (2, 0, 1)]
    write(store, *many)
    ordered = sorted(many, key=lambda s: s.as_of)
    wanted = pl.concat(
        s.rows.with_columns(snapshot=pl.lit(s.id), as_of=pl.lit(s.as_of, HISTORY["as_of"]), mode=pl.lit("live"))
        for s in ordered
    ).select(list(HISTORY))
    assert_frame_equal(snapshots.history(store, "b"), wanted)


@pytest.mark.parametrize(
    ("ask", "values"),
    [
        ({"subject": "q", "deadline": date(2026, 12, 31)}, [0.1, 0.15, 0.12]),
        ({"subject": "q", "deadline": date(2026, 12, 31), "mode": "live"}, [0.1, 0.12]),
        ({"subject": "q", "mode": "retrospective"}, [0.15, 0.45]),
        ({"deadline": date(2030, 12, 31), "mode": "live"}, [0.4, 0.42]),
        ({"subject": "spending"}, [2.4, 2.45, 2.42]),
        ({"subject": "unknown"}, []),
        ({"subject": "q", "deadline": date(2027, 12, 31)}, []),
    ],
)
def test_the_history_of_one_line(store, ask, values):
    write(
        store,
        snapshot(as_of=NOW),
        snapshot(as_of=NOW + WEEK, mode="retrospective", rows=rows(shift=0.05)),
        snapshot(as_of=NOW + 2 * WEEK, rows=rows(shift=0.02)),
    )
    found = snapshots.history(store, "b", **ask)
    assert dict(found.schema) == HISTORY
    assert found["value"].to_list() == pytest.approx(values)


def test_boards_do_not_mix(store):
    write(store, snapshot(as_of=NOW), snapshot(as_of=NOW + WEEK, board="c", rows=rows(shift=0.3)))
    assert snapshots.history(store, "c", subject="q")["value"].to_list() == [0.4, 0.7]
    assert snapshots.index(store, "b").height == 1


def test_a_question_that_joins_or_leaves_keeps_its_own_line(store):
    first, second = rows(), rows().filter(pl.col("subject") != "calm").with_columns(pl.col("subject").replace("q", "r"))
    write(store, snapshot(as_of=NOW, rows=first), snapshot(as_of=NOW + WEEK, rows=second.reverse()))
    assert snapshots.history(store, "b", subject="calm").height == 1
    assert snapshots.history(store, "b", subject="r")["value"].to_list() == [0.4, 0.1]
    assert_frame_equal(snapshots.latest(store, "b", mode="live").rows, second.reverse())


numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def any_rows(draw):
    lines = draw(
        st.lists(
            st.tuples(st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=5), st.none() | st.dates()),
            min_size=1,
            max_size=6,
            unique=True,
        )
    )
    made = []
    for subject, deadline in lines:
        measure = draw(st.sampled_from(MEASURES))
        value = draw(st.floats(0, 1) if measure == "probability" else numbers)
        band = [None] * 4 if measure == "probability" else [draw(numbers) for _ in range(4)]
        resolved, state = draw(st.none() | st.booleans()), draw(st.sampled_from(STATES))
        group = draw(st.sampled_from(GROUPS))
        made.append((subject, group, deadline, measure, value, *band, draw(numbers), resolved, state))
    return pl.DataFrame(made, schema=ROWS, orient="row")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(frame=any_rows())
def test_any_rows_come_back_to_the_bit(store, frame):
    identifier = f"s{next(UNUSED)}"
    assert write(store, snapshot(as_of=NOW, identifier=identifier, rows=frame)) == [True]
    assert_frame_equal(snapshots.get(store, identifier).rows, frame, check_exact=True)


def changed(**columns):
    """Return rows whose first line is changed."""
    frame = rows()
    values = [
        pl.when(pl.int_range(pl.len()) == 0).then(pl.lit(v, ROWS[c])).otherwise(c).alias(c) for c, v in columns.items()
    ]
    return frame.with_columns(values)


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (rows().drop("mcse"), "wrong or missing: ('mcse', Float64)"),
        (rows().with_columns(extra=1), "('extra', Int32)"),
        (rows().with_columns(pl.col("deadline").cast(pl.String)), "('deadline', Date)"),
        (rows().clear(), "a snapshot without rows says nothing"),
        (changed(value=math.nan), "a number that is not finite"),
        (changed(low90=math.inf), "a number that is not finite"),
        (changed(mcse=math.nan), "a number that is not finite"),
        (changed(value=1.1), "a probability is a number from 0 to 1"),
        (changed(low50=-0.01), "a probability is a number from 0 to 1"),
        (changed(value=None), "a probability is a number from 0 to 1"),
        (changed(group="questions"), "group 'questions': allowed: question, partition, overlay, series"),
        (changed(measure="median"), "measure 'median': allowed: probability, mean, quantile"),
        (changed(state="done"), "state 'done': allowed: open, occurred, passed, awaiting"),
        (changed(state=None), "state None: allowed"),
        (changed(subject=None), "every row needs its own subject"),
        (changed(deadline=date(2030, 12, 31)), "found twice"),
        (pl.concat([rows(), rows()]), "found twice"),
    ],
)
def test_rows_that_cannot_be_published_are_refused(store, frame, said):
    with pytest.raises(ValueError, match=r".") as caught:
        write(store, snapshot(as_of=NOW, rows=frame))
    assert said in str(caught.value)
    assert snapshots.index(store, "b").is_empty()


@pytest.mark.parametrize(
    "changes",
    [
        {"board": "../b"},
        {"id": ""},
        {"id": "x" * 101},
        {"mode": "both"},
        {"detail_hash": "x"},
        {"futures_hash": ""},
        {"receipt": {"rhat": math.nan}},
    ],
)
def test_a_snapshot_that_cannot_be_kept_is_refused(store, changes):
    with pytest.raises(ValueError, match=r"."):
        write(store, replace(snapshot(as_of=NOW), **changes))
    assert snapshots.index(store, "b").is_empty()


def test_only_jobs_and_the_local_owner_publish(store):
    for role in ("viewer", "forecaster", "admin"):
        with pytest.raises(ForbiddenError):
            snapshots.write(store, snapshot(as_of=NOW), actor=Actor("p1", role))
    assert snapshots.index(store, "b").is_empty()
