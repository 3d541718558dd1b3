"""Fixtures of the app's tests: homes with published snapshots, and pages run by Streamlit's own test harness.

`shipped` (session, read only): the shipped board with ten weeks of history and one live snapshot, made-up numbers.
`small` (new each time): a small board whose snapshot and futures come from a real refit. `page` draws a page of a home.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import data, login
from forecasts.settings import Home, open_workspace
from tests.app import publishing
from tests.jobs import small_home

VIEWED = publishing.NOW + timedelta(hours=1)
"""When the pages of the shipped board are looked at."""
SMALL_VIEWED = small_home.NOW + timedelta(hours=1)
"""When the pages of the small board are looked at."""


@pytest.fixture(scope="session")
def shipped_home(tmp_path_factory) -> Path:
    """Give a home with the shipped board, ten retrospective weeks and a live snapshot; nobody may write to it."""
    root = tmp_path_factory.mktemp("shipped")
    with_history(root, weeks=10)
    return root


def with_history(root: Path, *, weeks: int) -> None:
    """Publish a history of the shipped board into a new home."""
    opened = open_workspace(Home.from_environment({"TWIXT_HOME": str(root)}))
    board = publishing.enter(opened)
    publishing.publish_history(opened, board, weeks=weeks)
    publishing.publish(opened, board, on=publishing.NOW, mode="live", step=weeks)
    opened.store.close()


@pytest.fixture
def small(tmp_path) -> Iterator[small_home.Home]:
    """Give a home with a small board, two items and one real live snapshot with its futures."""
    home = small_home.open_home(tmp_path / "small")
    home.add(small_home.evidence("E1"), small_home.evidence("E2", "fund", lr=0.5))
    assert home.refit().kind == "published"
    yield home
    home.store.close()


@pytest.fixture(scope="session")
def small_published(tmp_path_factory) -> Iterator[small_home.Home]:
    """Give a small board with one real live snapshot and its futures; nobody may write to it."""
    home = small_home.open_home(tmp_path_factory.mktemp("small") / "small")
    home.add(small_home.evidence("E1"), small_home.evidence("E2", "fund", lr=0.5))
    assert home.refit().kind == "published"
    yield home
    home.store.close()


@pytest.fixture
def page(monkeypatch) -> Iterator[Callable[..., AppTest]]:
    """Give a function that prepares a page of a home at an instant; `.run()` draws it."""

    def prepare(name: str, root: Path, *, at: datetime = VIEWED, **address: str) -> AppTest:
        monkeypatch.setenv("TWIXT_HOME", str(root))
        monkeypatch.delenv("TWIXT_DB", raising=False)
        monkeypatch.setenv("TWIXT_LOCAL", "1")
        monkeypatch.setattr(login.st, "get_option", lambda name: {"server.address": "localhost"}[name])
        monkeypatch.setattr(data, "now", lambda: at.astimezone(UTC))
        st.cache_resource.clear()
        st.cache_data.clear()
        test = AppTest.from_function(_draw, default_timeout=60, kwargs={"name": name})
        for key, value in address.items():
            test.query_params[key] = value
        return test

    yield prepare
    st.cache_resource.clear()
    st.cache_data.clear()


def _draw(name: str) -> None:
    from importlib import import_module

    import_module(f"app.pages.{name}").render()
