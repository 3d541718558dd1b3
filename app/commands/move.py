"""`twixt move`: the record into another database, or its files to another place, with proof that all is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from app.commands.common import examples, json_option, with_session
from app.failures import CommandError
from app.session import Session
from app.terminal import ProgressLine, print_json

if TYPE_CHECKING:
    from forecasts.backups.moving import Proof


@click.command(
    "move",
    short_help="The record into another database, with proof.",
    epilog=examples(
        "twixt move --to postgresql://twixt@db.example.org/twixt",
        "twixt move --to sqlite:////srv/twixt/twixt.sqlite",
        "twixt move --artefacts-to s3://bucket/twixt",
    ),
)
@click.option("--to", "url", metavar="URL", help="A database without a record.")
@click.option("--artefacts-to", "place", metavar="PLACE", help="A directory or URL for the files, as TWIXT_ARTEFACTS.")
@json_option
@with_session
def command(session: Session, url: str | None, place: str | None, *, as_json: bool) -> None:
    """Copy every row of the record into the database at URL, and compare both row by row and snapshot by snapshot.

    Nobody can write meanwhile, everybody can read. The old database stays as it is; from then on TWIXT_DB has to name
    the new one wherever twixt runs. Artefacts stay where they are, unless --artefacts-to names another place: then
    every file is copied and read back there. A password is better kept from the command line: PGPASSWORD and ~/.pgpass
    are read too.
    """
    if url is None and place is None:
        raise CommandError("--to: name a database, or with --artefacts-to a place for the files")
    found: dict[str, object] = {}
    if place is not None:
        found |= _move_files(session, place, quiet=as_json)
    if url is not None:
        found |= _move_rows(session, url, quiet=as_json)
    if as_json:
        print_json(found)


def _move_files(session: Session, place: str, *, quiet: bool) -> dict[str, object]:
    from forecasts.artefacts import Artefacts
    from forecasts.backups import moving
    from forecasts.people import LOCAL_OWNER
    from forecasts.settings import Home, SettingsError

    try:
        target = Artefacts(Home.from_environment({**session.environment, "TWIXT_ARTEFACTS": place}).artefacts)
    except SettingsError as error:
        raise CommandError(f"--artefacts-to: {error}") from error
    source = session.workspace().artefacts
    if target.root == source.root:
        raise CommandError(f"--artefacts-to: the files are in {target.label} already")
    with ProgressLine(quiet=quiet) as progress:
        progress("moving files", 0, 1)
        files, keys = moving.move_files(source, target, actor=LOCAL_OWNER)
    if not quiet:
        click.echo(f"{target.label}: {files} files and {keys} keys, equal to those in {source.label}")
        click.echo("now set TWIXT_ARTEFACTS to that place wherever twixt runs; the old files stay as they are")
    return {"artefacts_to": target.label, "artefacts": files, "keys": keys}


def _move_rows(session: Session, url: str, *, quiet: bool) -> dict[str, object]:
    from forecasts.backups import moving
    from forecasts.people import LOCAL_OWNER
    from forecasts.store import address_of, label_of

    with ProgressLine(quiet=quiet) as progress:
        source = session.workspace().store
        proof = moving.move(source, url, actor=LOCAL_OWNER, tell=lambda part: progress(f"moving {part}", 0, 1))
    place = label_of(address_of(url))
    if not quiet:
        _tell(proof, source.label, place)
    tables = {name: {"rows": tally.rows, "sha256": tally.sha256} for name, tally in proof.tables.items()}
    found = {"from": source.label, "to": place, "record": proof.record, "tables": tables}
    return found | {"snapshots": proof.snapshots, "boards": proof.boards}


def _tell(proof: Proof, source: str, place: str) -> None:
    rows = sum(tally.rows for tally in proof.tables.values())
    click.echo(f"{place}: equal to {source}: {rows} rows in {len(proof.tables)} tables, {proof.snapshots} snapshots")
    for board, digest in proof.boards.items():
        click.echo(f"{board}: ledger {digest}")
    click.echo(f"record {proof.record}")
    click.echo("now set TWIXT_DB to the new database wherever twixt runs; the old one stays as it is")
