"""The ledger on both databases: what is in force when, gapless positions, conflicts, authors, digests."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from forecasts import ledger, schema
from forecasts.domain import BoardVersion, Confirmation, Occurrence, Resolution, Retraction
from forecasts.errors import ConflictError, ForbiddenError, RecordError, StoreError
from forecasts.instants import TICK, end_of_day, start_of_day
from forecasts.ledger_chain import NO_DIGEST
from forecasts.people import LOCAL_OWNER, Actor
from tests.forecasts.records import evidence

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FORECASTER = Actor("p1", "forecaster")


def retraction(entry: str, target: str, published_on: date = date(2026, 7, 1)) -> Retraction:
    return Retraction(entry, target, "the source withdrew it", published_on)


def write(store, *records, now=NOW, actor=LOCAL_OWNER, board="b", **expected):
    return ledger.append(store, records, board=board, actor=actor, now=now, expected_version=expected)


def in_force(store, as_of, mode="live"):
    return [(e.entry, e.version) for e in ledger.read(store, "b", as_of=as_of, mode=mode).entries]


def test_an_empty_board_has_an_empty_view(store):
    view = ledger.read(store, "b", as_of=NOW, mode="live")
    assert (view.position, view.digest, view.last_recorded_at, view.entries) == (0, NO_DIGEST, None, ())
    assert ledger.tail(store, "b").position == ledger.verify(store, "b").position == 0
    assert ledger.known_boards(store) == ()


def test_rows_get_positions_without_gaps_and_rising_times(store):
    first = write(store, evidence("E1"), evidence("E2"))
    second = write(store, evidence("E3"))
    assert [e.position for e in (*first, *second)] == [1, 2, 3]
    assert [e.recorded_at for e in (*first, *second)] == [NOW, NOW + TICK, NOW + 2 * TICK]
    assert ledger.history(store, "b") == (*first, *second)
    assert ledger.tail(store, "b") == ledger.Tail(3, second[0].digest, NOW + 2 * TICK)


def test_a_clock_that_goes_backwards_cannot_reorder_the_ledger(store):
    write(store, evidence("E1"), now=NOW)
    (back,) = write(store, evidence("E2"), now=NOW - timedelta(days=400))
    assert (back.position, back.recorded_at) == (2, NOW + TICK)
    assert in_force(store, NOW) == [("E1", 1)]
    assert in_force(store, NOW + TICK) == [("E1", 1), ("E2", 1)]


def test_every_kind_of_record_is_kept_and_comes_back(store):
    day = date(2026, 6, 1)
    records = (
        BoardVersion("board", "a" * 64, "owner", "first", day),
        evidence("E1", kind="intent", half_life_days=180),
        Occurrence("O1", "q", day, day, "council", "https://example.org/é", "verified", "line one\nline two"),
        Confirmation("C1", day, day, ("q", "r"), ""),
        Resolution("S1", "q", date(2026, 12, 31), "yes", day, day, "council", "", "“quoted”"),
    )
    write(store, *records)
    write(store, retraction("R1", "O1", day))
    view = ledger.read(store, "b", as_of=NOW + HOUR, mode="live")
    assert view.records(Occurrence) == ()
    kept = [e.record for e in view.entries]
    assert kept == [records[0], records[1], records[3], records[4], retraction("R1", "O1", day)]
    assert ledger.known_boards(store) == ("b",)


def test_boards_have_their_own_positions(store):
    write(store, evidence("E1"), board="b")
    (other,) = write(store, evidence("E1"), board="c")
    assert other.position == 1
    assert ledger.known_boards(store) == ("b", "c")
    assert len(ledger.read(store, "c", as_of=NOW, mode="live").entries) == 1


# What is in force. E1 published 1 March, corrected on 10 March, retracted on 20 March; E2 published 15 March.
# Everything is entered in July, one row an hour.
STORY = [
    (evidence("E1", published_on=date(2026, 3, 1)), {}),
    (evidence("E2", published_on=date(2026, 3, 15)), {}),
    (evidence("E1", published_on=date(2026, 3, 10), lr=3.0), {"E1": 1}),
    (retraction("R1", "E1", date(2026, 3, 20)), {}),
]


@pytest.fixture
def story(store):
    for hour, (record, expected) in enumerate(STORY):
        write(store, record, now=NOW + hour * HOUR, **expected)
    return store


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        (NOW - TICK, []),
        (NOW, [("E1", 1)]),
        (NOW + HOUR, [("E1", 1), ("E2", 1)]),
        (NOW + 2 * HOUR, [("E1", 2), ("E2", 1)]),
        (NOW + 3 * HOUR - TICK, [("E1", 2), ("E2", 1)]),
        (NOW + 3 * HOUR, [("E2", 1), ("R1", 1)]),
    ],
)
def test_live_replay_is_bounded_by_what_was_recorded(story, as_of, expected):
    assert in_force(story, as_of) == expected


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        (end_of_day(date(2026, 2, 28)), []),
        (start_of_day(date(2026, 3, 1)) + HOUR, []),  # the day of publication is not over
        (end_of_day(date(2026, 3, 1)), [("E1", 1)]),
        (end_of_day(date(2026, 3, 9)), [("E1", 1)]),
        (end_of_day(date(2026, 3, 10)), [("E1", 2)]),
        (end_of_day(date(2026, 3, 15)), [("E1", 2), ("E2", 1)]),
        (end_of_day(date(2026, 3, 19)), [("E1", 2), ("E2", 1)]),
        (end_of_day(date(2026, 3, 20)), [("E2", 1), ("R1", 1)]),
    ],
)
def test_retrospective_replay_is_bounded_by_what_was_published(story, as_of, expected):
    assert in_force(story, as_of, "retrospective") == expected


@pytest.mark.parametrize("mode", ["live", "retrospective"])
def test_later_rows_leave_an_earlier_view_as_it_was(story, mode):
    as_of = NOW + 3 * HOUR if mode == "live" else end_of_day(date(2026, 3, 19))
    before = ledger.read(story, "b", as_of=as_of, mode=mode)
    later = {"now": NOW + 9 * HOUR, "E2": 1}
    write(
        story,
        evidence("E2", published_on=date(2026, 3, 21), lr=9.0),
        evidence("E9", published_on=date(2026, 4, 1)),
        **later,
    )
    write(story, retraction("R2", "E2", date(2026, 4, 2)), now=NOW + 10 * HOUR)
    assert ledger.read(story, "b", as_of=as_of, mode=mode) == before


def test_a_retrospective_digest_depends_on_what_was_published_only(store):
    """The same records published by then, entered in another store beside later ones and at other times."""
    as_of = end_of_day(date(2026, 3, 31))
    write(store, evidence("E1"), evidence("E2"), board="plain")
    write(store, evidence("E1"), evidence("X1", published_on=date(2026, 5, 1)), board="mixed", now=NOW + HOUR)
    write(store, evidence("E2"), board="mixed", now=NOW + HOUR)
    plain, mixed = (ledger.read(store, board, as_of=as_of, mode="retrospective") for board in ("plain", "mixed"))
    assert plain.digest == mixed.digest != NO_DIGEST
    assert [e.record for e in plain.entries] == [e.record for e in mixed.entries]
    write(store, evidence("E3"), board="mixed")
    assert ledger.read(store, "mixed", as_of=as_of, mode="retrospective").digest != mixed.digest


def test_an_unknown_mode_is_refused(store):
    with pytest.raises(ValueError, match="mode 'both'; allowed: live, retrospective"):
        ledger.read(store, "b", as_of=NOW, mode="both")


def test_a_retraction_can_be_taken_back_and_the_entry_retracted_again(store):
    write(store, evidence("E1"))
    write(store, retraction("R1", "E1"))
    write(store, retraction("R2", "R1"))
    assert in_force(store, NOW + HOUR) == [("E1", 1), ("R2", 1)]
    write(store, evidence("E1", lr=4.0), E1=1)
    write(store, retraction("R3", "E1"))
    assert in_force(store, NOW + HOUR) == [("R2", 1), ("R3", 1)]


@pytest.mark.parametrize(
    ("records", "expected", "error", "said"),
    [
        (
            [evidence("E1")],
            {},
            ConflictError,
            "entry E1: it was expected to be new, but version 2 was written by owner at",
        ),
        (
            [evidence("E1")],
            {"E1": 1},
            ConflictError,
            "version 1 was expected to be the newest, but version 2 was written",
        ),
        ([evidence("E1")], {"E1": 3}, ConflictError, "version 3 was expected to be the newest, but version 2"),
        ([evidence("E7")], {"E7": 1}, ConflictError, "but nothing was ever entered under this id"),
        ([evidence("E2", lr=3.0)], {"E2": 1}, ConflictError, "entry E2 was retracted by R1: version 1 was written by"),
        ([retraction("R9", "E2")], {}, ConflictError, "entry E2 was retracted by R1"),
        ([retraction("R9", "E8")], {}, RecordError, "retraction R9: there is no entry E8"),
        ([retraction("R9", "board")], {}, RecordError, "a definition is replaced by a new one, not retracted"),
        ([retraction("R1", "E1")], {"R1": 1}, RecordError, "R1 is of E2; its target cannot change"),
        ([evidence("R1")], {"R1": 1}, RecordError, "entry R1 is of type retraction, not evidence"),
        ([evidence("E3"), evidence("E3")], {}, RecordError, "two records of one entry"),
        ([evidence("E3"), retraction("R9", "E3")], {}, RecordError, "E3 is written in the same step"),
        ([retraction("R8", "E1"), retraction("R9", "E1")], {}, RecordError, "two retractions of one entry"),
        ([evidence("E3"), evidence("E4", url="data:x")], {}, RecordError, "evidence E4: url: 'data:x'"),
    ],
)
def test_what_must_not_enter_is_refused_whole(store, records, expected, error, said):
    write(store, BoardVersion("board", "a" * 64, "owner", "first", date(2026, 1, 1)), evidence("E1"), evidence("E2"))
    write(store, evidence("E1", lr=2.5), E1=1)
    write(store, retraction("R1", "E2"))
    before = ledger.history(store, "b")
    with pytest.raises(error, match=r".") as caught:
        write(store, *records, **expected)
    assert said in str(caught.value)
    assert ledger.history(store, "b") == before


def test_a_conflict_is_found_however_many_records_come_at_once(store, monkeypatch):
    monkeypatch.setattr(ledger, "_IDS_IN_ONE_QUERY", 2)
    write(store, *(evidence(f"E{i}") for i in range(7)))
    for taken in range(7):
        records = [evidence(f"F{i}") for i in range(6)] + [evidence(f"E{taken}")]
        with pytest.raises(ConflictError, match=f"entry E{taken}: it was expected to be new"):
            write(store, *records)
    assert ledger.tail(store, "b").position == 7


def test_a_conflict_hands_over_the_row_that_stands_in_the_way(store):
    write(store, evidence("E1"))
    (newest,) = write(store, evidence("E1", lr=2.5), E1=1, actor=replace(LOCAL_OWNER, id="p7"))
    with pytest.raises(ConflictError, match="version 2 was written by p7") as caught:
        write(store, evidence("E1", lr=5.0), E1=1)
    assert caught.value.newest == newest


def test_an_author_needs_a_role_for_each_record(store):
    mine = evidence("E1", forecaster="p1")
    write(store, mine, actor=FORECASTER)
    with pytest.raises(
        ForbiddenError,
        match=r"b: p2 has the role viewer and may not enter or change evidence; needed: forecaster, admin, owner",
    ):
        write(store, evidence("E2", forecaster="p2"), actor=Actor("p2", "viewer"))
    with pytest.raises(ForbiddenError, match="p1 has the role forecaster and may not enter evidence in another person"):
        write(store, evidence("E2", forecaster="p3"), actor=FORECASTER)
    with pytest.raises(ForbiddenError, match="may not enter or change a board"):
        write(store, BoardVersion("board", "a" * 64, "p1", "mine", date(2026, 1, 1)), actor=FORECASTER)
    assert len(ledger.history(store, "b")) == 1


def test_a_time_without_a_zone_is_refused(store):
    with pytest.raises(ValueError, match="has no time zone"):
        write(store, evidence("E1"), now=datetime(2026, 7, 1))
    with pytest.raises(ValueError, match="has no time zone"):
        ledger.read(store, "b", as_of=datetime(2026, 7, 1), mode="live")


def test_nothing_to_append_changes_nothing(store):
    assert write(store) == ()
    assert ledger.tail(store, "b").position == 0


def test_the_digest_names_the_whole_prefix(store):
    write(store, evidence("E1"), evidence("E2"), board="b")
    write(store, evidence("E1", lr=2.5), evidence("E2"), board="c")
    b, c = (ledger.history(store, board) for board in "bc")
    assert len({e.digest for e in (*b, *c)}) == 4
    assert ledger.read(store, "b", as_of=NOW, mode="live").digest == b[0].digest
    assert ledger.verify(store, "b").digest == b[1].digest


TAMPERED = {
    "record": (
        "record",
        '{"type":"retraction","id":"E2","target":"E1","reason":"","published_on":"2026-03-01"}',
        "columns",
    ),
    "author": ("recorded_by", "p9", "a digest that does not match"),
    "digest": ("digest", "0" * 64, "a digest that does not match"),
    "entry": ("entry", "E7", "a digest that does not match"),
    "version": ("version", 2, "version 2 of E2 after version 0"),
    "published": ("published_on", date(2026, 3, 2), "columns that differ from its record"),
    "garbage": ("record", "{}", "cannot be read: record type None is unknown"),
}


@pytest.mark.parametrize(("column", "value", "said"), TAMPERED.values(), ids=TAMPERED)
def test_a_row_changed_behind_our_back_is_found_and_named(store, column, value, said):
    write(store, evidence("E1"), evidence("E2"), evidence("E3"))
    table = schema.ledger
    with store.engine.connect() as connection:
        _without_triggers(connection)
        connection.execute(sa.update(table).where(table.c.position == 2).values({column: value}))
        connection.commit()
    with pytest.raises(StoreError, match="b: ledger position 2") as caught:
        ledger.verify(store, "b")
    assert said in str(caught.value)


def _without_triggers(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("ALTER TABLE ledger DISABLE TRIGGER USER"))
    else:
        connection.execute(sa.text("DROP TRIGGER ledger_forbid_update"))
