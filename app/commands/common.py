"""What every command shares: `--board`, `--json`, examples in the help, and the reading of an `--as-of` day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from app.failures import CommandError
from app.session import Session
from forecasts.fields import FieldProblem, Fields

if TYPE_CHECKING:
    from forecasts.domain import Mode

Decorated = Callable[..., Any]

board_option = click.option("--board", "board_id", metavar="ID", help="Which board; by default the only one.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
with_session = click.make_pass_decorator(Session)


def examples(*lines: str) -> str:
    """Return the examples that close a command's help, as they are to be typed."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def common(function: Decorated) -> Decorated:
    """Give a command `--board`, `--json` and the session as its first argument."""
    return board_option(json_option(with_session(function)))


def replay_options(function: Decorated) -> Decorated:
    """Give a command `--as-of` and `--retrospective`."""
    as_of = click.option("--as-of", metavar="DAY", help="As it stood at the end of this UTC day (YYYY-MM-DD).")
    retrospective = click.option(
        "--retrospective", is_flag=True, help="By what was published, with hindsight, instead of by what was recorded."
    )
    return as_of(retrospective(function))


def mode(*, retrospective: bool) -> Mode:
    """Return the mode that a flag names."""
    return "retrospective" if retrospective else "live"


def day_option(option: str, text: str | None, session: Session) -> datetime | None:
    """Return the end of the day that an option names (at most now), or None when it was not given.

    Raises
    ------
    CommandError
        When it is no day or lies in the future.
    """
    from forecasts.instants import end_of_day

    if text is None:
        return None
    read = Fields({option: text}, known=(option,))
    day = read.day(option)
    refuse(read.problems)
    if day > session.today:
        raise CommandError(f"{option}: {day} lies in the future; at most today, {session.today} UTC, is allowed")
    return min(end_of_day(day), session.now) if day == session.today else end_of_day(day)


def whole(option: str, text: str | None, lowest: int, highest: int) -> int | None:
    """Return the whole number that an option gives, or None without it; raises CommandError for anything else."""
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20 and lowest <= int(text) <= highest):
        raise CommandError(f"{option}: {text[:40]!r}: a whole number from {lowest} to {highest} is needed")
    return int(text)


def refuse(problems: Sequence[FieldProblem], names: Callable[[str], str] = str) -> None:
    """Raise CommandError with all mistakes in one line; `names` turns a field into what the person typed."""
    if problems:
        raise CommandError("; ".join(f"{names(p.field)}: {p.message}" for p in problems))
