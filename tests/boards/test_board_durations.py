"""A pace fitted to durations, in a board's files: what is read, and every mistake with its place."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from forecasts import board, board_text
from forecasts.board_files import REFERENCE
from forecasts.definition import Elicited
from tests.boards.conftest import SHIPPED


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / SHIPPED.name))


def problems(path: Path) -> list[str]:
    return [str(p) for p in board.load(path)[1]]


def change(path: Path, old: str, new: str, *, file: str = "questions.toml") -> list[str]:
    text = (path / file).read_text(encoding="utf-8")
    assert old in text
    (path / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return problems(path)


def with_table(path: Path, edit: Callable[[list[str]], list[str]]) -> list[str]:
    """Put a table of the board's own beside it, changed by `edit` line by line."""
    lines = (REFERENCE / "durability_cases.csv").read_text(encoding="utf-8").splitlines()
    (path / "durability_cases.csv").write_text("\n".join(edit(lines)) + "\n", encoding="utf-8")
    return problems(path)


def test_the_shipped_question_is_read_whole(copied: Path) -> None:
    found, wrong = board.load(copied)
    assert not wrong
    fitted = found.question("resumption").duration
    assert (len(fitted.spells), sum(s.ended for s in fitted.spells), fitted.coarse_days) == (58, 37, 30)
    assert fitted.spells[14].name == "Minsk Protocol"
    assert fitted.spells[14].features == ("russia_party", "interstate")
    assert isinstance(fitted.level, Elicited)
    assert board_text.parse(board_text.text(found)) == found


def test_a_table_beside_the_board_comes_before_the_shipped_one(copied: Path) -> None:
    assert with_table(copied, lambda lines: lines[:40]) == []
    assert len(board.load(copied)[0].question("resumption").duration.spells) == 39


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('parent = "us_guarantee"', 'parent = "us_guarante"', "did you mean 'us_guarantee'"),
        ('parent = "us_guarantee"', 'parent = "territory"', "no hazard_ratio edge into 'resumption'"),
        ('features = ["outside_force"]', 'features = ["outside_forces"]', "column 'outside_forces' is missing"),
        ('features = ["outside_force"]', "features = []", "is empty; columns of the table are needed"),
        ('table = "durability_cases.csv"', 'table = "durability_case.csv"', "beside the definition or among"),
        ('table = "durability_cases.csv"', 'table = "../gdp.csv"', "the name of a .csv file is needed"),
        ("coarse_days = 30", "coarse_days = -1", "a whole number from 0 to 3650"),
        (
            "five_years = { median = 0.36, low = 0.18",
            "five_years = { median = 0.16, low = 0.18",
            "lies outside its range",
        ),
        ("five_years = { median = 0.36", "five_years = { median = 1.36", "a number from 0.0001 to 0.9999"),
        ('name = "monitored_line"\n', 'name = "us_guarantee"\n', "the effect 'us_guarantee' stands more than once"),
        ('ended = "resumed"', 'ended = "resume"', "column 'ended' is missing"),
    ],
)
def test_a_mistake_in_the_table_of_effects_is_named(copied: Path, old: str, new: str, expected: str) -> None:
    found = change(copied, old, new)
    assert any(expected in line and "question resumption" in line for line in found), found


def test_an_effect_with_a_parent_has_no_ratio_of_its_own(copied: Path) -> None:
    ratio = 'ratio = { median = 1.0, low = 0.5, high = 2.0, reason = "r" }\nparent = "us_guarantee"'
    assert any("takes the prior of that edge" in line for line in change(copied, 'parent = "us_guarantee"', ratio))


def test_an_unknown_feature_column_is_no_silent_covariate(copied: Path) -> None:
    found = change(copied, 'features = ["interstate"]', 'features = ["russia_party"]')
    assert any("unknown column 'interstate'" in line for line in found), found


@pytest.mark.parametrize(
    ("number", "old", "new", "expected"),
    [
        (
            15,
            "2014-09-28",
            "2014-09-01",
            "line 16, case Minsk Protocol, end: 2014-09-01 lies before the start 2014-09-05",
        ),
        (15, "2014-09-28", "2014-10-28", "years: 0.063; from 2014-09-05 to 2014-10-28 it is 0.1451"),
        (15, ",1,0.063,", ",2,0.063,", "line 16, case Minsk Protocol, ended: '2': allowed are 0, 1"),
        (15, "0,0,0,0,1,1,1.0", "0,0,0,0,1,0.5,1.0", "interstate: '0.5': allowed are 0, 1"),
        (15, "1,1,1.0", "1,1,nan", "comparability: 'nan'"),
        (15, "1,1,1.0", "1,1,1.5", "comparability: '1.5'"),
        (14, "2025-02-15", "2025-02-16", "ends on 2025-02-16, after the board opens (2025-02-15)"),
    ],
)
def test_a_mistake_in_a_case_is_named_with_its_row(
    copied: Path, number: int, old: str, new: str, expected: str
) -> None:
    def edit(lines: list[str]) -> list[str]:
        assert old in lines[number], lines[number]
        lines[number] = lines[number].replace(old, new, 1)
        return lines

    found = with_table(copied, edit)
    assert any(expected in line for line in found), found


def test_the_same_case_twice_is_refused(copied: Path) -> None:
    found = with_table(copied, lambda lines: [*lines, lines[15]])
    assert any("the case 'Minsk Protocol' stands more than once" in line for line in found), found


def test_too_few_cases_are_refused(copied: Path) -> None:
    found = with_table(copied, lambda lines: lines[:4])
    assert any("at least 5 ends are needed" in line or "no case shows" in line for line in found), found


def test_cases_of_a_fitted_question_may_not_stand_in_cases_csv_too(copied: Path) -> None:
    path = copied / "cases.csv"
    row = "resumption,Korean Armistice,1953-07-27,2025-02-15,71.56,0,1.0,x,recalled,"
    path.write_text(path.read_text(encoding="utf-8").rstrip("\n") + f"\n{row}\n", encoding="utf-8")
    assert any("is fitted to durations: its cases stand in that table" in line for line in problems(copied))


def test_a_duration_belongs_to_a_clock_of_its_own(copied: Path) -> None:
    found = change(copied, 'clock = "since_enabled"', 'clock = "calendar"')
    assert any("belongs to the clock since_enabled" in line for line in found), found
