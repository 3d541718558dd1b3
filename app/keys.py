"""Keys that lead to a page from anywhere: buttons that are seen when they have the focus, as the first stops of Tab."""

import streamlit as st

from app import links

PAGES = {
    "board": "Alt+Shift+B",
    "question": "Alt+Shift+Q",
    "what_if": "Alt+Shift+W",
    "add_evidence": "Alt+Shift+E",
    "help": "Alt+Shift+H",
}
"""Pages that have keys of their own; single letters are left to typing."""
ALL = (
    *((keys, f"go to {links.TITLES[name]}") for name, keys in PAGES.items()),
    ("Ctrl+Enter", "save an item of evidence; in a longer text: take it over"),
    ("R", "read the page anew, when nothing is being typed"),
    ("Tab", "to the next place; the first one skips the menu"),
    ("Esc", "close a menu or a picture that fills the screen"),
)
"""Every key that works, and what it does."""


def draw() -> None:
    """Draw the buttons; pressing one, or its keys, opens its page."""
    with st.container(key="keys", horizontal=True):
        for name, keys in PAGES.items():
            if st.button(f"Go to {links.TITLES[name]}", key=f"key_{name}", shortcut=keys):
                st.switch_page(links.target(name))
