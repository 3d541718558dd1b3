"""What the page of a fitted vote reads and writes beside the snapshot: previews of statements, and statements."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from app import data
from app.view import BoardView
from forecasts import moves, new_entry, vote_preview
from forecasts.domain import Entry, Statement
from forecasts.draws_file import DrawsFileError
from forecasts.errors import CorruptArtefactError
from forecasts.vote_preview import Moved, Outlook, VotePreviewer

type Preview = tuple[Moved, Mapping[str, Moved], Outlook, Outlook]
"""Two thirds, consent by ISO day, the vote with what is in the record, and with the draft as well."""


def preview(view: BoardView, question: str, draft: Statement | None, *, without: str = "") -> Preview | str:
    """Return what a statement would change, or why that cannot be said.

    Parameters
    ----------
    view, question
        The board and the vote.
    draft
        The statement, or None to see what is in the record already.
    without
        Id of an entry that is left out.
    """
    try:
        held = _previewer(question, str(view.shown.id if view.shown else ""), view.detail)
    except (KeyError, CorruptArtefactError, DrawsFileError, LookupError) as error:
        return f"no preview: {error.args[0] if error.args else error}"
    recorded = tuple(s for s in view.moment.view.records(Statement) if s.id != without)
    now = held.outlook(view.moment.view.records(Statement))
    then = held.outlook((*recorded, draft) if draft else recorded)
    return held.two_thirds(then), held.consent(then, _published(view, question)), now, then


def save_statement(board: str, draft: Statement) -> Entry:
    """Append a statement under the next free id and return its row; raises as `data.save_evidence`."""
    return new_entry.append_new(
        data.workspace().store,
        lambda entry: replace(draft, id=entry),
        letter=new_entry.STATEMENT,
        board=board,
        actor=data.actor(),
        now=data.now(),
    )


def _published(view: BoardView, question: str) -> dict[str, float]:
    days = view.board.question(question).deadlines
    rows = {d.isoformat(): view.row(question, d) for d in days}
    return {day: float(row["value"]) for day, row in rows.items() if row is not None and row["state"] == "open"}


@st.cache_resource(show_spinner=False, max_entries=2)
def _previewer(question: str, snapshot: str, _detail: Mapping[str, Any]) -> VotePreviewer:
    opened = data.workspace()
    state = moves.read_state(opened.store, opened.artefacts, data.snapshot(snapshot))
    return vote_preview.load(state, _detail, question)
