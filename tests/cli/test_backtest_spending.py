"""`twixt backtest spending`: the document, the table, and everything that is refused before anything is fitted."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from tests.forecasts.spending_reference import EDITION, TABLE, rows, write
from tests.models.spending_panels import SETTING, empty_panel, parameters, simulated

type Run = Callable[..., Result]


def refused(result: Result) -> str:
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    (line,) = result.stderr.strip().splitlines()
    return line


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Land9,2014,0.021", "fraction"),
        ("Land9,2014,nan", "line 23, Land9, 2014: pct_gdp 'nan'"),
        ("Land1,2015,2", "already in line 10"),
        ("Land9,2014,2", "line 23, Land9: no row for 2015, 2016, 2017, 2018, 2019"),
        ("Land9,2014", "2 cells"),
    ],
)
def test_a_mistake_in_the_file_is_one_line_with_its_row(twixt: Run, tmp_path: Path, line: str, expected: str) -> None:
    data = write(tmp_path / "shares.csv", [*rows(), line])
    found = refused(twixt("backtest", "spending", "--data", str(data), "--train-through", "2018", "--horizon", "1"))
    assert found.startswith("shares.csv: ")
    assert expected in found


@pytest.mark.parametrize(
    ("through", "horizon", "expected"),
    [
        ("2015", "1", "at least 3 years"),
        ("2020", "1", "no value for 2021"),
        ("soon", "1", "--train-through: 'soon'"),
        ("2018", "0", "--horizon: '0'"),
        ("2018", "1.5", "--horizon: '1.5'"),
    ],
)
def test_years_that_cannot_be_scored_are_refused(
    twixt: Run, tmp_path: Path, through: str, horizon: str, expected: str
) -> None:
    data = write(tmp_path / "shares.csv", rows())
    arguments = ("--data", str(data), "--train-through", through, "--horizon", horizon)
    assert expected in refused(twixt("backtest", "spending", *arguments))


def test_a_file_that_is_absent_is_named(twixt: Run, tmp_path: Path) -> None:
    arguments = ("--data", str(tmp_path / "none.csv"), "--train-through", "2018", "--horizon", "1")
    assert "none.csv: cannot be read" in refused(twixt("backtest", "spending", *arguments))


@pytest.mark.slow
def test_the_document_has_exactly_its_keys(twixt: Run, tmp_path: Path) -> None:
    arguments = ("--data", str(TABLE), "--edition", EDITION, "--train-through", "2019", "--horizon", "2")
    result = twixt("backtest", "spending", *arguments, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    scores = {"crps", "coverage50", "coverage90"}
    assert set(found) == {"n", "model", "baselines"}
    assert set(found["model"]) == scores
    assert list(found["baselines"]) == ["rw", "rw_pooled", "drift_pooled", "arima", "ets"]
    assert all(found["baselines"][n] is None or set(found["baselines"][n]) == scores for n in found["baselines"])
    assert found["n"] == 31
    # the sceptics' figures of this origin, by a calculation outside the package
    assert found["baselines"]["rw"]["crps"] == pytest.approx(0.1025, abs=5e-4)
    assert found["baselines"]["rw_pooled"]["crps"] == pytest.approx(0.0991, abs=5e-4)
    assert found["baselines"]["drift_pooled"]["crps"] == pytest.approx(0.0982, abs=5e-4)
    assert found["model"]["crps"] < found["baselines"]["rw"]["crps"]
    assert "ets: absent" in result.stderr


@pytest.mark.slow
def test_the_table_has_a_line_for_each_forecast(twixt: Run, tmp_path: Path) -> None:
    panel = simulated(empty_panel(countries=8, years=9), SETTING, parameters(years=9), seed=1)  # scatters as shares do
    shares = np.exp(panel.log_share)
    lines = [
        f"{c},{y},{s:.2f}"
        for c, row in zip(panel.countries, shares, strict=True)
        for y, s in zip(panel.years, row, strict=True)
    ]
    data = write(tmp_path / "shares.csv", ["country,year,pct_gdp", *lines])
    result = twixt("backtest", "spending", "--data", str(data), "--train-through", "2021", "--horizon", "1")
    assert result.exit_code == 0, result.output
    found = [line.split()[0] for line in result.stdout.splitlines() if line]
    assert found[:6] == ["8", "forecast", "model", "rw", "rw_pooled", "drift_pooled"]
