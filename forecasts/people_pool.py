"""The pool of people's forecasts on a board: its lines at an instant, and what resolved questions taught it.

Three rungs, each its own number beside the model's: the recency-weighted mean of log-odds, the recalibrated pool around
the base rate, the hierarchical pool. A rung that needs more than there is falls back to the one below and says why.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import numpy as np

from forecasts.base_rates import base_rates
from forecasts.definition import Board
from forecasts.domain import LedgerView, Occurrence
from forecasts.instants import end_of_day, start_of_day, utc
from forecasts.outcomes import Decided, decided
from forecasts.people_forecasts import Issued, Key, Pair, in_force, is_crowd, issued
from models.pool_rules import (
    Factor,
    PoolDraws,
    Voices,
    expit,
    factor_posterior,
    hierarchical,
    log_odds,
    mean,
    recalibrated,
    recency,
)

HALF_LIFE_DAYS = 30.0
"""A forecast counts half as much for every month that it has stood."""
QUESTIONS_NEEDED = 30
"""Resolved questions, each underlying one once, from which the hierarchical pool is fitted."""
PEOPLE_NEEDED = 2
"""People among them: with one there is nothing to tell apart."""

type Rung = Literal["mean", "recalibrated", "hierarchical"]


@dataclass(frozen=True, slots=True)
class Voice:
    """One forecaster's part in a pool."""

    forecaster: str
    probability: float
    issued_at: datetime
    weight: float
    """Share of the mean, by how recently it was issued; all shares sum to 1."""
    market: bool
    """A crowd or market: never made bolder."""


@dataclass(frozen=True, slots=True)
class PoolLine:
    """The pool of one question and deadline at one instant."""

    pair: Pair
    mean: float
    recalibrated: float | None
    """None without a base rate."""
    hierarchical: float | None
    """None with too few resolved questions."""
    base_rate: float | None
    voices: tuple[Voice, ...]
    """By weight, the largest first."""
    note: str
    """What kept it on a lower rung; empty on the highest."""

    @property
    def rung(self) -> Rung:
        """The highest rung that was reached."""
        if self.hierarchical is not None:
            return "hierarchical"
        return "mean" if self.recalibrated is None else "recalibrated"

    @property
    def best(self) -> float:
        """The number of the highest rung."""
        found = {"mean": self.mean, "recalibrated": self.recalibrated, "hierarchical": self.hierarchical}[self.rung]
        assert found is not None
        return found


@dataclass(frozen=True, slots=True)
class Asked:
    """A resolved question as the pool learns from it: what stood at one instant of its life, and what came of it."""

    pair: Pair
    at: datetime
    """Halfway through the scheduled life, or through the actual one where it ended before that."""
    outcome: int
    base: float
    """Log-odds of the base rate then."""
    voices: tuple[Issued, ...]
    weight: float
    """1 over the number of deadlines of the same underlying question: they share one luck."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What resolved questions taught a pool."""

    factor: Factor
    questions: int
    """Independent resolved questions that people had forecast."""
    people: int
    """People among their forecasters."""
    draws: PoolDraws | None = None
    """Of the hierarchical fit; None where there is none."""
    forecasters: tuple[str, ...] = ()
    """Columns of the draws."""

    @property
    def enough(self) -> bool:
        """Whether the hierarchical pool may be fitted."""
        return self.questions >= QUESTIONS_NEEDED and self.people >= PEOPLE_NEEDED


def lines(board: Board, view: LedgerView, learned: Learned, *, at: datetime) -> tuple[PoolLine, ...]:
    """Return the pool of every question and deadline on which a forecast is in force, in the order of the board.

    Parameters
    ----------
    board, view
        The definition and the records in force.
    learned
        What resolved questions taught (`learn`).
    at
        Aware instant.
    """
    force = _open(in_force(issued(view), at=at), decided(board, view), at)
    by_pair: dict[Pair, list[Issued]] = {}
    for found in force:
        by_pair.setdefault(found.pair, []).append(found)
    bases = _bases(board, view, at) if by_pair else {}
    order = [(q.id, d) for q in board.questions for d in q.deadlines]
    return tuple(pool(p, by_pair[p], learned, base=bases.get(p), at=at) for p in order if p in by_pair)


def path(board: Board, view: LedgerView, learned: Learned, pair: Pair) -> tuple[tuple[datetime, PoolLine | None], ...]:
    """Return the pool of a question and deadline whenever one of its forecasts changed; None where nobody was left."""
    given = tuple(i for i in issued(view) if i.pair == pair)
    found: list[tuple[datetime, PoolLine | None]] = []
    for at in sorted({i.at for i in given}):
        force = list(in_force(given, at=at).values())
        base = _bases(board, view, at).get(pair) if force else None
        found.append((at, pool(pair, force, learned, base=base, at=at) if force else None))
    return tuple(found)


def _open(force: Mapping[Key, Issued], known: Mapping[Pair, Decided], at: datetime) -> list[Issued]:
    """Return the forecasts of pairs that are neither over nor decided."""
    return [i for i in force.values() if i.pair not in known and end_of_day(i.forecast.deadline) >= utc(at)]


