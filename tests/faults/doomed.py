"""A command that ends by SIGKILL at its n-th step: `python -m tests.faults.doomed NOW DIE_AT STEPS_FILE ARGUMENT...`.

A step lies before and after every statement, commit, fsync, link, rename and unlink. With DIE_AT 0 the command runs
to its end and the steps that it took are written to STEPS_FILE, one on a line.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect

from app.cli import cli
from app.session import Session

CALLS = ("fsync", "link", "replace", "rename", "unlink")


class Steps:
    """Counts the steps of this process and ends it at one of them."""

    def __init__(self, die_at: int) -> None:
        self.die_at = die_at
        self.taken: list[str] = []

    def take(self, name: str) -> None:
        """Take one step; at the chosen one the process ends as if somebody had killed it."""
        self.taken.append(name)
        if len(self.taken) == self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function with a step before and one after it."""

        def stepped(*arguments: Any, **options: Any) -> Any:
            self.take(f"before {name}")
            result = function(*arguments, **options)
            self.take(f"after {name}")
            return result

        return stepped

    def watch(self) -> None:
        """Put steps around what makes something last."""
        for name in CALLS:
            setattr(os, name, self.around(name, getattr(os, name)))
        DefaultDialect.do_commit = self.around("commit", DefaultDialect.do_commit)  # type: ignore[method-assign]
        for moment in ("before", "after"):
            event = f"{moment}_cursor_execute"
            sa.event.listen(sa.Engine, event, lambda *_, moment=moment: self.take(f"{moment} statement"))


def main(now: str, die_at: str, steps_file: str, *arguments: str) -> None:
    """Run one command of twixt at a fixed instant."""
    steps = Steps(int(die_at))
    steps.watch()
    try:
        cli.main(list(arguments), obj=Session(os.environ, datetime.fromisoformat(now)))
    finally:
        Path(steps_file).write_text("\n".join(steps.taken), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
