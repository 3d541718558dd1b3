"""`twixt whatif list`: the what-ifs that are kept, each with its newest answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from app.commands.common import common, examples
from app.commands.whatif_fields import answered, document, spoken
from app.session import Session
from app.terminal import percent, print_json, shorten

if TYPE_CHECKING:
    import polars as pl

    from forecasts.definition import Board
    from forecasts.kept_answers import Answers

MOVED = 3
"""Questions named with each: those that differ most at their headline deadlines."""


@click.command(
    "list",
    short_help="List what is kept, with the newest answers.",
    epilog=examples("twixt whatif list", "twixt whatif list --json"),
)
@common
def command(session: Session, *, board_id: str | None, as_json: bool) -> None:
    """List the what-ifs kept under a name: their conditions, how the newest answer fared, and what differs most."""
    from forecasts import kept_answers, what_if_entry

    moment, opened = session.moment(board_id), session.workspace()
    rows = []
    for kept in what_if_entry.in_force(moment):
        found = kept_answers.answers(opened.store, opened.artefacts, moment.board.id, kept)
        rows.append(document(kept) | {"answers": found.facts.height, "newest": _newest(found, moment.board)})
    if as_json:
        print_json({"board": moment.board.id, "what_ifs": rows})
        return
    told = {r["entry"]: r for r in rows}
    parts = [_screen(told[k.id], spoken(k)) for k in what_if_entry.in_force(moment)]
    click.echo("\n\n".join(parts) or "no what-if is kept; `twixt whatif save` keeps one")


def _newest(found: Answers, board: Board) -> dict[str, Any] | None:
    """Return the newest answer, live before retrospective, with the questions that differ most."""
    if found.facts.is_empty():
        return None
    modes = found.facts["mode"].to_list()
    mode = "live" if "live" in modes else "retrospective"
    fact = found.facts.filter(found.facts["mode"] == mode).to_dicts()[-1]
    numbers = found.numbers.filter(found.numbers["snapshot"] == fact["snapshot"])
    return fact | {"as_of": fact["as_of"].isoformat(), "moved": _moved(numbers, board)}


def _moved(numbers: pl.DataFrame, board: Board) -> list[dict[str, Any]]:
    headline = {(q.id, q.headline_deadline.isoformat()) for q in board.questions}
    rows = [r for r in numbers.to_dicts() if (r["subject"], r["deadline"]) in headline]
    rows.sort(key=lambda r: -abs(r["after"] - r["before"]))
    return [{k: r[k] for k in ("subject", "deadline", "before", "after")} for r in rows[:MOVED]]


def _screen(row: dict[str, Any], said: str) -> str:
    lines = [f"{row['entry']}  {row['name']}", f"      {said}"]
    if row["note"]:
        lines.append(f"      {shorten(row['note'], 100)}")
    newest = row["newest"]
    if newest is None:
        return "\n".join([*lines, "      not asked yet; the next refit answers it"])
    count = f"{row['answers']} snapshot{'s' if row['answers'] > 1 else ''}"
    lines.append(f"      {count}, newest {newest['mode']} {newest['as_of'][:10]}: {answered(newest)}")
    moved = "; ".join(f"{m['subject']} {percent(m['before'])} to {percent(m['after'])}" for m in newest["moved"])
    return "\n".join([*lines, *([f"      {moved}"] if moved else [])])
