"""When a scheduler looks, and how many looks were missed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasts.jobs.clock import Schedule, ScheduleError, daily, every

DAY = datetime(2026, 7, 1, tzinfo=UTC)


def at(text, day=1):
    hour, minute, *second = map(int, text.split(":"))
    return datetime(2026, 7, day, hour, minute, *second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "instant", "following"),
    [
        (every("15m"), at("10:00"), at("10:15")),
        (every("15m"), at("10:14:59"), at("10:15")),
        (every("15m"), at("23:50"), at("00:00", 2)),
        (every("6h"), at("05:59"), at("06:00")),
        (every("1d"), at("00:00"), at("00:00", 2)),
        (daily(["18:00", "06:00"]), at("05:00"), at("06:00")),
        (daily(["18:00", "06:00"]), at("06:00"), at("18:00")),
        (daily(["18:00", "06:00"]), at("18:00"), at("06:00", 2)),
    ],
)
def test_the_next_look(schedule, instant, following):
    assert schedule.after(instant) == following


@pytest.mark.parametrize(
    ("schedule", "after", "until", "missed"),
    [
        (every("15m"), at("10:00"), at("10:14"), 0),
        (every("15m"), at("10:00"), at("10:15"), 1),
        (every("15m"), at("10:00"), at("11:00"), 4),
        (every("1h"), at("23:30"), at("02:10", 3), 27),
        (daily(["06:00", "18:00"]), at("18:00"), at("18:00", 4), 6),
        (every("15m"), at("11:00"), at("10:00"), 0),
    ],
)
def test_how_many_were_missed(schedule, after, until, missed):
    assert schedule.between(after, until) == missed


@pytest.mark.parametrize("text", ["", "15", "15s", "0m", "7m", "25h", "2d", "-5m", "1.5h", "15m ago", "١٥m", "99999m"])
def test_a_step_that_does_not_divide_a_day_is_refused(text):
    with pytest.raises(ScheduleError, match="a step that divides a day is needed"):
        every(text)


@pytest.mark.parametrize("text", ["", "6:00", "24:00", "06:60", "06:00:00", "noon", "٠٦:٠٠"])
def test_what_is_no_time_of_the_day_is_refused(text):
    with pytest.raises(ScheduleError, match="a time of the day, UTC"):
        daily([text])


schedules = st.sampled_from([every("15m"), every("30m"), every("1h"), daily(["00:00"]), daily(["06:30", "23:59"])])
instants = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda d: d.replace(tzinfo=UTC))


@given(schedules, instants, instants)
def test_counting_agrees_with_stepping(schedule: Schedule, a, b):
    first, last = min(a, b), min(max(a, b), min(a, b) + timedelta(hours=26))
    steps, at = 0, first
    while (at := schedule.after(at)) <= last:
        steps += 1
    assert schedule.between(first, last) == steps
    assert schedule.after(first) > first
