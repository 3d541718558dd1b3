"""The child's side: do tasks one after another, as they come in on a pipe, and answer on another.

A line in is `{"task": ..., "now": ...}`, lines out are `{"stage": [name, done, total]}` and, last, `{"ended": ...}`.
When the pipe of tasks closes, whoever wanted them has gone: the process ends at once with everything it has started,
also in the midst of a task. What is half done then is not published.
"""

import os
import queue
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from time import perf_counter
from typing import IO

from forecasts import refit as refits
from forecasts import runs
from forecasts.artefacts import Artefacts
from forecasts.errors import StoreError
from forecasts.forms import parse
from forecasts.instants import from_text
from forecasts.jobs import attempts, one_board
from forecasts.jobs.task import Ended, Task, ended_values, line, plain_line, read_task
from forecasts.recipe import models_kept
from forecasts.store import Store

type Explain = Callable[[Exception], tuple[str, int]]
"""From what was raised to a line for a person and an exit code."""

REFUSED, IMPRECISE = 3, 4
"""Exit codes of a run that a gate refused, and of one that only wanted precision."""


def serve(store: Store, artefacts: Artefacts, *, tasks: IO[bytes], answers: IO[bytes], explain: Explain) -> None:
    """Do the tasks of a pipe until it closes; the models that fits compile are kept from one task to the next.

    Parameters
    ----------
    store, artefacts
        The record and its files.
    tasks, answers
        Pipes of lines.
    explain
        Says what went wrong with a task, and its exit code.
    """
    incoming: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(tasks, incoming), daemon=True).start()

    def tell(**values: object) -> None:
        answers.write(line(**values))
        answers.flush()

    with models_kept():
        while True:
            told = parse(incoming.get().decode("utf-8"))
            task, now = read_task(told["task"]), from_text(told["now"])
            ended = do(store, artefacts, task, now=now, explain=explain, tell=lambda *stage: tell(stage=stage))
            tell(ended=ended_values(ended))


def _listen(tasks: IO[bytes], incoming: "queue.SimpleQueue[bytes]") -> None:
    for told in tasks:
        incoming.put(told)
    os.killpg(
        0, signal.SIGKILL
    )  # the group is this process and what it started: a child is begun in a session of its own


def do(
    store: Store,
    artefacts: Artefacts,
    task: Task,
    *,
    now: datetime,
    explain: Explain,
    tell: refits.Progress | None = None,
) -> Ended:
    """Do one task in this process; nothing is raised, and every attempt is kept.

    Parameters
    ----------
    store, artefacts
        The record and its files.
    task
        What to compute.
    now
        The clock, aware UTC, not before the task's `as_of`.
    explain
        Says what went wrong, and its exit code.
    tell
        Called as the run goes on.
    """
    started = perf_counter()
    try:
        with one_board.computing(store, task.board) as mine:
            if not mine:
                return Ended("busy", f"{task.board}: another process computes it now")
            if given_up := _given_up(store, task):
                return Ended("stopped", str(given_up), REFUSED)
            return _ended(_refit(store, artefacts, task, now=now, tell=tell))
    except Exception as error:  # noqa: BLE001 - what one task raises must not end the process that does the next
        message, code = explain(error)
        named = plain_line(message if message.startswith(task.board) else f"{task.board}: {message}")
        with suppress(StoreError):
            ended_at = now + timedelta(seconds=perf_counter() - started)
            attempts.keep_failure(store, task, started_at=now, ended_at=ended_at, message=named)
        return Ended("failed", named, code or 1)


def _given_up(store: Store, task: Task) -> attempts.GivenUp | None:
    """Return why a task is not tried: others may have failed on its input since it was found due."""
    if not task.input:
        return None
    newest_first = runs.read(store, task.board, mode=task.mode, limit=attempts.LOOKED_AT)
    return next((g for g in attempts.given_up(newest_first) if g.input == task.input), None)


def _refit(
    store: Store, artefacts: Artefacts, task: Task, *, now: datetime, tell: refits.Progress | None
) -> refits.Outcome:
    wanted = refits.Wanted(
        resample=task.resample,
        futures=task.futures,
        seed=task.seed,
        accept_jump=task.accept_jump,
        keep_futures=task.keep_futures,
        threads=task.threads,
    )
    return refits.refit(
        store, artefacts, task.board, now=now, as_of=task.as_of, mode=task.mode, wanted=wanted, progress=tell
    )


def _ended(outcome: refits.Outcome) -> Ended:
    code = 0 if outcome.kind != "refused" else IMPRECISE if outcome.imprecise else REFUSED
    snapshot = outcome.snapshot.id if outcome.snapshot else None
    return Ended(outcome.kind, plain_line(outcome.message), code, snapshot, tuple(asdict(g) for g in outcome.gates))
