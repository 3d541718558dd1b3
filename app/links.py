"""Addresses of the pages: each view has one that can be sent to a colleague."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Literal

import streamlit as st
from streamlit.navigation.page import StreamlitPage

TITLES = {
    "board": "Board",
    "scenarios": "Scenarios",
    "question": "Question",
    "what_if": "What if",
    "senate": "Senate",
    "rearmament": "Rearmament",
    "evidence": "Evidence",
    "add_evidence": "Add evidence",
    "my_forecasts": "My forecasts",
    "calibration": "Calibration",
    "runs": "Runs",
    "diagnostics": "Diagnostics",
    "help": "Help",
    "sources": "Sources",
    "people": "People",
}
"""Last part of a page's address -> its title in the menu."""


def page(name: str, render: Callable[[], None], *, default: bool = False, hidden: bool = False) -> StreamlitPage:
    """Return a page under its address; a hidden one is not in the menu."""
    visibility: Literal["visible", "hidden"] = "hidden" if hidden else "visible"
    return st.Page(render, title=TITLES[name], url_path=name, default=default, visibility=visibility)


def target(name: str) -> StreamlitPage:
    """Return what a link to a page needs: its address only (Streamlit tells function pages apart by nothing else)."""
    return page(name, _named_only)


def _named_only() -> None:
    raise RuntimeError("a link's target is a name; the pages that are drawn are listed in app/main.py")


def address(board: str, *, question: str = "", deadline: date | None = None) -> Mapping[str, str]:
    """Return the query parameters that name a view."""
    day = deadline.isoformat() if deadline else ""
    return {k: v for k, v in (("board", board), ("question", question), ("deadline", day)) if v}
