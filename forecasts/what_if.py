"""What-if: the board given that something is seen to happen, or made to happen.

*See* conditions the weighted futures: P(A | C) = sum of w over futures in A and C / sum of w over futures in C, with w
the weights that give every published number, so P(A) = P(C) P(A | C) + P(not C) P(A | not C) holds exactly. It speaks
of what C tells us, also about its causes. Where too few futures hold C, more are simulated towards it.

*Do* simulates the same futures with the same luck once more, C forced and everything that would have caused or
prevented it cut off; each keeps the weight of its factual twin. It speaks of what C brings about. A question that does
not descend from C keeps its days to the byte.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasts import scenarios, snapshots
from forecasts.artefacts import Artefacts
from forecasts.conditions import Made, Seen, made_from, marks, seen_from
from forecasts.definition import Board
from forecasts.domain import Mode, WhatIfMode
from forecasts.effort import CAP, LARGEST_TILT, SMALLEST_TILT
from forecasts.encode_chance import Chance
from forecasts.evaluation import Effort, Judged, Simulated, grid_of, judge, simulate_board, weigh_board
from forecasts.moves import State, read_state
from forecasts.parameters import Parameters
from forecasts.receipts import model_version
from forecasts.replay import Moment
from forecasts.snapshots import Snapshot
from forecasts.store import Store
from forecasts.summary import deadline_state
from models.futures import Forced
from models.precision import MIN_DRAWS, MIN_FUTURES, Bands, assess, bands, column_variance, ess
from models.weighing import Sample, Weighed, prepare, shares, weigh
from models.world import NEVER

CERTAIN = 1 - 1e-12
"""A conditional share above this is 1 but for the order of summation."""
EVEN = 0.5
"""Probability that a tilt towards a condition aims at."""
HOPELESS = 0.5
"""Sizes grow no faster than the futures: below this part of the floor at the cap, no more are simulated."""
ENOUGH_HITS = 30
"""Futures in which a scenario must hold before they say which events lead there."""

Float = NDArray[np.float64]


class NothingPublishedError(LookupError):
    """There is no snapshot to ask; the message says how to get one."""


class TooRareError(ValueError):
    """Too few futures hold the condition for any number to be shown; the message says how many there were."""

    exit_code = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """A snapshot's weighted futures, which every what-if starts from."""

    parameters: Parameters
    judged: Judged
    factual: Simulated
    before: Weighed
    threads: int

    @property
    def moment(self) -> Moment:
        """What was known."""
        return self.factual.moment

    @property
    def board(self) -> Board:
        """The definition in force then."""
        return self.moment.board

    def again(self, effort: Effort, *, forced: Forced | None = None) -> Simulated:
        """Return futures of the same moment and luck, of another size or with something forced."""
        return simulate_board(self.moment, self.parameters, effort, threads=self.threads, forced=forced)


@dataclass(frozen=True, slots=True)
class _Under:
    """Weighted futures under a condition."""

    sample: Sample
    weighed: Weighed
    """Its probabilities are the answer."""
    share: Float
    """(Q, G, C) column by column, for the bands."""
    scenario_share: Float
    """(S, C)."""
    attempts: int
    chance: float | None
    """Probability of the condition itself; None where it is made to hold."""


def what_if(
    store: Store,
    artefacts: Artefacts,
    board: str,
    *,
    conditions: Sequence[str],
    mode: WhatIfMode,
    as_of: datetime | None = None,
    replay: Mode = "live",
    threads: int = 2,
) -> dict[str, Any]:
    """Return what every question and scenario becomes under some conditions, beside what it is without them.

    Parameters
    ----------
    conditions
        As a person writes them (`forecasts.conditions`); all of them hold at once.
    mode
        `see` or `do`.
    as_of, replay
        Which snapshot: the newest of the mode by this instant.
    threads
        Threads to use; no number depends on it.

    Returns
    -------
    `conditions` (as understood), `mode`, `ess` and `ess_draws`, `chance` (of the condition; None for `do`), `attempts`,
    `as_of`, `known_through`, `results` (list of `question, deadline, before, after, low, high, state`) and `scenarios`
    (list of `scenario, before, after, low, high, overlay`); bands hold 90 %.

    Raises
    ------
    NothingPublishedError
        When nothing was published in this mode by then, or only by a version of the model that reads other draws.
    ConditionError
        When a condition cannot be used.
    TooRareError
        When fewer than 1,000 effective futures or 300 draws hold the condition, however many are simulated.
    """
    snapshot = snapshots.latest(store, board, mode=replay, as_of=as_of)
    if snapshot is None:
        raise NothingPublishedError(f"{board}: no snapshot ({replay}) to ask; `twixt refit` publishes one")
    return answer(_read(store, artefacts, snapshot, threads=threads), conditions, mode)


def _read(store: Store, artefacts: Artefacts, snapshot: Snapshot, *, threads: int) -> Asked:
    """Return a snapshot's futures; where another version of the model has made it, its draws may be of no use here."""
    try:
        return asked_of(read_state(store, artefacts, snapshot), threads=threads)
    except Exception as error:
        if snapshot.receipt.get("model_version") == model_version():
            raise
        raise NothingPublishedError(
            f"{snapshot.board}: the snapshot as of {snapshot.as_of.isoformat()} was made by another version of the "
            "model and cannot be computed again; `twixt refit` publishes one that can"
        ) from error


