"""`twixt move`: the record into another database, with proof that every row and snapshot is the same there."""

from __future__ import annotations

import click

from app.commands.common import examples, json_option, with_session
from app.session import Session
from app.terminal import ProgressLine, print_json


@click.command(
    "move",
    short_help="The record into another database, with proof.",
    epilog=examples(
        "twixt move --to postgresql://twixt@db.example.org/twixt",
        "twixt move --to sqlite:////srv/twixt/twixt.sqlite",
    ),
)
@click.option("--to", "url", metavar="URL", required=True, help="A database without a record.")
@json_option
@with_session
def command(session: Session, url: str, *, as_json: bool) -> None:
    """Copy every row of the record into the database at URL, and compare both row by row and snapshot by snapshot.

    Nobody can write meanwhile, everybody can read. The old database stays as it is; from then on TWIXT_DB has to name
    the new one wherever twixt runs. Artefacts stay where they are. A password is better kept from the command line:
    PGPASSWORD or ~/.pgpass are read too.
    """
    from forecasts.backups import moving
    from forecasts.people import LOCAL_OWNER
    from forecasts.store import address_of, label_of

    with ProgressLine(quiet=as_json) as progress:
        proof = moving.move(
            session.workspace().store, url, actor=LOCAL_OWNER, tell=lambda part: progress(f"moving {part}", 0, 1)
        )
    place, source = label_of(address_of(url)), session.workspace().store.label
    tables = {name: {"rows": tally.rows, "sha256": tally.sha256} for name, tally in proof.tables.items()}
    if as_json:
        found = {"from": source, "to": place, "record": proof.record, "tables": tables}
        print_json(found | {"snapshots": proof.snapshots, "boards": proof.boards})
        return
    rows = sum(tally.rows for tally in proof.tables.values())
    click.echo(f"{place}: equal to {source}: {rows} rows in {len(tables)} tables, {proof.snapshots} snapshots")
    for board, digest in proof.boards.items():
        click.echo(f"{board}: ledger {digest}")
    click.echo(f"record {proof.record}")
    click.echo("now set TWIXT_DB to the new database wherever twixt runs; the old one stays as it is")
