"""`twixt import ledger`: a record written by `twixt export ledger` into a store that has nothing of its board."""

from __future__ import annotations

import json
from itertools import chain

import click

from app.commands.common import common, examples
from app.failures import CommandError
from app.session import Session
from app.terminal import print_json


@click.command(
    "ledger",
    short_help="A record written by `export ledger`.",
    epilog=examples("twixt import ledger record.jsonl", "zcat record.jsonl.gz | twixt import ledger -"),
)
@click.argument("file")
@click.option("--with-roles", is_flag=True, help="People keep the roles that FILE gives them; otherwise they may look.")
@common
def command(session: Session, file: str, *, with_roles: bool, board_id: str | None, as_json: bool) -> None:
    """Load the record in FILE (- is standard input): every digest is checked, then everything enters in one step."""
    from forecasts import dump
    from forecasts.people import LOCAL_OWNER

    try:
        with click.open_file(file, encoding="utf-8") as lines:
            rest = iter(lambda: lines.readline(dump.LONGEST_LINE + 2), "")  # a line without an end fills no memory
            first = next(rest, "")
            _check_board(first, board_id)
            opened = session.workspace(create=True)
            contents = dump.load(
                chain([first], rest),
                opened.store,
                opened.artefacts,
                actor=LOCAL_OWNER,
                now=session.now,
                with_roles=with_roles,
            )
    except UnicodeDecodeError as error:
        raise CommandError(f"FILE: {file[:80]!r} is not UTF-8 text ({error.reason})") from error
    rows = {"entries": len(contents.entries), "snapshots": len(contents.snapshots), "runs": len(contents.runs)}
    if as_json:
        print_json({"board": contents.board, **rows})
    else:
        click.echo(f"{contents.board}: " + ", ".join(f"{count} {name}" for name, count in rows.items()))


def _check_board(first: str, board_id: str | None) -> None:
    """Refuse a file that begins like no record, or speaks of another board, before anything is created."""
    try:
        head = json.loads(first[:1000])["twixt"]["board"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CommandError(
            f"FILE: line 1: {first.strip()[:60]!r} does not begin a record of `export ledger`"
        ) from error
    if board_id is not None and board_id != head:
        raise CommandError(f"--board: {board_id[:60]!r}, but FILE holds the record of {str(head)[:60]!r}")