def asked_of(state: State, *, threads: int) -> Asked:
    """Return a snapshot's futures, simulated and weighed again from its inputs: the same to the byte."""
    judged = judge(state.moment)
    factual = simulate_board(state.moment, state.parameters, state.effort, threads=threads)
    return Asked(state.parameters, judged, factual, weigh_board(factual, judged, threads=threads), threads)


def answer(asked: Asked, conditions: Sequence[str], mode: WhatIfMode) -> dict[str, Any]:
    """Return what `what_if` returns, on futures at hand; raises ConditionError and TooRareError as it does."""
    limits: dict[str, Any] = {"known": asked.moment.known_through, "settled": asked.moment.occurrences}
    read: Sequence[Seen] | Sequence[Made]
    if mode == "see":
        read = seen = seen_from(conditions, asked.board, **limits)
        under = _seeing(asked, seen)
    else:
        read = made = made_from(conditions, asked.board, **limits)
        under = _doing(asked, made)
    return {"conditions": [str(c) for c in read], "mode": mode} | _report(asked, under)


def _seeing(asked: Asked, seen: Sequence[Seen]) -> _Under:
    """Return the board given what is seen, with more futures where too few hold it."""
    simulated, weighed = asked.factual, asked.before
    chance, sizes = float(weighed.weight[_hit(simulated, seen)].sum()), (0.0, 0.0)
    for attempt, effort in enumerate(_efforts(asked, seen), 1):
        if attempt > 1:
            simulated = asked.again(effort)
            weighed = weigh_board(simulated, asked.judged, threads=asked.threads)
        hit = _hit(simulated, seen)
        weight = np.where(hit, weighed.weight, 0.0)
        sizes = ess(weight, simulated.sample.draw) if weight.sum() > 0 else (0.0, 0.0)
        if sizes[0] >= MIN_FUTURES and sizes[1] >= MIN_DRAWS:
            under = _conditioned(asked, simulated.sample, weight / weight.sum(), hit)
            return replace(under, attempts=attempt, chance=chance)
        left = CAP * asked.factual.effort.draws / effort.draws
        if attempt > 1 and (sizes[0] * left < HOPELESS * MIN_FUTURES or sizes[1] * left < HOPELESS * MIN_DRAWS):
            break
    raise TooRareError(
        f"{' and '.join(map(str, seen))}: probability {chance:.2g}, {sizes[0]:.0f} effective futures of {sizes[1]:.0f} "
        f"draws hold it; at least {MIN_FUTURES:.0f} of {MIN_DRAWS:.0f} are needed to show numbers"
    )


def _hit(simulated: Simulated, seen: Sequence[Seen]) -> NDArray[np.bool_]:
    board = simulated.moment.board
    holds = simulated.sample.codes[:, len(board.questions) :] == 0
    return marks(seen, board, simulated.stored.day, holds)


def _efforts(asked: Asked, seen: Sequence[Seen]) -> Iterator[Effort]:
    """Return the efforts in the order they are tried: as published, then towards the condition, with more draws."""
    published = asked.factual.effort
    yield published
    tilted = replace(published, tilt=_towards(asked, seen))
    grown = 1 if tilted != published else 2
    while grown <= CAP:
        yield replace(tilted, draws=published.draws * grown)
        grown *= 2


def _towards(asked: Asked, seen: Sequence[Seen]) -> tuple[tuple[str, float, int], ...]:
    """Return a tilt under which each event of the condition is about as likely as not."""
    tilt = {question: (factor, day) for question, factor, day in asked.factual.effort.tilt}
    for c in seen:
        if c.question is not None and c.by is not None:
            aimed = _aimed(asked, c.question, (c.by - asked.board.opens).days, target=float(c.holds))
            tilt |= {c.question: aimed} if aimed else {}
        elif c.holds:
            tilt |= _towards_scenario(asked, c)
    return tuple((question, *how) for question, how in tilt.items())


def _towards_scenario(asked: Asked, scenario: Seen) -> dict[str, tuple[float, int]]:
    """Return a tilt of the events that a scenario speaks of, as far as the futures in which it holds differ in them."""
    board, hit = asked.board, _hit(asked.factual, [scenario])
    if hit.sum() < ENOUGH_HITS:
        return {}
    (definition,) = (s.definition for s in board.scenarios if s.id == scenario.scenario)
    parsed = scenarios.parse(definition, [q.id for q in board.questions])
    by = (max(parsed.days, default=board.horizon) - board.opens).days
    weight = asked.before.weight[hit] / asked.before.weight[hit].sum()
    found = {}
    for name in parsed.columns:
        inside = float(weight[asked.factual.stored.day[hit, board.index(name)] <= by].sum())
        if aimed := _aimed(asked, name, by, target=inside):
            found[name] = aimed
    return found


