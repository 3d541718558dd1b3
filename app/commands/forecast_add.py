"""`twixt forecast add`: a probability that a person, a crowd or a market has issued."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from app.commands.common import common, examples, refuse
from app.commands.forecast_fields import conflict_documents, conflict_lines, entered, force_of, forecaster, named
from app.commands.sources import source_fields
from app.commands.writing import append
from app.session import Session
from app.terminal import percent, print_json

if TYPE_CHECKING:
    from forecasts.coherence import Conflict
    from forecasts.domain import Entry, Forecast
    from forecasts.replay import Moment


@click.command(
    "add",
    short_help="Enter or update a forecast.",
    epilog=examples(
        "twixt forecast add ceasefire 2026-12-31 0.15",
        'twixt forecast add ceasefire 2026-12-31 1:6 --by Ann --rationale "Both sides still gain from waiting."',
        "twixt forecast add ceasefire 2026-12-31 18% --by crowd:metaculus --at 2026-06-25 \\",
        "    --source https://example.org/questions/1",
    ),
)
@click.argument("question")
@click.argument("deadline")
@click.argument("probability", metavar="P")
@click.option("--rationale", metavar="TEXT", help="Why; kept with the forecast.")
@click.option("--by", "author", metavar="NAME", help="Whose it is: a person, or crowd:SOURCE.  [default: yours]")
@click.option("--at", metavar="INSTANT", help="When a crowd stood there: a day (its end) or an instant in UTC.")
@click.option("--source", "sources", multiple=True, metavar="URL", help="An http(s) link, words, or one of each.")
@common
def command(
    session: Session,
    question: str,
    deadline: str,
    probability: str,
    *,
    rationale: str | None,
    author: str | None,
    at: str | None,
    sources: tuple[str, ...],
    board_id: str | None,
    as_json: bool,
) -> None:
    """Enter the probability P of QUESTION by DEADLINE: 0.25, 25% or, as odds for it, 1:3.

    It is kept as issued and stays in force until it is updated (enter another) or withdrawn. Forecasts of one person
    that cannot all be true are pointed out and left as they are.
    """
    from forecasts import forecast_entry, new_entry

    fields = {"question": question, "deadline": deadline, "probability": probability, "at": at or ""}
    fields |= {"rationale": rationale or "", **(source_fields(sources) if sources else {})}
    who = forecaster(session, author)
    record, problems = forecast_entry.from_fields(fields, entry="new", forecaster=who, now=session.now)
    refuse(problems, named)
    moment = session.moment(board_id)
    assert record is not None
    refuse(forecast_entry.check(record, moment.board, view=moment.view, now=session.now), named)
    record = replace(record, forecaster=entered(session, author, who))
    before, found = _before(record, moment), _conflicts(record, moment)
    entry = append(session, record, letter=new_entry.FORECAST, board=moment.board.id)
    if as_json:
        print_json(_document(entry, before, found))
        return
    click.echo(f"{entry.entry} (position {entry.position}): {_told(record, before, author or record.forecaster)}")
    for line in conflict_lines(found):
        click.echo(line, err=True)


def _before(record: Forecast, moment: Moment) -> float | None:
    """Return what the forecaster said of this question and deadline until then."""
    held = force_of(moment, record.issued_at).get((record.forecaster, record.question, record.deadline))
    return held.forecast.probability if held else None


def _conflicts(record: Forecast, moment: Moment) -> tuple[Conflict, ...]:
    """Return where the forecaster's forecasts contradict this one."""
    from forecasts import coherence, people_forecasts

    pair = (record.question, record.deadline)
    said = people_forecasts.own(force_of(moment, record.issued_at), record.forecaster)
    assert record.probability is not None
    found = coherence.conflicts(moment.board, said | {pair: record.probability})
    return tuple(c for c in found if pair in {c.rule.less, *c.rule.more})


def _told(record: Forecast, before: float | None, who: str) -> str:
    now = percent(record.probability)
    moved = f"{percent(before)} to {now}" if before is not None else now
    return f"{record.question} by {record.deadline}: {moved} ({who})"


def _document(entry: Entry, before: float | None, found: tuple[Conflict, ...]) -> dict[str, Any]:
    from forecasts.codec import encode_entry

    return {**encode_entry(entry), "before": before, "conflicts": conflict_documents(found)}
