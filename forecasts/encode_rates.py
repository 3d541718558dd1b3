"""Hazards of event questions: class rate times adjustment, and how much of the result is judgement.

`h = r * f`. Draws of the class rate r are reused from the sampler; the factor f is drawn from its elicited median and
90 % range. Where the medians of some edges were divided out of a factor (events of the class happened with those
parents in force), an edge stronger than its median must make the rate before the parent weaker by as much:

    log f = log median + own - share * sum_p (beta_p - median beta_p)

so that the hazard with the parents in force, which is what the class has shown, does not depend on the edges' draws.
The elicited range of f contains the doubt about those edges. Counting it once means Var(own) = s^2 - share^2 sum
sd(beta_p)^2, with s the elicited sd of log f. On the shipped board the edges' own ranges are often wider than the whole
factor's, which would leave the other reasons no doubt at all; `OWN_SHARE` of s^2 is kept for them. There the total
is wider than elicited, never narrower.

A quality term that a vote shares with its trigger is part of the trigger's elicited range in the same way; a frailty,
which a board declares as a driver that nobody judged, comes on top.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasts import durability_fit
from forecasts.class_rates import ClassRates
from forecasts.definition import Adjustment, Board, Elicited, Question
from forecasts.durability_fit import DurationDraws
from forecasts.encode_chance import Chance, log_sd
from forecasts.encode_clock import at_shape
from forecasts.parameters import Parameters

Float = NDArray[np.float64]
Range = tuple[float, float, float]
"""Median, 5 % and 95 % point."""

OWN_SHARE = 0.25
"""Least share of a factor's elicited log variance that stays with its reasons other than divided edges and quality."""
DRIVEN = 0.5
"""From this share of the hazard's log variance on, a question counts as driven by the adjustment."""
UNLIKE = 0.05
"""Below this posterior predictive probability the cases of a class count as unlike each other."""
CHECK_WITHIN = 0.25
"""A hazard's median further than this from its first elicitation is shown as a warning (METHODS 1)."""


@dataclass(frozen=True, slots=True)
class Hazards:
    """Draws of the event questions' pieces; 1 or 0 where a question has none. All (D, Q)."""

    class_rate: Float
    """Events of the class per year."""
    factor: Float
    """From the class to this question today, median compensation of edges included."""
    hazard: Float
    """Their product with the frailties: per year (own clock: cumulative over its first year), before any parent."""
    shape: Float
    """Weibull shape of the question's clock; 1 is a constant hazard."""
    alike: Mapping[str, float]
    """By question: probability of cases as unlike each other as its class, if one rate held for all of them."""


@dataclass(frozen=True, slots=True)
class RateRow:
    """Class rate, adjustment and result of one question side by side, for its page."""

    question: str
    class_rate: Range
    factor: Range
    hazard: Range
    check: Range | None
    """The hazard as first elicited: a check, never an input."""
    agrees: bool
    """The hazard's median is within 25 % of the check's (true without one)."""
    adjustment_share: float
    """Share of the hazard's log variance that is the adjustment's.

    This is the power-scaling sensitivity of the spread: raising the adjustment's density to a power a multiplies its
    log variance by 1 / a, so the share is -d log Var(log h) / d log a at a = 1 (Kallioinen, Paananen, Burkner and
    Vehtari 2024, Statistics and Computing 34:57).
    """
    driven_by_adjustment: bool
    """The adjustment makes up half of the doubt or more: the outside view alone says little here."""
    outside_class: bool
    """The hazard's median lies outside the class rate's 90 % range: the adjustment decides the level."""
    cases_differ: bool
    """The cases of the class differ more than one rate explains: the class rate is less certain than its range says."""


def hazards(
    board: Board, parameters: Parameters, *, log_hr: Mapping[tuple[str, str], Float], chance: Chance
) -> Hazards:
    """Return the draws of every event question's hazard.

    Parameters
    ----------
    board, parameters
        The definition, and draws of the class rates of its event questions.
    log_hr
        (D,) draws of each hazard-ratio edge's log ratio by (parent, child).
    chance
        Where the draws come from.

    Raises
    ------
    KeyError
        When an event question with an adjustment has no class rate.
    ValueError
        When an event question has neither cases nor a day or a parent that decides it, or a divided edge is none of
        the board's hazard ratios.
    """
    shape = (chance.count, len(board.questions))
    rows, fitted = parameters.drawn(chance), duration_draws(board, parameters, chance)
    clocks = np.stack([shape_draws(q, chance) for q in board.questions], axis=1)
    rates = parameters.rates
    alike = rates.receipt.get("cases_alike", {}) | {name: found.alike for name, found in fitted.items()}
    result = Hazards(np.zeros(shape), np.ones(shape), np.zeros(shape), clocks, alike)
    for q, question in enumerate(board.questions):
        if question.id in fitted:
            result.class_rate[:, q], result.shape[:, q] = fitted[question.id].rate, fitted[question.id].shape
        elif question.kind == "event" and _has_class(board, question, rates):
            of_class = rates.of(question.id)[rows % rates.rows]
            result.class_rate[:, q] = at_shape(board, question, of_class, result.shape[:, q])
        else:
            continue
        result.factor[:, q] = np.exp(log_factor(board, question.id, log_hr=log_hr, chance=chance))
        result.hazard[:, q] = result.class_rate[:, q] * result.factor[:, q] * frailty(board, question.id, chance)
    return result


