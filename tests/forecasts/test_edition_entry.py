"""An edition from a file: a record, or every mistake with its row; what it changes."""

from dataclasses import replace
from datetime import date
from math import log
from pathlib import Path

import pytest

from forecasts.edition_entry import changes, check_edition, edition_from_file
from forecasts.spending_editions import in_force
from tests.forecasts.test_spending_editions import FIRST, SECOND, panel

TODAY = date(2027, 1, 1)
FIELDS = {"published_on": "2026-08-28", "title": "Table of 2026", "source": "A source", "url": "", "note": ""}
PANEL = replace(panel(FIRST, SECOND), ignored=("World",))
GOOD = """country,year,pct_gdp,estimate
A,2025,2.35,0
B,2025,2.6,0
A,2026,2.5,1
B,2026,2.8,1
All,2026,2.575,1
World,2026,3.1,1
"""


def read(tmp_path: Path, text: str = GOOD, **fields: str):
    file = tmp_path / "new.csv"
    file.write_text(text, encoding="utf-8")
    return edition_from_file(file, FIELDS | fields, PANEL, series="spending", entry="N001")


def test_a_good_file_becomes_a_record(tmp_path) -> None:
    record, problems, rows = read(tmp_path)
    assert (problems, rows) == ([], [])
    assert record is not None
    assert record.title == "Table of 2026"
    assert [(s.country, s.year, s.percent, s.estimate) for s in record.shares] == [
        ("A", 2025, 2.35, False),
        ("A", 2026, 2.5, True),
        ("All", 2026, 2.575, True),
        ("B", 2025, 2.6, False),
        ("B", 2026, 2.8, True),
    ], "by name and year, without what is ignored"
    assert check_edition(record, PANEL, today=TODAY) == []


def test_what_it_changes(tmp_path) -> None:
    record, _, _ = read(tmp_path)
    found = changes(record, PANEL)
    # A 2025 was 2.4 in August; B 2025 stands at 2.6 since March
    assert [(r.country, r.year, r.before, r.after) for r in found.revisions] == [("A", 2025, 2.4, 2.35)]
    assert found.revisions[0].log_ratio == pytest.approx(log(2.35 / 2.4))
    assert (found.repeated, found.new_years, found.estimates) == (1, (2026,), (2026,))


def test_it_replaces_earlier_editions_from_its_day_on(tmp_path) -> None:
    record, _, _ = read(tmp_path)
    both = replace(PANEL, editions=(*PANEL.editions, record))
    before, after = in_force(both, as_of=date(2026, 8, 27)), in_force(both, as_of=date(2026, 8, 28))
    assert before.panel.years[-1] == 2025
    assert after.panel.years[-1] == 2026
    assert after.aggregate == 2.575
    assert after.panel.provisional.tolist() == [0, 0, 0, 1, 0, 1], "2025 is settled now"


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("country,year,pct_gdp\nA,2025,2.35\nB,2025,2.6\nA,2026,2.5\nB,2026,2.8\n", {2025, 2026}),
        ("country,year,pct_gdp\nA,2025,2.35\nB,2025,2.6\nA,2026e,2.5\nB,2026e,2.8\n", {2026}),
        ("year,country,pct_gdp,estimate,more\n2026,A,2.5,0,x\n2026,B,2.8,1,x\n", {2026}),
    ],
)
def test_marks_of_estimates(tmp_path, text, marked) -> None:
    record, _, rows = read(tmp_path, text)
    assert rows == []
    assert {s.year for s in record.shares if s.estimate} == marked


