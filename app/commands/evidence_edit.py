"""`twixt evidence edit`: a new version of an item; what is not given stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from app.commands.common import common, examples, whole
from app.commands.evidence_fields import check_evidence, edited_evidence, evidence_options, judged_by
from app.commands.evidence_preview import in_force, places, preview, screen
from app.commands.writing import correct, written
from app.failures import CommandError
from app.session import Session
from app.terminal import print_json, shorten, table

if TYPE_CHECKING:
    from forecasts.domain import Evidence
    from forecasts.merging import Difference, Part


@click.command(
    "edit",
    short_help="Save a new version of an item.",
    epilog=examples(
        'twixt evidence edit E101 --statement "Both delegations met again in Geneva."',
        "twixt evidence edit E101 --effect ceasefire:2027-12-31:1.5 --drop settlement --dry-run",
        "twixt evidence edit E101 --grade A1 --seen 2",
    ),
)
@click.argument("entry")
@evidence_options
@click.option("--drop", multiple=True, metavar="Q", help="Take the effect on this question away; may be repeated.")
@click.option("--seen", metavar="N", help="The version that you have seen; refused when there is a newer one.")
@click.option("--dry-run", is_flag=True, help="Show what would change, in the item and on the board; save nothing.")
@common
def command(
    session: Session,
    entry: str,
    *,
    drop: tuple[str, ...],
    seen: str | None,
    dry_run: bool,
    board_id: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Save the next version of ENTRY with what is given; the rest stays as it is, and so does the old version.

    An effect on a question that the item speaks of replaces that one. Whose judgement it is stays too, unless --by
    names somebody.
    """
    from forecasts import ledger, merging

    session.prepare_caches()
    moment = session.moment(board_id)
    old, board = in_force(moment, entry, option="ENTRY"), moment.board.id
    new = edited_evidence(options, old, drop=drop)
    first = ledger.history(session.workspace().store, board, entry=entry)[0]
    check_evidence(session, new, moment.board, options=options, open_on=first.recorded_at.date())
    if options["author"] is not None and not dry_run:
        new = judged_by(session, new, options["author"])
    changes = merging.changed(old, new)
    if not changes:
        raise CommandError(f"{entry}: nothing is different from the version in the record; say what changes")
    if dry_run:
        _show(session, moment.board, (old, new), changes, as_json=as_json)
        return
    done = correct(session, new, entry=entry, board=board, seen=whole("--seen", seen, 1, 10**9))
    written(done, as_json=as_json, told=f"version {done.version}: {', '.join(d.part for d in changes)}")


def _show(
    session: Session, board: Any, items: tuple[Evidence, Evidence], changes: tuple[Difference, ...], *, as_json: bool
) -> None:
    """Print what an edit would change, in the item and on the board."""
    found = preview(session, board.id, items[1])
    if as_json:
        listed = [{"part": d.part, "was": _text(d.theirs), "becomes": _text(d.mine)} for d in changes]
        print_json(found | {"changes": listed})
        return
    rows = [(d.part, shorten(_text(d.theirs), 50), shorten(_text(d.mine), 50)) for d in changes]
    click.echo(f"{table(('part', 'was', 'becomes'), rows)}\n\n{screen(found, places(board, *items))}")


def _text(part: Part) -> str:
    if part is None:
        return "(none)"
    return part if isinstance(part, str) else f"{part.lr:g} ({part.low:g} to {part.high:g}) by {part.deadline}"
