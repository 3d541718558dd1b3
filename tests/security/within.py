"""A bound on how long something may take: what hangs is broken off and fails its test."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

HANG = 2.0
"""Seconds of work after which a program that reads a stranger's words counts as hanging."""
WAITING = 10
"""How many times as long it may take by the clock, on a machine that does other things too."""


class HangError(AssertionError):
    """Something took longer than it may."""


@contextmanager
def within(seconds: float = HANG) -> Iterator[None]:
    """Break off what takes longer."""

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise HangError(f"not done within {seconds:g} s")

    timers = {signal.ITIMER_PROF: (signal.SIGPROF, seconds), signal.ITIMER_REAL: (signal.SIGALRM, seconds * WAITING)}
    before = {number: signal.signal(number, ring) for number, _ in timers.values()}
    for timer, (_, limit) in timers.items():
        signal.setitimer(timer, limit)
    try:
        yield
    finally:
        for timer, (number, _) in timers.items():
            signal.setitimer(timer, 0)
            signal.signal(number, before[number])
