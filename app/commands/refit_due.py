"""`twixt refit --due`: one round over every board for which something new is known, each in a child process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from app.commands.afterwards import Afterwards, Step, go
from app.commands.job_options import child_of, tell_done, tell_look
from app.failures import OK, one_line
from app.terminal import ProgressLine, print_json

if TYPE_CHECKING:
    from app.job_log import JobLog
    from app.session import Session
    from forecasts.jobs.child import Limits
    from forecasts.jobs.due import Standing
    from forecasts.jobs.rounds import Done


def run_due(
    session: Session,
    board: str | None,
    *,
    allowed: Limits,
    after: Afterwards,
    log: JobLog | None,
    lines: bool,
    as_json: bool,
) -> int:
    """Run every board that is due, whatever becomes of the others, and return the largest exit code.

    Parameters
    ----------
    session
        The record and the clock.
    board
        This board only.
    allowed
        What each board's run may use.
    after
        What follows.
    log
        Where every board's ending is written besides, or None.
    lines
        Whether stages are written as lines also without a terminal.
    as_json
        Whether one document is printed.
    """
    from forecasts.jobs import due, rounds

    store = session.workspace().store
    only = None if board is None else (board,)
    standings = due.read(store, now=session.now, only=only)
    quiet = log is not None or (as_json and not lines)
    endings: dict[str, Done] = {}
    with child_of(session, allowed) as child, ProgressLine(quiet=quiet, lines=lines) as progress:
        for done in rounds.run_round(store, child, clock=_clock(session), only=only, tell=lambda _board: progress):
            endings[done.standing.board] = done
            if log is not None:
                tell_done(log, done)
            else:
                _tell(done, as_json=as_json)
    if log is not None:
        tell_look(log, endings.values())
    published = any(done.ended.kind == "published" for done in endings.values())
    steps = go(session, after, published=published, log=log)
    if as_json:
        boards = [_document(session, s, endings.get(s.board)) for s in standings]
        print_json({"boards": boards, "afterwards": [asdict(step) for step in steps]})
    elif log is None:
        _tell_the_rest([s for s in standings if s.board not in endings], known=bool(standings))
        _tell_steps(steps)
    return max([OK, *(done.ended.code for done in endings.values()), *(step.code for step in steps)])


def _tell_steps(steps: list[Step]) -> None:
    for step in steps:
        click.echo(one_line(f"{step.command}: {step.message}"), err=step.code != OK)


def _clock(session: Session) -> Callable[[], datetime]:
    """Return a clock that goes on from the instant at which the command began."""
    began = perf_counter()
    return lambda: session.now + timedelta(seconds=perf_counter() - began)


def _tell(done: Done, *, as_json: bool) -> None:
    """Tell a person how a board ended; where a document is printed, only what has gone wrong."""
    kind = done.ended.kind
    if not as_json or kind in {"failed", "stopped"}:
        click.echo(one_line(done.ended.message), err=kind in {"refused", "failed", "stopped"})


def _tell_the_rest(standings: list[Standing], *, known: bool) -> None:
    for standing in standings:
        click.echo(_nothing_new(standing))
    if not known:
        click.echo("no board in the record; `twixt init` enters one")


def _nothing_new(standing: Standing) -> str:
    assert standing.published is not None
    return f"{standing.board}: nothing new as of {standing.published.isoformat()}; the published snapshot stands"


def _document(session: Session, standing: Standing, done: Done | None) -> dict[str, Any]:
    from forecasts import snapshots

    store = session.workspace().store
    found = snapshots.latest(store, standing.board, mode="live")
    return {
        "board": standing.board,
        "outcome": done.ended.kind if done else "unchanged",
        "message": done.ended.message if done else _nothing_new(standing),
        "snapshot": found.id if found else None,
        "as_of": found.as_of if found else None,
        "known_through": found.known_through if found else None,
        "gates": list(done.ended.gates) if done else [],
        "receipt": found.receipt if found else None,
    }
