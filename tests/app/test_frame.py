"""What every page has around its content: the choice of a board, freshness and running jobs."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app import data, frame, history_job
from forecasts.file_lock import held
from forecasts.settings import Home, open_workspace
from tests.app import publishing


@pytest.fixture
def two_boards(tmp_path) -> Path:
    """Give a home with the shipped board and a copy of it under another id and title."""
    copy = Path(shutil.copytree(publishing.SHIPPED, tmp_path / "boards" / "a-copy"))
    file = copy / "board.toml"
    renamed = file.read_text().replace('"indivisible-security"', '"a-copy"').replace("Indivisible security?", "A copy")
    file.write_text(renamed)
    opened = open_workspace(Home.from_environment({"TWIXT_HOME": str(tmp_path)}))
    for directory in (publishing.SHIPPED, copy):
        definition = publishing.enter(opened, directory)
        publishing.publish(opened, definition, on=publishing.NOW, mode="live")
    opened.store.close()
    return tmp_path


def test_several_boards_are_chosen_from_and_the_address_follows(page, two_boards):
    test = page("board", two_boards).run()
    assert not test.exception
    picker = test.selectbox(key="board_picker")
    assert picker.options == ["a-copy", "indivisible-security"]
    assert test.title[0].value == "A copy"
    picker.set_value("indivisible-security").run()
    assert not test.exception
    assert test.query_params["board"] in ("indivisible-security", ["indivisible-security"])
    assert test.title[0].value == "Indivisible security?"


def test_the_address_names_the_board(page, two_boards):
    test = page("question", two_boards, board="indivisible-security").run()
    assert not test.exception
    assert test.selectbox(key="board_picker").value == "indivisible-security"


def test_one_board_needs_no_picker(page, shipped_home):
    assert not [s for s in page("board", shipped_home).run().selectbox if s.key == "board_picker"]


@pytest.mark.parametrize(
    ("status", "mode", "days", "expected"),
    [
        ({}, "live", 10, [("", "as of"), ("", "known through 1 Jul 2026 (10 days ago)")]),
        ({}, "live", 60, [("", "as of"), ("warn", "known through 1 Jul 2026 (60 days ago)")]),
        ({"stale": True, "stale_reason": "refused since Monday"}, "live", 1, [("warn", "stale: refused since Monday")]),
        ({}, "retrospective", 1, [("warn", "retrospective: made with hindsight")]),
    ],
)
def test_freshness_is_said_before_any_number(page, shipped_home, status, mode, days, expected):  # noqa: PLR0917
    page("board", shipped_home)
    view = data.board_view("indivisible-security")
    view = replace(view, status=status, shown=replace(view.shown, mode=mode))
    tags = frame.freshness(view, today=view.moment.known_through + timedelta(days=days))
    for kind, words in expected:
        assert any(k == kind and words in text for k, text in tags), tags


def test_a_filling_history_shows_how_far_it_is(page, shipped_home):
    log = shipped_home / "logs" / "backfill.log"
    log.parent.mkdir(exist_ok=True)
    log.write_text("retrospective snapshots 3/72\nretrospective snapshots, about 2 min left 18/72\n")
    test = page("board", shipped_home)
    with held(shipped_home / "backfill-indivisible-security.lock") as mine:
        assert mine
        test.run()
        assert not test.exception
        assert "18 of 72" in test.get("progress")[0].proto.text
    test.run()
    assert not test.get("progress")


@pytest.mark.parametrize(
    ("log", "found"),
    [
        ("", ("weeks", 0, 0)),
        ("nothing yet", ("weeks", 0, 0)),
        ("a 1/3\nb 2/3", ("weeks", 2, 3)),
        ("99/3", ("weeks", 3, 3)),
        ("18/72: refused 2025-03-01", ("weeks", 18, 72)),
        ("sampling draws 200/12000", ("steps of a sampler", 200, 12000)),
        ("sampling draws 200/12000\nretrospective snapshots, about 7 min left 4/72", ("weeks", 4, 72)),
    ],
)
def test_the_newest_count_of_a_log(tmp_path, log, found):
    (tmp_path / "log").write_text(log)
    assert history_job.count(tmp_path / "log") == found


def test_a_log_that_is_not_there_is_no_progress(tmp_path):
    assert history_job.count(tmp_path / "none") == ("weeks", 0, 0)
