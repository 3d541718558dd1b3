from datetime import UTC, date, datetime

from polars.testing import assert_frame_equal

from forecasts import snapshots
from forecasts.people import JOBS
from tests.forecasts.records import snapshot

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_smoke(store):
    s = snapshot(as_of=NOW)
    assert snapshots.write(store, s, actor=JOBS)
    assert not snapshots.write(store, s, actor=JOBS)
    back = snapshots.latest(store, "b", mode="live")
    assert_frame_equal(back.rows, s.rows)
    h = snapshots.history(store, "b")
    assert h.height == s.rows.height
    assert h["as_of"][0] == NOW
    assert snapshots.history(store, "b", subject="q", deadline=date(2026, 12, 31)).height == 1
    assert snapshots.history(store, "b", subject="nope").height == 0
    assert snapshots.history(store, "nope").height == 0
    assert snapshots.index(store, "b").height == 1
    assert snapshots.index(store, "nope").height == 0
