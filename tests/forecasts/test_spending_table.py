"""A table of shares: what is read, and every mistake with its row."""

from pathlib import Path

import numpy as np
import pytest

from forecasts.backtest_spending import check
from forecasts.spending_table import missing, panel, read
from tests.forecasts.spending_reference import EDITION, TABLE, rows, write


def messages(path: Path, **options: str) -> str:
    return " | ".join(str(p) for p in read(path, **options)[1])


def test_a_table_becomes_a_panel_of_logs(tmp_path: Path) -> None:
    values, problems = read(
        write(
            tmp_path / "t.csv",
            [
                "year,pct_gdp,country,note",
                "2014,2,B,x",
                "2014,1,A,",
                "2015,4,A,",
                "2015,2,B,",
                "2016,4,A,",
                "2016,1,B,",
            ],
        )
    )
    assert problems == []
    found = panel(values, first=2014, last=2016)
    assert found.countries == ("A", "B")
    assert np.exp(found.log_share) == pytest.approx(np.array([[1, 4, 4], [2, 2, 1]]))


def test_aggregates_are_no_countries(tmp_path: Path) -> None:
    values, _ = read(write(tmp_path / "t.csv", [*rows(), "NATO Total,2014,2.5"]))
    assert {v.country for v in values} == {"Land0", "Land1", "Land2"}


def test_the_shipped_table_needs_its_edition() -> None:
    assert "United States, 2024" in messages(TABLE)
    assert "several editions" in messages(TABLE)
    values, problems = read(TABLE, edition=EDITION)
    assert problems == []
    assert len(values) == 31 * 11
    assert missing(values, file="t", years=range(2014, 2025)) == []


def test_an_unknown_edition_is_named_with_those_there_are() -> None:
    assert "NATO Aug-2025 series (2021 prices)" in messages(TABLE, edition="June 1999")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Land9,2014,0.021", ("line 23, Land9, 2014", "'0.021'", "fraction", "2.1?")),
        ("Land9,2014,nan", ("line 23, Land9, 2014", "'nan'", "above 0")),
        ("Land9,2014,", ("line 23", "''", "above 0")),
        ("Land9,2014,inf", ("line 23", "'inf'")),
        ("Land9,2014,-1", ("line 23", "'-1'", "above 0")),
        ("Land9,2014,0", ("line 23", "'0'", "above 0")),
        ("Land9,2014,250", ("line 23", "'250'", "at most 30")),
        ("Land9,14,2", ("line 23, Land9, 14", "year '14'", "1900 to 2100")),
        (",2014,2", ("line 23", "country ''")),
        ("Land1,2015,2", ("line 23, Land1, 2015", "already in line 10")),
        ("Land9,2014", ("line 23", "2 cells")),
        ("land1,2015,2", ("differ by case",)),
    ],
)
def test_a_mistake_is_refused_with_its_row(tmp_path: Path, line: str, expected: tuple[str, ...]) -> None:
    found = messages(write(tmp_path / "t.csv", [*rows(), line]))
    assert all(part in found for part in expected), found


def test_all_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    _, problems = read(write(tmp_path / "t.csv", [*rows(), "A,2014,x", "B,20,2"]))
    assert len(problems) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("country,year\nA,2014\n", "'pct_gdp' is missing"),
        ("country,year,pct_gdp,year\n", "more than once"),
        ("country,year,pct_gdp\n", "no rows"),
        ('country,year,pct_gdp\nA,2014,"2', "not valid CSV"),
        ("", "is missing"),
    ],
)
def test_a_file_of_another_shape_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    assert expected in messages(tmp_path / "t.csv")


def test_a_file_that_is_absent_or_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_bytes(b"country\xff")
    assert "cannot be read" in messages(tmp_path / "a.csv")
    assert "not UTF-8" in messages(tmp_path / "b.csv")


def test_published_shares_in_fractions_are_not_taken_for_percent(testdata, tmp_path: Path) -> None:
    text = testdata("defence/sipri_nato_2014_2021.csv").read_text().replace("share_gdp", "pct_gdp", 1)
    (tmp_path / "sipri.csv").write_text(text)
    found = messages(tmp_path / "sipri.csv")
    assert "line 2, Albania, 2014" in found
    assert "fraction" in found


def test_the_published_series_is_read(testdata) -> None:
    values, problems = read(testdata("defence/nato_pct_gdp_2014_2021.csv"))
    assert problems == []
    assert len({v.country for v in values}) == 31
    assert check(values, train_through=2019, horizon=2, file="t") == []


def test_a_gap_is_refused_with_country_and_year(tmp_path: Path) -> None:
    lines = [line for line in rows() if not line.startswith("Land1,2016")]
    values, problems = read(write(tmp_path / "t.csv", lines))
    assert problems == []
    (gap,) = check(values, train_through=2018, horizon=1, file="t.csv")
    assert "Land1" in str(gap)
    assert "2016" in str(gap)


@pytest.mark.parametrize(
    ("through", "horizon", "expected"),
    [
        (2015, 1, "at least 3 years"),
        (2020, 1, "no value for 2021"),
        (2019, 3, "no value for 2022"),
        (1999, 1, "at least 3"),
    ],
)
def test_a_backtest_without_past_or_outcome_is_refused(
    tmp_path: Path, through: int, horizon: int, expected: str
) -> None:
    values, _ = read(write(tmp_path / "t.csv", rows()))
    assert expected in str(check(values, train_through=through, horizon=horizon, file="t.csv")[0])


def test_one_country_is_no_panel(tmp_path: Path) -> None:
    values, _ = read(write(tmp_path / "t.csv", rows(countries=1)))
    assert "at least two" in str(check(values, train_through=2018, horizon=1, file="t.csv")[0])
