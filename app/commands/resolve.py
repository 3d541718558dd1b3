"""`twixt resolve`: the outcome of a question by a deadline, judged from its criteria; and what waits for one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from app.commands.common import common, examples, refuse
from app.commands.sources import source_fields
from app.commands.writing import append, correct, written
from app.failures import CommandError
from app.session import Session
from app.terminal import print_json, table

if TYPE_CHECKING:
    from forecasts.domain import Entry, Resolution
    from forecasts.outcomes import Proposal
    from forecasts.replay import Moment

_NAMES = {"question": "QUESTION", "deadline": "DEADLINE", "outcome": "OUTCOME", "url": "--source"}


@click.command(
    "resolve",
    short_help="Record the outcome of a question by a deadline.",
    epilog=examples(
        'twixt resolve settlement 2025-12-31 no --on 2026-01-01 --source "No signed text by the deadline"',
        "twixt resolve --proposed                    # what has passed or happened and waits for a person",
        'twixt resolve --proposed --accept --source "Checked against every question\'s own source"',
    ),
)
@click.argument("question", required=False)
@click.argument("deadline", required=False)
@click.argument("outcome", required=False)
@click.option("--on", metavar="DAY", help="The day on which the outcome was settled (YYYY-MM-DD, UTC).")
@click.option("--source", "sources", multiple=True, help="Who says so: words, an http(s) link, or both.")
@click.option("--note", help="Why, where the criteria leave room.")
@click.option("--proposed", is_flag=True, help="List the outcomes that the record suggests and nobody has confirmed.")
@click.option("--accept", is_flag=True, help="With --proposed: record all of them that need no further look.")
@common
def command(
    session: Session,
    question: str | None,
    deadline: str | None,
    outcome: str | None,
    *,
    on: str | None,
    sources: tuple[str, ...],
    note: str | None,
    proposed: bool,
    accept: bool,
    board_id: str | None,
    as_json: bool,
) -> None:
    """Record OUTCOME (yes, no, ambiguous or annulled) of QUESTION by DEADLINE.

    `yes` needs a recorded occurrence by the deadline; `no` needs a deadline that has passed. A different outcome for
    the same question and deadline is a correction: the next version of that entry.
    """
    fields = {"question": question, "deadline": deadline, "outcome": outcome, "on": on}
    if proposed:
        if any(value is not None for value in fields.values()):
            raise CommandError(
                "--proposed: speaks of the whole board; QUESTION, DEADLINE, OUTCOME and --on say the same"
            )
        _proposed(session, board_id, sources, note=note or "", accept=accept, as_json=as_json)
        return
    if accept:
        raise CommandError("--accept: only with --proposed")
    given = _complete(fields, sources)
    record = _read(session, {**given, "note": note or "", **source_fields(sources)})
    moment = session.moment(board_id)
    entry = _write(session, _checked(session, record, moment), moment)
    written(entry, as_json=as_json, told=f"{record.question} by {record.deadline}: {record.outcome}")


def _complete(fields: Mapping[str, str | None], sources: tuple[str, ...]) -> dict[str, str]:
    """Return the fields when all are there; raises click.UsageError naming the first that is not."""
    for name, value in fields.items():
        if value is None:
            kind = "option '--on'" if name == "on" else f"argument '{_NAMES[name]}'"
            raise click.UsageError(f"Missing {kind}.")
    if not sources:
        raise click.UsageError("Missing option '--source'.")
    return {name: str(value) for name, value in fields.items()}


def _read(session: Session, fields: Mapping[str, str]) -> Resolution:
    from forecasts import status_entry

    record, problems = status_entry.resolution_from_fields(fields, entry="new", today=session.today)
    refuse(problems, _name)
    assert record is not None
    return record


def _checked(session: Session, record: Resolution, moment: Moment) -> Resolution:
    from forecasts import status_entry

    refuse(status_entry.check_resolution(record, moment.board, view=moment.view, today=session.today), _name)
    return record


def _write(session: Session, record: Resolution, moment: Moment) -> Entry:
    """Add the outcome; where one is in force for this question and deadline, the new one is its next version."""
    from forecasts import new_entry
    from forecasts.domain import Resolution

    board, pair = moment.board.id, (record.question, record.deadline)
    known = next((r for r in moment.view.records(Resolution) if (r.question, r.deadline) == pair), None)
    if known is None:
        return append(session, record, letter=new_entry.RESOLUTION, board=board)
    if known.outcome == record.outcome:
        raise CommandError(
            f"OUTCOME: {record.question} by {record.deadline} is already resolved {known.outcome} ({known.id})"
        )
    return correct(session, record, entry=known.id, board=board)


def _proposed(
    session: Session, board_id: str | None, sources: tuple[str, ...], *, note: str, accept: bool, as_json: bool
) -> None:
    from forecasts.outcomes import proposals

    moment = session.moment(board_id)
    found = proposals(moment.board, moment.view, today=session.today)
    entries = _accepted(session, moment, found, sources=sources, note=note) if accept else []
    if as_json:
        listed = [_document(p) for p in found]
        print_json({"board": moment.board.id, "proposed": listed, "accepted": [e.entry for e in entries]})
    elif entries or accept:
        left = len(found) - len(entries)
        click.echo(f"{len(entries)} outcomes recorded{f'; {left} need a look first' if left else ''}")
    else:
        click.echo(_screen(found) if found else "nothing waits for an outcome")


def _accepted(
    session: Session, moment: Moment, found: tuple[Proposal, ...], *, sources: tuple[str, ...], note: str
) -> list[Entry]:
    """Record every proposal that a confirmation or an occurrence bears out; all are checked before the first."""
    if not sources:
        raise CommandError("--source: needed with --accept: who says so?")
    texts = {"note": note, **source_fields(sources)}
    records = [
        _read(
            session,
            {
                "question": p.question,
                "deadline": p.deadline.isoformat(),
                "outcome": p.outcome,
                "on": p.on.isoformat(),
                **texts,
            },
        )
        for p in found
        if p.confirmed
    ]
    checked = [_checked(session, record, moment) for record in records]
    return [_write(session, record, moment) for record in checked]


def _document(proposal: Proposal) -> dict[str, Any]:
    return {
        "question": proposal.question,
        "deadline": proposal.deadline.isoformat(),
        "outcome": proposal.outcome,
        "on": proposal.on.isoformat(),
        "reason": proposal.reason,
        "confirmed": proposal.confirmed,
        "message": proposal.message,
    }


def _screen(found: tuple[Proposal, ...]) -> str:
    rows = [
        (p.question, p.deadline.isoformat(), p.outcome, "ready" if p.confirmed else "look first", p.message)
        for p in found
    ]
    return table(("question", "by", "proposed", "", "because"), rows)


def _name(field: str) -> str:
    return _NAMES.get(field, f"--{field.replace('_', '-')}")
