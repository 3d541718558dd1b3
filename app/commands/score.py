"""`twixt score`: a file of forecasts that came from elsewhere, scored without any record."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.commands.common import common, examples, whole
from app.failures import CommandError
from app.session import Session
from app.terminal import print_json

if TYPE_CHECKING:
    from forecasts.forecast_file import ForecastFile
    from forecasts.score_summary import Summary


@click.command(
    "score",
    short_help="Score any file of forecasts.",
    epilog=examples(
        "twixt score forecasts.csv",
        "twixt score forecasts.parquet --json",
        "twixt score forecasts.csv --lead 30",
    ),
)
@click.argument("file", metavar="FILE")
@click.option("--lead", metavar="DAYS", help="Also score what stood so many days before each scheduled close.")
@common
def command(session: Session, *, file: str, lead: str | None, board_id: str | None, as_json: bool) -> None:
    """Score the forecasts in FILE: Brier, log, calibration, and each forecaster beside the others.

    FILE is CSV or Parquet with the columns question, probability (0 to 1) and outcome (0, 1; empty while unresolved;
    annulled), and optionally forecaster, at, opened_at, closes_at, resolved_at. With times, losses are averaged over
    each question's scheduled life. Rows that cannot be scored are left out and counted by reason. No record is needed:
    `--board` changes nothing.
    """
    del board_id  # every command takes it; this one reads a file and no board
    days = whole("--lead", lead, 0, 36_500)
    session.prepare_caches()
    from forecasts import forecast_file, score_summary

    read = forecast_file.read(Path(file))
    found, dropped = _summary(read, now=session.now.timestamp(), lead=days)
    if as_json:
        print_json(score_summary.document(found, dropped=dropped, notes=read.notes))
    else:
        from app.commands.score_screen import screen

        notes = (*read.notes, *score_summary.populations(found))
        click.echo(screen(found, title=Path(file).name, dropped=dropped, notes=notes))


def _summary(read: ForecastFile, *, now: float, lead: int | None) -> tuple[Summary, dict[str, int]]:
    from forecasts import score_summary, scored_arrays

    kept, gone = score_summary.keep(read.rows)
    dropped = {name: gone.get(name, 0) + read.dropped.get(name, 0) for name in (*gone, *read.dropped)}
    if not kept["probability"].count():
        counted = ", ".join(f"{name}: {count}" for name, count in dropped.items() if count)
        raise CommandError(f"no forecast with an outcome is left to score; left out are {counted or 'no rows'}")
    issued = scored_arrays.arrays(kept, as_of=now)
    if lead is not None and not issued.timed.any():
        raise CommandError("--lead: no question has times (at, closes_at), so nothing stood before its close")
    threads = os.cpu_count() or 1
    return score_summary.summarise(issued, anonymous=read.anonymous, lead_days=lead, threads=threads), dropped
