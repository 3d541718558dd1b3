"""`twixt score`: any file of forecasts, without a record; the fields of its JSON; one line for every mistake."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Place, complaint, run_at

FILE = """question,forecaster,at,probability,outcome,opened_at,closes_at,resolved_at
q,A,2026-01-01T00:00:00Z,0.5,1,2026-01-01T00:00:00Z,2026-04-11T00:00:00Z,2026-02-20T00:00:00Z
q,B,2026-01-26T00:00:00Z,0.2,1,2026-01-01T00:00:00Z,2026-04-11T00:00:00Z,2026-02-20T00:00:00Z
q,B,2026-03-01T00:00:00Z,0.9,1,2026-01-01T00:00:00Z,2026-04-11T00:00:00Z,2026-02-20T00:00:00Z
r,A,2026-01-01T00:00:00Z,1,0,2026-01-01T00:00:00Z,2026-04-11T00:00:00Z,
s,A,2026-01-01T00:00:00Z,1,,2026-01-01T00:00:00Z,2026-04-11T00:00:00Z,
"""


@pytest.fixture
def nowhere(tmp_path: Path) -> Place:
    """Give a home that does not exist: scoring needs none and makes none."""
    return Place(tmp_path / "no-home")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "f.csv"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_the_fields_of_its_json(nowhere, file):
    result = run_at(nowhere, "score", str(file), "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["dropped"] == {"after resolution": 1, "unresolved": 1, "annulled": 0, "out of range": 0}
    assert (found["n_questions"], found["n_forecasts"], found["clipped"]) == (2, 3, 1)
    # (.25 + .64 + 1) / 3
    assert found["brier"] == pytest.approx(0.63)
    assert set(found["time_averaged"]) >= {"brier", "log", "coverage"}
    assert set(found["pools"]) == {"median", "mean", "geo_odds", "recalibrated"}
    names = {"forecaster", "n_questions", "brier", "log", "baseline", "peer", "spot_peer"}
    assert all(set(line) >= names for line in found["forecasters"])
    assert [line["forecaster"] for line in found["forecasters"]] == ["A", "B"]
    assert {"mcb", "dsc", "unc", "mcb_null95"} <= set(found)
    assert not nowhere.root.exists()


def test_the_screen_ranks_nobody_before_it_can(nowhere, file):
    result = run_at(nowhere, "score", str(file))
    assert result.exit_code == 0
    assert "3 forecasts of 2 questions; left out: 1 after resolution, 1 unresolved" in result.stdout
    assert "Not ranked" in result.stdout
    assert "2 questions are too few" in result.stdout
    assert "nan" not in result.stdout


MISTAKES = [
    ("", "the file is empty"),
    ("a,b\n1,2\n", "column 'question' and 'probability' and 'outcome' missing; found: a, b"),
    (
        "question,probability,outcome\na,.5,\nb,1.5,1\nc,.5,void\n",
        "left out are unresolved: 1, annulled: 1, out of range: 1",
    ),
    ("question,probability,outcome\na,50,1\n", "percent"),
]


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_one_line_for_every_mistake(nowhere, tmp_path, text, message):
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    for extra in ([], ["--json"]):
        assert message in complaint(run_at(nowhere, "score", str(path), *extra))


def test_a_file_that_is_not_there(nowhere, tmp_path):
    assert "No such file" in complaint(run_at(nowhere, "score", str(tmp_path / "none.csv")))
    assert "Is a directory" in complaint(run_at(nowhere, "score", str(tmp_path)))
