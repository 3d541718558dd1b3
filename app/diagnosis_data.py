"""The diagnoses of a snapshot's fits as the page reads them, and the one process at a time that makes missing ones.

Nothing here imports ArviZ or a sampler: `twixt diagnose` does, in a process of its own. What it makes is a cache of
what the published draws say; it changes no record, so whoever may read the page may set it going.
"""

import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

import streamlit as st

from app import data
from app.error_page import guarded
from app.look import words
from app.refit_job import Job
from forecasts import diagnosis
from forecasts.errors import CorruptArtefactError
from forecasts.snapshots import Snapshot

KEPT = 24
"""Diagnoses in memory, newest first; each is about a third of a megabyte."""
EVERY_SECONDS = 1.0


def fits(snapshot: Snapshot) -> Mapping[str, Mapping[str, Any]]:
    """Return what a snapshot's receipt says of each fit, by key; empty for one that is all elicited."""
    found: Mapping[str, Mapping[str, Any]] = snapshot.receipt.get("parameters", {})
    return found


def diagnosed(snapshot: Snapshot) -> dict[str, Mapping[str, Any]]:
    """Return the diagnoses at hand of a snapshot's fits, by key."""
    found = {key: read(one["artefact"]) for key, one in fits(snapshot).items()}
    return {key: document for key, document in found.items() if document is not None}


def read(draws: str) -> Mapping[str, Any] | None:
    """Return the diagnosis of a draws file, or None where it is not made yet."""
    found = _held().get(draws)
    if found is None:
        found = diagnosis.read(diagnosis.folder(data.home().cache), draws)
        if found is not None:
            _keep(draws, found)
    return found


@st.cache_resource(show_spinner=False)
def _held() -> dict[str, Mapping[str, Any]]:
    return {}


def _keep(draws: str, found: Mapping[str, Any]) -> None:
    held = _held()
    held[draws] = found
    for oldest in list(held)[:-KEPT]:
        held.pop(oldest, None)


def draws_bytes(draws: str) -> bytes | None:
    """Return a draws file as it is kept, or None where it is no longer in the home or damaged."""
    try:
        return data.workspace().artefacts.get(draws)
    except CorruptArtefactError:
        return None


@st.cache_resource(show_spinner=False)
def _jobs() -> dict[str, Job]:
    """Return the last process for each snapshot of each home."""
    return {}


def start(snapshot: Snapshot) -> None:
    """Start the process that diagnoses a snapshot's fits, unless one is running or has already ended for it."""
    jobs, key = _jobs(), _job_key(snapshot)
    if key in jobs or any(job.running for job in jobs.values()):
        return
    folder = data.home().logs
    folder.mkdir(parents=True, exist_ok=True)
    stamp = f"{data.now():%Y%m%dT%H%M%S%f}"
    output, errors = folder / f"diagnose-{stamp}.json", folder / f"diagnose-{stamp}.log"
    with output.open("wb") as out, errors.open("wb") as err:
        process = subprocess.Popen(arguments(snapshot), stdout=out, stderr=err, stdin=subprocess.DEVNULL)  # noqa: S603
    jobs[key] = Job(process, output, errors, time.monotonic())


def arguments(snapshot: Snapshot) -> list[str]:
    """Return the command that diagnoses a snapshot."""
    command = [sys.executable, "-m", "app.cli", "diagnose", "--board", snapshot.board, "--snapshot", snapshot.id]
    return [*command, "--json", "--progress"]


def _job_key(snapshot: Snapshot) -> str:
    return f"{data.home().root}:{snapshot.id}"


def show_progress(snapshot: Snapshot) -> None:
    """Make what is missing, say how far it is, and draw the page anew when it is there; say why where it failed."""
    job = _jobs().get(_job_key(snapshot))
    if job is None or job.running:
        _watch(snapshot)
        return
    st.html(f'<p class="tx tx-err">The draws could not be read: {words(complaint(job))}</p>')
    if st.button("Try again", key="diagnose_again"):
        _jobs().pop(_job_key(snapshot), None)
        st.rerun()


def complaint(job: Job) -> str:
    """Return what the process said last, or its exit code."""
    return job.last_line() or f"it ended with code {job.process.returncode}"


@st.fragment(run_every=EVERY_SECONDS)
@guarded
def _watch(snapshot: Snapshot) -> None:
    start(snapshot)
    job = _jobs().get(_job_key(snapshot))
    if job is not None and not job.running:
        st.rerun(scope="app")
    seconds = int(time.monotonic() - job.started) if job else 0
    said = job.last_line() if job else "another snapshot is being read"
    with st.status(f"Reading the draws, once for each fit: {seconds} s", state="running"):
        st.html(f'<p class="tx tx-muted">{words(said or "starting")}</p>')
