"""A page that breaks says so with an id that the log and the report carry, and shows nothing of what is inside."""

import logging
import re
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from app import login
from tests.app.conftest import VIEWED
from tests.app.test_board_page import html

ID = re.compile(r"give the id <code>([0-9a-f]{8})</code>")
SECRET = "postgresql://twixt:hunter2@db.internal/twixt"
"""What must never reach a page: here it stands in the message of each error."""


def broken(kind: str, secret: str) -> None:
    """Draw a page that breaks in one of several ways."""
    import sqlalchemy as sa

    from app.error_page import guarded
    from forecasts.errors import ConflictError, ForbiddenError, StoreError

    errors = {
        "surprise": ZeroDivisionError(f"<script>{secret}</script>"),
        "database": sa.exc.OperationalError("select 1", {}, Exception(secret)),
        "store": StoreError(f"{secret}: it is locked"),
        "file": PermissionError(13, "Permission denied", secret),
        "forbidden": ForbiddenError("b: p1 has the role viewer and may not judge outcomes; needed: admin, owner"),
        "conflict": ConflictError("b: entry E1: version 1 was expected, but version 2 was written by p2"),
    }

    def render() -> None:
        raise errors[kind]

    guarded(render)()


@pytest.fixture
def shown(monkeypatch, tmp_path, caplog) -> Callable[..., tuple[AppTest, str]]:
    """Give a function that draws a broken page to the owner of a local server, or to an anonymous viewer."""
    monkeypatch.setenv("TWIXT_HOME", str(tmp_path))
    monkeypatch.delenv("TWIXT_DB", raising=False)
    monkeypatch.setattr(login.st, "get_option", lambda name: {"server.address": "localhost"}[name])
    caplog.set_level(logging.ERROR, "twixt.pages")

    def draw(kind: str, *, owner: bool) -> tuple[AppTest, str]:
        monkeypatch.setenv("TWIXT_LOCAL", "1" if owner else "")
        test = AppTest.from_function(broken, kwargs={"kind": kind, "secret": SECRET}).run()
        assert not test.exception, "no traceback on the page"
        return test, html(test)

    return draw


@pytest.mark.parametrize("owner", [True, False])
@pytest.mark.parametrize("kind", ["surprise", "database", "store", "file", "forbidden", "conflict"])
def test_page_log_line_and_report_carry_one_id(shown, caplog, tmp_path, kind: str, owner: bool) -> None:
    _, text = shown(kind, owner=owner)
    found = ID.search(text)
    assert found, text
    (line,) = [r.getMessage() for r in caplog.records]
    assert line.startswith(f"error {found[1]} in ")
    assert "\n" not in line
    (report,) = (tmp_path / "logs").iterdir()
    assert report.name.endswith(f"-{found[1]}.log")
    assert "Traceback" in report.read_text()
    assert "Traceback" not in text


@pytest.mark.parametrize("kind", ["surprise", "database", "store", "file"])
def test_a_viewer_learns_nothing_of_the_server(shown, kind: str, tmp_path) -> None:
    test, text = shown(kind, owner=False)
    assert test.title[0].value == "This page could not be drawn"
    for inside in (SECRET, "hunter2", str(tmp_path), "script", "ZeroDivision"):
        assert inside not in text


def test_a_surprise_is_not_spelt_out_for_anybody(shown) -> None:
    _, text = shown("surprise", owner=True)
    assert "An error inside twixt" in text
    assert "hunter2" not in text


def test_who_may_write_learns_what_is_wrong_with_the_record(shown) -> None:
    _, text = shown("store", owner=True)
    assert "it is locked" in text


@pytest.mark.parametrize(
    ("kind", "title", "said"),
    [
        ("forbidden", "Not allowed", "p1 has the role viewer and may not judge outcomes"),
        ("conflict", "Somebody else was first", "Nothing of yours was written"),
    ],
)
def test_a_refused_write_is_told_as_one(shown, kind: str, title: str, said: str) -> None:
    test, text = shown(kind, owner=False)
    assert test.title[0].value == title
    assert said in text
    assert "was written" in text


def test_a_database_that_cannot_be_read_is_told_on_the_page(page, tmp_path) -> None:
    (tmp_path / "twixt.sqlite").write_bytes(b"this is no database" * 100)
    page("board", tmp_path, at=VIEWED)

    def render_board() -> None:
        from app.error_page import guarded
        from app.pages import board

        guarded(board.render)()

    test = AppTest.from_function(render_board).run()
    assert not test.exception
    assert test.title[0].value == "This page could not be drawn"
    assert ID.search(html(test))


def test_a_broken_part_that_refreshes_by_itself_is_caught_too(shown, monkeypatch) -> None:
    def part() -> None:
        import streamlit as st

        from app.error_page import guarded

        @st.fragment
        @guarded
        def watch(board: str) -> None:
            raise KeyError(board)

        watch("b")

    shown("surprise", owner=True)
    test = AppTest.from_function(part).run()
    assert not test.exception
    assert ID.search(html(test))
