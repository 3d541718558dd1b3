"""`twixt evidence add`: enter a report with its likelihood ratios."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from app.commands.common import common, examples
from app.commands.evidence_fields import check_evidence, evidence_options, judged_by, read_evidence
from app.commands.writing import append, correct, written
from app.failures import CommandError
from app.session import Session

if TYPE_CHECKING:
    from forecasts.domain import Evidence

_NEEDED = ("statement", "grade", "thread", "kind")


@click.command(
    "add",
    short_help="Enter a report with its likelihood ratios.",
    epilog=examples(
        "twixt evidence add --question ceasefire --deadline 2027-12-31 --lr 1.5 \\",
        "    --occurred-on 2026-06-20 --published-on 2026-06-21 --grade B2 --kind fact --thread talks_june \\",
        '    --statement "Both delegations met again." --source https://example.org/report',
        "twixt evidence add --effect ceasefire:2027-12-31:2:1.2:3.3 --effect settlement:2027-12-31:1.3 \\",
        "    --grade A1 --kind intent --half-life 180 --thread plan --by Ann \\",
        '    --statement "The ministry announced a plan." --source "Ministry, press release"',
    ),
)
@evidence_options
@click.option("--corrects", metavar="ID", help="Enter it as the new version of this item instead of as a new one.")
@common
def command(session: Session, *, board_id: str | None, as_json: bool, corrects: str | None, **options: Any) -> None:
    """Enter a report and what it says of one or several questions.

    The ratio asks: how much more likely was this report if YES by the deadline than if NO? It is judged as if the
    content were confirmed; the grade then shrinks it. "Nothing happened" is never evidence: survival is in the model.
    """
    from forecasts.duplicates import likely_duplicates

    if missing := [f"--{name}" for name in _NEEDED if options[name] is None]:
        raise CommandError(f"{', '.join(missing)}: needed for a record (a preview can do without)")
    if not options["sources"]:
        raise CommandError("--source: needed for a record: a link, words, or both")
    item = read_evidence(session, options, draft=False)
    moment = session.moment(board_id)
    check_evidence(session, item, moment.board, options=options)
    item = judged_by(session, item, options["author"])
    alike = [] if corrects else likely_duplicates(item.statement, item.url, moment.evidence)
    entry = _append(session, item, moment.board.id, corrects)
    told = f"{len(item.effects)} effect{'s' if len(item.effects) != 1 else ''} in thread {item.thread}"
    written(entry, as_json=as_json, told=told)
    if alike and not as_json:
        hints = ", ".join(f"{a.entry} ({a.reason})" for a in alike[:3])
        click.echo(f"it looks like {hints}; `twixt evidence retract {entry.entry}` takes it back", err=True)


def _append(session: Session, item: Evidence, board: str, corrects: str | None) -> Any:
    from forecasts import new_entry

    if corrects is None:
        return append(session, item, letter=new_entry.EVIDENCE, board=board)
    return correct(session, item, entry=corrects, board=board)
