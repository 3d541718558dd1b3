"""`twixt backtest reference-class`: how long agreements hold, forecast from earlier ones, beside two sceptics."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.commands.common import common, examples, refuse
from app.failures import CommandError
from app.session import Session
from app.terminal import ProgressLine, print_json, table
from forecasts.fields import Fields

if TYPE_CHECKING:
    from forecasts.agreement_table import Agreements
    from forecasts.backtest_durations import Backtest
    from forecasts.board_files import Problem
    from forecasts.duration_scores import DurationScores


@click.command(
    "reference-class",
    short_help="How long agreements hold.",
    epilog=examples(
        "twixt backtest reference-class --data agreements.csv --signed-before 1995-01-01",
        "twixt backtest reference-class --data agreements.csv --signed-before 1995-01-01 --json",
    ),
)
@click.option("--data", "data", metavar="FILE", required=True, help="CSV: name, signed, ended, censored_at, features.")
@click.option("--signed-before", metavar="DAY", required=True, help="Agreements signed earlier train the model.")
@common
def command(session: Session, *, data: str, signed_before: str, board_id: str | None, as_json: bool) -> None:
    """Train on the agreements of FILE signed before DAY, as they were known on it, and forecast the later ones.

    `ended` is empty while an agreement is in force, `censored_at` the last day it was watched; every further column is
    a feature of 0 or 1. The log score (nats) is that of the span in which an agreement ended, or of lasting as long as
    it was watched; the CRPS (years) that of "still in force" over all deadlines until then. Smaller is better. The test
    reads FILE alone: `--board` changes nothing.
    """
    del board_id  # every command takes it; this one reads a file and no board
    day = _day(signed_before)
    agreements = _agreements(Path(data), day)
    session.prepare_caches()
    from forecasts import backtest_durations

    with ProgressLine(quiet=as_json) as line:
        found = backtest_durations.run(
            agreements, signed_before=day, progress=lambda done, total: line("sampling", done, total)
        )
    if as_json:
        print_json(backtest_durations.document(found))
    else:
        click.echo(_screen(found))


def _day(text: str) -> date:
    read = Fields({"--signed-before": text}, known=("--signed-before",))
    day = read.day("--signed-before")
    refuse(read.problems)
    if day is None:
        raise CommandError("--signed-before: a day as YYYY-MM-DD is needed")
    return day


def _agreements(path: Path, day: date) -> Agreements:
    from forecasts import agreement_table, backtest_durations

    agreements, problems = agreement_table.read(path)
    _refuse(problems)
    _refuse(backtest_durations.check(agreements, signed_before=day, file=path.name))
    return agreements


def _refuse(problems: list[Problem]) -> None:
    if not problems:
        return
    more = f"; and {len(problems) - 1} more" if len(problems) > 1 else ""
    raise CommandError(f"{problems[0]}{more}")


def _screen(found: Backtest) -> str:
    head = (
        f"{len(found.names)} agreements signed from {found.signed_before} on; "
        f"trained on {found.trained_on} earlier ones, {found.ends} of them known to have ended by then"
    )
    scores = [_row("model", found.model, found), *(_row(n, s, found) for n, s in found.baselines.items())]
    header = ("forecast", "log", "CRPS, years", "clipped", "model better by, log", "CRPS")
    parts = [head, table(header, scores, right="12345"), _calibration(found)]
    return "\n\n".join([*parts, *([_ratios(found)] if found.ratios else [])])


def _row(name: str, scores: DurationScores, found: Backtest) -> tuple[str, ...]:
    from forecasts.backtest_durations import better_by

    own = (name, f"{scores.log.mean():.3f}", f"{scores.crps.mean():.3f}", str(int(scores.clipped.sum())))
    if scores is found.model:
        return *own, "", ""
    gains = [better_by(found.model, scores, of=lambda s: s.log), better_by(found.model, scores, of=lambda s: s.crps)]
    return *own, *(f"{mean:+.3f} ± {error:.3f}" for mean, error in gains)


def _calibration(found: Backtest) -> str:
    rows = [
        (f"{c.years} years", str(c.n), f"{c.forecast:.0%}", f"{c.observed:.0%}", f"{c.low90:.0%} to {c.high90:.0%}")
        for c in found.calibration
        if c.n
    ]
    return table(("in force after", "n", "forecast", "seen", "90 % range by the forecast"), rows, right="123")


def _ratios(found: Backtest) -> str:
    rows = [(name, f"{m:.2f}", f"{low:.2f} to {high:.2f}") for name, (m, low, high) in found.ratios.items()]
    return table(("feature", "hazard ratio", "90 % range"), rows, right="1")
