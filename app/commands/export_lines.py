"""`twixt export lines`: questions, forecasts and outcomes of a board as JSON Lines, for others and for `import`."""

from __future__ import annotations

from pathlib import Path

import click

from app.commands.common import common, examples, refuse
from app.commands.export_files import write_lines
from app.failures import CommandError
from app.session import Session
from app.terminal import print_json
from forecasts.fields import FieldProblem


@click.command(
    "lines",
    short_help="Questions, forecasts and outcomes as JSON Lines.",
    epilog=examples(
        "twixt export lines garden.jsonl",
        'twixt export lines garden.jsonl --licence "CC BY 4.0"',
        "twixt export lines - | gzip > garden.jsonl.gz",
    ),
)
@click.argument("file")
@click.option("--licence", metavar="WORDS", default="", help="Under which licence others may use the file.")
@common
def command(session: Session, file: str, *, licence: str, board_id: str | None, as_json: bool) -> None:
    """Write a board's questions, every issued probability and every outcome to FILE (- is standard output).

    The format is described in docs/exchange.md. People stand in it as opaque ids, without names. The same record gives
    the same bytes; FILE is replaced only when everything has been written.
    """
    from forecasts import snapshots
    from forecasts.exchange import own_lines
    from forecasts.forms import check_text

    if file == "-" and as_json:
        raise CommandError("--json: standard output already takes the lines; name a FILE")
    try:
        check_text(licence, longest=300)
    except ValueError as error:
        refuse([FieldProblem("--licence", str(error))])
    moment = session.moment(board_id)
    board = moment.board
    history = snapshots.history(session.workspace().store, board.id)
    given = own_lines.of_board(board, moment.view, history, licence=licence)
    if file == "-":
        for line in own_lines.write(given):
            click.echo(line)
        return
    try:
        write_lines(Path(file), own_lines.write(given))
    except OSError as error:
        raise CommandError(f"FILE: {file[:300]!r} cannot be written: {error.strerror}; it is as it was") from error
    counts = {k: len(getattr(given, k)) for k in ("questions", "forecasts", "outcomes")}
    if as_json:
        print_json({"board": board.id, "file": file, **counts})
    else:
        click.echo(f"{board.id}: {', '.join(f'{n} {k}' for k, n in counts.items())} in {file}")
