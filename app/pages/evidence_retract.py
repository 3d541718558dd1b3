"""Retract an item: the board without it, a reason, and one step that can be undone."""

import streamlit as st

from app import data, evidence_data, evidence_words, frame
from app.look import literal, words
from app.pages import evidence_item, evidence_saved
from app.pages.evidence_preview import without_section
from app.view import BoardView
from forecasts import status_entry
from forecasts.errors import ConflictError
from forecasts.evidence_book import Item


def draw(view: BoardView, entry: str) -> None:
    """Draw the item, the form of its retraction and what the board would be without it."""
    item = evidence_item.find(view, entry)
    if item is None:
        return
    evidence_item.head(view, item, f"Retract {item.id}")
    if item.retraction is not None:
        st.info("It is retracted already.")
        return
    if not frame.allowed("retract", "retract evidence"):
        return
    version = _seen(view, item)
    left, right = st.columns([6, 5], gap="large")
    with left:
        st.html(evidence_words.quoted(item.evidence))
        st.html(f'<p class="tx tx-small">Says {words(evidence_words.says(view, item.evidence.effects))}.</p>')
        reason = _form(view, item)
    with right:
        without_section(view, (item.id,), title="The board without it")
    if reason is not None:
        _retract(view, item, version, reason)


def _key(view: BoardView, item: Item) -> str:
    return f"evidence_retracting:{view.board.id}:{item.id}"


def _seen(view: BoardView, item: Item) -> int:
    """Return the version that was shown when this view was opened; a newer one is pointed out and seen from then on."""
    newest = item.newest.version
    seen = int(st.session_state.setdefault(_key(view, item), newest))
    if seen != newest:
        st.warning(literal(f"Version {newest} was saved meanwhile and is shown now. Read it before you retract it."))
        st.session_state[_key(view, item)] = newest
    return seen


def _form(view: BoardView, item: Item) -> str | None:
    """Draw the form; return the reason once it is submitted."""
    with st.form("retraction", border=False):
        reason = st.text_input("Why", key=f"reason_{item.id}", placeholder="For example: withdrawn by its source")
        wrong = st.empty()
        frame.note("The item and the reason stay in the record; the numbers become what they would be without it.")
        pressed = st.form_submit_button("Retract it", type="primary")
    if st.button("Leave it as it is", key="keep_it"):
        evidence_item.go(view, item.id)
    if not pressed:
        return None
    fields = {"target": item.id, "reason": reason}
    record, problems = status_entry.retraction_from_fields(fields, entry="new", today=data.now().date())
    for problem in problems:
        wrong.html(f'<div class="tx tx-err" role="alert">{words(problem.message)}</div>')
    return record.reason if record else None


def _retract(view: BoardView, item: Item, version: int, reason: str) -> None:
    if version != item.newest.version:
        st.error("Not retracted: the item was changed meanwhile.")
        return
    try:
        act = evidence_data.retract(view, item.newest, reason=reason)
    except ConflictError as error:
        st.error(literal(f"Not retracted: somebody was first. {error}"))
        return
    del st.session_state[_key(view, item)]
    evidence_saved.remember(act)
    evidence_item.go(view, item.id)
