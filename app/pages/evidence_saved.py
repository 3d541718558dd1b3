"""What was written last in this session: said once more at the top, with the way back and the way on."""

import streamlit as st

from app import evidence_data, links, refit_job
from app.evidence_data import Act
from app.look import literal
from app.view import BoardView
from forecasts.errors import ConflictError

_LAST = "evidence_last_act"
_TOLD = {
    "added": "{} is in the record. The board counts it from the next refit on.",
    "edited": "{} has a new version. The board counts it from the next refit on.",
    "retracted": "{} is retracted. The board leaves it out from the next refit on.",
    "restored": "{} counts again from the next refit on.",
}


def remember(act: Act) -> None:
    """Keep what was written, to be told and undone after the rerun."""
    st.session_state[_LAST] = act


def draw(view: BoardView) -> None:
    """Draw the last act of this session on this board, with undo, refit and the way to what it changed."""
    act: Act | None = st.session_state.get(_LAST)
    if act is None or act.board != view.board.id:
        return
    if act.kind == "undone":
        del st.session_state[_LAST]
        st.info(literal(f"{act.entry} is taken back to what it was. The record keeps every row."))
        return
    st.success(literal(_TOLD[act.kind].format(act.entry)))
    left, middle, right, last = st.columns([2, 2, 3, 3])
    if left.button("Undo", key="undo", help="Takes it back; every row stays in the record."):
        _undo(act)
    with middle:
        refit_job.button(view)
    right.page_link(
        links.target("evidence"),
        label=f"See {act.entry}",
        query_params={**links.address(view.board.id), "item": act.entry},
    )
    found = evidence_data.item(view, act.entry)
    if found is not None and found.evidence.effects:
        effect = found.evidence.effects[0]
        last.page_link(
            links.target("question"),
            label="See the question",
            query_params=links.address(view.board.id, question=effect.question, deadline=effect.deadline),
        )


def _undo(act: Act) -> None:
    try:
        remember(evidence_data.undo(act))
    except ConflictError as error:
        del st.session_state[_LAST]
        st.session_state["evidence_not_undone"] = str(error)
    st.rerun()


def draw_refusal() -> None:
    """Say once why an undo did not happen."""
    if why := st.session_state.pop("evidence_not_undone", ""):
        st.warning(literal(f"Not undone, because somebody changed it meanwhile. {why}"))
