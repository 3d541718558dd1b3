"""`twixt calibrate`: what a board has forecast, judged by what came of it."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from app.commands.common import common, examples, mode
from app.failures import CommandError
from app.session import Session
from app.terminal import print_json, shorten, table

if TYPE_CHECKING:
    import polars as pl

    from forecasts.calibration_report import Report


@click.command(
    "calibrate",
    short_help="Judge a board's own record.",
    epilog=examples(
        "twixt calibrate --retrospective",
        "twixt calibrate --forecaster local --json",
    ),
)
@click.option("--retrospective", is_flag=True, help="The record made with hindsight, instead of what was issued live.")
@click.option("--forecaster", metavar="NAME", help="Whose record, by name or id; by default the model's.")
@common
def command(
    session: Session,
    *,
    retrospective: bool,
    forecaster: str | None,
    board_id: str | None,
    as_json: bool,
) -> None:
    """Show calibration, skill against every reference, movement and timing, live or retrospective, never both.

    A difference counts only with enough independent questions; until then the table says how many more it takes.
    """
    session.prepare_caches()
    from forecasts import calibration_report, people
    from forecasts.scored_rows import MODEL

    rows, kind = _rows(session, session.board(board_id)), mode(retrospective=retrospective)
    names = {person.id: person.name for person in people.everyone(session.workspace().store)}
    who = _known(rows, forecaster or MODEL, names)
    threads = os.cpu_count() or 1
    found = calibration_report.report(rows, mode=kind, as_of=session.now.timestamp(), forecaster=who, threads=threads)
    if as_json:
        print_json({"board": session.board(board_id), **calibration_report.document(found)})
    else:
        click.echo(_screen(found, names))


def _rows(session: Session, board: str) -> pl.DataFrame:
    from forecasts.track_record_reading import read_track_record

    opened = session.workspace()
    directory = session.definitions().get(board)
    return read_track_record(opened.store, opened.artefacts, board, now=session.now, directory=directory)


def _known(rows: pl.DataFrame, who: str, names: Mapping[str, str]) -> str:
    """Return the id of a forecaster given by id or name; raises CommandError for one who has issued nothing."""
    known = rows["forecaster"].unique().sort().to_list()
    by_name = {names.get(i, i): i for i in known}
    if who not in known and who not in by_name and known:
        allowed = ", ".join(list(by_name)[:20])
        raise CommandError(f"--forecaster: {who[:60]!r} has issued nothing here; allowed: {allowed}")
    return who if who in known else by_name.get(who, who)


def _screen(found: Report, names: Mapping[str, str]) -> str:
    head = f"{names.get(found.forecaster, found.forecaster)}, {found.mode}: {found.issued} probabilities issued"
    parts = [
        head,
        *_reliability(found),
        *_leads(found),
        *_skills(found),
        *_movements(found, names),
        *_timings(found, names),
    ]
    return "\n".join(parts)


def _reliability(found: Report) -> list[str]:
    part = found.reliability
    if part is None:
        return ["No question with a forecast of this kind has come to its scheduled close yet."]
    told = f"{part.forecasts} forecasts of {part.questions} questions, {part.clusters} of them independent, are judged"
    waiting = f"; {part.waiting} wait for the scheduled close" if part.waiting else ""
    verdict = "within" if part.parts.mcb <= part.null.mcb95 else "above"
    rows = [
        ("MCB", f"{part.parts.mcb:.4f}", f"{verdict} {part.null.mcb95:.4f}, what 95 % of calibrated ones stay below"),
        ("DSC", f"{part.parts.dsc:.4f}", "more is better"),
        ("UNC", f"{part.parts.unc:.4f}", "Brier score of the base rate"),
    ]
    bins = [_bin(row) for row in part.bins.iter_rows(named=True)]
    header = ("forecast", "happened", "90 % if calibrated", "forecasts", "questions")
    return [
        f"{told}{waiting}.",
        "",
        table((f"Brier {part.parts.brier:.4f} =", "", "MCB - DSC + UNC"), rows, right="1"),
        "",
        table(header, bins, right="34"),
    ]


def _bin(row: dict[str, float]) -> tuple[str, ...]:
    return (
        f"{row['mean']:.1%}",
        f"{row['observed']:.1%}",
        f"{row['band_low']:.0%} to {row['band_high']:.0%}",
        f"{row['n_forecasts']}",
        f"{row['n_questions']}",
    )


def _leads(found: Report) -> list[str]:
    rows = [
        (r["group"], f"{r['brier']:.4f}", f"{r['mcb']:.4f}", f"{r['mcb_null95']:.4f}", f"{r['n_questions']}")
        for r in found.lead_times.iter_rows(named=True)
    ]
    return (
        ["", table(("issued before the close", "Brier", "MCB", "95 % below", "questions"), rows, right="1234")]
        if rows
        else []
    )


def _skills(found: Report) -> list[str]:
    rows = [
        (
            s.reference,
            f"{s.brier:.4f}",
            f"{s.brier_reference:.4f}",
            f"{s.difference.mean:+.4f}",
            _bounds(s.difference.low, s.difference.high),
            f"{s.questions} ({s.difference.clusters})",
            _said(s.verdict, s.more),
        )
        for s in found.skills
    ]
    header = ("against", "Brier", "reference", "skill", "95 % interval", "questions (independent)", "")
    return ["", table(header, rows, right="123")] if rows else []


def _said(verdict: str, more: int | None) -> str:
    return verdict if verdict != "too few questions" or more is None else f"{more} more questions needed"


def _bounds(low: float, high: float) -> str:
    return "-" if math.isnan(low) else f"{low:+.3f} to {high:+.3f}"


def _movements(found: Report, names: Mapping[str, str]) -> list[str]:
    rows = [
        (
            shorten(names.get(m.forecaster, m.forecaster), 28),
            f"{m.updates}",
            f"{m.streams}",
            f"{m.movement:.4f}",
            f"{m.reduction:.4f}",
            f"{m.excess.mean:+.4f}",
            "-" if math.isnan(m.z) else f"{m.z:+.1f}",
        )
        for m in found.movements
    ]
    header = ("movement of", "updates", "streams", "movement", "less uncertainty", "excess", "z")
    return ["", table(header, rows, right="123456")] if rows else []


def _timings(found: Report, names: Mapping[str, str]) -> list[str]:
    rows: Sequence[tuple[str, ...]] = [
        (
            shorten(names.get(t.forecaster, t.forecaster), 28),
            f"{t.crps.mean:.2g}",
            f"{t.crps.clusters}",
            f"{t.instants}",
        )
        for t in found.timings
        if t.instants
    ]
    header = ("when, restricted CRPS", "mean", "questions", "instants")
    return ["", table(header, rows, right="123")] if rows else []
