"""The address of the evidence page: view, search and filters stand in it, so that each list can be sent to a colleague.

A widget begins with what the address says. Where a link changed the address, the widgets begin anew.
"""

from collections.abc import Mapping

import streamlit as st

from app import address, links

NAMES = ("view", "q", "about", "story", "kind", "grade", "by", "standing", "page")
"""Parts of the address, in their order."""

_SEEN, _GENERATION = "evidence_address", "evidence_address_generation"


def read() -> dict[str, str]:
    """Return what the address says, empty texts where it says nothing."""
    return {name: st.query_params.get(name, "") for name in NAMES}


def show() -> None:
    """Let the browser's address be the one that is drawn: a link within one page changes only what the script reads."""
    st.query_params.from_dict(st.query_params.to_dict())


def key(name: str) -> str:
    """Return a widget's key; it is another one after a link has changed the address."""
    now = read()
    if st.session_state.get(_SEEN) != now:
        st.session_state[_SEEN] = now
        st.session_state[_GENERATION] = st.session_state.get(_GENERATION, 0) + 1
    return f"evl{st.session_state[_GENERATION]}_{name}"


def write(**values: str) -> None:
    """Put what the widgets hold into the address."""
    now = read() | values
    for name, value in now.items():
        if value:
            if st.query_params.get(name) != value:
                st.query_params[name] = value
        elif name in st.query_params:
            del st.query_params[name]
    st.session_state[_SEEN] = now
    address.remember()


def of_list(board: str) -> dict[str, str]:
    """Return the address of the list that was looked at last."""
    seen: Mapping[str, str] = st.session_state.get(_SEEN, {})
    return {**links.address(board), **{n: v for n, v in seen.items() if v}}


def of_item(board: str, entry: str, *, do: str = "") -> dict[str, str]:
    """Return the address of one item, or of something done to it."""
    return {**links.address(board), "item": entry, **({"do": do} if do else {})}


def of_story(board: str, thread: str) -> dict[str, str]:
    """Return the address of one story."""
    return {**links.address(board), "view": "stories", "story": thread}
