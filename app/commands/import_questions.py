"""`twixt import questions`: questions of other sites that are kept with the record, each with its own criteria."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from app.commands.common import common, examples
from app.session import Session
from app.terminal import print_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forecasts.exchange.outside_store import KeptQuestion


@click.command(
    "questions",
    short_help="Questions of other sites that are kept.",
    epilog=examples("twixt import questions", "twixt import questions --history --json"),
)
@click.option("--history", is_flag=True, help="Every version that a file has brought, not only the newest.")
@common
def command(session: Session, *, history: bool, board_id: str | None, as_json: bool) -> None:
    """List the outside questions of a board: title, criteria, what their site made of them, and its licence."""
    from forecasts.exchange import outside_store

    read = outside_store.history if history else outside_store.newest
    board = session.board(board_id)
    kept = read(session.workspace().store, board)
    if as_json:
        print_json([outside_store.to_plain(k) for k in kept])
        return
    for k in kept:
        click.echo("\n".join(_told(k)))
    if not kept:
        click.echo(f"{board}: no question of another site is kept; `twixt import forecasts --write` keeps them")


def _told(kept: KeptQuestion) -> Iterator[str]:
    question = kept.question
    version = f", version {kept.version}" if kept.version > 1 else ""
    yield f"{question.source} {question.id}{version}: {question.title or '(no title in the files)'}"
    closes = f"closes {question.closes_at:%Y-%m-%d}" if question.closes_at else "no close"
    yield f"  {closes}, {question.outcome or 'no outcome yet'}, licence: {question.licence}"
    if question.url:
        yield f"  {question.url}"
    yield from (f"  | {line}" for line in question.criteria.splitlines())
