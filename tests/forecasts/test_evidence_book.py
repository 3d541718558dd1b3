"""The book of evidence: versions, retractions and their undoing, search and filters, stories."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from forecasts import evidence_book, ledger
from forecasts.domain import Effect, Retraction
from forecasts.errors import ConflictError
from forecasts.evidence_book import Wanted, book, find
from forecasts.people import LOCAL_OWNER, Actor
from tests.jobs.small_home import evidence

NOW = datetime(2026, 4, 10, 9, tzinfo=UTC)
ADA = Actor("ada", "forecaster")
E1 = evidence("E1", statement="Bóth sides met in Genève.", thread="talks", published_on=date(2026, 3, 5))
E2 = evidence("E2", "fund", thread="money", kind="intent", half_life_days=90.0, grade_source="A", forecaster="ada")
E3 = evidence("E3", thread="talks", occurred_on=date(2026, 2, 1), published_on=date(2026, 3, 9), grade_info="5")


def write(store, *records, actor=LOCAL_OWNER, hours=0, versions=None):
    at = NOW + timedelta(hours=hours)
    return ledger.append(store, records, board="b", actor=actor, now=at, expected_version=versions)


@pytest.fixture
def items(store):
    """Give a function that returns the book; E1 has two versions, E3 is retracted."""
    write(store, E1, E3)
    write(store, E2, actor=ADA)
    write(store, replace(E1, source="The mediator"), hours=1, versions={"E1": 1})
    write(store, Retraction("X001", "E3", "A hoax, as it turned out", NOW.date()), hours=2)
    return lambda: book(ledger.history(store, "b"))


def test_items_come_latest_first_with_all_their_versions(items):
    found = items()
    assert [(i.id, len(i.versions), i.retraction is not None) for i in found] == [
        ("E3", 1, True),
        ("E1", 2, False),
        ("E2", 1, False),
    ]
    assert found[1].evidence.source == "The mediator"
    assert found[1].newest.version == 2


def test_a_retraction_that_is_taken_back_does_not_count(items, store):
    write(store, Retraction("X002", "X001", "It was true after all", NOW.date()), hours=3)
    assert all(i.retraction is None for i in items())
    in_force = ledger.read(store, "b", as_of=NOW + timedelta(days=1), mode="live").records(type(E1))
    assert {i.id for i in items()} == {e.id for e in in_force}
    write(store, Retraction("X003", "E3", "No", NOW.date()), hours=4)
    assert [i.id for i in items() if i.retraction] == ["E3"]


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (Wanted(), ["E1", "E2"]),
        (Wanted(standing="all"), ["E3", "E1", "E2"]),
        (Wanted(standing="retracted"), ["E3"]),
        (Wanted("hoax", standing="all"), ["E3"]),
        (Wanted("geneve BOTH"), ["E1"]),
        (Wanted("both fund"), []),
        (Wanted("mediator"), ["E1"]),
        (Wanted("e2"), ["E2"]),
        (Wanted(question="fund"), ["E2"]),
        (Wanted(thread="talks", standing="all"), ["E3", "E1"]),
        (Wanted(kind="intent"), ["E2"]),
        (Wanted(grade="A"), ["E2"]),
        (Wanted(grade="B2"), ["E1"]),
        (Wanted(grade="5", standing="all"), ["E3"]),
        (Wanted(person="ada"), ["E2"]),
        (Wanted(person="owner"), ["E1"]),
    ],
)
def test_search_and_filters(items, wanted, ids):
    assert [i.id for i in find(items(), wanted)] == ids


def test_a_story_is_told_in_the_order_of_time_without_what_was_taken_back(items, store):
    assert {t: [i.id for i in s] for t, s in evidence_book.stories(items()).items()} == {
        "talks": ["E1"],
        "money": ["E2"],
    }
    write(store, Retraction("X002", "X001", "It was true", NOW.date()), hours=3)
    told = evidence_book.stories(items())
    assert list(told) == ["talks", "money"], "the story told last comes first"
    assert [i.id for i in told["talks"]] == ["E3", "E1"], "by the day it happened"
    assert evidence_book.threads(items()) == {"money": 1, "talks": 2}


def test_only_the_version_that_was_seen_can_be_taken_back(items, store):
    rows = ledger.tail(store, "b").position
    with pytest.raises(
        ConflictError, match="version 1 was to be taken back, but version 2 was written by owner"
    ) as caught:
        write(store, Retraction("X009", "E1", "Wrong", NOW.date()), hours=5, versions={"E1": 1})
    assert caught.value.newest.version == 2
    assert ledger.tail(store, "b").position == rows
    write(store, Retraction("X009", "E1", "Wrong", NOW.date()), hours=5, versions={"E1": 2})
    assert [i.id for i in items() if i.retraction] == ["E3", "E1"]


def test_an_effect_on_a_question_that_left_the_board_is_still_found(items, store):
    write(store, evidence("E4", effects=(Effect("gone", date(2028, 12, 31), 2.0, 1.0, 3.0),)), hours=6)
    assert [i.id for i in find(items(), Wanted(question="gone"))] == ["E4"]
