"""`twixt backtest reference-class`: the document, the table, and what is refused before anything is fitted."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

type Run = Callable[..., Result]
HEAD = "name,signed,ended,censored_at,force"


def write(folder: Path, *more: str, count: int = 60) -> Path:
    """Write agreements signed every forty days from 1980 on, of which most end early and the rest not at all."""
    rng = np.random.default_rng(4)
    lines = [HEAD]
    for i in range(count):
        signed = date(1980, 1, 1) + timedelta(days=40 * i)
        held = int(365 * rng.weibull(0.6) * (1 + 2 * (i % 2))) if rng.random() < 0.6 else None
        ended = "" if held is None else signed + timedelta(days=held)
        lines.append(f"agreement {i},{signed},{ended},2015-12-31,{i % 2}")
    path = folder / "agreements.csv"
    path.write_text("\n".join([*lines, *more]) + "\n", encoding="utf-8")
    return path


def refused(result: Result) -> str:
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    (line,) = result.stderr.strip().splitlines()
    return line


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x,1990-01-01,1989-01-01,2015-12-31,0", "line 62, x: ended 1989-01-01 lies before it was signed"),
        ("x,1990-01-01,2016-01-01,2015-12-31,0", "line 62, x: ended 2016-01-01 lies after censored_at"),
        ("x,1990-01-01,,2015-12-31,0.5", "line 62, x: force '0.5': 0 or 1 is needed"),
        ("x,NaN,,2015-12-31,0", "line 62, x: signed 'NaN'"),
        ("agreement 0,1980-01-01,,2015-12-31,0", "line 62, agreement 0: signed 1980-01-01: stands already in line 2"),
        ("x,1990-01-01", "line 62: 2 cells; the header has 5"),
    ],
)
def test_a_mistake_in_the_file_is_one_line_with_its_row(twixt: Run, tmp_path: Path, line: str, expected: str) -> None:
    data = write(tmp_path, line)
    found = refused(twixt("backtest", "reference-class", "--data", str(data), "--signed-before", "1984-01-01"))
    assert found.startswith("agreements.csv: ")
    assert expected in found


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("soon", "--signed-before: 'soon'"),
        ("1984", "--signed-before: '1984'"),
        ("1980-03-01", "agreements signed earlier"),
        ("1999-01-01", "no agreement was signed later"),
    ],
)
def test_a_day_that_does_not_divide_the_table_is_refused(twixt: Run, tmp_path: Path, day: str, expected: str) -> None:
    data = write(tmp_path)
    found = refused(twixt("backtest", "reference-class", "--data", str(data), "--signed-before", day))
    assert expected in found


def test_a_file_that_is_absent_is_named(twixt: Run, tmp_path: Path) -> None:
    arguments = ("--data", str(tmp_path / "none.csv"), "--signed-before", "1984-01-01")
    assert "none.csv: cannot be read" in refused(twixt("backtest", "reference-class", *arguments))


@pytest.mark.slow
def test_the_document_and_the_table_say_the_same(twixt: Run, tmp_path: Path) -> None:
    arguments = ("backtest", "reference-class", "--data", str(write(tmp_path)), "--signed-before", "1984-01-01")
    result = twixt(*arguments, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert list(found) == ["n", "model", "baselines", "calibration"]
    assert found["n"] == 60 - 37
    assert set(found["model"]) == {"log", "crps"}
    assert {name: set(b) for name, b in found["baselines"].items()} == {
        "kaplan_meier": {"log", "crps"},
        "constant": {"log", "crps"},
    }
    assert found["model"]["log"] < found["baselines"]["constant"]["log"]
    assert all(0 <= line["forecast"] <= 1 and line["n"] == 23 for line in found["calibration"])
    shown = twixt(*arguments).stdout
    assert "23 agreements signed from 1984-01-01 on; trained on 37 earlier ones" in shown
    assert f"{found['baselines']['kaplan_meier']['crps']:.3f}" in shown
    assert "force" in shown
