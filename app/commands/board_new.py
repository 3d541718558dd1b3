"""`twixt board new`: a small commented board to start from."""

from __future__ import annotations

from pathlib import Path

import click

from app.commands.common import common, examples
from app.failures import CommandError
from app.session import Session
from app.terminal import print_json


@click.command(
    "new",
    short_help="Write a small commented board.",
    epilog=examples("twixt board new harvest", "twixt board new ~/boards/harvest"),
)
@click.argument("directory", metavar="DIR")
@common
def command(session: Session, directory: str, *, board_id: str | None, as_json: bool) -> None:
    """Write a starter board to DIR: it passes `twixt check` and refits, and every line says what it is for.

    The last part of DIR is the board's id. A bare name is put where boards are looked for, TWIXT_HOME/boards; a board
    elsewhere is moved there, or linked, when it is ready for `twixt init`.
    """
    from forecasts import board_new

    if board_id is not None and board_id != Path(directory).name:
        raise CommandError(f"--board: {board_id[:60]!r}: a board's id is the name of its directory, DIR")
    if not directory:
        raise CommandError("DIR: '' names no directory")
    bare = Path(directory).name == directory
    place = session.home.root / "boards" / directory if bare else Path(directory).expanduser().resolve()
    try:
        files = board_new.write(place, today=session.today)
    except board_new.BoardNewError as error:
        raise CommandError(f"DIR: {error}") from error
    found = place.parent.resolve() in [root.resolve() for root in session.home.boards]
    if as_json:
        print_json({"board": place.name, "directory": str(place), "files": files, "found_by_init": found})
        return
    click.echo(f"{place}: {', '.join(files)}")
    click.echo(f"next: edit the files, `twixt check {place}`, `twixt init`, `twixt refit --board {place.name}`")
