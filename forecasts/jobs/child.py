"""One child process that computes boards, one after another, for as long as it lives.

Tasks and endings go through its pipes as lines of JSON (`serving`). A task has a time and the child has a memory that
it may not exceed: a sampler that crashes, hangs or eats the machine costs one failed attempt, and the next task gets a
new child. The child keeps its compiled models between tasks.
"""

import os
import select
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from types import TracebackType
from typing import IO, Any, Self

import psutil

from forecasts.errors import RecordError
from forecasts.forms import parse
from forecasts.instants import to_text
from forecasts.jobs.task import Ended, Task, line, plain_line, read_ended, task_values

type Progress = Callable[[str, int, int], None]
"""Called with (stage, steps done, steps in all), as in `forecasts.refit`."""

LOOK_EVERY = 0.5
"""Seconds between two looks at the child's memory."""
MOST_TASKS = 200
"""Tasks after which a child is replaced: what its libraries never give back is given back then."""
GOODBYE = 5.0
"""Seconds that a killed child may take to be gone."""
LONGEST_LINE = 50_000_000
"""Bytes of an answer; a child that says more is out of its mind."""
CRASHED = 1
"""Exit code of a command whose only task ended with its child."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a task may use."""

    seconds: float
    """Of wall-clock time, for each task."""
    memory: int
    """Resident bytes of the child and of what it has started."""


