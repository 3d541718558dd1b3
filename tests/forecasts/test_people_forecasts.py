"""What is in force at an instant: the newest entry of each forecaster, question and deadline, until withdrawn."""

from datetime import UTC, date, datetime, timedelta

import pytest

from forecasts import ledger
from forecasts.domain import Entry, Forecast, LedgerView, Retraction
from forecasts.errors import RecordError
from forecasts.people import LOCAL_OWNER, Actor
from forecasts.people_forecasts import in_force, is_crowd, issued, of_pair, own, stale

DEADLINE = date(2026, 12, 31)


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 4, day, hour, tzinfo=UTC)


def forecast(entry: str, p: float | None, when: datetime, who: str = "ann", question: str = "truce") -> Forecast:
    return Forecast(entry, question, DEADLINE, who, p, when, when.date(), "", "", "")


def view(*records: tuple[Forecast, datetime]) -> LedgerView:
    entries = tuple(Entry("b", n, r.id, 1, when, "p", r, "0" * 64) for n, (r, when) in enumerate(records, start=1))
    return LedgerView("b", at(30), "live", len(entries), "0" * 64, at(30), entries)


HISTORY = view(
    (forecast("F1", 0.2, at(1)), at(1)),
    (forecast("F2", 0.5, at(3), who="bea"), at(3)),
    (forecast("F3", 0.3, at(5)), at(5)),
    (forecast("F4", None, at(7)), at(7)),
    (forecast("F5", 0.1, at(2), who="crowd:x"), at(8)),  # entered six days after it was issued
    (forecast("F6", 0.6, at(9)), at(9)),
)
ANN, BEA, CROWD_X = (("ann", "truce", DEADLINE), ("bea", "truce", DEADLINE), ("crowd:x", "truce", DEADLINE))


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (at(1) - timedelta(microseconds=1), {}),
        (at(1), {ANN: "F1"}),
        (at(2), {ANN: "F1", CROWD_X: "F5"}),
        (at(4), {ANN: "F1", BEA: "F2", CROWD_X: "F5"}),
        (at(6), {ANN: "F3", BEA: "F2", CROWD_X: "F5"}),
        (at(8), {BEA: "F2", CROWD_X: "F5"}),  # withdrawn on the 7th
        (at(20), {ANN: "F6", BEA: "F2", CROWD_X: "F5"}),
    ],
)
def test_the_newest_forecast_is_carried_forward_until_it_is_withdrawn(when, expected) -> None:
    assert {key: i.entry.entry for key, i in in_force(issued(HISTORY), at=when).items()} == expected


def test_forecasts_stand_in_the_order_of_issue_and_hindsight_is_marked() -> None:
    given = issued(HISTORY)
    assert [i.entry.entry for i in given] == ["F1", "F5", "F2", "F3", "F4", "F6"]
    assert [i.entry.entry for i in given if not i.live] == ["F5"]
    assert own(in_force(given, at=at(20)), "ann") == {("truce", DEADLINE): 0.6}
    assert len(of_pair(given, ("truce", DEADLINE))) == 6
    assert of_pair(given, ("pact", DEADLINE)) == ()


def test_two_entries_of_one_instant_stand_as_they_were_entered() -> None:
    twice = view((forecast("F1", 0.2, at(1)), at(1)), (forecast("F2", 0.4, at(1)), at(1)))
    assert in_force(issued(twice), at=at(1))[ANN].entry.entry == "F2"


def test_old_forecasts_ask_for_a_look_while_they_are_open() -> None:
    (old,) = issued(view((forecast("F1", 0.2, at(1)), at(1))))
    assert not stale(old, now=at(1) + timedelta(days=45))
    assert stale(old, now=at(1) + timedelta(days=45, seconds=1))
    assert not stale(old, now=datetime(2027, 1, 1, tzinfo=UTC)), "its deadline has passed"


def test_a_crowd_is_told_by_its_id() -> None:
    assert is_crowd("crowd:metaculus")
    assert not is_crowd("crowdsourcer")


def test_a_persons_forecast_stays_as_issued_and_a_copied_series_can_be_put_right(store) -> None:
    """Otherwise a bad forecast could be taken out of the record before it is judged."""
    write = {"board": "b", "actor": LOCAL_OWNER, "now": at(10)}
    crowd = forecast("F2", 0.5, at(1), who="crowd:x")
    ledger.append(store, [forecast("F1", 0.2, at(1)), crowd], **write)
    with pytest.raises(RecordError, match="forecast F1 stays as issued; enter a new one, or withdraw it"):
        ledger.append(store, [Retraction("X1", "F1", "I was wrong", at(10).date())], **write)
    with pytest.raises(RecordError, match="stays as issued"):
        ledger.append(store, [forecast("F1", 0.9, at(1))], **write, expected_version={"F1": 1})
    ledger.append(store, [Retraction("X1", "F2", "Typed wrongly", at(10).date())], **write)
    left = issued(ledger.read(store, "b", as_of=at(11), mode="live"))
    assert [i.entry.entry for i in left] == ["F1"]


def test_another_persons_forecast_needs_an_admin(store) -> None:
    from forecasts.errors import ForbiddenError

    ann = Actor("ann", "forecaster")
    ledger.append(store, [forecast("F1", 0.2, at(1))], board="b", actor=ann, now=at(1))
    for who in ("bea", "crowd:x"):
        with pytest.raises(
            ForbiddenError, match="ann has the role forecaster and may not enter forecasts in another person"
        ):
            ledger.append(store, [forecast("F2", 0.2, at(1), who=who)], board="b", actor=ann, now=at(1))
