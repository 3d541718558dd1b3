"""`twixt backtest senate`: what is refused before anything is fitted, and the published votes of 1990 to 2009."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.cli.conftest import Place, process
from tests.cli.test_backtest_spending import refused
from tests.forecasts.senate_rolls import SENATORS, VOTES, record, senators, vote, write

type Run = Callable[..., Result]

SCORES = {"brier", "log", "crps", "coverage90", "senator_log_loss", "senator_mcb"}


def backtest(twixt: Run, votes: Path, people: Path, day: str, *options: str) -> Result:
    return twixt(
        "backtest", "senate", "--votes", str(votes), "--senators", str(people), "--train-before", day, *options
    )


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("soon", "--train-before 'soon': a day as YYYY-MM-DD"),
        ("1980-01-05", "4 votes before it, 2 of them with more than 3 nays; at least 20 and 5 are needed"),
        ("1995-01-01", "no vote on or after it; the last is of 1991-02-01"),
    ],
)
def test_days_that_cannot_be_scored_are_refused(twixt: Run, tmp_path: Path, day: str, expected: str) -> None:
    assert expected in refused(backtest(twixt, *record(tmp_path), day))


def test_a_mistake_is_one_line_with_its_row(twixt: Run, tmp_path: Path) -> None:
    votes, people = record(tmp_path)
    people.write_text(people.read_text().replace("v3,2,D,yea,-0.3", "v3,2,D,aye,-0.3"))
    line = refused(backtest(twixt, votes, people, "1990-01-01"))
    assert line.startswith("senators.csv: line ")
    assert "vote v3, senator 2: vote 'aye'" in line
    votes.write_text(votes.read_text().replace(",12,0,", ",12,1,", 1))
    assert "nays by party" in refused(backtest(twixt, votes, people, "1990-01-01"))


def test_a_vote_without_senators_is_named(twixt: Run, tmp_path: Path) -> None:
    votes = write(tmp_path / "votes.csv", VOTES, [vote("a", "1980-01-05", 9, 2), vote("b", "1991-01-05", 9, 2)])
    people = write(tmp_path / "senators.csv", SENATORS, senators("a", 9, 2))
    assert "senators.csv: vote b: no row for it" in refused(backtest(twixt, votes, people, "1990-01-01"))


def test_files_that_are_absent_are_named(twixt: Run, tmp_path: Path) -> None:
    votes, people = record(tmp_path)
    assert "gone.csv: cannot be read" in refused(backtest(twixt, tmp_path / "gone.csv", people, "1990-01-01"))
    assert "gone.csv: cannot be read" in refused(backtest(twixt, votes, tmp_path / "gone.csv", "1990-01-01"))


@pytest.fixture(scope="module")
def scored(testdata, tmp_path_factory) -> dict[str, Any]:
    """Give the JSON of the published votes, trained before 1990: one fit of 204 votes by name."""
    place = Place(tmp_path_factory.mktemp("scored"))
    votes = testdata("senate/treaty_votes_1945_2009.csv")
    people = testdata("senate/treaty_senator_votes_1945_2009.parquet")
    files = ("--votes", str(votes), "--senators", str(people))
    run = process(place, "backtest", "senate", *files, "--train-before", "1990-01-01", "--json")
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.mark.slow
def test_the_document_has_its_keys(scored: dict[str, Any]) -> None:
    assert {"n_votes", "n_senator_votes", "model", "baselines"} <= set(scored)
    assert (scored["n_votes"], scored["n_roll_calls"], scored["n_days"]) == (16, 26, 16)
    assert scored["n_failed"] == 1
    assert set(scored["baselines"]) == {"base_rate", "party_line", "logistic"}
    for scores in (scored["model"], *scored["baselines"].values()):
        assert set(scores) == SCORES
        assert all(isinstance(value, float) for value in scores.values())


@pytest.mark.slow
@pytest.mark.parametrize("score", ["crps", "senator_log_loss"])
def test_the_model_does_better_than_every_sceptic(scored: dict[str, Any], score: str) -> None:
    others = [baseline[score] for baseline in scored["baselines"].values()]
    assert scored["model"][score] < min(others)


@pytest.mark.slow
def test_the_senators_are_as_calibrated_as_whole_votes_can_show(scored: dict[str, Any]) -> None:
    assert scored["model"]["senator_mcb"] < scored["senator_mcb_null"]["q95"]
    assert scored["coverage"]["p_uniform"] > 0.05
