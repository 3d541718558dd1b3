from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasts.instants import TICK, end_of_day, from_text, last_whole_day, start_of_day, to_text, utc

KYIV = timezone(timedelta(hours=3))


@settings(deadline=None)
@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.sampled_from([UTC, KYIV])))
def test_an_instant_comes_back_from_its_text_and_text_order_is_time_order(instant):
    assert from_text(to_text(instant)) == instant
    assert len(to_text(instant)) == 27
    assert to_text(instant) < to_text(instant + TICK)


def test_a_day_given_as_an_instant_means_its_end():
    day = date(2026, 7, 1)
    assert to_text(end_of_day(day)) == "2026-07-01T23:59:59.999999Z"
    assert end_of_day(day) + TICK == start_of_day(date(2026, 7, 2))


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (end_of_day(date(2026, 7, 1)), date(2026, 7, 1)),
        (start_of_day(date(2026, 7, 2)), date(2026, 7, 1)),
        (datetime(2026, 7, 1, 23, 59, 59, tzinfo=UTC), date(2026, 6, 30)),
        (datetime(2026, 7, 2, 2, 0, tzinfo=KYIV), date(2026, 6, 30)),  # 23:00 UTC on 1 July: that day is not over
    ],
)
def test_only_a_day_that_is_over_is_whole(instant, day):
    assert last_whole_day(instant) == day


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="2026-07-01T00:00:00 has no time zone"):
        utc(datetime(2026, 7, 1))
    for text in ("2026-07-01T09:30:00.000000", "2026-07-01T09:30:00Z", "2026-07-01T12:30:00.000000+03:00", "x"):
        with pytest.raises(ValueError, match=r"instant|isoformat"):
            from_text(text)
