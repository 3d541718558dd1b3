"""`twixt evidence preview`: what a report would change, for the whole board."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from app.commands.common import common, examples
from app.commands.evidence_fields import (
    check_evidence,
    evidence_options,
    has_effects,
    known_forecaster,
    read_evidence,
)
from app.failures import IMPRECISE, CommandError
from app.session import Session
from app.terminal import band, percent, points, print_json, table

if TYPE_CHECKING:
    from forecasts.definition import Board
    from forecasts.domain import Evidence
    from forecasts.duplicates import Duplicate
    from forecasts.replay import Moment

SMALLEST = 0.0005
"""Moves below this are not listed: they would be shown as 0.0 points."""

_COLUMNS = ("before", "after", "change", "90% band")


@click.command(
    "preview",
    short_help="What would a report change?",
    epilog=examples(
        "twixt evidence preview --question ceasefire --deadline 2027-12-31 --lr 2",
        "twixt evidence preview --effect ceasefire:2027-12-31:2 --effect settlement:2027-12-31:1.3 --grade B2",
        "twixt evidence preview --without E101                      # what would the board be without it?",
    ),
)
@evidence_options
@click.option("--without", multiple=True, metavar="ID", help="Leave this item out; may be repeated, needs no effects.")
@click.option("--all", "everything", is_flag=True, help="Every deadline of every question, also where nothing moves.")
@common
def command(
    session: Session, *, everything: bool, without: tuple[str, ...], board_id: str | None, as_json: bool, **options: Any
) -> None:
    """Show what every question and scenario would become with this report, before anything is saved.

    Only the effects are needed. Without a grade the content counts as confirmed (A1), without a thread as a story of
    its own. Exact on the stored futures: the next refit agrees within its Monte Carlo error.
    """
    item = None if without and not has_effects(options) else read_evidence(session, options, draft=True)
    session.prepare_caches()
    moment = session.moment(board_id)
    left_out = [in_force(moment, entry, option="--without") for entry in without]
    if item is not None:
        check_evidence(session, item, moment.board, options=options)
        item = replace(item, forecaster=known_forecaster(session, options["author"]) or "new")
    found = preview(session, moment.board.id, item, remove=without)
    if as_json:
        print_json(found | {"duplicates": [hint._asdict() for hint in alike(moment, item)]})
        return
    shown = None if everything else places(moment.board, *filter(None, (item, *left_out)))
    click.echo(screen(found, shown))
    if hints := alike(moment, item):
        click.echo(f"it looks like {', '.join(f'{a.entry} ({a.reason})' for a in hints[:3])}", err=True)


def alike(moment: Moment, item: Evidence | None) -> list[Duplicate]:
    """Return the items in force that a report looks like."""
    from forecasts.duplicates import likely_duplicates

    return likely_duplicates(item.statement, item.url, moment.evidence) if item else []


def in_force(moment: Moment, entry: str, *, option: str) -> Evidence:
    """Return the item in force of an id; raises CommandError when there is none."""
    from forecasts.fields import shown

    found = next((e for e in moment.evidence if e.id == entry), None)
    if found is None:
        where = f"is no item in force on {moment.board.id}"
        raise CommandError(f"{option}: {shown(entry)} {where}; `twixt evidence list` shows them")
    return found


def preview(session: Session, board: str, item: Evidence | None, *, remove: Collection[str] = ()) -> dict[str, Any]:
    """Weigh the stored futures with an item (in the place of the one of its id), and without others.

    Raises
    ------
    CommandError
        With code 4 when too few futures carry the weight.
    """
    from forecasts import preview
    from models.precision import MIN_DRAWS, MIN_FUTURES

    opened = session.workspace()
    previewer = preview.Previewer.load(opened.store, opened.artefacts, board, now=session.instant(board))
    found = previewer.preview([item] if item else [], remove=remove)
    if not (found["ess"] >= MIN_FUTURES and found["ess_draws"] >= MIN_DRAWS):
        has = f"{found['ess']:.0f} effective futures of {found['ess_draws']:.0f} draws"
        raise CommandError(
            f"precision: {has}, at least {MIN_FUTURES} and {MIN_DRAWS} are needed to show numbers; "
            "a refit simulates more futures where evidence like this points",
            IMPRECISE,
        )
    return {**found, "khat": found["khat"] if math.isfinite(found["khat"]) else None}


def places(board: Board, *items: Evidence) -> set[tuple[str, str]]:
    """Return question and deadline of every line worth showing: what the items say, and every headline."""
    said = {(e.question, e.deadline.isoformat()) for item in items for e in item.effects}
    return said | {(q.id, q.headline_deadline.isoformat()) for q in board.questions}


def screen(found: Mapping[str, Any], places: set[tuple[str, str]] | None) -> str:
    """Return the tables of what moves, the largest moves first; all lines in the board's order without `places`."""
    questions = [q for q in found["questions"] if places is None or (q["question"], q["deadline"]) in places]
    lines = [(q["question"], q["deadline"], *_moved(q)) for q in _moving(questions, places)]
    scenarios = [(s["scenario"], *_moved(s)) for s in _moving(found["scenarios"], places)]
    parts = [table(("question", "by", *_COLUMNS), lines, right="2345")] if lines else []
    parts += [table(("scenario", *_COLUMNS), scenarios, right="1234")] if scenarios else []
    khat = "not measurable" if found["khat"] is None else f"{found['khat']:.2f}"
    last = f"{found['ess']:,.0f} effective futures, k-hat {khat}; nothing was saved"
    return "\n\n".join([*(parts or ["nothing moves by as much as 0.05 points"]), last])


def _moving(lines: Iterable[Mapping[str, Any]], places: object) -> list[Mapping[str, Any]]:
    if places is None:
        return list(lines)
    moving = [line for line in lines if abs(line["after"] - line["before"]) >= SMALLEST]
    return sorted(moving, key=lambda line: -abs(line["after"] - line["before"]))


def _moved(line: Mapping[str, Any]) -> tuple[str, str, str, str]:
    before, after = line["before"], line["after"]
    return percent(before), percent(after), points(after - before), band(line["low"], line["high"])
