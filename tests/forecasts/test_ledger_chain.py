"""A chain of rows whose digests are right can still be no ledger: each rule of a ledger is checked by itself."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from forecasts.codec import encode
from forecasts.domain import Entry, Occurrence, Retraction
from forecasts.errors import StoreError
from forecasts.forms import canonical
from forecasts.ledger_chain import NO_DIGEST, check_chain, row_digest
from tests.forecasts.records import evidence

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
DAY = date(2026, 7, 1)


def text_of(entry: Entry) -> str:
    return canonical(encode(entry.record))


def chain(*changes: dict) -> list[Entry]:
    """Return rows of E1, E2, E3 with changes to each, and the digests that belong to them."""
    rows, before = [], NO_DIGEST
    for i, change in enumerate(changes, 1):
        at = NOW + timedelta(seconds=i)
        row = replace(Entry("b", i, f"E{i}", 1, at, "owner", evidence(f"E{i}"), ""), **change)
        row = replace(row, digest=row_digest(before, row, text_of(row)))
        before = row.digest
        rows.append(row)
    return rows


def test_a_whole_ledger_passes():
    correction = {"entry": "E1", "version": 2, "record": evidence("E1", lr=3.0)}
    taken_back = {"entry": "R1", "record": Retraction("R1", "E1", "why", DAY)}
    rows = chain({}, correction, taken_back)
    check_chain(rows, [text_of(r) for r in rows])
    check_chain([], [])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([{"position": 2}], "b: ledger position 2 holds a row that should stand at position 1"),
        ([{}, {"position": 3}], "position 3 holds a row that should stand at position 2"),
        ([{}, {"position": 1}], "position 1 holds a row that should stand at position 2"),
        ([{}, {"board": "c"}], "holds a row of another board, c"),
        ([{}, {"recorded_at": NOW + timedelta(seconds=1)}], "position 2 holds a time that does not rise"),
        ([{"version": 2}], "holds version 2 of E1 after version 0"),
        ([{}, {"entry": "E1", "record": evidence("E1")}], "holds version 1 of E1 after version 1"),
        (
            [{}, {"entry": "E1", "version": 2, "record": Occurrence("E1", "q", DAY, DAY, "", "", "verified", "")}],
            "position 2 holds a record of type occurrence under the id of type evidence",
        ),
        ([{"entry": "R1", "record": Retraction("R1", "E2", "", DAY)}, {}], "a retraction of E2, which was not entered"),
    ],
)
def test_what_is_no_ledger_is_named_even_where_every_digest_is_right(changes, said):
    rows = chain(*changes)
    with pytest.raises(StoreError) as caught:
        check_chain(rows, [text_of(r) for r in rows])
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"recorded_by": "p9"},
        {"recorded_at": NOW + timedelta(seconds=1, microseconds=1)},
        {"record": evidence("E1", lr=2.0000000000000004)},
        {"digest": "0" * 64},
    ],
)
def test_a_digest_covers_the_whole_row(change):
    rows = chain({}, {})
    rows[0] = replace(rows[0], **change)
    with pytest.raises(StoreError, match="position 1 holds a digest that does not match"):
        check_chain(rows, [text_of(r) for r in rows])


def test_a_digest_covers_everything_before_it():
    rows, others = chain({}, {}), chain({"recorded_by": "p9"}, {})
    assert rows[1] != others[1]
    with pytest.raises(StoreError, match="position 2 holds a digest that does not match"):
        check_chain([others[0], rows[1]], [text_of(r) for r in rows])
