"""`twixt check`: every mistake in a board definition, with file and place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.commands.common import common, examples
from app.failures import BAD_INPUT, OK, CommandError, one_line
from app.session import Session, no_board
from app.terminal import print_json

if TYPE_CHECKING:
    from forecasts.board_diff import Change
    from forecasts.board_files import Problem
    from forecasts.definition import Board


@click.command(
    "check",
    short_help="Check a board definition; lists every mistake.",
    epilog=examples("twixt check", "twixt check my-boards/harvest", "twixt check --against-ledger"),
)
@click.argument("path", required=False)
@click.option("--against-ledger", is_flag=True, help="Also list what entering this definition would change.")
@common
def command(session: Session, path: str | None, *, against_ledger: bool, board_id: str | None, as_json: bool) -> int:
    """Check the board definition in directory PATH, by default the only one known.

    Reports all mistakes at once, each with file and place. Warnings do not fail the check. Nothing is written.
    """
    from forecasts import board, board_seed

    place = _directory(session, path, board_id)
    definition, problems = board.load(place)
    if definition is not None:
        problems = [*problems, *board_seed.load(place, definition, today=session.today)[1]]
    errors = [str(p) for p in problems if p.severity == "error"]
    changes = None
    if against_ledger and definition is not None and not errors:
        changes = _changes(session, definition)
        errors = [str(change) for change in changes if change.kind == "refused"]
    if as_json:
        print_json(_document(place, problems, changes, ok=not errors))
    else:
        _print(place, problems, changes)
    if errors:
        click.echo(one_line(f"{place.name}: {len(errors)} to correct; {errors[0]}"), err=True)
    return BAD_INPUT if errors else OK


def _changes(session: Session, definition: Board) -> tuple[Change, ...]:
    """Return what entering this definition would change against the one in the record."""
    from forecasts import board_diff, ledger

    if definition.id not in ledger.known_boards(session.workspace().store):
        raise CommandError(
            f"--against-ledger: {definition.id} is not in the record; `twixt init` enters it as version 1"
        )
    moment = session.moment(definition.id)
    return board_diff.changes(moment.board, definition, view=moment.view)


def _document(
    place: Path, problems: Sequence[Problem], changes: Sequence[Change] | None, *, ok: bool
) -> dict[str, Any]:
    document: dict[str, Any] = {"board": place.name, "ok": ok, "problems": [p._asdict() for p in problems]}
    return document if changes is None else {**document, "changes": [c._asdict() for c in changes]}


def _print(place: Path, problems: Sequence[Problem], changes: Sequence[Change] | None) -> None:
    for problem in problems:
        click.echo(str(problem))
    if not problems:
        click.echo(f"{place.name}: no mistakes")
    for change in changes or ():
        click.echo(f"would change ({change.kind}): {change}")
    if changes is not None and not changes:
        click.echo("nothing would change in the record")


def _directory(session: Session, path: str | None, board_id: str | None) -> Path:
    if path is not None:
        place = Path(path)
        if not place.is_dir():
            raise CommandError(f"PATH: {path[:80]!r} is no directory; the directory of a board definition is needed")
        return place.resolve()
    known = session.definitions()
    if board_id is None and len(known) == 1:
        return next(iter(known.values()))
    if board_id in known and board_id is not None:
        return known[board_id]
    raise CommandError(no_board(board_id, list(known), hint="`twixt board new DIR` writes one"))
