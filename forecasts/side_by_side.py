"""Long computations side by side, each in a process of its own: all of them end well, or none counts.

A process that is forked beneath threads may hang, so each is begun afresh. They stay in the session of who began them
and end with it. Each has one thread of its own for linear algebra: two that share two processors would wait for each
other.
"""

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

type Progress = Callable[[int, int], None]
"""Called with (steps done, steps in all)."""

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
"""What libraries read when they are loaded."""
GOODBYE = 5.0
"""Seconds that a killed process may take to be gone."""


class ProcessDiedError(RuntimeError):
    """A process ended without an answer; the message names what it computed."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Work[T]:
    """What one process does."""

    do: Callable[[Progress], T]
    """Can be sent to another process: a function of a module, with arguments bound by `functools.partial`."""
    steps: int
    """In all, as its progress counts them."""


@dataclass(slots=True)
class _Running:
    process: SpawnProcess
    says: Connection


def processors() -> int:
    """Return how many processors this process may use; in a container that can be fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def side_by_side[T](works: Mapping[str, Work[T]], *, processes: int, progress: Progress | None = None) -> dict[str, T]:
    """Do all works and return what each gave, in their order.

    Parameters
    ----------
    works
        By name; they are begun in this order.
    processes
        How many run at a time.
    progress
        Called with the steps of all works together; one that begins again counts from its start.

    Raises
    ------
    ProcessDiedError
        When a process was killed or died.
    Exception
        What a work raised. In either case the other processes are ended first.
    """
    waiting, running, given = list(works), dict[str, _Running](), dict[str, T]()
    done, total = dict.fromkeys(works, 0), sum(work.steps for work in works.values())
    try:
        while waiting or running:
            while waiting and len(running) < processes:
                name = waiting.pop(0)
                running[name] = _begun(works[name])
            for name in _ready(running):
                told, value = _heard(name, running[name])
                if told == "given":
                    given[name] = value  # type: ignore[assignment]
                    _end(running.pop(name))
                done[name] = works[name].steps if told == "given" else value  # type: ignore[assignment]
                if progress is not None:
                    progress(sum(done.values()), total)
    finally:
        for one in running.values():
            _end(one)
    return {name: given[name] for name in works}


def _begun(work: Work[object]) -> _Running:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(work, there), daemon=True)
    with _one_thread_each():
        process.start()
    there.close()  # so that the pipe closes when the process ends
    return _Running(process, here)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _ready(running: Mapping[str, _Running]) -> list[str]:
    """Wait until a process says something or ends, and return which."""
    talking = wait([one.says for one in running.values()])
    return [name for name, one in running.items() if one.says in talking]


def _heard(name: str, one: _Running) -> tuple[str, object]:
    """Return what a process says: `("done", steps)` or `("given", value)`; what it raised is raised here."""
    try:
        told, value = one.says.recv()
    except (EOFError, OSError) as error:
        one.process.join(GOODBYE)
        raise ProcessDiedError(f"{name}: the process that computed it {_how(one.process.exitcode)}") from error
    if told == "raised":
        raise value
    return told, value


def _how(code: int | None) -> str:
    if code is None:
        return "stopped talking"
    if code >= 0:
        return f"ended with code {code}"
    hint = " (by a person, or by the system for want of memory)" if code == -signal.SIGKILL else ""
    return f"was killed by {signal.Signals(-code).name}{hint}"


def _end(one: _Running) -> None:
    one.says.close()
    one.process.kill()
    one.process.join(GOODBYE)


def _answer(work: Work[object], says: Connection) -> None:
    """Do a work in this process, and say how it goes and what came of it."""
    live_with_parent()
    try:
        given = ("given", work.do(lambda done, _total: says.send(("done", done))))
    except Exception as error:  # noqa: BLE001 - raised where somebody waits for it
        error.add_note(traceback.format_exc())  # where it was raised is not sent with it
        given = ("raised", error)
    with suppress(BrokenPipeError):  # nobody waits for it any more
        says.send(given)


def live_with_parent() -> None:
    """Leave a person's interrupt to who began this process, and end when that is gone, however it ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """End this process when who began it is gone, however it ended."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
