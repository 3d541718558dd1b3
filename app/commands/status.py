"""`twixt status`: every question and scenario of a board on one screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from app.commands import status_jobs
from app.commands.common import common, day_option, examples, mode, replay_options
from app.failures import OK, REFUSED, CommandError, one_line
from app.session import Session
from app.terminal import band, percent, points, print_json, shorten, table

if TYPE_CHECKING:
    from forecasts.definition import Board, Question
    from forecasts.jobs.attempts import GivenUp

Line = Mapping[str, Any]


@click.command(
    "status",
    short_help="Every question and scenario, one screen.",
    epilog=examples(
        "twixt status",
        "twixt status --deadlines                    # every deadline of every question",
        "twixt status --as-of 2025-12-31 --retrospective",
        "twixt status --jobs                         # every board: is it due, since when, what failed",
        "twixt status --json",
    ),
)
@click.option("--jobs", is_flag=True, help="Every board (or --board): whether it is due, since when, what failed.")
@click.option("--deadlines", is_flag=True, help="Every deadline instead of the headline one.")
@replay_options
@common
def command(
    session: Session,
    *,
    jobs: bool,
    deadlines: bool,
    as_of: str | None,
    retrospective: bool,
    board_id: str | None,
    as_json: bool,
) -> int:
    """Show the newest snapshot: chance by the headline deadline, 90 % band, change in points over 7 and 30 days.

    When the last run did not pass its gates the numbers are those of the last good one, and the exit code is 3.
    """
    if jobs:
        return _jobs(session, board_id, as_json=as_json, others=(deadlines, as_of, retrospective))
    from forecasts import runs, status

    at = day_option("--as-of", as_of, session)
    store, board, kind = session.workspace().store, session.board(board_id), mode(retrospective=retrospective)
    found = status.status(store, board, as_of=at, mode=kind)
    definition = _definition(session, found["definition"])
    waiting = _waiting(session, definition) if at is None else 0
    stopped = _stopped(session, board) if at is None and kind == "live" else None
    if as_json:
        print_json({**found, "proposed": waiting, "stopped": None if stopped is None else asdict(stopped)})
    else:
        closed = {q.id: q.closed_on for q in definition.questions if q.closed_on}
        chosen = found["questions"] if deadlines else _headlines(definition, found["questions"])
        lines = [{**line, "closed_on": closed.get(line["question"])} for line in chosen]
        click.echo(_screen(definition.title, found, lines))
        if stopped is not None:
            click.echo("\n" + one_line(f"{stopped}; something new, or `twixt refit`, tries again"))
        if waiting:
            click.echo(f"\n{waiting} outcomes wait for a person: `twixt resolve --proposed` lists them")
    return REFUSED if at is None and runs.stale(store, board, mode=kind) else OK


def _jobs(session: Session, board_id: str | None, *, as_json: bool, others: tuple[object, ...]) -> int:
    if any(others):
        raise CommandError("--jobs: goes without --deadlines, --as-of and --retrospective")
    return status_jobs.show(session, None if board_id is None else session.board(board_id), as_json=as_json)


def _stopped(session: Session, board: str) -> GivenUp | None:
    """Return why the board's present input is not tried again, or None."""
    from forecasts.jobs import attempts, due

    store = session.workspace().store
    return attempts.stopped(store, due.read(store, now=session.now, only=(board,))).get(board)


def _definition(session: Session, content_hash: str) -> Board:
    """Return the definition of the snapshot that is shown, without what loading one from files would import."""
    from forecasts import board_text

    return board_text.parse(session.workspace().artefacts.get(content_hash).decode("utf-8"))


def _waiting(session: Session, board: Board) -> int:
    """Return how many outcomes the record proposes that nobody has confirmed."""
    from forecasts import ledger, outcomes

    view = ledger.read(session.workspace().store, board.id, as_of=session.instant(board.id), mode="live")
    return len(outcomes.proposals(board, view, today=session.today))


def _headlines(board: Board, lines: Iterable[Line]) -> Iterable[Line]:
    """Give one line for each question: its headline deadline, or the next one once that has passed."""
    by_question: dict[str, list[Line]] = {}
    for line in lines:
        by_question.setdefault(line["question"], []).append(line)
    for question in board.questions:
        if known := by_question.get(question.id):
            yield _headline(question, known)


def _headline(question: Question, lines: list[Line]) -> Line:
    headline = question.headline_deadline.isoformat()
    return next((line for line in lines if line["deadline"] >= headline and line["state"] != "passed"), lines[-1])


def _screen(title: str, found: Line, lines: Iterable[Line]) -> str:
    known = f"known through {found['known_through']}"
    head = f"{title} ({found['board']})\n{found['mode']}, as of {found['as_of'][:16].replace('T', ' ')} UTC, {known}"
    stale = [shorten(f"stale: {found['stale_reason']}", 160)] if found["stale"] else []
    questions = table(("question", "by", "chance", "90% band", "7 d", "30 d"), [cells(q) for q in lines], right="245")
    scenarios = table(
        ("scenario", "chance", "90% band", "7 d", "30 d"), [_scenario(s) for s in found["scenarios"]], right="134"
    )
    return "\n".join([head, *stale, "", questions, "", scenarios])


def cells(line: Line) -> tuple[str, ...]:
    """Return the cells of a question's line."""
    decided = line["state"] in {"occurred", "passed"}
    chance = line["state"] if decided else percent(line["probability"])
    name = f"{line['question']} (closed {line['closed_on']})" if line["closed_on"] else line["question"]
    return name, line["deadline"], chance, "" if decided else _band(line), *_changes(line)


def _scenario(line: Line) -> tuple[str, ...]:
    name = f"{line['scenario']} (overlay)" if line["overlay"] else line["scenario"]
    return name, percent(line["probability"]), _band(line), *_changes(line)


def _band(line: Line) -> str:
    shown = band(line["low"], line["high"])
    return shown if line["band_resolved"] else f"{shown} (not resolved)"


def _changes(line: Line) -> tuple[str, str]:
    return points(line["change_7d"]), points(line["change_30d"])
