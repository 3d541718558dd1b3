"""`twixt observe spending`: a new edition of the table that a fitted panel rests on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.commands.common import common, examples, refuse
from app.commands.sources import source_fields
from app.commands.writing import append
from app.failures import CommandError
from app.session import Session
from app.terminal import print_json, table

if TYPE_CHECKING:
    from forecasts.domain import Edition, Entry
    from forecasts.edition_entry import Changes

SHOWN = 8
"""Revisions listed on the screen, largest first."""


@click.command(
    "spending",
    short_help="Enter a new edition of yearly shares.",
    epilog=examples(
        "twixt observe spending nato-2026.csv --published-on 2026-08-28 \\",
        '    --title "Defence Expenditure of NATO Countries (2014-2026)" --source https://example.org/table',
        "twixt observe spending nato-2026.csv --published-on 2026-08-28 --dry-run",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--published-on", metavar="DAY", help="When it was published (YYYY-MM-DD); by default today.")
@click.option("--title", help="The edition's title; by default the name of FILE.")
@click.option("--source", "sources", multiple=True, help="Who says so: words, an http(s) link, or both.")
@click.option("--note", help="Anything a later reader should know.")
@click.option("--series", metavar="S", help="The series; by default the only one with a fitted panel.")
@click.option("--edition", metavar="TEXT", help="Read only rows whose column `edition` begins so.")
@click.option("--dry-run", is_flag=True, help="Say what it would change, and enter nothing.")
@common
def command(
    session: Session,
    file: Path,
    *,
    published_on: str | None,
    sources: tuple[str, ...],
    series: str | None,
    dry_run: bool,
    board_id: str | None,
    as_json: bool,
    **texts: str | None,
) -> None:
    """Enter the shares in FILE as a new edition. The next refit fits the panel to it; an earlier `as_of` does not.

    Columns: country, year, pct_gdp (percent of GDP); as wanted estimate (1 or 0; without it the year of publication and
    the one before are taken as estimates) and edition. A value replaces that of earlier editions for its country and
    year. Every year of FILE needs all members of the panel. A mistake enters nothing.
    """
    from forecasts import edition_entry, new_entry

    fields = {"published_on": published_on or session.today.isoformat()} | {k: v or "" for k, v in texts.items()}
    fields |= source_fields(sources) if sources else {}
    moment = session.moment(board_id)
    chosen = edition_entry.panel_series(moment.board, series)
    if isinstance(chosen, str):
        raise CommandError(f"--series: {chosen}")
    found, panel = chosen
    record, problems, rows = edition_entry.edition_from_file(file, fields, panel, series=found.id, entry="new")
    refuse(problems, _name)
    if rows:
        more = f" (and {len(rows) - 1} more)" if len(rows) > 1 else ""
        raise CommandError(f"FILE: {rows[0]}{more}")
    assert record is not None
    refuse(edition_entry.check_edition(record, panel, today=session.today), _name)
    changed = edition_entry.changes(record, panel)
    entry = None if dry_run else append(session, record, letter=new_entry.EDITION, board=moment.board.id)
    if as_json:
        print_json(_document(record, changed, entry))
    else:
        click.echo(_screen(record, changed, entry))


def _document(record: Edition, changed: Changes, entry: Entry | None) -> dict[str, Any]:
    from forecasts.codec import encode_entry

    return {
        "entry": encode_entry(entry) if entry else None,
        "series": record.series,
        "published_on": record.published_on,
        "values": len(record.shares),
        "new_years": list(changed.new_years),
        "estimates": list(changed.estimates),
        "repeated": changed.repeated,
        "revisions": [
            {"country": r.country, "year": r.year, "before": r.before, "after": r.after, "log_ratio": r.log_ratio}
            for r in changed.revisions
        ],
    }


def _screen(record: Edition, changed: Changes, entry: Entry | None) -> str:
    from forecasts.edition_entry import percent_change

    years = ", ".join(map(str, changed.new_years)) or "none"
    marked = ", ".join(map(str, changed.estimates)) or "none"
    told = [
        f"{record.title}, published on {record.published_on}: {len(record.shares)} values",
        f"new years: {years}; estimates in: {marked}",
        f"{len(changed.revisions)} revised, {changed.repeated} as they were",
    ]
    if changed.revisions:
        lines = [
            (r.country, str(r.year), f"{r.before:g}", f"{r.after:g}", f"{percent_change(r):+.1f} %")
            for r in changed.revisions[:SHOWN]
        ]
        told.append(table(("largest revisions", "year", "before", "now", "change"), lines, right="1234"))
    if entry is None:
        told.append("nothing was entered (--dry-run)")
    else:
        told.append(f"{entry.entry} (position {entry.position}) entered; `twixt refit` fits the panel to it")
    return "\n".join(told)


def _name(field: str) -> str:
    return {"file": "FILE", "url": "--source"}.get(field, f"--{field.replace('_', '-')}")
