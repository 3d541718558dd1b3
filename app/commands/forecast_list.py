"""`twixt forecast list`: the forecasts in force, or every one that was issued."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from app.commands.common import common, day_option, examples, mode, refuse, replay_options
from app.commands.forecast_fields import NEW, conflict_documents, conflict_lines, forecaster
from app.failures import CommandError
from app.session import Session
from app.terminal import percent, print_json, shorten, table
from forecasts.fields import FieldProblem

if TYPE_CHECKING:
    from forecasts.coherence import Conflict
    from forecasts.people_forecasts import Issued
    from forecasts.replay import Moment


@click.command(
    "list",
    short_help="List the forecasts in force.",
    epilog=examples(
        "twixt forecast list",
        "twixt forecast list --question ceasefire --all",
        "twixt forecast list --by Ann --json",
    ),
)
@click.option("--question", metavar="Q", help="Only forecasts of this question.")
@click.option("--by", "author", metavar="NAME", help="Only those of a person, or of crowd:SOURCE.")
@click.option("--all", "every", is_flag=True, help="Every forecast as issued, updates and withdrawals included.")
@replay_options
@common
def command(
    session: Session,
    *,
    question: str | None,
    author: str | None,
    every: bool,
    as_of: str | None,
    retrospective: bool,
    board_id: str | None,
    as_json: bool,
) -> None:
    """List what people and crowds say, by question, deadline and forecaster; then what of it does not fit together."""
    from forecasts import ledger, people, people_forecasts

    moment = session.moment(board_id)
    _check_question(question, moment)
    at = day_option("--as-of", as_of, session) or session.instant(moment.board.id)
    store = session.workspace().store
    view = ledger.read(store, moment.board.id, as_of=at, mode=mode(retrospective=retrospective))
    given = people_forecasts.issued(view)
    force = people_forecasts.in_force(given, at=at)
    who = _who(session, author)
    shown = [i for i in (given if every else force.values()) if _wanted(i, question, who)]
    if not every:
        shown.sort(key=lambda i: (*i.pair, i.forecast.forecaster))
    names = people.names(store, {i.forecast.forecaster for i in shown})
    found = _conflicts(moment, force, {i.forecast.forecaster for i in shown})
    if as_json:
        print_json(_document(moment.board.id, shown, force=force, names=names, conflicts=found))
        return
    click.echo(_screen(shown, names) if shown else "no forecasts")
    for person, broken in found.items():
        for line in conflict_lines(broken):
            click.echo(f"{names[person]}: {line}")


def _check_question(question: str | None, moment: Moment) -> None:
    if question is not None and question not in {q.id for q in moment.board.questions}:
        from forecasts.status_entry import unknown_question

        refuse([FieldProblem("--question", unknown_question(question, moment.board))])


def _who(session: Session, author: str | None) -> str | None:
    found = None if author is None else forecaster(session, author)
    if found == NEW:
        raise CommandError(f"--by: nobody is called {str(author)[:60]!r}; `twixt forecast list` shows who has forecast")
    return found


def _wanted(found: Issued, question: str | None, who: str | None) -> bool:
    return question in {None, found.forecast.question} and who in {None, found.forecast.forecaster}


def _conflicts(moment: Moment, force: Any, forecasters: set[str]) -> dict[str, tuple[Conflict, ...]]:
    from forecasts import coherence, people_forecasts

    each = {w: coherence.conflicts(moment.board, people_forecasts.own(force, w)) for w in sorted(forecasters)}
    return {w: found for w, found in each.items() if found}


def _document(
    board: str, shown: list[Issued], *, force: Any, names: dict[str, str], conflicts: dict[str, tuple[Conflict, ...]]
) -> dict[str, Any]:
    from forecasts.codec import encode
    from forecasts.instants import to_text

    rows = [
        {
            **{k: v for k, v in encode(i.forecast).items() if k != "type"},
            "by": names[i.forecast.forecaster],
            "recorded_at": to_text(i.entry.recorded_at),
            "live": i.live,
            "in_force": force.get(i.key) is i,
        }
        for i in shown
    ]
    listed = [{"forecaster": w, **c} for w, found in conflicts.items() for c in conflict_documents(found)]
    return {"board": board, "forecasts": rows, "conflicts": listed}


def _screen(shown: list[Issued], names: dict[str, str]) -> str:
    rows = [
        (
            i.forecast.question,
            i.forecast.deadline.isoformat(),
            "withdrawn" if i.forecast.probability is None else percent(i.forecast.probability),
            names[i.forecast.forecaster],
            f"{i.at:%Y-%m-%d %H:%M}",
            i.entry.entry,
            shorten(i.forecast.rationale, 50),
        )
        for i in shown
    ]
    return table(("question", "by", "chance", "who", "issued", "entry", "why"), rows, right="2")
