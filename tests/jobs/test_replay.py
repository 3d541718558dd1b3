"""What is known when: the known day, the definition in force, the day of an `as_of`."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from forecasts import board_text
from forecasts.board_store import BoardStoreError, DefinitionError, initialise
from forecasts.domain import BoardVersion, Confirmation
from forecasts.instants import end_of_day
from forecasts.people import LOCAL_OWNER
from forecasts.replay import ReplayError, day_of, default_as_of, known_through, read_moment
from forecasts.settings import SHIPPED_BOARDS
from tests.jobs.small_home import NOW, START, THROUGH, evidence, small

BOARD = small()
LATE = datetime(2026, 8, 1, tzinfo=UTC)
"""After the shipped board's first reports."""
ALL = tuple(q.id for q in BOARD.questions)


def confirmed(through, *questions):
    return Confirmation(f"C{through}", through, through, questions, "")


@pytest.mark.parametrize(
    ("confirmations", "day"),
    [
        ((), BOARD.opens),
        ((confirmed(date(2026, 3, 1)),), date(2026, 3, 1)),
        ((confirmed(date(2026, 3, 1)), confirmed(date(2026, 1, 1))), date(2026, 3, 1)),
        ((confirmed(date(2026, 3, 1)), confirmed(date(2026, 5, 1), "truce")), date(2026, 3, 1)),
        ((confirmed(date(2026, 3, 1), *ALL[1:]), confirmed(date(2026, 5, 1), "truce")), date(2026, 3, 1)),
        ((confirmed(date(2026, 3, 1), *ALL[1:]),), BOARD.opens),
        ((confirmed(date(2026, 3, 1), "gone"),), BOARD.opens),
        ((confirmed(date(2040, 1, 1)),), BOARD.horizon),
    ],
)
def test_a_board_is_known_as_far_as_every_question_is(confirmations, day):
    assert known_through(BOARD, confirmations) == day


@pytest.mark.parametrize(
    ("occurred", "day"),
    [((), date(2026, 3, 1)), (("truce",), date(2026, 5, 1)), (("fund",), date(2026, 3, 1)), (ALL, BOARD.horizon)],
)
def test_what_has_occurred_needs_no_further_confirmation(occurred, day):
    rest = confirmed(date(2026, 5, 1), *(q for q in ALL if q != "truce"))
    assert known_through(BOARD, (confirmed(date(2026, 3, 1)), rest), occurred=occurred) == day


@pytest.mark.parametrize(
    ("as_of", "mode", "day"),
    [
        (datetime(2026, 3, 2, tzinfo=UTC), "live", date(2026, 3, 2)),
        (datetime(2026, 3, 2, 23, 59, tzinfo=UTC), "live", date(2026, 3, 2)),
        (end_of_day(date(2026, 3, 2)), "retrospective", date(2026, 3, 2)),
        (datetime(2026, 3, 2, 12, tzinfo=UTC), "retrospective", date(2026, 3, 1)),
    ],
)
def test_the_day_of_an_instant(as_of, mode, day):
    assert day_of(as_of, mode) == day


def moment(home, as_of, mode, now=NOW):
    return read_moment(home.store, home.artefacts, "small", as_of=as_of, mode=mode, now=now)


def test_live_counts_what_was_recorded_and_retrospect_what_was_published(home):
    home.add(evidence("E1", published_on=date(2025, 6, 1)), at=NOW)
    assert [e.id for e in moment(home, NOW, "live").evidence] == ["E1"]
    assert moment(home, NOW - timedelta(seconds=1), "live").evidence == ()
    assert [e.id for e in moment(home, end_of_day(date(2025, 6, 1)), "retrospective").evidence] == ["E1"]
    assert moment(home, end_of_day(date(2025, 5, 31)), "retrospective").evidence == ()


