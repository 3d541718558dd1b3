"""Forecast a later year of a table of defence shares from its years before, and score it beside the sceptics.

Everything is on log share. The table is one edition, so the test is pseudo-real-time: values of the training years
are those of the table, not those first printed. What was announced after `train_through` is not used.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from forecasts import spending_sceptics, spending_table
from forecasts.board_files import Problem
from forecasts.recipe import Progress
from forecasts.spending_fit import SpendingFit, fit
from forecasts.spending_scores import Scores, score_draws, score_normal
from forecasts.spending_table import Value
from models import spending_paths

LUCK = 20170917
"""Seed of the coming years' shocks."""
FEWEST_YEARS = 3
"""Years that a training part needs: two changes."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """Scores of one year's forecasts, F = country."""

    train_through: int
    horizon: int
    countries: tuple[str, ...]
    model: Scores
    baselines: dict[str, Scores]
    absent: dict[str, str] = field(default_factory=dict)
    """Baselines that could not be made, and why."""


def check(values: Sequence[Value], *, train_through: int, horizon: int, file: str) -> list[Problem]:
    """Return what stands against a backtest with these values: too few years, no outcome, gaps."""
    years = sorted({v.year for v in values})
    target = train_through + horizon
    if not years or train_through - years[0] + 1 < FEWEST_YEARS:
        span = f"{years[0]} to {years[-1]}" if years else "no year"
        message = f"{train_through}: at least {FEWEST_YEARS} years up to it are needed; the file has {span}"
        return [Problem(file, "--train-through", message)]
    if target > years[-1]:
        message = f"{horizon}: no value for {target}; the file ends in {years[-1]}"
        return [Problem(file, "--horizon", message)]
    if len({v.country for v in values}) < 2:
        return [Problem(file, "", "one country; a panel of at least two is needed")]
    return spending_table.missing(values, file=file, years=[*range(years[0], train_through + 1), target])


def run(values: Sequence[Value], *, train_through: int, horizon: int, progress: Progress | None = None) -> Backtest:
    """Fit the years up to `train_through`, forecast the one `horizon` years later, score model and sceptics.

    Raises
    ------
    ParametersRefusedError
        When the fit did not pass its gate.
    """
    first = min(v.year for v in values)
    panel = spending_table.panel(values, first=first, last=train_through)
    return score(fit(panel, progress=progress), values, horizon=horizon)


def rolling(
    values: Sequence[Value], *, origins: Sequence[int], horizons: Sequence[int], progress: Progress | None = None
) -> Iterator[Backtest]:
    """Give the backtest of every origin and horizon whose outcome is in the values; one fit for each origin.

    Raises
    ------
    ParametersRefusedError
        When a fit did not pass its gate.
    """
    first, final = min(v.year for v in values), max(v.year for v in values)
    for origin in origins:
        fitted = fit(spending_table.panel(values, first=first, last=origin), progress=progress)
        for horizon in horizons:
            if origin + horizon <= final:
                yield score(fitted, values, horizon=horizon)


def score(fitted: SpendingFit, values: Sequence[Value], *, horizon: int) -> Backtest:
    """Score a fit's forecast of the year `horizon` years after its panel, and the sceptics'."""
    panel, last = fitted.panel, fitted.panel.years[-1]
    shares = {v.country: v.share for v in values if v.year == last + horizon}
    outcome = np.log([shares[c] for c in panel.countries])
    paths = spending_paths.paths(
        panel,
        fitted.setting,
        fitted.parameters,
        horizon=horizon,
        rng=np.random.default_rng(LUCK),
    )
    automatic, absent = spending_sceptics.automatic(panel.log_share, ahead=horizon)
    laws = {**spending_sceptics.simple(panel.log_share, ahead=horizon), **automatic}
    baselines = {name: score_normal(law.mean, law.sd, outcome) for name, law in laws.items()}
    model = score_draws(paths[:, :, horizon - 1], outcome)
    return Backtest(last, horizon, panel.countries, model, baselines, absent)


def summary(scores: Scores) -> dict[str, float]:
    """Return mean CRPS and coverages, the numbers that are reported."""
    return {
        "crps": float(scores.crps.mean()),
        "coverage50": scores.coverage(0.5),
        "coverage90": scores.coverage(0.9),
    }


def pooled(tests: Sequence[Backtest]) -> dict[str, Scores]:
    """Return the scores of several origins as one, by `model` and baseline; a baseline absent once is absent."""
    names = [n for n in spending_sceptics.NAMES if all(n in t.baselines for t in tests)]
    columns = {"model": [t.model for t in tests], **{n: [t.baselines[n] for t in tests] for n in names}}
    return {
        name: Scores(np.concatenate([s.crps for s in each]), np.concatenate([s.pit for s in each]))
        for name, each in columns.items()
    }


def document(test: Backtest) -> dict[str, object]:
    """Return the JSON document of a backtest; an absent baseline is null and `notes` says why."""
    baselines = {n: summary(test.baselines[n]) if n in test.baselines else None for n in spending_sceptics.NAMES}
    return {"n": len(test.countries), "model": summary(test.model), "baselines": baselines}
