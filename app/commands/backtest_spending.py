"""`twixt backtest spending`: defence shares forecast from the years before, beside random walks and others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.commands.common import common, examples, whole
from app.failures import CommandError
from app.session import Session
from app.terminal import ProgressLine, print_json, table

if TYPE_CHECKING:
    from forecasts.backtest_spending import Backtest
    from forecasts.board_files import Problem
    from forecasts.spending_scores import Scores
    from forecasts.spending_table import Value


@click.command(
    "spending",
    short_help="Defence shares, one year ahead or more.",
    epilog=examples(
        "twixt backtest spending --data shares.csv --train-through 2020 --horizon 1",
        "twixt backtest spending --data shares.csv --train-through 2020 --horizon 2 --json",
        'twixt backtest spending --data data/reference/nato_spending.csv --edition "NATO Aug-2025 series" \\\n'
        "      --train-through 2021 --horizon 1",
    ),
)
@click.option("--data", "data", metavar="FILE", required=True, help="CSV with the columns country, year, pct_gdp.")
@click.option("--train-through", metavar="YEAR", required=True, help="Last year the forecasts may know.")
@click.option("--horizon", metavar="H", required=True, help="Years ahead of the year that is forecast.")
@click.option("--edition", metavar="TEXT", help="Read only rows whose column `edition` begins so.")
@common
def command(
    session: Session,
    *,
    data: str,
    train_through: str,
    horizon: str,
    edition: str | None,
    board_id: str | None,
    as_json: bool,
) -> None:
    """Train on FILE up to YEAR, forecast every country's share H years later, and score it on log share.

    Every country needs a row for each year up to YEAR and for YEAR + H; names that begin with "NATO " are aggregates
    and left out. A baseline that cannot be made (statsforecast is not installed; too few years) is null, and a line on
    stderr says why. The test reads FILE alone: `--board` changes nothing.
    """
    del board_id  # every command takes it; this one reads a file and no board
    last, ahead = whole("--train-through", train_through, 1900, 2100), whole("--horizon", horizon, 1, 30)
    if last is None or ahead is None:  # both are required
        raise CommandError("--train-through and --horizon: whole numbers are needed")
    values = _values(Path(data), edition, last, ahead)
    session.prepare_caches()
    from forecasts import backtest_spending

    with ProgressLine(quiet=as_json) as line:
        found = backtest_spending.run(
            values,
            train_through=last,
            horizon=ahead,
            progress=lambda done, total: line("sampling", done, total),
        )
    for name, why in found.absent.items():
        click.echo(f"{name}: absent; {why}", err=True)
    if as_json:
        print_json(backtest_spending.document(found))
    else:
        click.echo(_screen(found))


def _values(path: Path, edition: str | None, last: int, ahead: int) -> tuple[Value, ...]:
    from forecasts import backtest_spending, spending_table

    values, problems = spending_table.read(path, edition=edition)
    _refuse(problems)
    _refuse(backtest_spending.check(values, train_through=last, horizon=ahead, file=path.name))
    return values


def _refuse(problems: list[Problem]) -> None:
    if not problems:
        return
    more = f"; and {len(problems) - 1} more" if len(problems) > 1 else ""
    raise CommandError(f"{problems[0]}{more}")


def _screen(found: Backtest) -> str:
    from forecasts.calibration import pit_bands

    rows = [("model", found.model), *found.baselines.items()]
    target = found.train_through + found.horizon
    head = f"{len(found.countries)} countries, {target} from the years to {found.train_through}; scores on log share"
    header = ("forecast", "CRPS", "in 50%", "in 90%", "PIT by fifths")
    low, high = pit_bands(5, len(found.countries))
    fifths = f"Calibrated forecasts have {low:.0f} to {high:.0f} outcomes in a fifth, nine times out of ten."
    return f"{head}\n\n{table(header, [_row(name, s) for name, s in rows], right='123')}\n\n{fifths}"


def _row(name: str, scores: Scores) -> tuple[str, ...]:
    fifths = " ".join(f"{count:d}" for count in scores.pit_counts(5))
    return name, f"{scores.crps.mean():.4f}", f"{scores.coverage(0.5):.0%}", f"{scores.coverage(0.9):.0%}", fifths