def test_in_retrospect_the_known_day_is_that_of_today_but_not_after_the_as_of(home):
    assert moment(home, end_of_day(date(2025, 6, 1)), "retrospective").known_through == date(2025, 6, 1)
    assert moment(home, end_of_day(date(2026, 4, 5)), "retrospective").known_through == THROUGH
    with pytest.raises(BoardStoreError, match="no definition in the record as of 2026-03-31"):
        moment(home, START - timedelta(days=1), "live")


def test_live_uses_the_definition_in_force_and_retrospect_the_newest(home):
    newer = board_text.sealed(replace(home.board, title="Newer"))
    home.artefacts.put(board_text.text(newer).encode())
    version = BoardVersion("board", newer.content_hash, "owner", "title", NOW.date())
    home.add(version, at=NOW, versions={"board": 1})
    assert moment(home, NOW, "live").board.title == "Newer"
    assert moment(home, NOW - timedelta(days=1), "live").board.title == "Small"
    assert moment(home, end_of_day(date(2025, 6, 1)), "retrospective").board.title == "Newer"
    assert moment(home, NOW, "live").definition.version == 2


def test_the_default_as_of_is_the_last_row_or_the_start_of_the_day(home):
    at = default_as_of(home.store, "small", now=NOW)
    assert at == datetime(2026, 4, 10, tzinfo=UTC)
    home.add(evidence("E1"), evidence("E2"), at=NOW)
    assert default_as_of(home.store, "small", now=NOW) == NOW + timedelta(microseconds=1)
    behind = NOW - timedelta(days=3)
    as_of = default_as_of(home.store, "small", now=behind)
    assert len(moment(home, as_of, "live", behind).evidence) == 2, "a clock that went back hides nothing"


def test_an_as_of_before_the_board_or_after_now(home):
    with pytest.raises(ReplayError, match="after now"):
        moment(home, NOW + timedelta(days=1), "live")
    with pytest.raises(ReplayError, match="before the board opened, 2025-01-01"):
        moment(home, end_of_day(date(2024, 12, 31)), "retrospective")


def test_a_definition_that_is_gone_or_damaged_is_named(home):
    path = home.artefacts.root / home.board.content_hash[:2] / home.board.content_hash
    path.write_text("{}")
    with pytest.raises(BoardStoreError, match=r"small: definition \w{12} cannot be read"):
        moment(home, NOW, "live")
    path.unlink()
    with pytest.raises(BoardStoreError, match="missing"):
        moment(home, NOW, "live")


def test_a_directory_enters_the_record_once_and_comes_back_equal(home):
    """A clock that stands before its first reports refuses them, as `twixt check` does."""
    directory = SHIPPED_BOARDS / "indivisible-security"
    with pytest.raises(DefinitionError, match="lies in the future; at most today, 2026-04-10 UTC"):
        initialise(home.store, home.artefacts, directory, now=NOW, actor=LOCAL_OWNER)
    first = initialise(home.store, home.artefacts, directory, now=LATE, actor=LOCAL_OWNER)
    again = initialise(home.store, home.artefacts, directory, now=LATE, actor=LOCAL_OWNER)
    assert (first.version, first.new_definition, again.new_definition, again.records) == (1, True, False, 0)
    assert first.records == 89, "87 reports, an occurrence and a confirmation"
    found = read_moment(
        home.store, home.artefacts, "indivisible-security", as_of=end_of_day(date(2025, 3, 1)), mode="retrospective",
        now=LATE + timedelta(days=1),
    )  # fmt: skip
    assert found.board.id == "indivisible-security"
    assert {e.published_on <= date(2025, 3, 1) for e in found.evidence} == {True}


def test_a_directory_with_mistakes_enters_nothing(home, tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "board.toml").write_text('id = "broken"\n')
    with pytest.raises(DefinitionError) as refused:
        initialise(home.store, home.artefacts, broken, now=NOW, actor=LOCAL_OWNER)
    assert [p.file for p in refused.value.problems] == ["questions.toml"]
    with pytest.raises(BoardStoreError):
        read_moment(home.store, home.artefacts, "broken", as_of=NOW, mode="live", now=NOW)
