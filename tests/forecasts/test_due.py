"""Which boards are due, and since when; the same on both databases, and the same as a run would find."""

from datetime import UTC, date, datetime, timedelta

import pytest

from forecasts import ledger, snapshots
from forecasts.domain import BoardVersion, Confirmation, NamedWhatIf, Retraction
from forecasts.jobs import due
from forecasts.jobs.inputs import key_at
from forecasts.people import JOBS, LOCAL_OWNER
from forecasts.replay import default_as_of
from tests.forecasts.records import evidence, snapshot

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MIDNIGHT = datetime(2026, 7, 1, tzinfo=UTC)


def enter(store, *records, board="b", at=NOON - 10 * DAY):
    return ledger.append(store, records, board=board, actor=LOCAL_OWNER, now=at)


def begin(store, board="b", at=NOON - 10 * DAY):
    definition = BoardVersion("board", "d" * 64, "owner", "first", at.date())
    enter(store, definition, Confirmation("C1", date(2026, 6, 1), at.date(), (), ""), board=board, at=at)


def publish(store, as_of, board="b", **changes):
    position = ledger.read(store, board, as_of=as_of, mode="live").position
    name = f"{board}{as_of:%d%H%M}{changes.get('mode', '')}"
    found = snapshot(as_of=as_of, identifier=name, board=board, ledger_position=position, **changes)
    assert snapshots.write(store, found, actor=JOBS)


def what_if(entry):
    return NamedWhatIf(entry, "If", "see", ("never q",), "", NOON.date())


def standing(store, now=NOON):
    (found,) = due.read(store, now=now)
    return found


def test_a_record_without_boards_has_nothing_due(store):
    assert due.read(store, now=NOON) == ()
    assert due.oldest_age((), now=NOON) == timedelta(0)


def test_a_board_that_was_never_published_is_due_since_its_first_row(store):
    begin(store)
    enter(store, evidence("E1"), at=NOON - HOUR)
    found = standing(store)
    assert (found.published, found.due_since, found.as_of) == (None, NOON - 10 * DAY, NOON - HOUR)
    assert found.definition == "d" * 64
    assert (found.position, found.ledger_digest) == (3, ledger.tail(store, "b").digest)


def test_published_today_and_nothing_entered_since_it_is_not_due(store):
    begin(store)
    publish(store, MIDNIGHT)
    found = standing(store)
    assert not found.is_due
    assert found.as_of == found.published == MIDNIGHT


def test_a_new_day_makes_it_due_since_midnight(store):
    begin(store)
    publish(store, NOON - 2 * DAY)
    found = standing(store)
    assert found.due_since == MIDNIGHT - DAY, "the first midnight that it slept through, not the last"
    assert found.as_of == MIDNIGHT
    assert due.oldest_age([found], now=NOON) == timedelta(hours=36)


def test_a_row_entered_since_makes_it_due_since_then(store):
    begin(store)
    publish(store, MIDNIGHT)
    enter(store, evidence("E1"), at=NOON - 2 * HOUR)
    enter(store, evidence("E2"), at=NOON - HOUR)
    found = standing(store)
    assert (found.due_since, found.as_of) == (NOON - 2 * HOUR, NOON - HOUR)


def test_the_earlier_of_two_reasons_counts(store):
    begin(store)
    publish(store, MIDNIGHT - HOUR)
    enter(store, evidence("E1"), at=MIDNIGHT - HOUR / 2)
    assert standing(store).due_since == MIDNIGHT - HOUR / 2


def test_a_named_what_if_and_taking_it_back_make_nothing_due(store):
    begin(store)
    publish(store, MIDNIGHT)
    enter(store, what_if("W1"), at=NOON - 3 * HOUR)
    enter(store, Retraction("R1", "W1", "asked no more", NOON.date()), at=NOON - 2 * HOUR)
    found = standing(store)
    assert not found.is_due
    assert found.as_of == NOON - 2 * HOUR, "a run would still replay up to the last row"
    enter(store, evidence("E1"), at=NOON - HOUR)
    assert standing(store).due_since == NOON - HOUR
    assert ledger.news_since(store, "b", 2) == 1, "the same rows as the status counts"


def test_taking_evidence_back_makes_it_due(store):
    begin(store)
    enter(store, evidence("E1"), at=NOON - 5 * DAY)
    publish(store, MIDNIGHT)
    enter(store, Retraction("R1", "E1", "wrong", NOON.date()), at=NOON - HOUR)
    assert standing(store).due_since == NOON - HOUR


def test_a_retrospective_snapshot_publishes_nothing_live(store):
    begin(store)
    publish(store, MIDNIGHT, mode="retrospective")
    assert standing(store).published is None


def test_a_clock_that_has_gone_back_makes_nothing_due(store):
    begin(store)
    enter(store, evidence("E1"), at=NOON - HOUR)
    publish(store, NOON - HOUR)
    found = standing(store, now=NOON - 3 * DAY)
    assert not found.is_due
    assert due.oldest_age(due.read(store, now=NOON - 3 * DAY), now=NOON - 3 * DAY) == timedelta(0)


def test_what_is_due_is_what_a_run_would_publish_under_the_same_key(store):
    begin(store)
    for hours in (30, 20, 1):
        enter(store, evidence(f"E{hours}"), at=NOON - hours * HOUR)
        for now in (NOON, NOON + DAY):
            found = standing(store, now=now)
            assert found.as_of == default_as_of(store, "b", now=now)
            assert found.input == key_at(store, "b", as_of=found.as_of, mode="live")


def test_the_one_that_has_waited_longest_comes_first(store):
    for board, days in (("a", 1), ("b", 5), ("c", 3), ("d", 0)):
        begin(store, board)
        publish(store, MIDNIGHT - days * DAY, board)
    found = due.read(store, now=NOON)
    assert [s.board for s in found] == ["a", "b", "c", "d"]
    assert [s.board for s in due.longest_first(found)] == ["b", "c", "a"]
    assert [s.board for s in due.read(store, now=NOON, only=("c", "d", "nowhere"))] == ["c", "d"]


def test_a_definition_that_cannot_be_read_does_not_hide_the_other_boards(store):
    begin(store, "a")
    enter(store, evidence("E1"), board="b")
    assert [(s.board, s.definition[:1]) for s in due.read(store, now=NOON)] == [("a", "d"), ("b", "")]


@pytest.mark.parametrize("changed", ["as_of", "ledger_digest", "definition", "board"])
def test_another_input_has_another_key(store, changed):
    from dataclasses import replace

    begin(store)
    found = standing(store)
    other = replace(found, **{changed: found.as_of + DAY if changed == "as_of" else "other"})
    assert other.input != found.input
