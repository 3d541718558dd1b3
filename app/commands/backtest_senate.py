"""`twixt backtest senate`: votes on treaties forecast from the votes before, beside what a sceptic would say."""

from __future__ import annotations

from datetime import date
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.commands.common import common, examples
from app.failures import CommandError
from app.session import Session
from app.terminal import ProgressLine, print_json, table

if TYPE_CHECKING:
    from forecasts.backtest_senate import Backtest
    from forecasts.board_files import Problem
    from forecasts.senate_tables import RollCall
    from models.resampling import Interval


@click.command(
    "senate",
    short_help="Senate votes on treaties, senator by senator.",
    epilog=examples(
        "twixt backtest senate --votes votes.csv --senators senators.parquet --train-before 1990-01-01",
        "twixt backtest senate --votes votes.csv --senators senators.parquet --train-before 1990-01-01 --json",
    ),
)
@click.option("--votes", "votes", metavar="FILE", required=True, help="CSV of roll calls with the parties' splits.")
@click.option("--senators", "senators", metavar="FILE", required=True, help="CSV or Parquet: senators' votes in them.")
@click.option("--train-before", metavar="DATE", required=True, help="First day whose votes are forecast.")
@common
def command(
    session: Session,
    *,
    votes: str,
    senators: str,
    train_before: str,
    board_id: str | None,
    as_json: bool,
) -> None:
    """Train on the votes before DATE, forecast every later one before it is held, and score the forecasts.

    Roll calls of one day with one tally and the same senators are one vote (taken en bloc). Each vote is forecast from
    who sits, the president's party and the type that its title tells; absences are part of the forecast. The test reads
    its two files alone: `--board` changes nothing.
    """
    del board_id  # every command takes it; this one reads files and no board
    day = _day(train_before)
    calls = _calls(Path(votes), Path(senators), day)
    session.prepare_caches()
    from forecasts import backtest_senate

    with ProgressLine(quiet=as_json) as line:
        found = backtest_senate.run(
            calls,
            train_before=day,
            progress=lambda done, total: line("sampling", done, total),
        )
    if as_json:
        print_json(backtest_senate.document(found))
    else:
        click.echo(_screen(found))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--train-before {text!r}: a day as YYYY-MM-DD is needed") from None


def _calls(votes: Path, senators: Path, day: date) -> tuple[RollCall, ...]:
    from forecasts import backtest_senate, senate_tables

    calls, problems = senate_tables.read_votes(votes)
    _refuse(problems)
    calls, problems = senate_tables.read_senators(senators, calls)
    _refuse(problems)
    _refuse(backtest_senate.check(calls, train_before=day, votes_file=votes.name, senators_file=senators.name))
    return calls


def _refuse(problems: list[Problem]) -> None:
    if not problems:
        return
    more = f"; and {len(problems) - 1} more" if len(problems) > 1 else ""
    raise CommandError(f"{problems[0]}{more}")


def _screen(found: Backtest) -> str:
    rolls = sum(v.together for v in found.votes)
    failed = sum(not v.consented for v in found.votes)
    days = len({v.day for v in found.votes})
    head = (
        f"{len(found.votes)} votes ({rolls} roll calls, en bloc ones as one) on {days} days, {failed} failed; "
        f"{int(found.scores['model'].senators.sum())} senators' votes; trained on {found.trained_on} votes"
    )
    return "\n\n".join([head, _scores(found), _ahead(found), _calibration(found), _votes(found)])


def _scores(found: Backtest) -> str:
    from forecasts import backtest_senate

    header = ("forecast", "Brier", "log", "log passed", "clipped", "CRPS yeas", "in 90%", "senator log", "senator MCB")
    rows = []
    for name, scores in found.scores.items():
        s = backtest_senate.summary(scores)
        passed = backtest_senate.log_without_failures(found, name)
        rows.append(
            (
                name,
                f"{s['brier']:.4f}",
                f"{s['log']:.4f}",
                "-" if passed is None else f"{passed:.4f}",
                str(scores.clipped),
                f"{s['crps']:.3f}",
                f"{s['coverage90']:.0%}",
                f"{s['senator_log_loss']:.4f}",
                f"{s['senator_mcb']:.4f}",
            )
        )
    return table(header, rows, right="12345678")


def _ahead(found: Backtest) -> str:
    header = ("model less", "CRPS yeas", "95%", "senator log", "95%")
    rows = []
    for name, crps in found.crps_ahead.items():
        senator = found.senator_ahead[name]
        rows.append((name, f"{crps.mean:+.3f}", _range(crps), f"{senator.mean:+.4f}", _range(senator)))
    return table(header, rows, right="13")


def _range(found: Interval) -> str:
    return f"{found.low:+.3f} to {found.high:+.3f}" if isfinite(found.low) else "too few days"


def _calibration(found: Backtest) -> str:
    null, c = sorted(found.mcb_null), found.coverage
    covered = f"coverage: {c.share:.0%} in 90%, p {c.p_share:.2f}; transforms uniform, p {c.p_uniform:.2f} (by day)"
    mcb = f"senator MCB {found.scores['model'].mcb:.4f}; in whole votes drawn from the model's own forecast: "
    return f"{covered}\n{mcb}mean {sum(null) / len(null):.4f}, 95% below {null[int(0.95 * len(null))]:.4f}"


def _votes(found: Backtest) -> str:
    header = ("day", "type", "tally", "P(two thirds)", "yeas 5-95%", "treaty")
    rows = []
    for vote, issued in zip(found.votes, found.forecasts["model"], strict=True):
        cumulative = issued.yeas.cumsum()
        low, high = (int((cumulative < level).sum()) for level in (0.05, 0.95))
        tally = f"{vote.yeas}-{vote.nays}" + ("" if vote.together == 1 else f" x{vote.together}")
        rows.append((str(vote.day), vote.type, tally, f"{issued.two_thirds:.3f}", f"{low}-{high}", vote.title[:44]))
    return table(header, rows, right="3")
