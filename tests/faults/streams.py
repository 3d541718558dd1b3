"""A stream of entries as a process of its own, read line by line."""

import re
import subprocess
import sys
from collections.abc import Sequence

from tests.cli.conftest import ROOT

_ID = re.compile(r"E[0-9]+")


class Stream:
    """A running `tests.faults.writer`; what it has acknowledged, and the line with which it gave up, if it did."""

    def __init__(self, url: str, *more: str, board: str, count: int = 100_000, before: Sequence[str] = ()) -> None:
        words = [*before, sys.executable, "-m", "tests.faults.writer", url, board, str(count), *more]
        self.process = subprocess.Popen(
            words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        self.acknowledged: list[str] = []
        self.complaint = ""

    def read(self, count: int) -> None:
        """Wait for so many acknowledgements; raises AssertionError when the process ends before."""
        for _ in range(count):
            assert self._line(), self.process.communicate()

    def finish(self, *, seconds: float = 120) -> int:
        """Wait for the end of the process and return its exit code."""
        while self._line():
            pass
        self.process.communicate(timeout=seconds)
        return self.process.returncode

    def kill(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.communicate()

    def _line(self) -> bool:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().rstrip("\n")
        if _ID.fullmatch(line):
            self.acknowledged.append(line)
            return True
        self.complaint = line or self.complaint
        return False
