"""What each fitted model says of its own data, before and after seeing them: prior and posterior predictive checks.

For each model of the shipped board, some numbers that the data have (a statistic each) are computed of replicas drawn
from the prior and from the posterior. A prior that nothing like the data can come from, or a posterior whose replicas
are unlike the data, shows as a dot outside its bar (Gabry and others 2019, JRSS A 182:389).

`make test-nightly` samples the models and writes tests/records/predictive.json and docs/predictive/<model>.svg; fast
tests check that the record is of this code and holds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import pymc as pm

from forecasts import catalogue
from forecasts.board import load
from forecasts.class_rates_fit import _cases
from forecasts.durability_fit import durations
from forecasts.recipe import Recipe
from forecasts.senate_encode import history
from forecasts.senate_tables import en_bloc, from_board
from forecasts.settings import SHIPPED_BOARDS
from forecasts.spending_editions import in_force
from models import durability_curves, reference_class, sampling, senate_predictive, spending_paths
from models.sampling import SamplerSettings
from models.senate_history import MOST_TOKEN, SIDES, SPELL, History
from models.spending_panel import PARAMETERS, design
from scripts.draws import days, moment

type Draws = Mapping[str, np.ndarray]
type Statistics = dict[str, np.ndarray]

COUNT = 2000
"""Replicas."""
SETTINGS = SamplerSettings(chains=4, draws=600, tune=900, target_accept=0.92, seed=99)
BOARD, problems = load(SHIPPED_BOARDS / "indivisible-security")
assert BOARD is not None, problems
TODAY = moment(BOARD, days(BOARD)[-1])
"""With the newest edition that is shipped."""


@dataclass(frozen=True)
class Checked:
    """One model: its fit, and what is looked at."""

    recipe: Recipe
    names: tuple[str, ...]
    """Quantities that replicas are drawn from."""
    replicas: Callable[[Draws, np.random.Generator], Statistics]
    observed: Callable[[], dict[str, float]]
    prior: Callable[[pm.Model], Draws] | None = None
    """Where a part of the prior is no random variable of the model."""


def quantiles(values: np.ndarray) -> list[float]:
    """Return the .1, 5, 50, 95 and 99.9 % quantiles; fails where a replica has no such number."""
    assert np.isfinite(values).all()
    return [round(float(q), 4) for q in np.quantile(values, [0.001, 0.05, 0.5, 0.95, 0.999])]


def checked(one: Checked) -> dict[str, Any]:
    """Return, by statistic, what was observed and quantiles of its replicas under prior and gated posterior."""
    model, rng = one.recipe.build(), np.random.default_rng(5)
    prior = one.prior(model) if one.prior else _drawn(model, one.names)
    fit = sampling.sample(model, SETTINGS)
    posterior = fit.tree["posterior"].dataset.transpose("chain", "draw", ...)
    kept = {n: posterior[n].values.reshape(-1, *posterior[n].shape[2:])[:COUNT] for n in one.names}
    before, after = one.replicas(prior, rng), one.replicas(kept, rng)
    seen = one.observed()
    return {
        name: {"observed": round(seen[name], 4), "prior": quantiles(before[name]), "posterior": quantiles(after[name])}
        for name in seen
    }


def _drawn(model: pm.Model, names: tuple[str, ...]) -> Draws:
    values = pm.draw([model[name] for name in names], draws=COUNT, random_seed=3)
    return dict(zip(names, values, strict=True))


def models() -> dict[str, Checked]:
    """Return what is checked, by the name of its figure."""
    found = catalogue.recipes(TODAY)
    question = next(q for q in BOARD.questions if q.duration is not None)
    vote = next(v for v in BOARD.votes if v.fitted is not None)
    series = next(s for s in BOARD.series if s.panel is not None)
    return {
        "class_rates": _class_rates(found[catalogue.RATES]),
        "durability": _durability(found[question.id], durations(question)),
        "senate": _senate(found[vote.question], _history(vote.fitted)),
        "spending": _spending(found[series.id], in_force(series.panel, as_of=TODAY.day)),
    }


def _class_rates(recipe: Recipe) -> Checked:
    cases = _cases(BOARD)
    names = [f"{q}: log10 of rate as counted" for q in cases.questions]

    def rates(events: np.ndarray, exposure: np.ndarray) -> Statistics:
        weight, size = cases.weight, len(cases.questions)
        of = np.eye(size)[cases.question]
        counted = ((weight * events) @ of + 0.5) / ((weight * exposure) @ of)
        return dict(zip(names, np.log10(counted).T, strict=True))

    return Checked(
        recipe,
        ("rate",),
        lambda draws, rng: rates(*reference_class.replicate(draws["rate"], cases, rng=rng)),
        lambda: {n: float(v) for n, v in rates(cases.events, cases.exposure).items()},
    )


def _durability(recipe: Recipe, cases: durability_curves.Durations) -> Checked:
    watched = np.where(cases.ended, np.inf, cases.years)

    def ended(years: np.ndarray, over: np.ndarray) -> Statistics:
        weight = cases.weight / cases.weight.sum()
        return {f"share ended within {t:g} years": ((years <= t) & over) @ weight for t in (0.5, 1, 2, 5, 10)}

    def replicas(draws: Draws, rng: np.random.Generator) -> Statistics:
        law = durability_curves.Hazard(draws["log_level"], draws["shape"], draws["log_hr"], None)
        years = durability_curves.replicate(law, cases, observed=watched, rng=rng)
        return ended(years, years < watched)

    return Checked(
        recipe,
        ("log_level", "shape", "log_hr"),
        replicas,
        lambda: {n: float(v) for n, v in ended(cases.years, cases.ended).items()},
    )


def _history(fitted: Any) -> History:
    return history(en_bloc(from_board(call, fitted.parties) for call in fitted.history))


def _senate(recipe: Recipe, past: History) -> Checked:
    """Return checks of votes held again by bodies like those of their time, none of whose members is known."""
    names = tuple(n for n in senate_predictive.PARAMETERS if n != "z_senator")

    def summary(nays: np.ndarray, voting: np.ndarray) -> Statistics:
        contested, failed = nays > MOST_TOKEN, 3 * nays > voting
        share = np.where(contested, nays / np.maximum(voting, 1), 0).sum(axis=-1) / np.maximum(
            contested.sum(axis=-1), 1
        )
        return {
            "share of votes contested": contested.mean(axis=-1),
            "share of votes that fail": failed.mean(axis=-1),
            "mean share of nays in contested votes": share,
            "share of votes without a nay": (nays == 0).mean(axis=-1),
            "mean share absent": (1 - voting / past.seats).mean(axis=-1),
        }

    def replicas(draws: Draws, rng: np.random.Generator) -> Statistics:
        nays, voting = zip(*(_again(past, v, draws, rng) for v in range(len(past.votes))), strict=True)
        return summary(np.stack(nays, axis=1), np.stack(voting, axis=1))

    def prior(model: pm.Model) -> Draws:
        extra = ("practice", "absence")
        found = dict(_drawn(model, (*names, *extra)))
        return {n: found[n] for n in (*names, *extra)}

    return Checked(
        recipe,
        (*names, "practice", "absence"),
        replicas,
        lambda: {n: float(v) for n, v in summary(past.nays, past.voting).items()},
        prior,
    )


def _again(past: History, v: int, draws: Draws, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return (D,) nays and votes of a past vote held again in its own spell."""
    seats, t = int(past.seats[v]), past.tallies
    side = np.repeat(SIDES, [seats // 2, seats - seats // 2])
    party = (side > 0).astype(int)
    place = t.centre[v, party] + t.within[v, party] * rng.standard_normal(seats)
    body = senate_predictive.Held(
        int(past.type[v]), float(past.president[v]), -SPELL / 2, place, side, np.full(seats, -1)
    )
    spell = past.spell[v]
    now = {"practice_now": draws["practice"][:, spell], "absence_now": draws["absence"][:, spell]}
    forecast = senate_predictive.ballots({**draws, **now}, body, rng=rng)
    contested = rng.random(len(forecast.contested)) < forecast.contested
    there = rng.random(forecast.nay.shape) >= np.where(contested, *forecast.absent.T[::-1])[:, None]
    hard = senate_predictive.contested_nays(forecast.nay * there, rng=rng).sum(axis=1)
    calm = senate_predictive.token_nays(forecast.token, forecast.nay, rng=rng).sum(axis=1)
    voting = there.sum(axis=1)
    return np.minimum(np.where(contested, hard, calm), voting), voting


def _spending(recipe: Recipe, printed: Any) -> Checked:
    panel, setting = printed.panel, printed.fitted

    def summary(log_share: np.ndarray) -> Statistics:
        change = np.diff(log_share, axis=-1)
        median = np.exp(np.median(log_share[..., -1], axis=-1))
        return {
            "median share in the last year, %": median,
            "highest share in the last year, %": np.exp(log_share[..., -1].max(axis=-1)),
            "mean yearly change of log share": change.mean(axis=(-1, -2)),
            "sd of yearly changes": change.std(axis=(-1, -2)),
            "largest yearly change": np.abs(change).max(axis=(-1, -2)),
            "share of changes that are rises": (change > 0).mean(axis=(-1, -2)),
        }

    def prior(model: pm.Model) -> Draws:
        drawn = _drawn(model, tuple(n for n in PARAMETERS if n != "moved"))
        law = spending_paths.common_law(design(panel, setting), drawn)
        return {"moved": law.draw(np.random.default_rng(4)), **drawn}

    return Checked(
        recipe,
        PARAMETERS,
        lambda draws, rng: summary(spending_paths.replicate(panel, setting, draws, rng=rng)),
        lambda: {n: float(v) for n, v in summary(panel.log_share).items()},
        prior,
    )


WIDTH, ROW, LEFT = 760, 34, 330


def figure(title: str, found: Mapping[str, Mapping[str, Any]]) -> str:
    """Return an SVG: for each statistic 90 % bars of prior (wide, light) and posterior (narrow, dark), and a dot."""
    height = 64 + ROW * len(found)
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
            f'font-size="12" role="img"><title>{escape(title)}</title><rect width="100%" height="100%" fill="#fbfaf6"/>'
        ),
        f'<text x="12" y="22" font-size="14" font-weight="600">{escape(title)}</text>',
        (
            '<text x="12" y="42" fill="#586672">Bars: 90 % of replicas, wide: prior, narrow: posterior; '
            "dot: the data. Each row has a scale of its own.</text>"
        ),
    ]
    for i, (name, one) in enumerate(found.items()):
        lines += _row(64 + i * ROW, name, one)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _row(y: int, name: str, one: Mapping[str, Any]) -> list[str]:
    prior, posterior, seen = one["prior"], one["posterior"], one["observed"]
    low, high = min(prior[1], posterior[1], seen), max(prior[3], posterior[3], seen)
    scale = (WIDTH - LEFT - 80) / ((high - low) or 1)

    def x(value: float) -> float:
        return round(LEFT + 40 + (value - low) * scale, 1)

    def bar(ends: list[float], thick: int, colour: str) -> str:
        width = max(x(ends[3]) - x(ends[1]), 1.0)
        return f'<rect x="{x(ends[1])}" y="{y + 8 - thick // 2}" width="{width:.1f}" height="{thick}" fill="{colour}"/>'

    return [
        f'<text x="12" y="{y + 12}">{escape(name)}</text>',
        bar(prior, 14, "#cfd8d3"),
        bar(posterior, 6, "#0b5f7d"),
        f'<circle cx="{x(seen)}" cy="{y + 8}" r="5" fill="#c2410c" stroke="#fbfaf6"/>',
        f'<text x="{x(low) - 4}" y="{y + 12}" text-anchor="end" fill="#586672">{low:.3g}</text>',
        f'<text x="{x(high) + 4}" y="{y + 12}" fill="#586672">{high:.3g}</text>',
    ]


RECORD = Path(__file__).resolve().parent / "records" / "predictive.json"
FIGURES = Path(__file__).resolve().parents[1] / "docs" / "predictive"
