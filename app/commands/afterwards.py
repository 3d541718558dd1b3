"""What follows a look for due boards, each in its own process: the static site is written, subscribers are told."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.failures import OK, UNEXPECTED, CommandError, one_line

if TYPE_CHECKING:
    from app.job_log import JobLog
    from app.session import Session

LONGEST_SECONDS = 1800
"""What a step may take before it is ended; the next look tries again."""

Decorated = Callable[..., Any]


def after_options(function: Decorated) -> Decorated:
    """Give a command `--publish`, `--url` and `--tell`."""
    publish = click.option(
        "--publish", metavar="DIR", help="Afterwards, write the static site when a board was published."
    )
    url = click.option("--url", metavar="ADDRESS", help="With --publish: where the site will be served.")
    tell = click.option("--tell", is_flag=True, help="Afterwards, tell subscribers what is new to them.")
    return publish(url(tell(function)))


@dataclass(frozen=True, slots=True)
class Afterwards:
    """What follows each look."""

    site: Path | None
    url: str | None
    tell: bool

    @classmethod
    def of(cls, publish: str | None, url: str | None, tell: object) -> Afterwards:
        """Read the options; raises CommandError."""
        if url is not None and publish is None:
            raise CommandError("--url: goes with --publish")
        if publish is not None and not publish.strip():
            raise CommandError("--publish: '': a folder is needed")
        return cls(None if publish is None else Path(publish).absolute(), url, bool(tell))

    def steps(self, *, published: bool) -> list[tuple[str, ...]]:
        """Return the commands that follow a look in which a board was `published`, or none was."""
        found: list[tuple[str, ...]] = []
        if self.site is not None and (published or not self.site.exists()):
            found.append(("publish", str(self.site), *(("--url", self.url) if self.url else ())))
        return [*found, ("alerts", "send")] if self.tell else found


@dataclass(frozen=True, slots=True)
class Step:
    """How one of them ended."""

    command: str
    code: int
    message: str
    """What it said last."""


def go(session: Session, after: Afterwards, *, published: bool, log: JobLog | None) -> list[Step]:
    """Run what follows, each step whatever becomes of the one before; nothing is raised for what they do."""
    done = []
    for words in after.steps(published=published):
        step = _run(session, words)
        done.append(step)
        if log is not None:
            log(
                "afterwards",
                f"{step.command}: {step.message}",
                level="info" if step.code == OK else "warning",
                command=step.command,
                code=step.code,
            )
    return done


def _run(session: Session, words: tuple[str, ...]) -> Step:
    command = " ".join(words[:2]) if words[0] == "alerts" else words[0]
    try:
        ended = subprocess.run(  # noqa: S603 - our own interpreter and our own arguments
            [sys.executable, "-m", "app.cli", *words],
            env=dict(session.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Step(command, UNEXPECTED, f"not done within {LONGEST_SECONDS // 60} minutes; ended")
    said = (ended.stderr.strip() or ended.stdout.strip()).decode(errors="replace").splitlines()
    return Step(command, ended.returncode, one_line(said[-1]) if said else f"ended with code {ended.returncode}")
