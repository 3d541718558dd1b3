"""`twixt explain QUESTION --edge PARENT`: what is known of one hazard ratio, and how much of it was learned."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from app.failures import CommandError
from app.session import Session
from app.terminal import print_json, table

if TYPE_CHECKING:
    from forecasts.domain import Mode


def report(
    session: Session, question: str, parent: str, *, board_id: str | None, as_of: datetime | None, mode: Mode
) -> dict[str, Any]:
    """Return what the newest snapshot says of an edge; raises CommandError when there is no such question or edge."""
    from forecasts.edge_report import NoEdgeError, edge_report
    from forecasts.status_entry import unknown_question

    moment = session.moment(board_id)
    if question not in {q.id for q in moment.board.questions}:
        raise CommandError(f"QUESTION: {unknown_question(question, moment.board)}")
    opened = session.workspace()
    try:
        return edge_report(
            opened.store, opened.artefacts, moment.board, parent=parent, child=question, mode=mode, as_of=as_of
        )
    except NoEdgeError as error:
        raise CommandError(f"--edge: {error}") from error


def show(found: Mapping[str, Any], *, as_json: bool) -> None:
    """Print a report, as one JSON document or as a table."""
    if as_json:
        print_json(found)
        return
    origin = "fitted with the cases" if found["fitted"] else "judged; only the record can teach about it"
    head = f"{found['parent']} -> {found['child']}, {found['mode']} as of {found['as_of'][:10]}: {origin}"
    rows = [
        (name, f"{r['median']:.2f}", f"{r['low']:.2f} to {r['high']:.2f}", f"{r['above_one']:.1%}")
        for name, r in (("as judged", found["prior"]), ("now", found["posterior"]))
    ]
    shown = table(("hazard ratio", "median", "90 % range", "chance above 1"), rows, right="13")
    learned = f"learned: {found['bits']:.3f} bits; width of the log ratio {found['sd_ratio']:.2f} of what it was"
    quote = f"\nthe essay: {found['essay_quote']}" if found["essay_quote"] else ""
    click.echo(f"{head}\n\n{shown}\n\n{learned}{quote}")