def duration_draws(board: Board, parameters: Parameters, chance: Chance) -> dict[str, DurationDraws]:
    """Return the joint draws of each question whose pace is fitted to durations, by question.

    Raises
    ------
    KeyError
        When the draws of such a question are missing.
    """
    timed = [q for q in board.questions if q.duration is not None]
    if missing := [q.id for q in timed if q.id not in parameters.fits]:
        raise KeyError(f"no draws of the durations of {missing[0]!r}; fitted: {', '.join(parameters.fits) or 'none'}")
    rows = parameters.drawn(chance)
    return {q.id: durability_fit.drawn(parameters.fits[q.id], q, rows) for q in timed}


def shape_draws(question: Question, chance: Chance) -> Float:
    """Return (D,) draws of the Weibull shape of a question's clock; ones on calendar time."""
    if question.shape is None or question.clock == "calendar":
        return np.ones(chance.count)
    return chance.positive(question.shape, f"shape:{question.id}")


def log_factor(board: Board, question: str, *, log_hr: Mapping[tuple[str, str], Float], chance: Chance) -> Float:
    """Return (D,) draws of a question's log adjustment, zeros where the board has none, and of a vote's quality."""
    slope = next((v.quality_trigger for v in board.votes if v.trigger == question), 0.0)
    quality = slope * quality_term(board, question, chance)
    adjustment = next((a for a in board.adjustments if a.question == question), None)
    if adjustment is None:
        return quality
    edges = {(e.parents[0], e.child): e.hazard_ratio for e in board.edges if e.kind == "hazard_ratio"}
    ratios = {(p, question): _ratio(edges, (p, question)) for p in adjustment.divided_edges}
    share = adjustment.divided_share
    shift = sum((log_hr[e] - np.log(r.median) for e, r in ratios.items()), np.zeros(chance.count))
    elsewhere = slope**2 + sum((share * log_sd(r)) ** 2 for r in ratios.values())
    own = np.sqrt(own_variance(adjustment, elsewhere)) * chance.normal(f"factor:{question}")
    return np.asarray(np.log(adjustment.factor.median) + own - share * shift + quality)


def own_variance(adjustment: Adjustment, elsewhere: float) -> float:
    """Return the log variance left to a factor's own part when `elsewhere` is carried by divided edges and quality."""
    total = log_sd(adjustment.factor) ** 2
    return max(total - elsewhere, OWN_SHARE * total)


def quality_term(board: Board, trigger: str, chance: Chance) -> Float:
    """Return (D,) standard normal draws of what a trigger and its vote share; zeros where no vote has this trigger."""
    vote = next((v.question for v in board.votes if v.trigger == trigger), None)
    return chance.normal(f"quality:{vote}") if vote else np.zeros(chance.count)


def frailty(board: Board, question: str, chance: Chance) -> Float:
    """Return (D,) factors of the shared drivers on a question's hazard; ones without any."""
    return np.asarray(np.exp(log_frailty(board, question, chance)))


def log_frailty(board: Board, question: str, chance: Chance) -> Float:
    """Return (D,) shifts of the shared drivers on a question's log hazard, or a vote's logit; zeros without any."""
    loads = [(f.id, load) for f in board.frailties for loaded, load in f.loadings if loaded == question]
    return sum((load * chance.normal(f"frailty:{name}") for name, load in loads), np.zeros(chance.count))


def side_by_side(board: Board, drawn: Hazards) -> tuple[RateRow, ...]:
    """Return the pieces of every event question's hazard, in board order, for its page and for the receipt."""
    return tuple(
        _row(question, q, drawn)
        for q, question in enumerate(board.questions)
        if question.kind == "event" and drawn.hazard[:, q].any()
    )


def _row(question: Question, q: int, drawn: Hazards) -> RateRow:
    rate, factor, hazard = drawn.class_rate[:, q], drawn.factor[:, q], drawn.hazard[:, q]
    check, alike = question.hazard_check, drawn.alike.get(question.id, 1.0)
    judged, whole = float(np.var(np.log(hazard / rate))), float(np.var(np.log(hazard)))
    outside, result = _range(rate), _range(hazard)
    return RateRow(
        question.id,
        class_rate=outside,
        factor=_range(factor),
        hazard=result,
        check=(check.median, check.low, check.high) if check else None,
        agrees=check is None or abs(result[0] / check.median - 1) <= CHECK_WITHIN,
        adjustment_share=min(judged / whole, 1.0),
        driven_by_adjustment=judged / whole >= DRIVEN,
        outside_class=not outside[1] <= result[0] <= outside[2],
        cases_differ=alike < UNLIKE,
    )


def _range(values: Float) -> Range:
    low, median, high = np.quantile(values, [0.05, 0.5, 0.95])
    return float(median), float(low), float(high)


def _has_class(board: Board, question: Question, rates: ClassRates) -> bool:
    if question.id in rates.questions:
        return True
    adjusted = any(a.question == question.id for a in board.adjustments)
    decided = any(s.question == question.id for s in board.scheduled)
    joined = any(e.kind == "with" and e.child == question.id for e in board.edges)
    if adjusted or not (decided or joined):
        raise ValueError(f"event question {question.id!r} has no cases: its class rate is unknown")
    return False


def _ratio(edges: Mapping[tuple[str, str], Elicited | None], edge: tuple[str, str]) -> Elicited:
    found = edges.get(edge)
    if found is None:
        raise ValueError(f"divided edge {edge[0]!r} -> {edge[1]!r} is not a hazard-ratio edge of the board")
    return found
