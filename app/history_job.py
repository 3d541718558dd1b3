"""Shows how far the weekly history has come while a process of its own fills it."""

import re
from pathlib import Path

import streamlit as st

from app import data
from app.commands.backfill import lock_file
from app.error_page import guarded
from app.session import Session
from app.view import BoardView
from forecasts.file_lock import is_held

EVERY_SECONDS = 3.0

_COUNT = re.compile(r"^(\w+ \w+)?.*?([0-9]+)/([0-9]+)", re.MULTILINE)


def show_progress(view: BoardView) -> None:
    """Show the running backfill of the board, if there is one."""
    if under_way(view.board.id):
        _watch(view.board.id)


def under_way(board: str) -> bool:
    """Tell whether a backfill of the board is running, whoever started it."""
    return is_held(lock_file(Session.of_process(), board))


@st.fragment(run_every=EVERY_SECONDS)
@guarded
def _watch(board: str) -> None:
    if not under_way(board):
        st.rerun(scope="app")
    log = data.logs()
    what, done, total = count(log / "backfill.log") if log else ("weeks", 0, 0)
    share = done / total if total else 0.0
    told = f"{done} of {total} {what}" if total else "starting"
    st.progress(share, text=f"The retrospective history is being filled: {told}. Trends grow as it comes.")


def count(log: Path) -> tuple[str, int, int]:
    """Return what the newest line of a backfill's log counts, how many are done and of how many; 0 without one."""
    try:
        found = _COUNT.findall(log.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        found = []
    stage, *counted = found[-1] if found else ("", 0, 0)
    done, total = map(int, counted)
    return "steps of a sampler" if stage == "sampling draws" else "weeks", min(done, total), total
