"""A table of agreements: what is read, and every mistake with its row."""

from datetime import date
from pathlib import Path

import pytest

from forecasts import agreement_table
from forecasts.agreement_table import Agreement

HEAD = "name,signed,ended,censored_at,force,ceasefire"


def table(folder: Path, *lines: str, head: str = HEAD) -> Path:
    path = folder / "agreements.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


def problems(folder: Path, *lines: str, head: str = HEAD) -> list[str]:
    return [str(p) for p in agreement_table.read(table(folder, *lines, head=head))[1]]


def test_rows_are_read_in_any_order_of_columns(tmp_path: Path) -> None:
    head = "force, censored_at ,name,ended,signed"
    found, wrong = agreement_table.read(
        table(tmp_path, "1,2021-12-31,A,,1990-05-01", "0,,B,1992-02-03,1991-01-01", head=head)
    )
    assert not wrong
    assert found.features == ("force",)
    assert found.rows[0] == Agreement("A", date(1990, 5, 1), None, date(2021, 12, 31), (1,), 2)
    assert found.rows[1].watched == date(2021, 12, 31), "an ended one without a last day has that of the table"
    assert found.rows[1].years == pytest.approx(398 / 365.25)


def test_names_over_several_lines_are_one_line(tmp_path: Path) -> None:
    found, wrong = agreement_table.read(table(tmp_path, '"Protocol on\nthe rest",1990-05-01,,2021-12-31,0,1'))
    assert not wrong
    assert found.rows[0].name == "Protocol on the rest"


def test_what_was_known_on_a_day() -> None:
    row = Agreement("A", date(1990, 1, 1), date(1993, 6, 1), date(2021, 12, 31), (), 2)
    assert row.until(date(1993, 6, 1)).ended is None, "on the day itself it is not yet known"
    assert row.until(date(1993, 6, 1)).watched == date(1993, 6, 1)
    assert row.until(date(1993, 6, 2)).ended == date(1993, 6, 1)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("A,1990-13-01,,2021-12-31,0,1", "line 2, A: signed '1990-13-01': a day as YYYY-MM-DD is needed"),
        ("A,,,2021-12-31,0,1", "line 2, A: signed ''"),
        ("A,nan,,2021-12-31,0,1", "line 2, A: signed 'nan'"),
        (
            "A,1990-01-01,NaN,2021-12-31,0,1",
            "line 2, A: ended 'NaN': a day as YYYY-MM-DD is needed (empty while",
        ),
        ("A,1990-01-01,1989-12-31,2021-12-31,0,1", "line 2, A: ended 1989-12-31 lies before it was signed, 1990-01-01"),
        ("A,1990-01-01,2022-01-01,2021-12-31,0,1", "line 2, A: ended 2022-01-01 lies after censored_at 2021-12-31"),
        ("A,1990-01-01,,1990-01-01,0,1", "line 2, A: censored_at 1990-01-01 does not lie after it was signed"),
        ("A,1990-01-01,,,0,1", "line 2, A: censored_at is empty"),
        ("A,1990-01-01,,2021-12-31,0.5,1", "line 2, A: force '0.5': 0 or 1 is needed"),
        ("A,1990-01-01,,2021-12-31,1,", "line 2, A: ceasefire '': 0 or 1 is needed"),
        ("A,1990-01-01,,2021-12-31,nan,1", "line 2, A: force 'nan': 0 or 1 is needed"),
        (",1990-01-01,,2021-12-31,0,1", "line 2: name ''"),
        ("A,1990-01-01,,2021-12-31,0", "line 2: 5 cells; the header has 6"),
        ("A,1990-01-01,1991-01-01,,0,1", "no row of the table has censored_at"),
    ],
)
def test_a_mistake_is_named_with_its_row(tmp_path: Path, line: str, expected: str) -> None:
    (found,) = problems(tmp_path, line)
    assert found.startswith("agreements.csv: line 2")
    assert expected in found


def test_the_same_agreement_twice_is_refused_and_two_of_one_name_are_not(tmp_path: Path) -> None:
    lines = ["A,1990-01-01,,2021-12-31,0,1", "A,1992-01-01,,2021-12-31,0,1"]
    assert problems(tmp_path, *lines) == []
    assert problems(tmp_path, *lines, "a,1990-01-01,1995-01-01,,0,1") == [
        "agreements.csv: line 4, a: signed 1990-01-01: stands already in line 2; one row for each is allowed"
    ]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("name,singed,ended,censored_at", "column 'signed' is missing (did you mean 'singed'?)"),
        ("name,signed,ended,censored_at,force,force", "column 'force' stands more than once"),
        ("name,signed,ended,censored_at,1x", "column '1x': a feature's name"),
    ],
)
def test_columns_that_cannot_be_read_are_refused(tmp_path: Path, head: str, expected: str) -> None:
    cells = ",".join(["A", "1990-01-01", "", "2021-12-31", "0", "1"][: head.count(",") + 1])
    assert expected in problems(tmp_path, cells, head=head)[0]


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in str(agreement_table.read(tmp_path / "none.csv")[1][0])
    (tmp_path / "agreements.csv").write_bytes(b"name,signed\xff\xfe")
    assert "not UTF-8" in str(agreement_table.read(tmp_path / "agreements.csv")[1][0])
    assert problems(tmp_path) == ["agreements.csv: no rows; one for each agreement is needed"]
