"""`twixt forecast withdraw`: from now on the forecaster has no forecast of a question and deadline."""

from __future__ import annotations

from dataclasses import replace

import click

from app.commands.common import common, examples, refuse
from app.commands.forecast_fields import NEW, force_of, forecaster
from app.commands.writing import append
from app.failures import CommandError
from app.session import Session
from app.terminal import percent, print_json


@click.command(
    "withdraw",
    short_help="Withdraw a forecast from now on.",
    epilog=examples('twixt forecast withdraw ceasefire 2026-12-31 --by Ann --rationale "No longer following it"'),
)
@click.argument("question")
@click.argument("deadline")
@click.option("--by", "author", metavar="NAME", help="Whose it is: a person, or crowd:SOURCE.  [default: yours]")
@click.option("--rationale", metavar="TEXT", help="Why; kept in the record.")
@common
def command(
    session: Session,
    question: str,
    deadline: str,
    *,
    author: str | None,
    rationale: str | None,
    board_id: str | None,
    as_json: bool,
) -> None:
    """Withdraw the forecast of QUESTION by DEADLINE. What was in force until now stays in the record and is judged."""
    from forecasts.codec import encode_entry
    from forecasts.fields import Fields, shown
    from forecasts.forecast_entry import RATIONALE_LIMIT, withdrawal
    from forecasts.new_entry import FORECAST

    read = Fields({"--rationale": rationale or ""}, known=("--rationale",))
    why = read.text("--rationale", limit=RATIONALE_LIMIT, required=False)
    refuse(read.problems)
    who, moment = forecaster(session, author), session.moment(board_id)
    force = {(w, q, d.isoformat()): i for (w, q, d), i in force_of(moment, session.instant(moment.board.id)).items()}
    held = None if who == NEW else force.get((who, question, deadline))
    if held is None:
        own = sorted(f"{q} {d}" for w, q, d in force if w == who)
        listed = ", ".join(own) or "none"
        wanted = shown(f"{question} {deadline}")
        raise CommandError(f"QUESTION DEADLINE: {wanted}: no forecast of {author or who} in force; there are: {listed}")
    record = replace(withdrawal(held.forecast, now=session.now), rationale=why)
    entry = append(session, record, letter=FORECAST, board=moment.board.id)
    if as_json:
        print_json(encode_entry(entry))
    else:
        told = f"{question} by {deadline}: {percent(held.forecast.probability)} withdrawn"
        click.echo(f"{entry.entry} (position {entry.position}): {told}; it stays in the record until now")
