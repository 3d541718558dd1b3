"""`twixt export ledger`: a board's whole record as JSON Lines, which git can compare."""

from __future__ import annotations

from pathlib import Path

import click

from app.commands.common import common, examples
from app.commands.export_files import write_lines
from app.failures import CommandError
from app.session import Session
from app.terminal import print_json


@click.command(
    "ledger",
    short_help="The whole record as JSON Lines.",
    epilog=examples("twixt export ledger record.jsonl", "twixt export ledger - | gzip > record.jsonl.gz"),
)
@click.argument("file")
@click.option("--with-people", is_flag=True, help="Include names and e-mail addresses.")
@common
def command(session: Session, file: str, *, with_people: bool, board_id: str | None, as_json: bool) -> None:
    """Write ledger, definitions, snapshots and runs of a board to FILE (- is standard output).

    The same record gives the same bytes. FILE is replaced only when everything has been written.
    """
    from forecasts import dump

    if file == "-" and as_json:
        raise CommandError("--json: standard output already takes the record; name a FILE")
    opened, board = session.workspace(), session.board(board_id)
    lines = dump.dump(opened.store, opened.artefacts, board, with_people=with_people)
    if file == "-":
        for line in lines:
            click.echo(line)
        return
    try:
        count = write_lines(Path(file), lines)
    except OSError as error:
        raise CommandError(f"FILE: {file[:300]!r} cannot be written: {error.strerror}; it is as it was") from error
    if as_json:
        print_json({"board": board, "file": file, "lines": count})
    else:
        click.echo(f"{board}: {count} lines in {file}")
