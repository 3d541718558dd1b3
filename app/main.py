"""The app: its pages and what they share. Pages read snapshots and stored futures; nothing here computes a number."""

import os

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from app import data, keys, links, login, look, tour
from app.error_page import guarded
from app.pages import (
    add_evidence,
    board,
    calibration,
    diagnostics,
    evidence,
    my_forecasts,
    people,
    question,
    rearmament,
    runs,
    scenarios,
    senate,
    sources,
    what_if,
)
from app.pages import help as help_page
from forecasts.people import Action
from forecasts.settings import prepare_caches

RENDER = {
    "board": board.render,
    "scenarios": scenarios.render,
    "question": question.render,
    "what_if": what_if.render,
    "senate": senate.render,
    "rearmament": rearmament.render,
    "evidence": evidence.render,
    "add_evidence": add_evidence.render,
    "my_forecasts": my_forecasts.render,
    "calibration": calibration.render,
    "runs": runs.render,
    "diagnostics": diagnostics.render,
    "help": help_page.render,
    "sources": sources.render,
    "people": people.render,
}
"""Each page's address -> what draws it."""
MENU = {
    "": ("board", "scenarios", "question", "what_if", "evidence", "add_evidence"),
    "Models": ("senate", "rearmament", "runs", "diagnostics"),
    "Track record": ("my_forecasts", "calibration"),
    "Help": ("help", "sources"),
}
"""The menu; pages under a name of their own share one entry."""
FOR_SOME: dict[str, tuple[str, Action]] = {"people": ("Admin", "people")}
"""Pages that only those see in the menu who may do something: their entry, and what. Everybody may open them."""


def main() -> None:
    """Draw the page that the address names; called anew at every rerun by `app/web/start.py`."""
    guarded(_draw)()


def _draw() -> None:
    prepare_caches(data.home(), os.environ)
    st.html(look.style())
    st.logo(str(look.LOGO), size="large")
    login.draw(data.actor(), data.home().root, store=data.workspace().store, now=data.now())
    page = st.navigation(_menu(), position="top")
    st.set_page_config(page_title=f"{page.title} · twixt", page_icon=str(look.FAVICON), layout="wide")
    keys.draw()
    if page.url_path in {"", "board"}:
        tour.draw()
    page.run()


def _menu() -> dict[str, list[StreamlitPage]]:
    """Return the pages by their entry in the menu; who may not see one there still reaches it by its address."""
    menu = {entry: [_page(name) for name in names] for entry, names in MENU.items()}
    for name, (entry, action) in FOR_SOME.items():
        seen = data.may(action)
        menu.setdefault(entry if seen else "", []).append(_page(name, hidden=not seen))
    return menu


def _page(name: str, *, hidden: bool = False) -> StreamlitPage:
    return links.page(name, guarded(RENDER[name]), default=name == "board", hidden=hidden)
