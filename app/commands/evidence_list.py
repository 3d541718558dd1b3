"""`twixt evidence list`: the items in force, or those that were taken back; searched and filtered as on the page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from app.commands.common import common, day_option, examples, mode, refuse, replay_options
from app.commands.evidence_fields import known_forecaster
from app.failures import CommandError
from app.session import Session
from app.terminal import print_json, shorten, table
from forecasts.fields import FieldProblem

if TYPE_CHECKING:
    from datetime import datetime

    from forecasts.domain import Mode
    from forecasts.evidence_book import Item


@click.command(
    "list",
    short_help="List the items in force.",
    epilog=examples(
        "twixt evidence list",
        "twixt evidence list --question ceasefire --json",
        'twixt evidence list --search "putin trump" --kind intent',
        "twixt evidence list --retracted",
    ),
)
@click.option("--question", metavar="Q", help="Only items that bear on this question.")
@click.option("--thread", metavar="T", help="Only items of this story.")
@click.option("--search", metavar="WORDS", help="Only items with all these words in statement, source, link or story.")
@click.option("--kind", metavar="fact|intent", help="Only facts, or only intentions.")
@click.option("--grade", metavar="B2", help="Only items of this grade: its letter, its digit, or both.")
@click.option("--by", "author", metavar="NAME", help="Only what this person judged or wrote.")
@click.option("--retracted", is_flag=True, help="Those that were taken back, instead of those in force.")
@replay_options
@common
def command(
    session: Session,
    *,
    question: str | None,
    thread: str | None,
    search: str | None,
    kind: str | None,
    grade: str | None,
    author: str | None,
    retracted: bool,
    as_of: str | None,
    retrospective: bool,
    board_id: str | None,
    as_json: bool,
) -> None:
    """List the evidence in force, in the order in which it was entered."""
    from forecasts import people
    from forecasts.evidence_book import Wanted, find

    _check_choices(kind, grade, retracted=retracted, replayed=as_of is not None or retrospective)
    moment = session.moment(board_id)
    if question is not None and question not in {q.id for q in moment.board.questions}:
        from forecasts.status_entry import unknown_question

        refuse([FieldProblem("--question", unknown_question(question, moment.board))])
    at = day_option("--as-of", as_of, session) or session.instant(moment.board.id)
    store = session.workspace().store
    wanted = Wanted(
        search or "",
        question or "",
        thread or "",
        kind or "",
        (grade or "").upper(),
        _person(session, author),
        "retracted" if retracted else "in force",
    )
    book = _book(session, moment.board.id, at, mode(retrospective=retrospective), retracted=retracted)
    items = sorted(find(book, wanted), key=lambda i: i.versions[0].position)
    names = people.names(store, {i.evidence.forecaster for i in items})
    if as_json:
        print_json({"board": moment.board.id, "evidence": [_document(e, names) for e in items]})
    elif items:
        click.echo(table(("id", "published", "grade", "thread", "effects", "statement"), [_row(e) for e in items]))
    else:
        click.echo("no items")


def _book(session: Session, board: str, at: datetime, replay: Mode, *, retracted: bool) -> list[Item]:
    """Return the items in force at an instant, or (of the record as it is now) those that were taken back."""
    from forecasts import ledger
    from forecasts.domain import Evidence
    from forecasts.evidence_book import Item, book

    store = session.workspace().store
    if retracted:
        return list(book(ledger.history(store, board)))
    view = ledger.read(store, board, as_of=at, mode=replay)
    return [Item((e,), None) for e in view.entries if isinstance(e.record, Evidence)]


def _check_choices(kind: str | None, grade: str | None, *, retracted: bool, replayed: bool) -> None:
    if kind not in {None, "fact", "intent"}:
        raise CommandError(f"--kind: {str(kind)[:40]!r}: allowed are fact, intent")
    if grade is not None and not re.fullmatch(r"[A-Fa-f]?[1-6]?", grade):
        raise CommandError(f"--grade: {grade[:40]!r}: a letter A to F, a digit 1 to 6, or both are needed")
    if retracted and replayed:
        raise CommandError("--retracted: shows the record as it is now; leave out --as-of and --retrospective")


def _person(session: Session, name: str | None) -> str:
    """Return the opaque id of the person that is named, or "" for none; raises CommandError for an unknown name."""
    from forecasts import people
    from forecasts.board_seed import SEED_FORECASTER

    if name is None:
        return ""
    found = known_forecaster(session, name)
    if found is None and name not in {people.LOCAL_OWNER.id, SEED_FORECASTER}:
        raise CommandError(f"--by: nobody is called {name[:60]!r}; `twixt people list` shows who is known")
    return found or name


def _document(found: Item, names: dict[str, str]) -> dict[str, Any]:
    from forecasts.codec import encode
    from forecasts.instants import to_text

    entry = found.newest
    record = encode(entry.record)
    head = {"id": entry.entry, "version": entry.version, "position": entry.position}
    by = {
        "recorded_at": to_text(entry.recorded_at),
        "recorded_by": entry.recorded_by,
        "by": names[record["forecaster"]],
    }
    document = {**head, **{k: v for k, v in record.items() if k not in {"type", "id"}}, **by}
    if found.retraction is None:
        return document
    reason = getattr(found.retraction.record, "reason", "")
    return document | {"retracted_by": found.retraction.entry, "reason": reason}


def _row(found: Item) -> tuple[str, ...]:
    item = found.evidence
    effects = " ".join(f"{e.question}:{e.deadline.year}x{e.lr:g}" for e in item.effects) or "(not diagnostic)"
    grade = f"{item.grade_source}{item.grade_info}"
    return item.id, item.published_on.isoformat(), grade, item.thread, shorten(effects, 44), shorten(item.statement, 60)
