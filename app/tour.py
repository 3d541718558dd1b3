"""The tour of a first visit: five sentences above the board, gone once it is closed (`app/web/tour_cookie.py`)."""

import streamlit as st

from app.look import words
from app.web.tour_cookie import DONE, NAME, PARAMETER

STEPS = (
    ("Read the board from the top:", "what leads and what moved, then one line a question with its 90 % band.", ""),
    ("Open a question", "to see when it happens, what it hangs on, and which report did what.", "question"),
    ("Ask what if", "an event is seen, or is made to happen: every other number answers.", "what_if"),
    ("Add what you read.", "Before anything is saved, the whole board is shown as it would become.", "add_evidence"),
    ("Look words up", "whenever one is unclear: band, gate, likelihood ratio.", "help"),
)
"""What to do, why, and the page it leads to."""


def draw() -> None:
    """Draw the tour for somebody who has not closed it; the address can ask for it (`?tour=show`) or close it."""
    asked = st.query_params.get(PARAMETER, "")
    if asked == DONE or (asked != "show" and st.context.cookies.get(NAME) == DONE):
        return
    st.html(markup())


def markup() -> str:
    """Return the tour as HTML."""
    items = "".join(f"<li>{_step(*step)}</li>" for step in STEPS)
    close = f'<a class="close" href="?{PARAMETER}={DONE}" target="_self">Got it, do not show this again</a>'
    text = f"<p><b>New here?</b></p><ol>{items}</ol><p>{close}</p>"
    return f'<section class="tx tx-tour" aria-label="First visit">{text}</section>'


def _step(what: str, why: str, page: str) -> str:
    first = f'<a href="{words(page)}" target="_self">{words(what)}</a>' if page else f"<b>{words(what)}</b>"
    return f"{first} {words(why)}"


def offer() -> None:
    """Draw the way back to the tour."""
    st.html(f'<p class="tx"><a href="./?{PARAMETER}=show" target="_self">Show the tour of a first visit again</a></p>')
