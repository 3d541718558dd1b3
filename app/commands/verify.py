"""`twixt verify`: the record from end to end, or a backup as if it were restored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.commands.common import examples, json_option, with_session
from app.failures import BAD_INPUT, OK, CommandError, one_line
from app.session import Session
from app.terminal import ProgressLine, print_json

if TYPE_CHECKING:
    from forecasts.verification import Verified


@click.command(
    "verify",
    short_help="Check the record, or a backup, from end to end.",
    epilog=examples("twixt verify", "twixt verify twixt-20261123T020000Z.zip", "twixt verify --mend"),
)
@click.argument("file", required=False)
@click.option("--mend", is_flag=True, help="Make the triggers that protect the record anew; no row is touched.")
@json_option
@with_session
def command(session: Session, file: str | None, *, mend: bool, as_json: bool) -> int:
    """Check the record of this home, or the backup FILE; nothing is changed, and all that is wrong is listed.

    Looked at are the database itself, its tables and triggers, the digest of every ledger row, every snapshot and what
    it rests on, and the hash of every file. A backup is restored into a database of its own for a while, which needs
    room in the directory for temporary files.
    """
    if mend and file is not None:
        raise CommandError("--mend: it is for the record of this home; a backup stays as it is")
    if mend:
        from forecasts.verification import mend_triggers

        mend_triggers(session.workspace().store)
    with ProgressLine(quiet=as_json) as progress:

        def tell(part: str) -> None:
            progress(f"verifying {part}", 0, 1)

        place, found = _of_record(session, tell) if file is None else _of_backup(Path(file), tell)
    if as_json:
        print_json({"place": place, "ok": not found.problems, "checked": found.checked, "problems": found.problems})
    else:
        state = "damaged" if found.problems else "whole"
        click.echo(f"{place}: {state}: " + ", ".join(f"{count} {kind}" for kind, count in found.checked.items()))
    tell_problems(place, found.problems, as_json=as_json)
    return BAD_INPUT if found.problems else OK


def tell_problems(place: str, problems: Sequence[str], *, as_json: bool) -> None:
    """Print every problem as a line, and how many there are as the one line on stderr."""
    if not problems:
        return
    if not as_json:
        for problem in problems:
            click.echo(f"  {one_line(problem)}")
    click.echo(one_line(f"{place}: {len(problems)} found; {problems[0]}"), err=True)


def _of_record(session: Session, tell: Callable[[str], None]) -> tuple[str, Verified]:
    from forecasts import verification

    opened = session.workspace()
    return opened.store.label, verification.verify(opened.store, opened.artefacts, tell=tell)


def _of_backup(path: Path, tell: Callable[[str], None]) -> tuple[str, Verified]:
    from forecasts.backups import checking

    return str(path), checking.check(path, tell=tell)[1]