def _aimed(asked: Asked, question: str, by: int, *, target: float) -> tuple[float, int] | None:
    """Return the log factor on a hazard that brings a question half way to a target, and its last day; None for none.

    None too where the question has no hazard, is certain, or where the factor would be too small to matter.
    """
    q, weight = asked.board.index(question), asked.before.weight
    p = float(weight[asked.factual.stored.day[:, q] <= by].sum())
    aim = min(target, EVEN) if target > p else max(target, EVEN)
    if asked.board.questions[q].kind != "event" or not 0.0 < p < 1.0 or (aim > p) != (target > p):
        return None
    factor = float(np.clip(np.log(np.log1p(-aim) / np.log1p(-p)), -LARGEST_TILT, LARGEST_TILT))
    return (factor, by) if abs(factor) >= SMALLEST_TILT else None


def _conditioned(asked: Asked, sample: Sample, weight: Float, hit: NDArray[np.bool_]) -> _Under:
    """Return the conditional board: centres from the published weights, spread over readings column by column."""
    given = weigh(sample.given(hit), asked.judged.table, points=asked.judged.design.points, threads=asked.threads)
    with np.errstate(divide="ignore"):
        alone = replace(sample, log_prior=np.log(weight))
    no_evidence = np.zeros((sample.questions, sample.grid.size + 1, 1))
    centre = shares(alone, no_evidence, np.arange(sample.codes.shape[1]), threads=asked.threads)
    centre = np.where(centre > CERTAIN, 1.0, centre)
    weighed = Weighed(centre[: sample.questions], centre[sample.questions :, 0], weight, 1)
    return _Under(sample, weighed, given.share, given.scenario_share, 1, None)


def _doing(asked: Asked, made: Sequence[Made]) -> _Under:
    """Return the board with the condition made to hold, each future weighted as its factual twin."""
    board, sample, design = asked.board, asked.factual.sample, asked.judged.design
    other = asked.again(asked.factual.effort, forced=_forced(made, asked)).stored
    holds = scenarios.marks(board, other.day).indicators
    twin = prepare(other.day, sample.log_prior, draw=sample.draw, grid=grid_of(board), marks=holds)
    both = replace(sample, codes=np.ascontiguousarray(np.concatenate([sample.codes, twin.codes], axis=1)))
    places = np.arange(sample.codes.shape[1], both.codes.shape[1])
    columns = shares(both, asked.judged.table, places, threads=asked.threads)
    questions, marked = columns[: sample.questions], columns[sample.questions :, 0]
    weighed = Weighed(questions, marked, asked.before.weight, design.points)
    return _Under(twin, weighed, questions, marked, 1, None)


def _forced(made: Sequence[Made], asked: Asked) -> Forced:
    board, effort = asked.board, asked.factual.effort
    days = np.full((len(made), effort.futures), NEVER, np.int16)
    for row, act in enumerate(made):
        if act.first is not None and act.last is not None:
            luck = Chance(effort.futures, effort.seed).uniform(f"made:{act.question}")
            width = (act.last - act.first).days + 1
            days[row] = (act.first - board.opens).days + np.minimum((luck * width).astype(np.int64), width - 1)
    return Forced(np.array([board.index(m.question) for m in made], np.int64), days)


def _report(asked: Asked, under: _Under) -> dict[str, Any]:
    moment, points = asked.moment, asked.judged.design.points
    precision = assess(under.sample, under.weighed, threads=asked.threads)
    of_questions = bands(under.weighed.probability, precision.question, column_variance(under.share, points))
    of_scenarios = bands(under.weighed.scenario, precision.scenario, column_variance(under.scenario_share, points))
    return {
        "board": moment.board.id,
        "as_of": moment.as_of.isoformat(),
        "known_through": moment.known_through.isoformat(),
        "chance": under.chance,
        "ess": round(precision.ess_futures, 1),
        "ess_draws": round(precision.ess_draws, 1),
        "attempts": under.attempts,
        "results": list(_questions(asked, under, of_questions)),
        "scenarios": list(_scenarios(asked, under, of_scenarios)),
    }


def _questions(asked: Asked, under: _Under, band: Bands) -> Iterator[dict[str, Any]]:
    for q, question in enumerate(asked.board.questions):
        for g, deadline in enumerate(asked.board.deadlines):
            if deadline in question.deadlines:
                yield {
                    "question": question.id,
                    "deadline": deadline.isoformat(),
                    "before": float(asked.before.probability[q, g]),
                    "after": float(under.weighed.probability[q, g]),
                    "low": float(band.low90[q, g]),
                    "high": float(band.high90[q, g]),
                    "state": deadline_state(asked.moment, question.id, deadline),
                }


def _scenarios(asked: Asked, under: _Under, band: Bands) -> Iterator[dict[str, Any]]:
    for s, scenario in enumerate(asked.board.scenarios):
        yield {
            "scenario": scenario.id,
            "before": float(asked.before.scenario[s]),
            "after": float(under.weighed.scenario[s]),
            "low": float(band.low90[s]),
            "high": float(band.high90[s]),
            "overlay": scenario.group == "overlay",
        }
