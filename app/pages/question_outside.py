"""How other sites ask what a question asks: their words, criteria and outcomes beside ours, never mixed with them."""

from collections.abc import Iterator

import streamlit as st

from app import frame, people_data
from app.look import link, words
from app.spec import spoken_day
from app.view import BoardView
from forecasts.definition import Question
from forecasts.exchange.outside_of_question import Elsewhere

SHOWN = 1_500
"""Characters of criteria that the page shows."""


def outside_section(view: BoardView, question: Question) -> None:
    """Draw the outside questions whose forecasts stand on a question; nothing where there are none."""
    found = people_data.asked_elsewhere(view, question.id)
    if not found:
        return
    st.header("As other sites ask it", anchor=False)
    for one in found:
        st.html(f'<div class="tx">{"".join(_parts(one))}</div>')
    frame.note("Their criteria are their own, and so are their outcomes: neither decides this question.")


def _parts(one: Elsewhere) -> Iterator[str]:
    asked = one.kept.question
    yield f"<p><b>{words(one.site)}:</b> {link(asked.url, asked.title or asked.id)}</p>"
    if asked.criteria:
        cut = asked.criteria if len(asked.criteria) <= SHOWN else f"{asked.criteria[:SHOWN]} …"
        yield f"<p>{words(cut)}</p>"
    closes = f"Close: {spoken_day(asked.closes_at.date())}" if asked.closes_at else "No close"
    came = f"; judged {words(asked.outcome)} there" if asked.outcome else ""
    ours = ", ".join(spoken_day(day) for day in one.deadlines)
    yield f'<p class="tx-muted">{closes}{came}. Compared with ours by {ours}. Licence: {words(asked.licence)}.</p>'
