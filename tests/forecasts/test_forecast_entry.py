"""A forecast as it is typed: three writings of a probability, instants, and the times at which it is none any more."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasts.domain import Forecast, Occurrence, Resolution
from forecasts.errors import RecordError
from forecasts.forecast_entry import check, crowd_id, from_fields, read_instant, read_probability, withdrawal
from tests.forecasts import small_board

NOW = datetime(2026, 4, 10, 9, tzinfo=UTC)
DEADLINE = date(2026, 12, 31)


@pytest.mark.parametrize(
    ("text", "value", "writing"),
    [
        ("0.25", 0.25, "probability"),
        (".25", 0.25, "probability"),
        (" 25% ", 0.25, "percent"),
        ("25 %", 0.25, "percent"),
        ("0.5%", 0.005, "percent"),
        ("1:3", 0.25, "odds"),
        ("3:1", 0.75, "odds"),
        ("2 : 6", 0.25, "odds"),
        ("0:1", 0.0, "odds"),
        ("1.5:0.5", 0.75, "odds"),
        ("0", 0.0, "probability"),
        ("1", 1.0, "probability"),  # a certainty; 1% is written 1%
        ("100%", 1.0, "percent"),
        ("1e-3", 0.001, "probability"),
    ],
)
def test_a_probability_is_read_in_three_writings(text: str, value: float, writing: str) -> None:
    found = read_probability(text)
    assert found.value == pytest.approx(value, abs=1e-15)
    assert found.writing == writing


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("25", "write 25% if percent are meant"),
        ("1.5", "write 1.5% if percent are meant"),
        ("101", "outside 0 to 1"),
        ("101%", "outside 0 to 1"),
        ("-0.1", "outside 0 to 1"),
        ("-1:3", "odds are two numbers from 0"),
        ("1/4", "a probability from 0 to 1 (0.25), a percentage (25%) or odds for it (1:3)"),
        ("nan", "a probability from 0 to 1"),
        ("inf", "a probability from 0 to 1"),
        ("0:0", "odds"),
        ("1:", "odds"),
        ("1:2:3", "odds"),
        ("1e300:1e308", None),
        ("1e308:1e308", "odds"),
        ("", "a probability from 0 to 1"),
        ("%", "a probability from 0 to 1"),
        ("likely", "'likely'"),
        ("x" * 10_000, "..."),
    ],
)
def test_anything_else_is_refused_with_what_is_needed(text: str, said: str | None) -> None:
    if said is None:
        assert 0 <= read_probability(text).value <= 1
        return
    with pytest.raises(ValueError, match=r".") as caught:
        read_probability(text)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 250


@given(st.floats(1e-6, 1 - 1e-6))
def test_the_three_writings_mean_the_same(p: float) -> None:
    plain = read_probability(repr(p)).value
    assert read_probability(f"{100 * p!r}%").value == pytest.approx(plain, rel=1e-12)
    assert read_probability(f"{p!r}:{1 - p!r}").value == pytest.approx(plain, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-04-09", datetime(2026, 4, 9, 23, 59, 59, 999999, tzinfo=UTC)),  # a day means its end
        ("2026-04-10", NOW),  # today has no end yet
        ("2026-04-09T12:00", datetime(2026, 4, 9, 12, tzinfo=UTC)),
        ("2026-04-09T12:00Z", datetime(2026, 4, 9, 12, tzinfo=UTC)),
        ("2026-04-09T12:00+03:00", datetime(2026, 4, 9, 9, tzinfo=UTC)),
    ],
)
def test_an_instant_without_a_zone_is_utc(text: str, instant: datetime) -> None:
    assert read_instant(text, now=NOW) == instant


@pytest.mark.parametrize("text", ["yesterday", "2026-02-30", "12:30", "2026-04-09T25:00", "0001-01-01T00:00+14:00"])
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"a day .* or an instant"):
        read_instant(text, now=NOW)


@pytest.mark.parametrize("name", ["crowd:metaculus", "crowd:pm.us_2026-12"])
def test_a_crowd_has_a_source(name: str) -> None:
    assert crowd_id(name) == name


@pytest.mark.parametrize("name", ["crowd:", "crowd: x", "crowd:a:b", "crowd:" + "x" * 61, "crowd:é", "crowd:-a b"])
def test_other_crowds_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="crowd:<source> is needed"):
        crowd_id(name)


def typed(**changes: str) -> tuple[Forecast | None, list[str]]:
    fields = {"question": "truce", "deadline": "2026-12-31", "probability": "0.3"} | changes
    record, problems = from_fields(fields, entry="F1", forecaster="ann", now=NOW)
    return record, [f"{p.field}: {p.message}" for p in problems]


def test_a_good_forecast_is_issued_now() -> None:
    record, problems = typed(rationale="Talks go on.", url="https://example.org/x")
    assert problems == []
    assert record == Forecast(
        "F1", "truce", DEADLINE, "ann", 0.3, NOW, NOW.date(), "Talks go on.", "", "https://example.org/x"
    )


def test_all_mistakes_come_at_once_and_no_record() -> None:
    record, problems = typed(question="a b", deadline="soon", probability="", url="javascript:x", rationale="\x07")
    assert record is None
    assert [p.partition(":")[0] for p in problems] == ["question", "deadline", "probability", "rationale", "url"]


def forecast(**changes: object) -> Forecast:
    values = {
        "id": "F1",
        "question": "truce",
        "deadline": DEADLINE,
        "forecaster": "ann",
        "probability": 0.3,
        "issued_at": NOW,
        "published_on": NOW.date(),
        "rationale": "",
        "source": "",
        "url": "",
    }
    return Forecast(**values | changes)


def refusals(record: Forecast, *known: object, now: datetime = NOW, board: object = small_board.BOARD) -> list[str]:
    return [f"{p.field}: {p.message}" for p in check(record, board, view=small_board.view(*known), now=now)]


OCCURRED = Occurrence("O1", "truce", date(2026, 4, 9), date(2026, 4, 9), "x", "", "verified", "")
SETTLED = Resolution("R1", "truce", DEADLINE, "annulled", date(2026, 4, 10), date(2026, 4, 10), "x", "", "")
EARLIER = {"forecaster": "crowd:x", "issued_at": datetime(2026, 4, 8, tzinfo=UTC)}


def test_a_good_forecast_passes() -> None:
    assert refusals(forecast()) == []
    assert refusals(forecast(), replace(OCCURRED, question="pact"), replace(SETTLED, question="pact")) == []
    assert refusals(forecast(**EARLIER), OCCURRED, SETTLED) == [], "a crowd's value from before it was known"


@pytest.mark.parametrize(
    ("record", "known", "said"),
    [
        (forecast(question="truse"), (), "question: 'truse' is no question of board small; did you mean truce or"),
        (forecast(deadline=date(2026, 12, 30)), (), "deadline: 2026-12-30: truce has the deadlines 2026-12-31"),
        (forecast(issued_at=NOW + timedelta(seconds=1)), (), "at: 2026-04-10 09:00 lies in the future"),
        (forecast(issued_at=NOW - timedelta(days=1)), (), "only a series of crowd:<source>"),
        (forecast(forecaster="crowd:x", issued_at=datetime(2024, 12, 31, tzinfo=UTC)), (), "before truce opened"),
        (forecast(), (OCCURRED,), "question: truce happened on 2026-04-09 (O1)"),
        (forecast(**EARLIER | {"issued_at": datetime(2026, 4, 9, tzinfo=UTC)}), (OCCURRED,), "happened on 2026-04-09"),
        (forecast(), (SETTLED,), "deadline: truce by 2026-12-31 was resolved annulled on 2026-04-10 (R1)"),
    ],
)
def test_what_speaks_against_a_forecast(record: Forecast, known: tuple[object, ...], said: str) -> None:
    (found,) = refusals(record, *known)
    assert said in found


def test_nothing_is_issued_after_its_deadline_or_on_a_closed_question() -> None:
    late = datetime(2027, 1, 1, tzinfo=UTC)
    last = late - timedelta(microseconds=1)
    assert "2026-12-31 had passed" in refusals(forecast(issued_at=late), now=late)[0]
    assert refusals(forecast(issued_at=last), now=last) == []
    first = replace(small_board.QUESTIONS[0], closed_on=NOW.date())
    closed = replace(small_board.BOARD, questions=(first, *small_board.QUESTIONS[1:]))
    assert "was closed on 2026-04-10" in refusals(forecast(), board=closed)[0]


def test_a_withdrawal_comes_after_what_it_withdraws() -> None:
    found = withdrawal(forecast(), now=NOW - timedelta(hours=1))
    assert found.probability is None
    assert found.issued_at > NOW
    with pytest.raises(RecordError, match="no forecast of truce by 2026-12-31 in force"):
        withdrawal(found, now=NOW)
