"""The table of past questions: the shipped one as it is, and every kind of mistake in one line with its place."""

from datetime import date

import pytest

from forecasts import board
from forecasts.resolved_table import COLUMNS, ResolvedTableError, read
from forecasts.settings import SHIPPED_BOARDS
from tests.forecasts.small_board import BOARD

GOOD = {
    "id": "r_truce",
    "title": "Will a truce hold in 2025?",
    "criteria": "As truce on the board, by 31 December 2025.",
    "opens": "2025-02-15",
    "deadline": "2025-12-31",
    "outcome": "no",
    "occurred_on": "",
    "prior_at_opening": "0.2",
    "parents": "",
}


def table(tmp_path, *rows: dict[str, str], columns=COLUMNS):
    path = tmp_path / "resolved.csv"
    lines = [",".join(columns), *(",".join(f'"{r[c]}"' for c in columns) for r in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_good_row_is_read(tmp_path) -> None:
    (row,) = read(table(tmp_path, GOOD), BOARD)
    assert (row.id, row.opens, row.deadline, row.outcome, row.occurred_on, row.prior, row.of_board) == (
        "r_truce",
        date(2025, 2, 15),
        date(2025, 12, 31),
        False,
        None,
        0.2,
        "truce",
    )
    other = GOOD | {"criteria": "A truce.", "outcome": "yes", "occurred_on": "2025-03-01"}
    (row,) = read(table(tmp_path, other), BOARD)
    assert (row.outcome, row.occurred_on, row.of_board) == (True, date(2025, 3, 1), "")
    (row,) = read(table(tmp_path, GOOD | {"parents": "fund;truce"}), BOARD)
    assert row.related == "fund"
    assert read(tmp_path / "none.csv", BOARD) == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"opens": "15.2.2025"}, "resolved.csv:2: opens: '15.2.2025': a day"),
        ({"deadline": "2025-02-15"}, "deadline: 2025-02-15 does not lie after the opening"),
        ({"outcome": "maybe"}, "outcome: 'maybe': allowed are yes, no"),
        ({"prior_at_opening": "20"}, "prior_at_opening: 20: a probability between 0 and 1"),
        ({"prior_at_opening": ""}, "prior_at_opening: '': a probability above 0"),
        ({"outcome": "yes"}, "outcome: yes with occurred_on empty"),
        ({"occurred_on": "2025-03-01"}, "outcome: no with occurred_on 2025-03-01"),
        ({"outcome": "yes", "occurred_on": "2026-01-01"}, "outcome: yes with occurred_on 2026-01-01"),
        ({"criteria": "As peace on the board, soon."}, "criteria: 'peace' is no question of board small"),
        ({"parents": "peace;truce"}, "parents: 'peace' is no question of board small"),
        ({"id": "a b"}, "id: 'a b': letters"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path, change, said) -> None:
    with pytest.raises(ResolvedTableError) as caught:
        read(table(tmp_path, GOOD | change), BOARD)
    assert said in str(caught.value)


def test_missing_columns_and_doubles_are_refused(tmp_path) -> None:
    with pytest.raises(ResolvedTableError, match="column 'outcome' is missing; needed: id, title"):
        read(table(tmp_path, GOOD, columns=tuple(c for c in COLUMNS if c != "outcome")), BOARD)
    with pytest.raises(ResolvedTableError, match="'r_truce' stands twice"):
        read(table(tmp_path, GOOD, GOOD), BOARD)


def test_the_shipped_table_has_five_questions_that_the_board_answers() -> None:
    directory = SHIPPED_BOARDS / "indivisible-security"
    rows = read(directory / "resolved.csv", board.load(directory)[0])
    assert len(rows) == 23
    assert sum(r.outcome for r in rows) == 13
    assert {(r.of_board, r.deadline) for r in rows if r.of_board} == {
        ("ceasefire", date(2025, 12, 31)),
        ("european_force", date(2025, 12, 31)),
        ("settlement", date(2026, 6, 30)),
        ("us_nato_exit_notice", date(2026, 6, 30)),
        ("senate_vote", date(2026, 6, 30)),
    }
