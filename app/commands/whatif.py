"""`twixt whatif`: the board given that something is seen or made to happen; and what-ifs under a name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from app.commands.common import common, day_option, examples, mode, replay_options
from app.commands.whatif_fields import conditions_of, do_option, see_option
from app.failures import CommandError
from app.lazy import LazyGroup
from app.session import Session
from app.terminal import band, percent, points, print_json, table

if TYPE_CHECKING:
    from forecasts.definition import Board

SMALLEST = 0.0005
"""Differences below this are not listed: they would be shown as 0.0 points."""

MODULES = {
    "save": "app.commands.whatif_save",
    "list": "app.commands.whatif_list",
    "trend": "app.commands.whatif_trend",
    "fill": "app.commands.whatif_fill",
    "remove": "app.commands.whatif_remove",
}
"""What is done with what-ifs that are kept under a name."""

_COLUMNS = ("before", "after", "change", "90% band")


@click.group(
    "whatif",
    cls=LazyGroup,
    modules=MODULES,
    invoke_without_command=True,
    short_help="What if this is seen, or made, to happen?",
    epilog=examples(
        'twixt whatif --see "ceasefire by 2026-12-31"',
        'twixt whatif --see "not ceasefire by 2027-12-31" --see "settlement by 2028-12-31"',
        'twixt whatif --do "us_guarantee on 2026-12-01" --json',
    ),
)
@see_option
@do_option
@click.option("--all", "everything", is_flag=True, help="Every deadline of every question, also where nothing differs.")
@replay_options
@common
def command(
    session: Session,
    seen: Sequence[str],
    made: Sequence[str],
    *,
    everything: bool,
    as_of: str | None,
    retrospective: bool,
    board_id: str | None,
    as_json: bool,
) -> None:
    """Show the whole board under conditions, beside what it is without them; all conditions hold at once.

    To see is to learn: causes become likelier too. To do is to intervene: only what follows changes. The commands
    below keep a what-if under a name: it is then answered at every snapshot.
    """
    if inner := click.get_current_context().invoked_subcommand:
        if seen or made or as_of or retrospective or everything:
            raise CommandError(f"options before `{inner}` have no effect; write them behind it")
        return
    conditions, kind = conditions_of(seen, made)
    until = day_option("--as-of", as_of, session)
    session.prepare_caches()
    board = session.moment(board_id).board
    from forecasts import what_if

    opened = session.workspace()
    found = what_if.what_if(
        opened.store,
        opened.artefacts,
        board.id,
        conditions=conditions,
        mode=kind,
        as_of=until,
        replay=mode(retrospective=retrospective),
    )
    if as_json:
        print_json(found)
    else:
        click.echo(_screen(found, None if everything else _headlines(board)))


def _headlines(board: Board) -> frozenset[tuple[str, str]]:
    return frozenset((q.id, q.headline_deadline.isoformat()) for q in board.questions)


def _screen(found: Mapping[str, Any], places: frozenset[tuple[str, str]] | None) -> str:
    """Return the tables, largest differences first; with `places` only those lines, and only where they differ."""
    results = [r for r in found["results"] if places is None or (r["question"], r["deadline"]) in places]
    lines = [(r["question"], r["deadline"], *_moved(r)) for r in _differing(results, places)]
    marked = [(s["scenario"], *_moved(s)) for s in _differing(found["scenarios"], places)]
    parts = [table(("question", "by", *_COLUMNS), lines, right="2345")] if lines else ["nothing differs"]
    parts += [table(("scenario", *_COLUMNS), marked, right="1234")] if marked else []
    return "\n\n".join([_head(found), *parts, _foot(found)])


def _head(found: Mapping[str, Any]) -> str:
    verb = "seen" if found["mode"] == "see" else "made to happen"
    return f"{verb}: {'; '.join(found['conditions'])}   (as of {found['as_of'][:10]})"


def _foot(found: Mapping[str, Any]) -> str:
    sizes = f"{found['ess']:,.0f} effective futures of {found['ess_draws']:,.0f} draws"
    return sizes if found["chance"] is None else f"{sizes}; probability of the condition {percent(found['chance'])}"


def _differing(lines: Iterable[Mapping[str, Any]], places: object) -> list[Mapping[str, Any]]:
    if places is None:
        return list(lines)
    found = [line for line in lines if abs(line["after"] - line["before"]) >= SMALLEST]
    return sorted(found, key=lambda line: -abs(line["after"] - line["before"]))


def _moved(line: Mapping[str, Any]) -> tuple[str, str, str, str]:
    before, after = line["before"], line["after"]
    return percent(before), percent(after), points(after - before), band(line["low"], line["high"])
