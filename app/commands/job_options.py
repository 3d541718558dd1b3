"""What the commands that compute boards unattended share: limits of a board's run, logs, and their child process."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.failures import CommandError
from app.job_log import FORMS, JobLog
from app.session import Session

if TYPE_CHECKING:
    from forecasts.jobs.child import Child, Limits
    from forecasts.jobs.rounds import Done

LONGEST_MINUTES = 7 * 24 * 60
DEFAULT_MINUTES = "60"
SMALLEST_MEMORY, LARGEST_MEMORY = 0.1, 100_000.0
"""Gigabytes that a run can be allowed."""
SHARE_OF_MEMORY = 0.75
"""Of what this machine, or the container that this is, may use."""
_CONTAINER = Path("/sys/fs/cgroup/memory.max")

_NUMBER = re.compile(r"[0-9]{1,6}(\.[0-9]{1,3})?", re.ASCII)

Decorated = Callable[..., Any]


def job_options(function: Decorated) -> Decorated:
    """Give a command `--timeout`, `--memory` and `--log`."""
    timeout = click.option(
        "--timeout",
        metavar="MINUTES",
        help=f"Time that one board's run may take.  [default: {DEFAULT_MINUTES}]",
    )
    memory = click.option(
        "--memory",
        metavar="GB",
        help="Memory that one board's run may take.  [default: three quarters of what is there]",
    )
    log = click.option(
        "--log",
        metavar="FORM",
        help="What is written to stderr: text, or json (one JSON object on a line).  [default: text]",
    )
    return timeout(memory(log(function)))


def limits(timeout: str | None, memory: str | None) -> Limits:
    """Return what a run may use; raises CommandError for a text that is no such number."""
    from forecasts.jobs.child import Limits

    minutes = number("--timeout", timeout or DEFAULT_MINUTES, 0.01, LONGEST_MINUTES)
    if memory is None:
        return Limits(60 * minutes, int(SHARE_OF_MEMORY * _memory_there()))
    return Limits(60 * minutes, int(1e9 * number("--memory", memory, SMALLEST_MEMORY, LARGEST_MEMORY)))


def log_to_stderr(form: str | None, clock: Callable[[], datetime]) -> JobLog:
    """Return the log of a command; raises CommandError for an unknown form."""
    form = form or FORMS[0]
    if form not in FORMS:
        raise CommandError(f"--log: {form[:40]!r}; allowed: {', '.join(FORMS)}")
    return JobLog(sys.stderr, form=form, clock=clock)


def child_of(session: Session, allowed: Limits) -> Child:
    """Return the child process that computes boards in the session's home; it starts with its first task."""
    from forecasts.jobs.child import Child

    return Child((sys.executable, "-m", "app.job_child"), dict(session.environment), allowed)


def tell_done(log: JobLog, done: Done) -> None:
    """Write how a board of a round ended, and that it is not tried again where that is so."""
    standing, ended = done.standing, done.ended
    bad = ended.kind in {"refused", "failed", "stopped"}
    log(
        "board_ended",
        ended.message,
        level="warning" if bad else "info",
        board=standing.board,
        outcome=ended.kind,
        as_of=standing.as_of,
        due_since=standing.due_since,
        seconds=round(done.seconds, 3),
        snapshot=ended.snapshot,
        input=standing.input,
    )
    if done.given_up is not None and ended.kind != "stopped":
        log(
            "stopped_retrying",
            str(done.given_up),
            level="error",
            board=standing.board,
            attempts=done.given_up.attempts,
            since=done.given_up.since,
            input=done.given_up.input,
        )


def tell_look(log: JobLog, done: Iterable[Done]) -> None:
    """Write what a look for due boards came to."""
    outcomes = Counter(one.ended.kind for one in done)
    counts = ", ".join(f"{n} {kind}" for kind, n in sorted(outcomes.items()))
    message = f"{outcomes.total()} due: {counts}" if outcomes else "nothing is due"
    log("looked", message, due=outcomes.total(), outcomes=dict(outcomes))


def number(option: str, text: str, lowest: float, highest: float) -> float:
    """Return the number that an option gives; raises CommandError for anything else."""
    if not (_NUMBER.fullmatch(text) and lowest <= float(text) <= highest):
        raise CommandError(f"{option}: {text[:40]!r}: a number from {lowest:g} to {highest:g} is needed")
    return float(text)


def _memory_there() -> int:
    """Return the bytes of this machine's memory, or of this container's where it has a smaller bound."""
    import psutil

    whole = int(psutil.virtual_memory().total)
    try:
        bound = _CONTAINER.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return whole
    return min(whole, int(bound)) if bound.isdigit() else whole
