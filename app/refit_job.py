"""A refit as a process of its own, started from a page. The app itself fits nothing and imports no sampler."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from app import data, login
from app.error_page import guarded
from app.look import literal, words
from app.view import BoardView
from forecasts import people
from forecasts.jobs import queue, queue_tables


@dataclass
class Job:
    """A running or ended refit of one board."""

    process: subprocess.Popen[bytes]
    output: Path
    """What it printed: one JSON document, or nothing."""
    errors: Path
    """Its progress and its complaint."""
    started: float
    """Monotonic seconds."""

    @property
    def running(self) -> bool:
        """Tell whether it has not ended."""
        return self.process.poll() is None

    def last_line(self) -> str:
        """Return the newest line of its progress."""
        lines = _tail(self.errors).replace("\r", "\n").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def message(self) -> str:
        """Return in one line how it ended."""
        try:
            answer = json.loads(self.output.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            answer = {}
        return str(answer.get("message") or self.last_line() or f"ended with code {self.process.returncode}")


@st.cache_resource(show_spinner=False)
def _jobs() -> dict[str, Job]:
    return {}


def start(board: str) -> Job:
    """Start `twixt refit` for a board, unless one that this app started is still running.

    Raises
    ------
    ForbiddenError
        When who is looking may not ask for a run.
    """
    people.authorise(data.actor(), "refit", board)
    running = _jobs().get(board)
    if running is not None and running.running:
        return running
    folder = data.home().logs
    folder.mkdir(parents=True, exist_ok=True)
    stamp = f"{data.now():%Y%m%dT%H%M%S%f}"
    output, errors = folder / f"refit-{stamp}.json", folder / f"refit-{stamp}.log"
    with output.open("wb") as out, errors.open("wb") as err:
        process = subprocess.Popen(arguments(board), stdout=out, stderr=err, stdin=subprocess.DEVNULL)  # noqa: S603
    _jobs()[board] = Job(process, output, errors, time.monotonic())
    return _jobs()[board]


def arguments(board: str) -> list[str]:
    """Return the command that refits a board: by this machine, or by the workers where there are any."""
    how = ("jobs", "add", "--wait") if _workers_are_there() else ("refit",)
    return [sys.executable, "-m", "app.cli", *how, "--board", board, "--json", "--progress"]


def _workers_are_there() -> bool:
    store = data.workspace().store
    return queue_tables.is_installed(store) and queue.workers(store, heard_within=queue.HEARD_WITHIN) > 0


def under_way(board: str) -> bool:
    """Tell whether this app is refitting the board."""
    job = _jobs().get(board)
    return job is not None and job.running


def button(view: BoardView, *, label: str = "Refit now") -> None:
    """Draw the button that starts a refit, or say who may ask for one."""
    if not data.may("refit"):
        told = login.who_may("refit", "ask for a run", data.home().root)
        st.html(f'<p class="tx tx-small tx-muted">{words(told)}</p>')
    elif st.button(label, type="primary", key="refit_now", disabled=under_way(view.board.id)):
        start(view.board.id)
        st.rerun()


def show_progress(view: BoardView) -> None:
    """Show the refit that is running, or how the last one that this session saw ended."""
    job = _jobs().get(view.board.id)
    if job is None:
        return
    if job.running:
        _watch(view.board.id)
        return
    _ended(job)


@st.fragment(run_every=1.0)
@guarded
def _watch(board: str) -> None:
    job = _jobs().get(board)
    if job is None or not job.running:
        st.rerun(scope="app")
        return
    seconds = int(time.monotonic() - job.started)
    with st.status(f"Running the models, {seconds} s", state="running"):
        st.html(f'<p class="tx tx-muted">{words(job.last_line() or "starting")}</p>')


def _ended(job: Job) -> None:
    seen: set[str] = st.session_state.setdefault("refits_seen", set())
    if str(job.output) in seen:
        return
    seen.add(str(job.output))
    show = st.success if job.process.returncode == 0 else st.error
    show(literal(job.message()))


def _tail(path: Path, size: int = 4000) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - size))
            return file.read().decode(errors="replace")
    except OSError:
        return ""
