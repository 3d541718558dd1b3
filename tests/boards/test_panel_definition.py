"""A series with a fitted panel: read from tables that the definition names, every mistake with its place."""

from datetime import date
from pathlib import Path

import pytest

from forecasts import board, board_text
from forecasts.spending_editions import in_force

SHARES = "country,year,pct_gdp,edition,estimate\n" + "".join(
    f"{name},{year},{1 + 0.1 * i + 0.05 * (year - 2024):.2f},first,{int(year == 2028)}\n"
    for i, name in enumerate(("Aland", "Bland", "Cland"))
    for year in range(2024, 2029)
)
SHARES += "All lands,2028,1.25,first,1\nAland,2028,1.22,second,0\nAland,2031,2,plan,0\nWorld,2028,3,first,0\n"
WEIGHTS = "country,output,source\nAland,100,x\nBland,200,x\nCland,700,x\n"
PANEL = """
[series.panel]
table = "shares.csv"
left_out = ["plan"]
weights = "weights.csv"
weight_column = "output"
outside = ["Cland"]
aggregate = "All lands"
ignored = ["World"]
lines = [1.5, 2.0]
phase = 3
break_rate = 0.1
break_up = 0.75
slump_rate = 0.07
chances_reason = "Counted."
discrepancy = { median = 0.0, low = -0.01, high = 0.01, reason = "Seen." }

[[series.panel.edition]]
labels = ["first"]
published_on = 2029-02-10
title = "First"
source = "Office"

[[series.panel.edition]]
labels = ["second"]
published_on = 2030-02-10
title = "Second"
source = "Office"

[[series.panel.break]]
year = 2026
known_from = 2026-03-01
reason = "A flood."

[[series.panel.promise]]
known_from = 2027-06-01
deadline = 2033
share = 2.0
reason = "A vow."

[series.panel.goal]
since = 2028
review = 2031
by = 2033
share = 2.0
reason = "The vow."

"""


def with_panel(directory: Path, *, panel: str = PANEL, shares: str = SHARES, weights: str = WEIGHTS) -> Path:
    """Give the small board's series a fitted panel instead of elicited states."""
    series = directory / "series.toml"
    text = series.read_text(encoding="utf-8")
    lines = [line for line in text.split("\n") if not line.startswith(("damping", "noise_sd"))]
    text = "\n".join(lines)
    start, end = text.index("[[series.state]]"), text.index("[[series.level]]")
    series.write_text(text[:start] + panel + text[end:], encoding="utf-8")
    (directory / "shares.csv").write_text(shares, encoding="utf-8")
    (directory / "weights.csv").write_text(weights, encoding="utf-8")
    return directory


def test_a_panel_is_read_from_tables_beside_the_board(small_copy) -> None:
    loaded, problems = board.load(with_panel(small_copy))
    assert problems == []
    (series,) = loaded.series
    assert series.states == ()
    assert series.damping is None
    assert [(m.name, m.weight) for m in series.panel.members] == [("Aland", 100.0), ("Bland", 200.0), ("Cland", 0.0)]
    first, second = series.panel.editions
    assert len(first.shares) == 16, "three members in five years, and the aggregate; the world is ignored"
    assert [(s.country, s.year, s.percent, s.estimate) for s in second.shares] == [("Aland", 2028, 1.22, False)]
    found = in_force(series.panel, as_of=date(2030, 2, 10))
    assert found.panel.years == (2024, 2025, 2026, 2027, 2028)
    assert found.aggregate is None, "the second edition printed no aggregate"
    assert in_force(series.panel, as_of=date(2029, 2, 10)).aggregate == 1.25


def test_a_panel_comes_back_from_the_canonical_text(small_copy) -> None:
    loaded, _ = board.load(with_panel(small_copy))
    assert board_text.parse(board_text.text(loaded)) == loaded


def changed(old: str, new: str) -> dict[str, str]:
    return {"panel": PANEL.replace(old, new, 1)}


def rows(old: str, new: str) -> dict[str, str]:
    assert old in SHARES
    return {"shares": SHARES.replace(old, new, 1)}


