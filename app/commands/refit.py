"""`twixt refit`: compute the board's numbers from the record and publish them, or refuse."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from app.commands.common import common, day_option, examples, mode, replay_options, whole
from app.failures import IMPRECISE, OK, REFUSED, CommandError, explain_failure, one_line
from app.session import Session
from app.terminal import ProgressLine, print_json

if TYPE_CHECKING:
    from forecasts.refit import Outcome, Wanted

MOST_FUTURES = 10_000_000


@click.command(
    "refit",
    short_help="Compute and publish the board's numbers.",
    epilog=examples(
        "twixt refit",
        "twixt refit --due                          # what a scheduled job runs",
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
    **flags: bool,
) -> int:
    """Replay the record at an instant, fit, simulate, weigh, and publish an immutable snapshot with its receipt.

    The same inputs are published once: when nothing is new, nothing is done. A run that fails its gates publishes
    nothing, the last good snapshot stays (exit code 3; 4 when only the precision was too low).
    """
    if due and (as_of is not None or retrospective):
        raise CommandError("--due: goes with live runs of today; leave out --as-of and --retrospective")
    size, luck = whole("--futures", futures, 1, MOST_FUTURES), whole("--seed", seed, 0, 2**63 - 1)
    at = day_option("--as-of", as_of, session)
    session.prepare_caches()
    from forecasts.refit import Wanted

    wanted = Wanted(futures=size, seed=luck, resample=flags["resample"], accept_jump=flags["accept_jump"])
    with ProgressLine(quiet=as_json and not lines, lines=lines) as progress:
        if due:
            return _run_due(session, _boards(session, board_id), wanted, progress, as_json=as_json)
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

    opened = session.workspace()
    try:
        first_effort(session.moment(board).board, futures=wanted.futures, seed=wanted.seed)
    except ValueError as error:
        raise CommandError(f"--{error}") from error
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


def _run_due(
    session: Session, boards: tuple[str, ...], wanted: Wanted, progress: ProgressLine, *, as_json: bool
) -> int:
    """Run every board whatever becomes of the others; returns the largest exit code."""
    documents, codes = [], [OK]
    for board in boards:
        try:
            outcome = run(session, board, wanted=wanted, progress=progress)
        except Exception as error:  # noqa: BLE001 - one board that cannot be run does not stop the next
            message, code = explain_failure(error, logs=session.logs, now=session.now)
            documents.append({"board": board, "outcome": "failed", "message": message})
            click.echo(one_line(f"{board}: {message}"), err=True)
        else:
            code = exit_code(outcome)
            documents.append(_document(board, outcome))
            if not as_json:
                _tell(outcome)
        codes.append(code)
    if as_json:
        print_json({"boards": documents})
    elif not boards:
        click.echo("no board in the record; `twixt init` enters one")
    return max(codes)


def _boards(session: Session, board_id: str | None) -> tuple[str, ...]:
    from forecasts import ledger

    return ledger.known_boards(session.workspace().store) if board_id is None else (session.board(board_id),)


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