def _bases(board: Board, view: LedgerView, at: datetime) -> dict[Pair, float]:
    """Return the outside view of every pair at an instant, where there is one strictly between 0 and 1."""
    day = min(max(utc(at).date(), board.opens), board.horizon)
    happened = {o.question: o.occurred_on for o in view.records(Occurrence) if o.occurred_on <= day}
    outside = base_rates(board, known=day, occurred=happened)
    found = {(q.id, d): outside.probability(q.id, d) for q in board.questions for d in q.deadlines}
    return {pair: p for pair, p in found.items() if p is not None and 0 < p < 1}


def pool(pair: Pair, found: Sequence[Issued], learned: Learned, *, base: float | None, at: datetime) -> PoolLine:
    """Return the pool of the forecasts of one question and deadline; `base` is the base rate, None without one."""
    voices = _voices(found, at)
    notes, bold, high = [], None, None
    middle = float(expit(mean(voices, half_life=HALF_LIFE_DAYS)))
    if base is None:
        notes.append("no reference class gives a base rate: the mean is as far as it goes")
    else:
        around = float(log_odds(np.array(base)))
        bold = recalibrated(voices, learned.factor, base=around, half_life=HALF_LIFE_DAYS)
        if learned.draws is None:
            notes.append(_missing(learned))
        else:
            known = {f: n for n, f in enumerate(learned.forecasters)}
            member = np.array([known.get(i.forecast.forecaster, -1) for i in found], np.int64)
            high = hierarchical(voices, member, learned.draws, base=around, half_life=HALF_LIFE_DAYS)
    weights = recency(voices.age_days, half_life=HALF_LIFE_DAYS)
    return PoolLine(pair, middle, bold, high, base, _shown(found, weights), "; ".join(notes))


def _missing(learned: Learned) -> str:
    if learned.enough:
        return "the hierarchical pool has no fit that passed its gate: the recalibrated one is shown"
    return (
        f"{learned.questions} of the {QUESTIONS_NEEDED} independent resolved questions and {learned.people} of the "
        f"{PEOPLE_NEEDED} people that a hierarchical pool needs: the recalibrated one is shown"
    )


def _voices(found: Sequence[Issued], at: datetime) -> Voices:
    said = np.array([i.forecast.probability for i in found], float)
    age = np.array([max((utc(at) - i.at) / timedelta(days=1), 0.0) for i in found])
    return Voices(log_odds(said), age, np.array([is_crowd(i.forecast.forecaster) for i in found], bool))


def _shown(found: Sequence[Issued], weights: Iterable[float]) -> tuple[Voice, ...]:
    voices = [
        Voice(
            i.forecast.forecaster, float(i.forecast.probability or 0.0), i.at, float(w), is_crowd(i.forecast.forecaster)
        )
        for i, w in zip(found, weights, strict=True)
    ]
    return tuple(sorted(voices, key=lambda v: (-v.weight, v.forecaster)))


def asked(board: Board, view: LedgerView, *, now: datetime) -> tuple[Asked, ...]:
    """Return the resolved questions that people had forecast, as the pool learns from them.

    A question by a date joins only when its date has passed, however early it happened (METHODS 9); crowds that were
    entered with hindsight count, because their series are public. Pairs without a base rate are left out.
    """
    given = issued(view)
    due = [d for d in decided(board, view).values() if d.scored and end_of_day(d.deadline) <= utc(now)]
    found = [one for d in due if (one := _asked(board, view, d, given)) is not None]
    share: dict[str, int] = {}
    for question, _ in (a.pair for a in found):
        share[question] = share.get(question, 0) + 1
    return tuple(Asked(a.pair, a.at, a.outcome, a.base, a.voices, 1 / share[a.pair[0]]) for a in found)


def _asked(board: Board, view: LedgerView, found: Decided, given: tuple[Issued, ...]) -> Asked | None:
    opened, closes = start_of_day(board.question(found.question).opens), end_of_day(found.deadline)
    ended = start_of_day(found.on) if found.outcome == "yes" else closes
    middle = opened + (closes - opened) / 2
    at = middle if middle < ended else opened + (ended - opened) / 2
    pair = (found.question, found.deadline)
    voices = tuple(i for i in in_force((i for i in given if i.pair == pair), at=at).values())
    base = _bases(board, view, at).get(pair) if voices else None
    if base is None:
        return None
    return Asked(pair, at, int(found.outcome == "yes"), float(log_odds(np.array(base))), voices, 1.0)


def learn(resolved: Sequence[Asked]) -> Learned:
    """Return what resolved questions teach without a fit: the recalibrating factor, at its prior without any."""
    lean, base, outcome, weight = [], [], [], []
    for one in resolved:
        people = [i for i in one.voices if not is_crowd(i.forecast.forecaster)]
        if people:
            lean.append(mean(_voices(people, one.at), half_life=HALF_LIFE_DAYS) - one.base)
            base.append(one.base)
            outcome.append(float(one.outcome))
            weight.append(one.weight)
    columns = (np.array(c, float) for c in (lean, base, outcome))
    names = {i.forecast.forecaster for a in resolved for i in a.voices}
    people_count = sum(not is_crowd(name) for name in names)
    factor = factor_posterior(*columns, weight=np.array(weight, float))
    return Learned(factor, len({a.pair[0] for a in resolved}), people_count)
