"""A changed definition enters the record as its next version; one that would break the record is refused whole."""

from datetime import UTC, datetime

import pytest

from forecasts import board_store, ledger
from forecasts.artefacts import Artefacts
from forecasts.people import LOCAL_OWNER
from forecasts.store import open_store

NOW = datetime(2030, 4, 1, 12, tzinfo=UTC)


@pytest.fixture
def record(tmp_path, small_copy):
    """Return a function that enters the small board's directory as it stands, and the record's store."""
    artefacts = Artefacts(tmp_path / "artefacts")
    with open_store(f"sqlite:///{tmp_path / 'twixt.db'}") as store:
        yield (
            store,
            lambda: board_store.initialise(store, artefacts, small_copy, now=NOW, actor=LOCAL_OWNER, reason="test"),
        )


def replace_in(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_entering_twice_enters_nothing(record):
    _, enter = record
    assert (enter().records, enter()) == (3, board_store.Initialised("river-levy", 1, new_definition=False, records=0))


def test_a_changed_number_is_the_next_version(record, small_copy):
    _, enter = record
    enter()
    replace_in(small_copy / "edges.csv", "hazard_ratio,3,1.5,6", "hazard_ratio,2,1,4")
    assert enter() == board_store.Initialised("river-levy", 2, new_definition=True, records=0)


def test_dropping_a_deadline_that_evidence_names_is_refused(record, small_copy):
    store, enter = record
    enter()
    before = ledger.history(store, "river-levy")
    replace_in(small_copy / "questions.toml", "headline_deadline = 2031-06-30", "headline_deadline = 2033-12-31")
    replace_in(small_copy / "board.toml", "[2031-06-30, 2033-12-31, 2035-12-31]", "[2033-12-31, 2035-12-31]")
    # the evidence in the files follows, the one in the record stays
    replace_in(small_copy / "evidence.csv", "2031-06-30", "2033-12-31")
    with pytest.raises(board_store.DefinitionError) as error:
        enter()
    assert [str(p) for p in error.value.problems] == [
        "question levy_vote: E1 names its deadline 2031-06-30, which would vanish",
        "question flood: E2 names its deadline 2031-06-30, which would vanish",
    ]
    assert ledger.history(store, "river-levy") == before


def test_a_directory_with_mistakes_enters_nothing(record, small_copy):
    store, enter = record
    replace_in(small_copy / "edges.csv", "hazard_ratio,3,1.5,6", "hazard_ratio,3,4,6")
    replace_in(small_copy / "evidence.csv", "flood:2031-06-30", "flod:2031-06-30")
    with pytest.raises(board_store.DefinitionError, match=r"river-levy: 1 mistake.*; the first: edges\.csv: line 4"):
        enter()
    replace_in(small_copy / "edges.csv", "hazard_ratio,3,4,6", "hazard_ratio,3,1.5,6")
    with pytest.raises(board_store.DefinitionError, match=r"evidence\.csv: line 3, E2"):
        enter()
    assert ledger.history(store, "river-levy") == ()
