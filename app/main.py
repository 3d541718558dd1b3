"""The app: its pages and what they share. Pages read snapshots and stored futures; nothing here computes a number."""

import os

import streamlit as st

from app import data, frame, links, look
from app.pages import add_evidence, board, question, runs
from forecasts.settings import prepare_caches


def main() -> None:
    """Draw the page that the address names; called anew at every rerun by `app/web/start.py`."""
    prepare_caches(data.home(), os.environ)
    st.html(look.style())
    st.logo(str(look.LOGO), size="large")
    pages = [
        links.page("board", frame.guarded(board.render), default=True),
        links.page("question", frame.guarded(question.render)),
        links.page("add_evidence", frame.guarded(add_evidence.render)),
        links.page("runs", frame.guarded(runs.render)),
    ]
    page = st.navigation(pages, position="top")
    st.set_page_config(page_title=f"{page.title} · twixt", page_icon=str(look.FAVICON), layout="wide")
    page.run()
