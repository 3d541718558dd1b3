"""`twixt init`: create the record and enter the board definitions with their first entries."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.commands.common import common, examples
from app.failures import CommandError
from app.session import Session, no_board
from app.terminal import print_json

if TYPE_CHECKING:
    from forecasts.board_store import Initialised


@click.command(
    "init",
    short_help="Create the record; enter board definitions.",
    epilog=examples("twixt init", 'twixt init --board harvest --reason "Wider criteria for the export question"'),
)
@click.option("--reason", metavar="TEXT", help="Why a definition is entered or changed; kept in the record.")
@common
def command(session: Session, reason: str | None, board_id: str | None, *, as_json: bool) -> None:
    """Create the home and its record, bring an older one up to date, and enter every known board (or one).

    Doing it again enters nothing, unless a definition changed: then the new one becomes the next version and the old
    one stays in the record. Evidence and occurrences that came with the definition become the ledger's first rows.
    """
    done = initialise(session, board_id, reason=reason)
    if as_json:
        print_json({"home": str(session.home.root), "boards": [dataclasses.asdict(d) for d in done]})
        return
    click.echo(f"home {session.home.root}")
    if (backup := session.workspace().backup) is not None:
        click.echo(f"the record was brought up to date; its rows as they were before are in {backup}")
    for one in done:
        click.echo(_told(one))


def initialise(session: Session, board_id: str | None, *, reason: str | None = None) -> list[Initialised]:
    """Create or migrate the record and enter the definitions; everything is checked before anything is created.

    Raises
    ------
    CommandError
        When the named board is unknown or a definition has mistakes.
    """
    from forecasts import board_store
    from forecasts.jobs import queue_tables
    from forecasts.people import LOCAL_OWNER

    known = session.definitions()
    if board_id is not None and board_id not in known:
        raise CommandError(no_board(board_id, list(known), hint="`twixt board new DIR` writes one"))
    chosen = [known[board_id]] if board_id is not None else list(known.values())
    for place in chosen:
        _check(place, session)
    opened = session.workspace(create=True)
    if opened.store.engine.dialect.name == "postgresql":
        queue_tables.install(opened.store)
    why = reason or "definition as found in its files"
    return [
        board_store.initialise(opened.store, opened.artefacts, place, now=session.now, actor=LOCAL_OWNER, reason=why)
        for place in chosen
    ]


def _check(place: Path, session: Session) -> None:
    from forecasts import board, board_seed

    definition, problems = board.load(place)
    if definition is not None:
        problems = [*problems, *board_seed.load(place, definition, today=session.today)[1]]
    if errors := [str(p) for p in problems if p.severity == "error"]:
        raise CommandError(f"{place.name}: {len(errors)} to correct (`twixt check`); {'; '.join(errors)}")


def _told(one: Initialised) -> str:
    what = f"definition version {one.version} {'entered' if one.new_definition else 'already in force'}"
    return f"{one.board}: {what}, {one.records} first entries added"
