"""`twixt whatif trend`: one number under a kept what-if, through the snapshots."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from app.commands.common import common, examples
from app.commands.whatif_fields import chosen, document, spoken
from app.failures import CommandError
from app.session import Session
from app.terminal import band, percent, points, print_json, shorten, table

if TYPE_CHECKING:
    from forecasts.definition import Board


@click.command(
    "trend",
    short_help="One number under a kept what-if, through time.",
    epilog=examples(
        'twixt whatif trend "A truce this year" --question settlement',
        "twixt whatif trend W001 --question settlement --deadline 2028-12-31 --json",
        "twixt whatif trend W001 --scenario minsk_3",
    ),
)
@click.argument("name")
@click.option("--question", metavar="Q", help="Of which question.")
@click.option("--deadline", metavar="DAY", help="By which deadline.  [default: the headline deadline]")
@click.option("--scenario", metavar="ID", help="Of which scenario, instead of a question.")
@common
def command(
    session: Session,
    name: str,
    *,
    question: str | None,
    deadline: str | None,
    scenario: str | None,
    board_id: str | None,
    as_json: bool,
) -> None:
    """Show a question or a scenario under the kept what-if NAME (or its entry), beside what was published without it.

    Snapshots at which it could not be answered are named with the reason.
    """
    from forecasts import kept_answers

    moment, opened = session.moment(board_id), session.workspace()
    kept = chosen(moment, name)
    subject, day = _place(moment.board, question, deadline, scenario)
    found = kept_answers.answers(opened.store, opened.artefacts, moment.board.id, kept)
    line = [_plain(r) for r in found.line(subject, day).to_dicts()]
    gaps = [_plain(r) for r in found.facts.to_dicts() if r["reason"] is not None]
    if as_json:
        place = {"scenario": subject} if scenario else {"question": subject, "deadline": day}
        short = [{k: g[k] for k in ("mode", "as_of", "reason")} for g in gaps]
        print_json(document(kept) | place | {"line": line, "gaps": short})
        return
    cells = [_cells(r) for r in line]
    head = ("as of", "mode", "without", "with", "change", "90% band")
    click.echo(f"{kept.name}: {spoken(kept)}\n{subject}{f' by {day}' if day else ''}\n")
    click.echo(table(head, cells, right="2345") if cells else "no answer yet; `twixt refit` or `twixt whatif fill`")
    for gap in gaps:
        click.echo(f"{gap['as_of'][:10]} {gap['mode']}: not answered: {shorten(gap['reason'], 110)}")


def _place(board: Board, question: str | None, deadline: str | None, scenario: str | None) -> tuple[str, str]:
    """Return subject and deadline (empty for a scenario); raises CommandError for what the board does not have."""
    if (question is None) == (scenario is None):
        raise CommandError("--question, --scenario: one of the two is needed")
    if scenario is not None:
        known = [s.id for s in board.scenarios]
        if deadline is not None:
            raise CommandError("--deadline: a scenario has none")
        if scenario not in known:
            raise CommandError(f"--scenario: {scenario[:60]!r} is unknown; allowed: {', '.join(known)}")
        return scenario, ""
    found = next((q for q in board.questions if q.id == question), None)
    if found is None:
        from forecasts.status_entry import unknown_question

        raise CommandError(f"--question: {unknown_question(str(question), board)}")
    days = [d.isoformat() for d in found.deadlines]
    if deadline is not None and deadline not in days:
        raise CommandError(f"--deadline: {deadline[:40]!r} is no deadline of {found.id}; allowed: {', '.join(days)}")
    return found.id, deadline or found.headline_deadline.isoformat()


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in row.items()}


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    before, after = row["before"], row["after"]
    moved = points(after - before)
    return row["as_of"][:10], row["mode"], percent(before), percent(after), moved, band(row["low"], row["high"])
