"""`twixt refit`: compute the board's numbers from the record and publish them, or refuse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from app.commands.afterwards import Afterwards, after_options
from app.commands.common import common, day_option, examples, mode, replay_options, whole
from app.commands.job_options import job_options, limits, log_to_stderr
from app.commands.refit_due import run_due
from app.failures import IMPRECISE, OK, REFUSED, CommandError, explain_failure, one_line
from app.session import Session
from app.terminal import ProgressLine, print_json

if TYPE_CHECKING:
    from forecasts.refit import Outcome, Wanted

MOST_FUTURES = 10_000_000
PATIENCE = 1800.0
"""Seconds for which a run waits for another process that computes the same board."""


@click.command(
    "refit",
    short_help="Compute and publish the board's numbers.",
    epilog=examples(
        "twixt refit",
        "twixt refit --due                          # what a scheduled job runs",
        "twixt refit --due --publish /srv/site --tell",
        "twixt refit --as-of 2026-01-31 --retrospective",
        "twixt refit --futures 1000000 --seed 7",
    ),
)
@replay_options
@click.option("--due", is_flag=True, help="Every board of the record (or --board) for which something new is known.")
@click.option("--resample", is_flag=True, help="Sample the parameter models anew, even if their inputs are the same.")
@click.option("--futures", metavar="N", help=f"Number of simulated futures, at most {MOST_FUTURES}.")
@click.option("--seed", metavar="S", help="Seed of the futures.")
@click.option("--accept-jump", is_flag=True, help="Publish a move that nothing new explains: you have looked at it.")
@click.option("--progress", "lines", is_flag=True, help="Stages as lines on stderr, also without a terminal.")
@job_options
@after_options
@common
def command(
    session: Session,
    *,
    as_of: str | None,
    retrospective: bool,
    due: bool,
    futures: str | None,
    seed: str | None,
    lines: bool,
    board_id: str | None,
    as_json: bool,
    **more: Any,
) -> int:
    """Replay the record at an instant, fit, simulate, weigh, and publish an immutable snapshot with its receipt.

    The same inputs are published once: when nothing is new, nothing is done. A run that fails its gates publishes
    nothing, the last good snapshot stays (exit code 3; 4 when only the precision was too low).

    With --due each board is computed by a child process within --timeout and --memory, and an input that could not be
    published three times is left alone until it changes; without it a person asks, and it is tried whatever has been.
    """
    chosen = {"--as-of": as_of, "--retrospective": retrospective, "--futures": futures, "--seed": seed}
    chosen |= {"--resample": more["resample"], "--accept-jump": more["accept_jump"]}
    unattended = {name: more[name] for name in ("timeout", "memory", "log", "publish", "url", "tell")}
    if due:
        _leave_out(chosen, "goes with a run that a person asks for; leave it out with --due")
        return _run_due(session, board_id, unattended, lines=lines, as_json=as_json)
    _leave_out({f"--{name}": value for name, value in unattended.items()}, "goes with --due")
    size, luck = whole("--futures", futures, 1, MOST_FUTURES), whole("--seed", seed, 0, 2**63 - 1)
    at = day_option("--as-of", as_of, session)
    session.prepare_caches()
    from forecasts.refit import Wanted

    wanted = Wanted(futures=size, seed=luck, resample=more["resample"], accept_jump=more["accept_jump"])
    with ProgressLine(quiet=as_json and not lines, lines=lines) as progress:
        board = session.board(board_id)
        outcome = run(session, board, wanted=wanted, progress=progress, as_of=at, retrospective=retrospective)
    if as_json:
        print_json(_document(board, outcome))
    else:
        _tell(outcome)
    return exit_code(outcome)


def run(session: Session, board: str, *, wanted: Wanted, progress: ProgressLine, **when: Any) -> Outcome:
    """Refit one board; raises CommandError where the board cannot be run with the wanted size."""
    session.prepare_caches()
    from forecasts import refit
    from forecasts.effort import first_effort
    from forecasts.jobs import one_board

    opened = session.workspace()
    try:
        first_effort(session.moment(board).board, futures=wanted.futures, seed=wanted.seed)
    except ValueError as error:
        raise CommandError(f"--{error}") from error
    if one_board.is_computing(opened.store, board):
        progress("waiting for another process that computes the board", 0, 1)
    with one_board.computing(opened.store, board, patience=PATIENCE) as mine:
        if not mine:
            raise CommandError(f"{board}: another process has been computing it for {PATIENCE / 60:.0f} minutes")
        return refit.refit(
            opened.store,
            opened.artefacts,
            board,
            now=session.instant(board),
            as_of=when.get("as_of"),
            mode=mode(retrospective=when.get("retrospective", False)),
            wanted=wanted,
            progress=progress,
        )


def exit_code(outcome: Outcome) -> int:
    """Return 0, 3 when a gate refused, 4 when only the precision was too low."""
    if outcome.kind != "refused":
        return OK
    return IMPRECISE if outcome.imprecise else REFUSED


def _leave_out(options: Mapping[str, object], why: str) -> None:
    for name, value in options.items():
        if value:
            raise CommandError(f"{name}: {why}")


def _run_due(session: Session, board_id: str | None, options: Mapping[str, Any], *, lines: bool, as_json: bool) -> int:
    """Read the options of an unattended run and compute what is due; raises CommandError.

    With a log, what ends the look stands in it too: whoever collects the lines reads no others.
    """
    allowed = limits(options["timeout"], options["memory"])
    after = Afterwards.of(options["publish"], options["url"], options["tell"])
    log = None if options["log"] is None else log_to_stderr(options["log"], lambda: datetime.now(UTC))
    try:
        board = None if board_id is None else session.board(board_id)
        return run_due(session, board, allowed=allowed, after=after, log=log, lines=lines, as_json=as_json)
    except Exception as error:
        if log is None:
            raise
        message, code = explain_failure(error, logs=session.logs, now=session.now)
        log("look_failed", message, level="error", code=code)
        return code


def _tell(outcome: Outcome) -> None:
    click.echo(one_line(outcome.message), err=outcome.kind == "refused")


def _document(board: str, outcome: Outcome) -> dict[str, Any]:
    snapshot = outcome.snapshot
    return {
        "board": board,
        "outcome": outcome.kind,
        "message": outcome.message,
        "snapshot": snapshot.id if snapshot else None,
        "as_of": snapshot.as_of if snapshot else None,
        "known_through": snapshot.known_through if snapshot else None,
        "gates": [asdict(gate) for gate in outcome.gates],
        "receipt": snapshot.receipt if snapshot else None,
    }
