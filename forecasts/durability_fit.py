"""Fit a question's pace to how long agreements held: its cases and priors as arrays, the sampler's settings, the draws.

Effects that are edges are 0 or 1 in the design: the edge acts in the futures, not in the fitted rate. All other effects
are centred on the mean of the cases that show no edge's effect, so the fitted rate is that of the average such case.
This is what a board's adjustment is asked against.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasts.definition import Board, Effect, Elicited, FittedDuration, Question, Spell
from forecasts.draws_file import DrawsFile
from forecasts.encode_chance import log_sd
from forecasts.recipe import Recipe
from models.durability_curves import Durations, Hazard, days_known, replicate

Float = NDArray[np.float64]

MODEL = "durability"
SAMPLER: Mapping[str, Any] = {"chains": 4, "draws": 1000, "tune": 1000, "target_accept": 0.9, "seed": 20250216}
"""4,000 draws, half of those of the class rates: seven effects keep the file slim."""
BITS = 6
"""An error of .8 % at the most, in quantities that are known to 20 % at best."""
UNITS = {"log_level": "log cumulative hazard within 5 years", "shape": "1", "log_hr": "log hazard ratio"}
CHECKED_YEARS = (0.25, 1.0, 2.0, 5.0, 10.0)
"""Lengths whose share of ended cases the receipt compares with replicas."""
_REPLICAS = 1500


def recipe(board: Board, question: Question) -> Recipe:
    """Return what a question's durations are sampled from; raises ValueError when the question has none."""
    cases, prior = durations(question), priors(board, question)

    def build() -> Any:
        from models import durability

        return durability.build(cases, durability.Prior(**prior))

    return Recipe(
        model=MODEL,
        variant=question.id,
        inputs={"cases": _inputs(cases), "prior": {name: _plain(value) for name, value in prior.items()}},
        sources=("models/durability.py", "models/durability_curves.py"),
        sampler=SAMPLER,
        build=build,
        units=UNITS,
        bits=BITS,
        report=lambda file: {"cases_alike": alike(hazard(file), cases, seed=int(SAMPLER["seed"]))},
    )


def durations(question: Question) -> Durations:
    """Return the cases of a question as arrays."""
    fitted = _of(question)
    design = np.array([shown(spell, fitted.effects) for spell in fitted.spells], float)
    edges = np.array([e.ratio is None for e in fitted.effects], bool)
    weight = np.array([s.comparability for s in fitted.spells], float)
    bare = ~design[:, edges].any(axis=1)
    mean = np.average(design, axis=0, weights=weight * bare if bare.any() else weight)
    lower, upper = days_known(
        np.array([(s.end - s.start).days / 365.25 for s in fitted.spells], float),
        ended=np.array([s.ended for s in fitted.spells], bool),
        coarse=fitted.coarse_days / 365.25,
    )
    return Durations(tuple(e.name for e in fitted.effects), lower, upper, design - np.where(edges, 0.0, mean), weight)


def shown(spell: Spell, effects: Sequence[Effect]) -> list[float]:
    """Return 1 for each effect that a case shows, else 0."""
    return [float(bool(set(e.features) & set(spell.features))) for e in effects]


def priors(board: Board, question: Question) -> dict[str, Any]:
    """Return the fields of `models.durability.Prior` for a question of a board."""
    fitted = _of(question)
    ratios = [effect_prior(board, question.id, e) for e in fitted.effects]
    assert question.shape is not None  # belongs to the clock, which `check` asks for
    low, high = (np.log(-np.log1p(-p)) for p in (fitted.level.low, fitted.level.high))
    level = Elicited(1.0, float(np.exp(low)), float(np.exp(high)), "")
    return {
        "log_level": (float(np.log(-np.log1p(-fitted.level.median))), log_sd(level)),
        "log_shape": (float(np.log(question.shape.median)), log_sd(question.shape)),
        "effect": np.array([(np.log(r.median), log_sd(r)) for r in ratios], float).reshape(-1, 2),
        "log_settling": None,
    }


def effect_prior(board: Board, question: str, effect: Effect) -> Elicited:
    """Return the prior of an effect's hazard ratio: its own, or that of the board's edge.

    Raises
    ------
    ValueError
        When the effect is an edge that the board does not have.
    """
    if effect.ratio is not None:
        return effect.ratio
    for edge in board.edges:
        if edge.kind == "hazard_ratio" and edge.child == question and edge.parents[0] == effect.name:
            assert edge.hazard_ratio is not None
            return edge.hazard_ratio
    raise ValueError(f"effect of {effect.name!r} on {question!r}: the board has no such edge")


def hazard(file: DrawsFile) -> Hazard:
    """Return the law of durations that a draws file holds."""
    return Hazard(file.of("log_level"), file.of("shape"), file.of("log_hr"), None)


@dataclass(frozen=True, slots=True)
class DurationDraws:
    """Joint draws of a question's clock and of the edges that were fitted with it."""

    rate: Float
    """(D,) cumulative hazard of the first year."""
    shape: Float
    """(D,) Weibull shape."""
    log_hr: Mapping[str, Float]
    """(D,) log hazard ratios by parent."""
    alike: float
    """Probability of cases at least as unlike the law as these, if it held for all: the least of several, corrected for
    their number."""


def drawn(file: DrawsFile, question: Question, rows: NDArray[np.int64]) -> DurationDraws:
    """Return the draws of given rows of a file, each row modulo their number."""
    law, chosen = hazard(file), rows % file.rows
    names = {e.name for e in _of(question).effects if e.ratio is None}
    effects = {n: law.log_hr[chosen, k] for k, n in enumerate(file.coords["effect"]) if n in names}
    tails = file.receipt["cases_alike"].values()
    return DurationDraws(law.rate[chosen], law.shape[chosen], effects, min(1.0, len(tails) * min(tails)))


def alike(law: Hazard, cases: Durations, *, seed: int) -> dict[str, float]:
    """Return two-sided posterior predictive probabilities of the cases, by what is compared.

    Weighted share of cases that ended within each of `CHECKED_YEARS`, against replicas that are watched as long. Near
    0: the cases are unlike what the law makes.
    """
    every = slice(None, None, max(1, law.shape.size // _REPLICAS))
    some = Hazard(law.log_level[every], law.shape[every], law.log_hr[every], None)
    watched = np.where(cases.ended, np.inf, cases.years)
    again = replicate(some, cases, observed=watched, rng=np.random.default_rng(seed))
    found = {}
    for limit in CHECKED_YEARS:
        known = watched >= limit
        replicas = (cases.weight * known * (again <= limit)).sum(axis=1)
        seen = (cases.weight * known * (cases.ended & (cases.years <= limit))).sum()
        tail = min(np.mean(replicas >= seen), np.mean(replicas <= seen))
        found[f"ended within {limit:g} years"] = round(float(min(1.0, 2 * tail)), 4)
    return found


def _of(question: Question) -> FittedDuration:
    if question.duration is None:
        raise ValueError(f"question {question.id!r} has no durations to fit")
    return question.duration


def _inputs(cases: Durations) -> dict[str, object]:
    kept = {name: getattr(cases, name) for name in ("lower", "upper", "design", "weight")}
    plain = {name: np.where(np.isfinite(a), a.round(12), -1.0).tolist() for name, a in kept.items()}
    return {"effects": list(cases.effects), **plain}


def _plain(value: Any) -> object:
    return value.tolist() if isinstance(value, np.ndarray) else value
