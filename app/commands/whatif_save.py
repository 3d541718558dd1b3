"""`twixt whatif save`: keep a what-if under a name; it is answered at every snapshot from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from app.commands.common import common, examples, refuse
from app.commands.whatif_fields import answered, chosen, conditions_of, do_option, document, see_option, spoken
from app.commands.writing import append, correct
from app.session import Session
from app.terminal import print_json

if TYPE_CHECKING:
    from forecasts.domain import Mode, NamedWhatIf

_MODES: tuple[Mode, ...] = ("live", "retrospective")


@click.command(
    "save",
    short_help="Keep a what-if under a name.",
    epilog=examples(
        'twixt whatif save "A truce this year" --see "ceasefire by 2026-12-31"',
        'twixt whatif save "No guarantee" --do "never us_guarantee" --note "Asked by the board each month"',
        'twixt whatif save "A truce by 2027" --replaces "A truce this year" --see "ceasefire by 2027-12-31"',
    ),
)
@click.argument("name")
@see_option
@do_option
@click.option("--note", metavar="TEXT", help="Why it is kept.")
@click.option("--replaces", metavar="NAME", help="A kept what-if (name or entry) of which this is a new version.")
@common
def command(
    session: Session,
    name: str,
    *,
    seen: tuple[str, ...],
    made: tuple[str, ...],
    note: str | None,
    replaces: str | None,
    board_id: str | None,
    as_json: bool,
) -> None:
    """Keep a what-if under NAME and answer it at the newest snapshot; every later snapshot answers it anew.

    It is a question and no news: no published number changes. `twixt whatif fill` answers it at earlier snapshots too.
    """
    from forecasts import new_entry, what_if_entry

    conditions, kind = conditions_of(seen, made)
    moment = session.moment(board_id)
    former = chosen(moment, replaces) if replaces is not None else None
    entry = former.id if former else "new"
    fields = {"name": name, "note": note or ""}
    record, problems = what_if_entry.from_fields(
        fields, conditions, kind, entry=entry, moment=moment, today=session.today
    )
    refuse(problems, {"name": "NAME", "note": "--note", "conditions": f"--{kind}"}.__getitem__)
    assert record is not None
    if former is None:
        row = append(session, record, letter=new_entry.WHAT_IF, board=moment.board.id)
    else:
        row = correct(session, record, entry=entry, board=moment.board.id)
    kept: Any = row.record
    facts = _answer(session, kept, moment.board.id)
    if as_json:
        print_json(document(kept) | {"version": row.version, "position": row.position, "answers": facts})
        return
    click.echo(f"{row.entry} (position {row.position}): {spoken(kept)}; kept as {kept.name!r}")
    for fact in facts or [{"mode": "", "as_of": "", "reason": "nothing is published yet; the next refit answers it"}]:
        click.echo(f"{fact['mode']} {fact['as_of'][:10]} {answered(fact)}".strip())


def _answer(session: Session, what_if: NamedWhatIf, board: str) -> list[dict[str, Any]]:
    """Answer it at the newest snapshot of each mode, and return how that went."""
    session.prepare_caches()
    from forecasts import kept_answers, named_what_ifs, snapshots

    opened = session.workspace()
    found = []
    for mode in _MODES:
        newest = snapshots.latest(opened.store, board, mode=mode)
        if newest is not None:
            told = named_what_ifs.fill(opened.store, opened.artefacts, newest, now=session.now)
            facts = kept_answers.answers(opened.store, opened.artefacts, board, what_if).facts
            rows: list[dict[str, Any]] = facts.filter(facts["snapshot"] == newest.id).to_dicts()
            rows += [{"mode": mode, "reason": t.reason} for t in told if t.entry == what_if.id]
            found.append(rows[0] | {"as_of": newest.as_of.isoformat()})
    return found
