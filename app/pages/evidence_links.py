"""Links to read: pasted in bulk, then each made into evidence, done or put aside."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import streamlit as st

from app import data, evidence_address, evidence_data, frame, links
from app.look import link, literal, words
from app.spec import spoken_day
from app.view import BoardView
from forecasts import people, reading_list
from forecasts.errors import ConflictError
from forecasts.reading_list import Link, LinkState
from forecasts.web_pages import page_of

ROWS = 20
"""Links that are shown at first, and that each step adds."""
STATES: dict[LinkState, str] = {"open": "To read", "done": "Done", "dismissed": "Put aside"}
_TOLD = "evidence_links_told"


def draw(view: BoardView) -> None:
    """Draw the paste form and the list."""
    evidence_address.write(view="links")
    if told := st.session_state.pop(_TOLD, ""):
        st.success(literal(told))
    if frame.allowed("evidence", "change the reading list"):
        _paste(view)
    _list(view, evidence_data.links(view.board.id))


def _paste(view: BoardView) -> None:
    generation = st.session_state.get("links_generation", 0)
    with st.form("paste_links"):
        text = st.text_area(
            "Paste links, one on each line",
            key=f"links_{generation}",
            height=110,
            placeholder="https://example.org/report   a word about it",
            help="Other words of a line become the note of its link.",
        )
        pressed = st.form_submit_button("Keep for later", type="primary")
    if not pressed:
        return
    pasted, problems = reading_list.pasted_links(text)
    for problem in problems[:5]:
        st.html(f'<div class="tx tx-err" role="alert">{words(problem.message)}</div>')
    if problems:
        more = f" and {len(problems) - 5} more lines" if len(problems) > 5 else ""
        st.error(literal(f"Nothing was kept: {min(len(problems), 5)} line(s){more} cannot be used."))
        return
    added = evidence_data.add_links(view.board.id, pasted)
    known = f" {len(added.known)} stood on the list already." if added.known else ""
    st.session_state[_TOLD] = f"{len(added.new)} new link{'' if len(added.new) == 1 else 's'} to read.{known}"
    st.session_state["links_generation"] = generation + 1
    st.rerun()


def _list(view: BoardView, found: Sequence[Link]) -> None:
    counts = {state: sum(k.state == state for k in found) for state in STATES}
    picked = st.segmented_control(
        "Which links",
        list(STATES),
        default="open",
        format_func=lambda s: f"{STATES[s]} ({counts[s]})",
        key="links_state",
        label_visibility="collapsed",
        required=True,
    )
    chosen = [k for k in reversed(found) if k.state == picked]
    if not chosen:
        st.html(f'<section class="tx tx-empty"><p>{_NOTHING[picked or "open"]}</p></section>')
        return
    shown = st.session_state.get("links_shown", ROWS)
    names = people.names(data.workspace().store, {p for k in chosen[:shown] for p in (k.added_by, k.changed_by)})
    recorded = {page_of(i.evidence.url): i.id for i in evidence_data.items(view) if i.evidence.url}
    may = data.may("evidence")
    for k in chosen[:shown]:
        with st.container(key=f"row-link-{k.number}", gap="xxsmall"):
            st.html(_told(k, names, recorded))
            if may:
                _actions(view, k)
    if len(chosen) > shown and st.button("Show more links"):
        st.session_state["links_shown"] = shown + ROWS
        st.rerun()


_NOTHING = {
    "open": "Nothing waits to be read. Paste links above and they wait here until somebody has read them.",
    "done": "No link is done yet.",
    "dismissed": "No link was put aside.",
}


def _told(k: Link, names: Mapping[str, str], recorded: Mapping[str, str]) -> str:
    parts = [f"added by {names[k.added_by]}, {_day(k.added_at)}"]
    if k.version > 1:
        parts.append(f"{STATES[k.state].lower()} since {_day(k.changed_at)}, {names[k.changed_by]}")
    if k.evidence:
        parts.append(f"became {k.evidence}")
    elif k.page in recorded:
        parts.append(f"this page is in the record already as {recorded[k.page]}")
    note = f"{words(k.note)}<br>" if k.note else ""
    return (
        f'<div class="tx"><b>{link(k.url, k.page)}</b><br>'
        f'<span class="tx-small">{note}<span class="tx-muted">{words(" · ".join(parts))}</span></span></div>'
    )


def _day(instant: datetime) -> str:
    return spoken_day(instant.date())


def _actions(view: BoardView, k: Link) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if k.state == "open":
            st.page_link(
                links.target("add_evidence"),
                label="Make it evidence",
                query_params={**links.address(view.board.id), "link": f"{k.number}"},
            )
            _button(k, "Done", "done")
            _button(k, "Put aside", "dismissed")
        else:
            _button(k, "Back to the list", "open")


def _button(k: Link, label: str, state: LinkState) -> None:
    if not st.button(label, key=f"link_{k.number}_{state}", help=f"{label}: {literal(k.page)}"):
        return
    try:
        evidence_data.change_link(k, state)
        st.session_state[_TOLD] = f"{k.page}: {STATES[state].lower()}."
    except ConflictError as error:
        st.session_state[_TOLD] = f"Left as it is: {error}"
    st.rerun()