def row(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


BAD_ROWS = [
    (
        row("A,2026,2.5,1", "A,2026,0.025,1"),
        "line 4, A, 2026",
        "looks like a fraction; percent of GDP is needed (2.5?)",
    ),
    (row("A,2026,2.5,1", "A,2026,nan,1"), "line 4, A, 2026", "pct_gdp 'nan'"),
    (row("A,2026,2.5,1", "A,2026,inf,1"), "line 4, A, 2026", "pct_gdp 'inf'"),
    (row("A,2026,2.5,1", "A,2026,-2.5,1"), "line 4, A, 2026", "above 0"),
    (row("A,2026,2.5,1", "A,2026,250,1"), "line 4, A, 2026", "at most 30"),
    (row("A,2026,2.5,1", "A,2026,,1"), "line 4, A, 2026", "pct_gdp ''"),
    (row("A,2026,2.5,1", "A,2026,2.5,yes"), "line 4, A", "estimate 'yes': 1 (an estimate) or 0"),
    (row("A,2026,2.5,1", "A,2026,2.5,1\nA,2026,2.5,1"), "line 5, A, 2026", "stands already in line 4"),
    (row("A,2026,2.5,1", "Aland,2026,2.5,1\nA,2026,2.5,1"), "line 4", "'Aland' is no member of the panel"),
    (row("A,2026,2.5,1\n", ""), "2026", "no row for A; every year needs all 2 members"),
    (row("A,2026,2.5,1", "A,2027,2.5,1"), "line 4, A, 2027", "can print no year after 2026"),
    (row("A,2026,2.5,1", "A,26,2.5,1"), "line 4, A, 26", "year '26'"),
    (row("A,2025,2.35,0", "A,2019,2.35,0"), "line 2, A, 2019", "the panel begins in 2021"),
    (row("A,2026,2.5,1", "A,2026,2.5"), "line 4", "3 cells; the header has 4"),
    ("country,year\nA,2026\n", "line 1", "column 'pct_gdp' is missing"),
    ("", "line 1", "column 'country' is missing"),
    ("country,year,pct_gdp\n", "", "no rows"),
    ("country,year,pct_gdp,edition\nA,2026,2.5,one\nB,2026,2.8,two\n", "edition", "rows of one edition are needed"),
]


@pytest.mark.parametrize(("text", "place", "message"), BAD_ROWS, ids=[m[2][:30] for m in BAD_ROWS])
def test_a_bad_row_is_named_and_nothing_is_taken(tmp_path, text, place, message) -> None:
    record, problems, rows = read(tmp_path, text)
    assert record is None
    assert problems == []
    assert any(message in p.message and p.place == place for p in rows), [str(p) for p in rows]


def test_a_year_that_leaves_a_gap_is_refused(tmp_path) -> None:
    _, _, rows = read(tmp_path, GOOD.replace("2026", "2027"), published_on="2027-08-28")
    assert any("no row for 2026; known are the years to 2025" in p.message for p in rows)


def test_rows_of_one_edition_can_be_chosen(tmp_path) -> None:
    text = "country,year,pct_gdp,edition\nA,2026,2.5,new\nB,2026,2.8,new\nA,2026,2.4,old\n"
    record, _, rows = read(tmp_path, text, edition="new")
    assert rows == []
    assert len(record.shares) == 2
    assert any("no row of that edition" in p.message for p in read(tmp_path, text, edition="newest")[2])


@pytest.mark.parametrize(
    ("day", "message"),
    [
        ("2026-03-31", "an edition of 2026-03-31 is known already"),
        ("2026-03-30", "an edition of 2026-03-31 is known already"),
        ("2027-01-02", "lies in the future"),
    ],
)
def test_an_edition_that_is_not_the_newest_is_refused(tmp_path, day, message) -> None:
    record, _, rows = read(tmp_path, GOOD, published_on=day)
    assert rows == []
    (problem,) = check_edition(record, PANEL, today=TODAY)
    assert problem.field == "published_on"
    assert message in problem.message


def test_values_in_another_unit_are_refused_as_a_whole(tmp_path) -> None:
    lines = [f"{c},{y},{20.0 + i}" for i, y in enumerate(range(2021, 2026)) for c in "AB"]
    record, _, rows = read(tmp_path, "country,year,pct_gdp\n" + "\n".join(lines) + "\n")
    assert rows == []
    (problem,) = check_edition(record, PANEL, today=TODAY)
    assert "times those known, in the median" in problem.message


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"published_on": "28.8.2026"}, "published_on"),
        ({"url": "javascript:x"}, "url"),
        ({"title": "x" * 400}, "title"),
    ],
)
def test_a_bad_field_is_named(tmp_path, fields, field) -> None:
    record, problems, _ = read(tmp_path, GOOD, **fields)
    assert record is None
    assert [p.field for p in problems] == [field]