MISTAKES = [
    (changed('table = "shares.csv"', 'table = "share.csv"'), "table", "'share.csv': no such .csv file"),
    (changed('table = "shares.csv"', 'table = "../shares.csv"'), "table", "no such .csv file"),
    (changed('left_out = ["plan"]\n', ""), "table", "edition 'plan' belongs to no [[series.panel.edition]]"),
    (changed('labels = ["second"]', 'labels = ["third"]'), "edition", "Second: no row of the table bears its labels"),
    (changed("2030-02-10", "2029-02-10"), "edition", "rising in published_on"),
    (changed('ignored = ["World"]\n', ""), "table", "'World' has no weight"),
    (changed('outside = ["Cland"]', 'outside = ["Clund"]'), "outside", "'Clund' has no weight (did you mean 'Cland'?)"),
    (changed('outside = ["Cland"]', 'outside = ["Aland", "Bland", "Cland"]'), "outside", "every member"),
    (changed('"output"', '"gdp"'), "weights", "line 2: 'Aland' with gdp ''"),
    (changed("lines = [1.5, 2.0]", "lines = [2.0, 1.5]"), "lines", "rising numbers"),
    (changed("break_up = 0.75", "break_up = 1.75"), "break_up", "from 0 to 1"),
    (changed("deadline = 2033", "deadline = 2027"), "deadline", "a year after 2027-06-01"),
    (changed("review = 2031", "review = 2034"), "review", "a year after 2028 and up to 2033"),
    (
        changed("[[series.panel.break]]", "[[series.panel.brake]]"),
        "brake",
        "unknown key 'brake' (did you mean 'break'?)",
    ),
    (
        rows("Bland,2025,1.15", "Bland,2025,0.0115"),
        "table",
        "line 8, Bland, 2025: pct_gdp '0.0115': looks like a fraction",
    ),
    (rows("Bland,2025,1.15", "Bland,2025,nan"), "table", "line 8, Bland, 2025: pct_gdp 'nan'"),
    (rows("Bland,2025,1.15", "Bland,2024,1.15"), "table", "Bland 2024 stands already in line 7"),
    (rows("Bland,2025,1.15,first,0", "Bland,2025,1.15,first,e"), "table", "line 8, Bland: estimate 'e'"),
    ({"shares": "".join(x for x in SHARES.splitlines(keepends=True) if "Cland" not in x)}, "table", "no row for Cland"),
    ({"shares": "country,year\nAland,2024\n"}, "table", "column 'pct_gdp' is missing"),
    (
        {"weights": "country,output,source\nAland,100,x\nAland,200,x\nBland,1,x\nCland,1,x\n"},
        "weights",
        "stands already",
    ),
    ({"weights": "country,output,source\nAland,-1,x\nBland,1,x\nCland,1,x\n"}, "weights", "'Aland' with output '-1'"),
]


@pytest.mark.parametrize(("change", "key", "message"), MISTAKES, ids=[m[2][:40] for m in MISTAKES])
def test_a_mistake_is_named_with_its_place(small_copy, change, key, message) -> None:
    loaded, problems = board.load(with_panel(small_copy, **change))
    assert loaded is None
    assert any(message in p.message and p.place.endswith(key) for p in problems), [str(p) for p in problems]
    assert {p.file for p in problems if key in p.place} == {"series.toml"}


def test_a_series_is_either_elicited_or_fitted(small_copy) -> None:
    directory = with_panel(small_copy)
    text = (directory / "series.toml").read_text(encoding="utf-8")
    extra = 'noise_sd = { median = 0.04, low = 0.02, high = 0.08, reason = "x" }\n'
    (directory / "series.toml").write_text(text.replace("response =", f"{extra}response =", 1), encoding="utf-8")
    assert [p.message for p in board.load(directory)[1]] == ["comes from the fitted panel"]


def test_too_few_whole_years_on_the_opening_day_are_refused(small_copy) -> None:
    short = "".join(x for x in SHARES.splitlines(keepends=True) if ",2025," not in x)
    problems = board.load(with_panel(small_copy, shares=short))[1]
    assert any("three whole years are needed" in p.message for p in problems)


def test_a_table_that_nobody_names_is_an_unknown_file(small_copy) -> None:
    directory = with_panel(small_copy)
    (directory / "others.csv").write_text("a\n1\n", encoding="utf-8")
    assert any("others.csv" in str(p) and "unknown file" in p.message for p in board.load(directory)[1])
