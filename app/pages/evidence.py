"""Evidence: every item with search and filters, threads as stories, links to read; one item with its past and edits."""

import streamlit as st

from app import address, evidence_address, frame, links
from app.pages import (
    evidence_conflict,
    evidence_edit,
    evidence_item,
    evidence_links,
    evidence_list,
    evidence_retract,
    evidence_saved,
    evidence_stories,
)
from app.view import BoardView

VIEWS = {"items": "All items", "stories": "Stories", "links": "To read"}
"""`view` in the address -> its name."""
DRAW = {"items": evidence_list.draw, "stories": evidence_stories.draw, "links": evidence_links.draw}
DO = {"edit": evidence_edit.draw, "retract": evidence_retract.draw, "compare": evidence_conflict.draw}
"""`do` in the address of an item -> what draws it; anything else shows the item."""


def render() -> None:
    """Draw the page."""
    view = frame.open_page()
    if view is None:
        return
    evidence_address.show()
    if entry := st.query_params.get("item", ""):
        DO.get(st.query_params.get("do", ""), evidence_item.draw)(view, entry)
        return
    frame.headline(view, "Evidence")
    evidence_saved.draw_refusal()
    evidence_saved.draw(view)
    DRAW[_chosen(view)](view)


def _chosen(view: BoardView) -> str:
    """Draw the choice of a view beside the way to a new item, and return the view."""
    left, right = st.columns([3, 1], vertical_alignment="center")
    asked = evidence_address.read()["view"]
    picked = left.segmented_control(
        "View",
        list(VIEWS),
        default=asked if asked in VIEWS else "items",
        format_func=VIEWS.__getitem__,
        key=evidence_address.key("view"),
        on_change=address.catch_up,
        label_visibility="collapsed",
        required=True,
    )
    right.page_link(links.target("add_evidence"), label="Add evidence", query_params=links.address(view.board.id))
    return str(picked or "items")
