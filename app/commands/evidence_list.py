"""`twixt evidence list`: the items in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from app.commands.common import common, day_option, examples, mode, refuse, replay_options
from app.session import Session
from app.terminal import print_json, shorten, table
from forecasts.fields import FieldProblem

if TYPE_CHECKING:
    from forecasts.domain import Entry


@click.command(
    "list",
    short_help="List the items in force.",
    epilog=examples("twixt evidence list", "twixt evidence list --question ceasefire --json"),
)
@click.option("--question", metavar="Q", help="Only items that bear on this question.")
@click.option("--thread", metavar="T", help="Only items of this story.")
@replay_options
@common
def command(
    session: Session,
    *,
    question: str | None,
    thread: str | None,
    as_of: str | None,
    retrospective: bool,
    board_id: str | None,
    as_json: bool,
) -> None:
    """List the evidence in force, in the order in which it was entered."""
    from forecasts import ledger, people
    from forecasts.domain import Evidence

    moment = session.moment(board_id)
    if question is not None and question not in {q.id for q in moment.board.questions}:
        from forecasts.status_entry import unknown_question

        refuse([FieldProblem("--question", unknown_question(question, moment.board))])
    at = day_option("--as-of", as_of, session) or session.instant(moment.board.id)
    store = session.workspace().store
    view = ledger.read(store, moment.board.id, as_of=at, mode=mode(retrospective=retrospective))
    items = [e for e in view.entries if isinstance(e.record, Evidence) and _wanted(e.record, question, thread)]
    names = people.names(store, {e.record.forecaster for e in items if isinstance(e.record, Evidence)})
    if as_json:
        print_json({"board": moment.board.id, "evidence": [_document(e, names) for e in items]})
    elif items:
        click.echo(table(("id", "published", "grade", "thread", "effects", "statement"), [_row(e) for e in items]))
    else:
        click.echo("no items")


def _wanted(item: Any, question: str | None, thread: str | None) -> bool:
    on_question = question is None or any(e.question == question for e in item.effects)
    return on_question and (thread is None or item.thread == thread)


def _document(entry: Entry, names: dict[str, str]) -> dict[str, Any]:
    from forecasts.codec import encode
    from forecasts.instants import to_text

    record = encode(entry.record)
    head = {"id": entry.entry, "version": entry.version, "position": entry.position}
    by = {
        "recorded_at": to_text(entry.recorded_at),
        "recorded_by": entry.recorded_by,
        "by": names[record["forecaster"]],
    }
    return {**head, **{k: v for k, v in record.items() if k not in {"type", "id"}}, **by}


def _row(entry: Entry) -> tuple[str, ...]:
    item: Any = entry.record
    effects = " ".join(f"{e.question}:{e.deadline.year}x{e.lr:g}" for e in item.effects) or "(not diagnostic)"
    grade = f"{item.grade_source}{item.grade_info}"
    return item.id, item.published_on.isoformat(), grade, item.thread, shorten(effects, 44), shorten(item.statement, 60)
