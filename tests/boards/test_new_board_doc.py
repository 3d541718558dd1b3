"""docs/new-board.md keeps its promises: the commands run, the message is the one shown, no key is missing."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from forecasts import board, board_durations, board_files, board_new, board_rows, board_seed, board_tables, board_votes
from tests.boards.test_starter import TODAY
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "new-board.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


def fitted(row):
    return board_votes.fitted(row, terms=(), periods=1, members=3, directory=ROOT)


def table(file, name):
    """Return the keys that the page lists for a table of a file (lines without a file continue the one above)."""
    current = ""
    for line in PAGE.split("## All keys")[1].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 3 or not line.startswith("|"):
            continue
        current = cells[0].strip("`") or current
        if current == file and cells[1].split("`")[1::2] == ([name] if name else []):
            return set(" ".join(cells[2].split("`")[1::2]).split())
    raise AssertionError(f"no row for {file} {name}")


@pytest.mark.parametrize(
    ("file", "columns"),
    [
        ("edges.csv", board_tables.EDGE_COLUMNS),
        ("cases.csv", board_tables.CASE_COLUMNS),
        ("adjustments.csv", board_tables.ADJUSTMENT_COLUMNS),
        ("evidence.csv", board_seed.EVIDENCE_COLUMNS),
        ("occurrences.csv", board_seed.OCCURRENCE_COLUMNS),
        ("confirmations.csv", board_seed.CONFIRMATION_COLUMNS),
    ],
)
def test_every_column_is_listed(file, columns):
    assert table(file, "") == set(columns)


@pytest.mark.parametrize(
    ("file", "name", "build"),
    [
        ("board.toml", "[settings]", board_tables.settings),
        ("board.toml", "[[section]]", board_tables.section),
        ("board.toml", "[[frailty]]", board_tables.frailty),
        ("board.toml", "[[scheduled]]", board_tables.scheduled),
        (
            "questions.toml",
            "[[question]]",
            lambda r: board_tables.question(r, opens=TODAY, deadlines=(), directory=Path()),
        ),
        ("questions.toml", "[question.duration]", lambda r: board_durations.duration(r, directory=Path())),
        ("votes.toml", "[[vote]]", lambda r: board_tables.vote(r, directory=ROOT)),
        ("votes.toml", "[vote.fitted]", fitted),
        ("votes.toml", "[vote.fitted.renewal]", lambda r: board_votes.renewal(r, periods=1)),
        ("series.toml", "[[series]]", lambda r: board_tables.series(r, directory=Path())),
        ("scenarios.toml", "[[scenario]]", board_tables.scenario),
    ],
)
def test_every_key_is_listed(file, name, build):
    """An unknown key makes the reader list what it allows: that is what the page must list."""
    problems: list[board_files.Problem] = []
    values = {"nonsense": 1, "kind": "event"} if "question" in name and file == "questions.toml" else {"nonsense": 1}
    build(board_rows.Row(values, file=file, path=(), lines={}, what="", problems=problems))
    message = next(p.message for p in problems if p.place == "nonsense")
    allowed = set(message.partition("allowed: ")[2].split(", "))
    listed = table(file, name) - {"since_enabled"}
    assert listed == allowed - {"gate", "state", "level", "fitted", "direction", "renewal", "swing", "panel"}


def test_the_message_shown_is_the_one_that_comes(tmp_path):
    place = tmp_path / "my-bridge"
    board_new.write(place, today=TODAY)
    questions = place / "questions.toml"
    text = questions.read_text(encoding="utf-8")
    questions.write_text(text.replace("criteria = ", "critera = ", 1), encoding="utf-8")
    shown = re.findall(r"```text\n(.*?) allowed: \.\.\.\n```", PAGE, re.DOTALL)[0]
    assert any(str(problem).startswith(shown) for problem in board.load(place)[1])


@pytest.mark.slow
def test_the_commands_run_as_written(tmp_path):
    """The whole page with a real sampler: about a minute with a cold compile cache."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "TWIXT_HOME": str(tmp_path / "home"), "PATH": path}
    environment.pop("TWIXT_DB", None)
    assert len(BLOCKS) == 3
    for block in BLOCKS:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
    assert "nothing would change in the record" in done.stdout
