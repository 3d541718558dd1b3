"""`twixt status --jobs`: how every board stands to its ledger and the clock, on one screen."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from app.failures import OK, REFUSED, one_line
from app.session import Session
from app.terminal import print_json, table

if TYPE_CHECKING:
    from forecasts.jobs.attempts import GivenUp
    from forecasts.jobs.due import Standing
    from forecasts.runs import Run


def show(session: Session, board: str | None, *, as_json: bool) -> int:
    """Print every board (or one) with what is due, for how long, and its last attempt.

    Returns
    -------
    0, or 3 where an input has been given up.
    """
    from forecasts.jobs import attempts, due

    store = session.workspace().store
    standings = due.read(store, now=session.now, only=None if board is None else (board,))
    given_up = attempts.stopped(store, standings)
    newest = attempts.recent(store, [s.board for s in standings])
    lines = [_line(session, s, given_up.get(s.board), newest.get(s.board, ())) for s in standings]
    if as_json:
        waiting = [s for s in standings if s.board not in given_up]
        oldest = due.oldest_age(waiting, now=session.now)
        print_json({"at": session.now, "oldest_due_seconds": oldest.total_seconds(), "boards": lines})
    else:
        click.echo(_screen(lines, session.now) if lines else "no board in the record; `twixt init` enters one")
    return REFUSED if given_up else OK


def _line(
    session: Session, standing: Standing, given_up: GivenUp | None, newest_first: tuple[Run, ...]
) -> dict[str, Any]:
    from forecasts.jobs import attempts, one_board

    last = newest_first[0] if newest_first else None
    state = "stopped" if given_up else "due" if standing.is_due else "up to date"
    if one_board.is_computing(session.workspace().store, standing.board):
        state = "computing"
    return {
        "board": standing.board,
        "state": state,
        "as_of": standing.published,
        "due_since": standing.due_since,
        "failed_attempts": len(attempts.failures(newest_first, standing.input)) if standing.is_due else 0,
        "last_outcome": last.outcome if last else None,
        "last_attempt": last.started_at if last else None,
        "last_seconds": (last.ended_at - last.started_at).total_seconds() if last else None,
        "message": last.message if last else None,
        "input": standing.input,
    }


def _screen(lines: list[dict[str, Any]], now: datetime) -> str:
    header = ("board", "state", "as of", "due for", "failed", "last attempt")
    shown = table(header, [_cells(line, now) for line in lines], right="4")
    stopped = [one_line(f"{line['board']}: {line['message']}") for line in lines if line["state"] == "stopped"]
    if not stopped:
        return shown
    how = "not tried again until something new is known; `twixt refit --board ID` tries it all the same:"
    return "\n".join([shown, "", how, *stopped])


def _cells(line: dict[str, Any], now: datetime) -> tuple[str, ...]:
    last = f"{line['last_outcome']} {_minute(line['last_attempt'])}" if line["last_outcome"] else "none"
    waited = _spoken(now - line["due_since"]) if line["due_since"] else ""
    failed = str(line["failed_attempts"]) if line["failed_attempts"] else ""
    return line["board"], line["state"], _minute(line["as_of"]), waited, failed, last


def _minute(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M}" if instant else "nothing yet"


def _spoken(span: timedelta) -> str:
    """Return a length of time in its largest whole unit."""
    seconds = max(0, int(span.total_seconds()))
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
