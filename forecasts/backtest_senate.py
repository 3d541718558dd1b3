"""Forecast the later votes of a table from the ones before, senator by senator, and score it beside the sceptics.

Known before a vote: who sits, with party and ideal point (Voteview's, estimated from whole careers, later votes
included, which all forecasters but the base rate use alike), the president's party, the type that the title tells, and
how long ago the last vote of the training part was. Not known: who will be absent, the tally, any later vote.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasts import senate_encode, senate_sceptics
from forecasts.board_files import Problem
from forecasts.recipe import ParametersRefusedError, Progress
from forecasts.senate_sceptics import NAMES, Voters
from forecasts.senate_scores import Coverage, Issued, Outcome, Scores, coverage, paired, score
from forecasts.senate_tables import RollCall, en_bloc
from models import reliability, senate_predictive
from models.resampling import Interval
from models.senate_history import MOST_TOKEN, NEITHER, YEA, History
from models.senate_predictive import PARAMETERS, Ballots, Held
from models.world import Float

SAMPLER: Mapping[str, Any] = {"chains": 4, "draws": 1200, "tune": 700, "target_accept": 0.95, "seed": 19900101}
LUCK = 19991013
"""Seed of the coming votes' shocks and of all null distributions."""
COPIES = 2000
"""Simulated sets of votes behind the null of the senators' miscalibration, and of uniform transforms."""
FEWEST_TRAINING = 20
"""Votes that a training part needs."""
FEWEST_CONTESTED = 5


@dataclass(frozen=True, slots=True)
class Backtest:
    """Scores of the votes from a day on, forecast from those before; V votes."""

    trained_on: int
    """Votes of the training part, en-bloc votes as one."""
    votes: tuple[RollCall, ...]
    """Forecast votes, en-bloc votes as one."""
    forecasts: Mapping[str, Sequence[Issued]]
    """By `model` and the sceptics' names."""
    scores: Mapping[str, Scores]
    coverage: Coverage
    crps_ahead: Mapping[str, Interval]
    """CRPS of the model less that of each sceptic, days drawn together."""
    senator_ahead: Mapping[str, Interval]
    """The same of the senators' log loss."""
    mcb_null: Float
    """(R,) miscalibration of the model's senators in whole sets of votes drawn from its own joint forecast."""
    receipt: Mapping[str, Any] = field(default_factory=dict)


def check(calls: Sequence[RollCall], *, train_before: date, votes_file: str, senators_file: str) -> list[Problem]:
    """Return what stands against a backtest with these votes: too few before the day, none after it, no senators."""
    before = en_bloc(c for c in calls if c.day < train_before)
    after = [c for c in calls if c.day >= train_before]
    contested = sum(c.nays > MOST_TOKEN for c in before)
    missing = [f"vote {c.id}" for c in calls if not c.ballots]
    problems = [Problem(senators_file, vote, "no row for it; every senator in office is needed") for vote in missing]
    if len(before) < FEWEST_TRAINING or contested < FEWEST_CONTESTED:
        found = f"{len(before)} votes before it, {contested} of them with more than {MOST_TOKEN} nays"
        message = f"{train_before}: {found}; at least {FEWEST_TRAINING} and {FEWEST_CONTESTED} are needed"
        problems.append(Problem(votes_file, "--train-before", message))
    if not after:
        message = f"{train_before}: no vote on or after it; the last is of {max(c.day for c in calls)}"
        problems.append(Problem(votes_file, "--train-before", message))
    return problems


def run(calls: Sequence[RollCall], *, train_before: date, progress: Progress | None = None) -> Backtest:
    """Fit the votes before a day, forecast those from it on, and score model and sceptics.

    Raises
    ------
    ParametersRefusedError
        When the fit did not pass its gate.
    """
    before = en_bloc(c for c in calls if c.day < train_before)
    after = en_bloc(c for c in calls if c.day >= train_before)
    history = senate_encode.history(before)
    parameters, receipt = fit(history, progress=progress)
    rng = np.random.default_rng(LUCK)
    last = max(c.day for c in before)
    held = [_held(history, call, last) for call in after]
    drawn = [senate_predictive.ballots(parameters, vote, rng=rng) for vote in held]
    return _scored(before, after, history=history, held=held, drawn=drawn, rng=rng, receipt=receipt)


def fit(history: History, *, progress: Progress | None = None) -> tuple[Mapping[str, Float], Mapping[str, Any]]:
    """Return gated draws by name of `PARAMETERS`, axis 0 = draw, and their receipt.

    Raises
    ------
    ParametersRefusedError
        When the gate refused the fit twice.
    """
    from models import sampling, senate

    try:
        found = sampling.sample(senate.build(history), sampling.SamplerSettings(**SAMPLER), progress=progress)
    except sampling.GateRefusedError as refusal:
        raise ParametersRefusedError(f"senate: {refusal}") from refusal
    posterior = found.tree["posterior"].dataset
    kept = {n: np.asarray(posterior[n].values, float) for n in PARAMETERS if n in posterior}
    draws = {n: v.reshape(-1, *v.shape[2:]) for n, v in kept.items()}
    return draws, {"attempts": found.attempts, "gate": [asdict(c) for c in found.gate.checks]}


