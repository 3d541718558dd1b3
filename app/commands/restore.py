"""`twixt restore`: a backup becomes the record of an empty home, on either kind of database."""

from __future__ import annotations

from pathlib import Path

import click

from app.commands.backup import document, told
from app.commands.common import examples, json_option, with_session
from app.commands.verify import tell_problems
from app.failures import BAD_INPUT, OK
from app.session import Session
from app.terminal import ProgressLine, print_json


@click.command(
    "restore",
    short_help="A backup into an empty home.",
    epilog=examples(
        "TWIXT_HOME=~/twixt-again twixt restore twixt-20261123T020000Z.zip",
        "TWIXT_DB=postgresql://twixt@db/twixt twixt restore twixt.zip   # made from SQLite or PostgreSQL",
    ),
)
@click.argument("file")
@json_option
@with_session
def command(session: Session, file: str, *, as_json: bool) -> int:
    """Restore the backup FILE into the home and database that the environment names, where nothing is yet.

    Every hash is checked; an older schema is brought up to date; the record appears whole or not at all, and is
    verified afterwards as `twixt verify` does. A restore that was interrupted is simply done again.
    """
    from forecasts import verification
    from forecasts.artefacts import Artefacts
    from forecasts.backups import restoring
    from forecasts.people import LOCAL_OWNER

    home = session.home
    with ProgressLine(quiet=as_json) as progress:
        progress("restoring", 0, 1)
        artefacts = Artefacts(home.artefacts)
        restored = restoring.restore(Path(file), home.database, artefacts, home.boards[1], actor=LOCAL_OWNER)
        opened = session.workspace()
        found = verification.verify(opened.store, opened.artefacts, tell=lambda part: progress(f"verify {part}", 0, 1))
    if as_json:
        print_json(document(restored, Path(file)) | {"home": str(home.root), "problems": found.problems})
    else:
        click.echo(f"{opened.store.label}: {told(restored)}, as of {restored.taken_at or 'before a migration'}")
        click.echo(f"record {restored.record}")
    tell_problems(opened.store.label, found.problems, as_json=as_json)
    return BAD_INPUT if found.problems else OK
