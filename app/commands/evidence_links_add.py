"""`twixt evidence links add`: keep links for later, pasted in bulk."""

from __future__ import annotations

import click

from app.commands.common import common, examples, refuse
from app.session import Session
from app.terminal import print_json


@click.command(
    "add",
    short_help="Keep links for later.",
    epilog=examples(
        "twixt evidence links add https://example.org/report https://example.org/speech",
        "twixt evidence links add - < links.txt      # one on each line, other words become its note",
    ),
)
@click.argument("links", nargs=-1, required=True)
@common
def command(session: Session, links: tuple[str, ...], *, board_id: str | None, as_json: bool) -> None:
    """Put LINKS on the reading list; `-` reads them from standard input. Each page stands there once."""
    from forecasts import reading_list
    from forecasts.people import LOCAL_OWNER

    text = _standard_input() if links == ("-",) else "\n".join(links)
    pasted, problems = reading_list.pasted_links(text)
    refuse(problems, lambda _: "LINKS")
    board = session.board(board_id)
    store = session.workspace().store
    added = reading_list.add(store, pasted, board=board, actor=LOCAL_OWNER, now=session.now)
    if as_json:
        print_json({"board": board, "new": [k.number for k in added.new], "known": [k.number for k in added.known]})
        return
    for k in added.new:
        click.echo(f"{k.number}: {k.url}")
    for k in added.known:
        click.echo(f"{k.number}: stood on the list already ({k.state}): {k.url}", err=True)


def _standard_input() -> str:
    with click.open_file("-", encoding="utf-8") as file:
        return str(file.read())