def _held(history: History, call: RollCall, last: date) -> Held:
    """Return what is known of a vote before it is held."""
    m = senate_encode.members([call])
    number = {name: n for n, name in enumerate(history.members.names)}
    return Held(
        kind=history.types.index(call.type) if call.type in history.types else -1,
        president=1.0 if call.president == "R" else -1.0,
        years=(call.day - last).days / 365.25,
        ideal_point=m.ideal_point[0],
        side=m.side[0],
        person=np.array([number.get(b.senator, -1) for b in call.ballots]),
    )


def _scored(
    before: Sequence[RollCall],
    after: Sequence[RollCall],
    *,
    history: History,
    held: Sequence[Held],
    drawn: Sequence[Ballots],
    rng: np.random.Generator,
    receipt: Mapping[str, Any],
) -> Backtest:
    outcomes, voted = _outcomes(after)
    issued = {"model": [_issued(d, v) for d, v in zip(drawn, voted, strict=True)]}
    coming = [Voters(h.president, h.ideal_point, h.side, v) for h, v in zip(held, voted, strict=True)]
    issued |= senate_sceptics.forecasts(history, coming)
    scores = {name: score(each, outcomes) for name, each in issued.items()}
    cluster = np.array([o.cluster for o in outcomes])
    model = scores["model"]
    ones = np.ones(len(outcomes))
    copies = senate_predictive.simulated(drawn, voted, copies=COPIES, rng=rng)
    return Backtest(
        trained_on=len(before),
        votes=tuple(after),
        forecasts=issued,
        scores=scores,
        coverage=coverage(model, [f.yeas for f in issued["model"]], cluster, rng=rng),
        crps_ahead={n: paired(model.crps - scores[n].crps, ones, cluster) for n in NAMES},
        senator_ahead={n: paired(model.senator - scores[n].senator, model.senators, cluster) for n in NAMES},
        mcb_null=_mcb_null(issued["model"], copies),
        receipt=receipt,
    )


def _outcomes(after: Sequence[RollCall]) -> tuple[list[Outcome], list[NDArray[np.bool_]]]:
    votes = senate_encode.members(after).vote
    days = sorted({c.day for c in after})
    voted = [votes[v, : len(c.ballots)] != NEITHER for v, c in enumerate(after)]
    cast = [votes[v, : len(c.ballots)][there] == YEA for v, (c, there) in enumerate(zip(after, voted, strict=True))]
    return [Outcome(c.consented, c.yeas, y, days.index(c.day)) for c, y in zip(after, cast, strict=True)], voted


def _issued(drawn: Ballots, voted: NDArray[np.bool_]) -> Issued:
    law, two_thirds = senate_predictive.yeas(drawn)
    return Issued(two_thirds, law, senate_predictive.members(drawn)[voted])


def _mcb_null(issued: Sequence[Issued], copies: Sequence[NDArray[np.bool_]]) -> Float:
    """Return the miscalibration of each simulated set of votes, (R,)."""
    p = np.concatenate([f.member for f in issued])
    yea = np.concatenate(copies, axis=1).astype(float)
    return np.array([reliability.decompose(reliability.fit(p, y)).mcb for y in yea])


def summary(scores: Scores) -> dict[str, float]:
    """Return the numbers that are reported of one forecaster."""
    return {
        "brier": float(scores.brier.mean()),
        "log": float(scores.log.mean()),
        "crps": float(scores.crps.mean()),
        "coverage90": float(scores.covered.mean()),
        "senator_log_loss": scores.senator_log_loss,
        "senator_mcb": scores.mcb,
    }


def log_without_failures(test: Backtest, name: str) -> float | None:
    """Return the mean log score over the votes that passed; None where none did."""
    passed = np.array([v.consented for v in test.votes])
    return float(test.scores[name].log[passed].mean()) if passed.any() else None


def document(test: Backtest) -> dict[str, Any]:
    """Return the JSON document of a backtest."""
    model = test.scores["model"]
    names = ("model", *NAMES)
    ahead = {"crps": test.crps_ahead, "senator_log_loss": test.senator_ahead}
    return {
        "n_votes": len(test.votes),
        "n_senator_votes": int(model.senators.sum()),
        "model": summary(model),
        "baselines": {n: summary(test.scores[n]) for n in NAMES},
        "n_roll_calls": sum(v.together for v in test.votes),
        "n_days": len({v.day for v in test.votes}),
        "n_failed": sum(not v.consented for v in test.votes),
        "trained_on": test.trained_on,
        "log_without_failures": {n: log_without_failures(test, n) for n in names},
        "model_less_baseline": {
            score: {n: {"mean": i.mean, "low": _number(i.low), "high": _number(i.high)} for n, i in each.items()}
            for score, each in ahead.items()
        },
        "coverage": {"p_share": test.coverage.p_share, "p_uniform": test.coverage.p_uniform},
        "senator_mcb_null": {"mean": float(test.mcb_null.mean()), "q95": float(np.quantile(test.mcb_null, 0.95))},
    }


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
