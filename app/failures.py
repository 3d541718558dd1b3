"""From an exception to one line on stderr and an exit code; the traceback of a surprise goes to a file.

Exit codes: 0 ok, 2 bad input (also a file, disk or database that cannot be used), 3 a gate refused or the board is
stale, 4 too little precision, 1 an error inside twixt, 130 interrupted.
"""

from __future__ import annotations

import hashlib
import traceback
from datetime import datetime
from pathlib import Path

OK = 0
UNEXPECTED = 1
BAD_INPUT = 2
REFUSED = 3
IMPRECISE = 4
INTERRUPTED = 130

_LINE = 800
"""Characters of a message at most."""


class CommandError(Exception):
    """A command ends here: `message` for the person, `code` for the shell."""

    def __init__(self, message: str, code: int = BAD_INPUT) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


def explain_failure(error: BaseException, *, logs: Path | None, now: datetime) -> tuple[str, int]:
    """Return the line to print and the exit code for an exception that ended a command.

    Parameters
    ----------
    error
        What was raised.
    logs
        Directory for the traceback of an unexpected error, or None when it is not known.
    now
        Aware UTC instant, part of the error report's name.
    """
    if isinstance(error, CommandError):
        return one_line(error.message), error.code
    if isinstance(error, OSError) and error.errno is not None:
        return one_line(_system_message(error)), BAD_INPUT
    if type(error).__module__.startswith("sqlalchemy."):
        return one_line(_database_message(error)), BAD_INPUT
    if type(error).__module__.startswith(("forecasts.", "models.")):
        return one_line(str(error)), int(getattr(error, "exit_code", BAD_INPUT))
    return one_line(_surprise(error, logs, now)), UNEXPECTED


def one_line(text: str) -> str:
    """Return a message as one printable line of bounded length."""
    flat = " ".join(text.split())
    safe = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in flat)
    return safe if len(safe) <= _LINE else safe[: _LINE - 3] + "..."


def _system_message(error: OSError) -> str:
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}; nothing was written"


def _database_message(error: BaseException) -> str:
    cause = str(getattr(error, "orig", None) or error).strip()
    reason = cause.splitlines()[0] if cause else type(error).__name__
    return f"database: {reason}; nothing was written (TWIXT_DB or TWIXT_HOME names another one)"


def keep_report(error: BaseException, *, logs: Path | None, now: datetime) -> tuple[str, str]:
    """Write an exception with its traceback to a file; return its id, and in words where the report is.

    Parameters
    ----------
    error
        What was raised.
    logs
        Directory for the report, or None when it is not known.
    now
        Aware UTC instant, part of the report's name.
    """
    report = "".join(traceback.format_exception(error))
    number = hashlib.sha256(f"{now.isoformat()}{report}".encode(errors="replace")).hexdigest()[:8]
    where = _write_report(report, logs / f"error-{now:%Y%m%dT%H%M%S}-{number}.log") if logs else ""
    return number, where or "no report could be written"


def is_a_surprise(error: BaseException) -> bool:
    """Tell whether an exception is none that a person can do something about: an error inside twixt."""
    known = isinstance(error, CommandError) or (isinstance(error, OSError) and error.errno is not None)
    return not (known or type(error).__module__.startswith(("sqlalchemy.", "forecasts.", "models.")))


def _surprise(error: BaseException, logs: Path | None, now: datetime) -> str:
    number, where = keep_report(error, logs=logs, now=now)
    return f"internal error {number} ({type(error).__name__}); {where}"


def _write_report(report: str, path: Path) -> str:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(report, encoding="utf-8", errors="backslashreplace")
    except OSError:
        return ""
    return f"the report is in {path}"
