"""`twixt export ledger`: a board's whole record as JSON Lines, which git can compare."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import click

from app.commands.common import common, examples
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
        count = _write(Path(file), lines)
    except OSError as error:
        raise CommandError(f"FILE: {file[:300]!r} cannot be written: {error.strerror}; it is as it was") from error
    if as_json:
        print_json({"board": board, "file": file, "lines": count})
    else:
        click.echo(f"{board}: {count} lines in {file}")


def _write(path: Path, lines: Iterable[str]) -> int:
    """Write all lines or leave the path as it was; returns their number."""
    handle, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.")
    count = 0
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            for line in lines:
                file.write(f"{line}\n")
                count += 1
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    return count