@dataclass
class Child:
    """Starts its process when the first task comes, and again after it has died. Close it, or use it in a `with`."""

    command: Sequence[str]
    """What starts the child, in whose standard input and output `serving.serve` reads and writes."""
    environment: Mapping[str, str]
    limits: Limits
    _process: "_Process | None" = field(default=None, init=False)
    _cancelled: threading.Event = field(default_factory=threading.Event, init=False)

    def run(self, task: Task, *, now: datetime, tell: Progress | None = None) -> Ended:
        """Have a task done and return how it ended; whatever becomes of the child, nothing is raised for it.

        What a child that died could not keep in the record is the caller's to keep (`attempts.keep_failure`).

        Parameters
        ----------
        task
            What to compute.
        now
            The clock, aware UTC, not before the task's `as_of`.
        tell
            Called as the run goes on.

        Raises
        ------
        OSError
            When no process can be started.
        """
        self._cancelled.clear()
        process = self._ready()
        try:
            process.send(line(task=task_values(task), now=to_text(now)))
            ended = self._answer(process, task, tell or _quiet)
        except BaseException:
            self.close()
            raise
        if process.tasks >= MOST_TASKS or not process.alive:
            self.close()
        return ended

    def cancel(self) -> None:
        """Take the running task back, from another thread: its child is killed, `run` returns `cancelled`."""
        self._cancelled.set()

    def close(self) -> None:
        """End the child, and what it has started, at once."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ready(self) -> "_Process":
        if self._process is not None and not self._process.alive:
            self.close()
        if self._process is None:
            self._process = _Process(self.command, self.environment)
        return self._process

    def _answer(self, process: "_Process", task: Task, tell: Progress) -> Ended:
        """Listen until the task has ended, its time or its memory is used up, or the child is gone."""
        deadline = monotonic() + self.limits.seconds
        while True:
            for told in process.read(LOOK_EVERY):
                if isinstance(stage := told.get("stage"), list) and len(stage) == 3:
                    tell(*stage)
                else:
                    return _heard(process, task, told)
            if self._cancelled.is_set():
                process.kill()
                return Ended("cancelled", f"{task.board}: taken back while it was computed")
            if reason := self._over(process, left=deadline - monotonic()):
                process.kill()
                return Ended("failed", f"{task.board}: {reason}; its process was ended", CRASHED)
            if process.silent:
                return Ended("failed", plain_line(f"{task.board}: {process.epitaph()}"), CRASHED)

    def _over(self, process: "_Process", *, left: float) -> str:
        """Return which limit was passed, in words, or nothing."""
        if left <= 0:
            return f"not done within {timedelta(seconds=round(self.limits.seconds))}, the time allowed"
        used = process.memory()
        if used > self.limits.memory:
            return f"{used / 1e9:.2f} GB of memory in use, {self.limits.memory / 1e9:.2f} GB allowed"
        return ""


class _Process:
    """The running child, in a session of its own, so that what it starts ends with it."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.tasks = 0
        self._killed = False
        self.silent = False
        """Whether it has closed its end of the pipe: it will say no more."""
        self._said: IO[bytes] = tempfile.TemporaryFile("a+b")  # noqa: SIM115 - closed with the process
        self._rest = b""
        self._popen = subprocess.Popen(  # noqa: S603 - the caller's command
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env=dict(environment),
            start_new_session=True,
        )

    @property
    def alive(self) -> bool:
        return self._popen.poll() is None and not self.silent

    def send(self, task: bytes) -> None:
        """Hand a task over; a child that has just died is found out by who listens."""
        assert self._popen.stdin is not None
        self.tasks += 1
        self._said.truncate(0)
        try:
            self._popen.stdin.write(task)
            self._popen.stdin.flush()
        except BrokenPipeError:
            self.silent = True

    def read(self, seconds: float) -> list[dict[str, Any]]:
        """Return what the child has said in whole lines, waiting a little for it."""
        assert self._popen.stdout is not None
        pipe = self._popen.stdout.fileno()
        if not select.select([pipe], [], [], seconds)[0]:
            self.silent = self._popen.poll() is not None  # what it has started may still hold the pipe
            return []
        found = os.read(pipe, 1 << 20)
        *whole, self._rest = (self._rest + found).split(b"\n")
        self.silent = self.silent or not found or len(self._rest) > LONGEST_LINE
        return [_told(text) for text in whole]

    def memory(self) -> int:
        """Return the resident bytes of the child and of everything it has started; 0 when it is gone."""
        total = 0
        try:
            root = psutil.Process(self._popen.pid)
            family = [root, *root.children(recursive=True)]
        except psutil.Error:
            return 0
        for member in family:
            try:
                total += member.memory_info().rss
            except psutil.Error:
                continue  # it has ended meanwhile
        return total

    def kill(self) -> None:
        """End the child and its whole session, once; then give its pipes back."""
        if self._killed:
            return
        self._killed = self.silent = True
        with suppress(ProcessLookupError):  # all of it is gone already
            os.killpg(self._popen.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):  # the system holds it in the midst of a call, and ends it after
            self._popen.wait(GOODBYE)
        for pipe in (self._popen.stdin, self._popen.stdout, self._said):
            if pipe is not None and not pipe.closed:
                with suppress(OSError):
                    pipe.close()

    def epitaph(self) -> str:
        """Return in words how the child died, with the last thing it complained of."""
        try:
            code = self._popen.wait(GOODBYE)
        except subprocess.TimeoutExpired:
            return "the process that computed it stopped talking"
        how = f"ended with code {code}" if code >= 0 else f"was killed by {signal.Signals(-code).name}"
        hint = " (by a person, or by the system for want of memory)" if code == -signal.SIGKILL else ""
        self._said.seek(0, os.SEEK_END)
        self._said.seek(max(0, self._said.tell() - 4000))
        said = [text.strip() for text in self._said.read().decode(errors="replace").splitlines() if text.strip()]
        return f"the process that computed it {how}{hint}{f': {said[-1][:300]}' if said else ''}"


def _told(text: bytes) -> dict[str, Any]:
    try:
        found = parse(text.decode("utf-8"))
    except (RecordError, UnicodeDecodeError):
        found = None
    return found if isinstance(found, dict) else {}


def _heard(process: _Process, task: Task, told: Mapping[str, Any]) -> Ended:
    """Return the ending that a child tells; one that makes no sense is a failure, and the child is not asked again."""
    try:
        return read_ended(told["ended"])
    except (KeyError, TypeError, ValueError) as error:
        process.silent = True
        message = f"{task.board}: the process that computed it said what cannot be read: {error}"
        return Ended("failed", plain_line(message), CRASHED)


def _quiet(_stage: str, _done: int, _total: int) -> None:
    pass
