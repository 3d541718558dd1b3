"""Forecast how long later agreements of a table hold from the earlier ones, and score it beside two sceptics.

On the day of the cut only what had happened by then is known: an earlier agreement that ended later counts as in
force. The model is `models.durability` with a bounded clock and one effect for each feature, its priors as stated there
but for a wider level: the figures behind the narrow one were published later than most cuts.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasts.agreement_table import Agreement, Agreements
from forecasts.board_files import Problem
from forecasts.duration_scores import Curve, DurationScores, Outcome, constant, score, steps
from forecasts.recipe import ParametersRefusedError, Progress
from models.durability_curves import Durations, Hazard, days_known, kaplan_meier, survival

Float = NDArray[np.float64]

SAMPLER: dict[str, Any] = {"chains": 4, "draws": 1000, "tune": 1000, "target_accept": 0.95, "seed": 19920101}
LEVEL = (float(np.log(0.5)), 1.0)
"""Log cumulative hazard within five years: 39 % end within them, 90 % range 9 to 92 %."""
SHAPE = (float(np.log(0.6)), 0.4)
SETTLING = (float(np.log(10.0)), 1.0)
EFFECT = (0.0, 0.25)
"""Reasons in `models.durability`."""
BASELINES = ("kaplan_meier", "constant")
CALIBRATED_YEARS = (1, 2, 5)
FEWEST_CASES, FEWEST_ENDS = 10, 3
"""Training agreements, and ends among them, known on the day of the cut."""
_CURVE_DRAWS = 1000
LUCK = 19750101
"""Seed of the counts that calibration is compared with."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Forecast and seen share of agreements in force after some years."""

    years: int
    n: int
    """Agreements that were watched so long, or had ended."""
    forecast: float
    observed: float
    low90: float
    high90: float
    """Range of the observed share by the joint forecast."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """Scores of the later agreements, F = agreement."""

    signed_before: date
    trained_on: int
    ends: int
    """Of the training agreements, known on the day."""
    names: tuple[str, ...]
    model: DurationScores
    baselines: dict[str, DurationScores]
    calibration: tuple[Calibration, ...]
    ratios: dict[str, tuple[float, float, float]]
    """Hazard ratio of each feature: median, 5 and 95 % point."""


def check(table: Agreements, *, signed_before: date, file: str) -> list[Problem]:
    """Return what stands against a backtest: too few agreements before the cut, none after it."""
    before, after = split(table, signed_before)
    ends = sum(a.ended is not None for a in before)
    if len(before) < FEWEST_CASES or ends < FEWEST_ENDS:
        found = f"{len(before)} agreements signed earlier, {ends} of them known to have ended"
        needed = f"at least {FEWEST_CASES} and {FEWEST_ENDS} are needed"
        return [Problem(file, "--signed-before", f"{signed_before}: {found}; {needed}")]
    if not after:
        last = max(a.signed for a in table.rows)
        return [Problem(file, "--signed-before", f"{signed_before}: no agreement was signed later; the last {last}")]
    return []


def split(table: Agreements, day: date) -> tuple[tuple[Agreement, ...], tuple[Agreement, ...]]:
    """Return the agreements signed before a day, as they were known on it, and the others as they came out."""
    return tuple(a.until(day) for a in table.rows if a.signed < day), tuple(a for a in table.rows if a.signed >= day)


def run(table: Agreements, *, signed_before: date, progress: Progress | None = None) -> Backtest:
    """Fit the earlier agreements, forecast the later ones, score model and sceptics.

    Raises
    ------
    ParametersRefusedError
        When the fit did not pass its gate.
    """
    before, after = split(table, signed_before)
    cases = durations(before, table.features)
    law = fit(cases, name=f"agreements signed before {signed_before}", progress=progress)
    design = _design(after, table.features) - _design(before, table.features).mean(axis=0)
    outcomes = [Outcome(a.years, a.ended is not None, a.followed) for a in after]
    held = np.array([a.years for a in before])
    times, values = kaplan_meier(held, cases.ended)
    rate = float(cases.ended.sum() / held.sum())
    sceptics = dict(zip(BASELINES, (steps(times, values), constant(rate)), strict=True))
    return Backtest(
        signed_before,
        trained_on=len(before),
        ends=int(cases.ended.sum()),
        names=tuple(a.name for a in after),
        model=score([_curve(law, x) for x in design], outcomes),
        baselines={name: score([curve] * len(after), outcomes) for name, curve in sceptics.items()},
        calibration=tuple(_calibration(law, design, outcomes, years=y) for y in CALIBRATED_YEARS),
        ratios=_ratios(law, table.features),
    )


def durations(agreements: Sequence[Agreement], features: Sequence[str]) -> Durations:
    """Return agreements as the model reads them: features centred on their mean, ends known to the day."""
    design = _design(agreements, features)
    lower, upper = days_known(
        np.array([a.years for a in agreements]),
        ended=np.array([a.ended is not None for a in agreements], bool),
        coarse=0.0,
    )
    return Durations(tuple(features), lower, upper, design - design.mean(axis=0), np.ones(len(agreements)))


def _design(agreements: Sequence[Agreement], features: Sequence[str]) -> Float:
    return np.array([a.features for a in agreements], float).reshape(len(agreements), len(features))


def fit(cases: Durations, *, name: str, progress: Progress | None = None) -> Hazard:
    """Return gated draws of the law of durations; raises ParametersRefusedError when the gate refused the fit twice."""
    from models import durability, sampling

    effects = np.tile(EFFECT, (len(cases.effects), 1))
    model = durability.build(cases, durability.Prior(LEVEL, SHAPE, effects, SETTLING))
    try:
        fitted = sampling.sample(model, sampling.SamplerSettings(**SAMPLER), progress=progress)
    except sampling.GateRefusedError as refusal:
        raise ParametersRefusedError(f"{name}: {refusal}") from refusal
    posterior = fitted.tree["posterior"]
    level, shape, settling = (
        np.asarray(posterior[n].values, float).ravel() for n in ("log_level", "shape", "settling")
    )
    effect = np.asarray(posterior["log_hr"].values, float) if cases.effects else np.zeros((level.size, 0))
    return Hazard(level, shape, effect.reshape(level.size, -1), settling)


def _curve(law: Hazard, design: Float) -> Curve:
    """Return the forecast of one agreement: the mean of the curves of all draws."""
    every = slice(None, None, max(1, law.shape.size // _CURVE_DRAWS))
    settling = None if law.settling is None else law.settling[every]
    some = Hazard(law.log_level[every], law.shape[every], law.log_hr[every], settling)
    return Curve(lambda t: survival(some, t, design).mean(axis=0), np.array([]))


def _calibration(law: Hazard, design: Float, outcomes: Sequence[Outcome], *, years: int) -> Calibration:
    known = [i for i, o in enumerate(outcomes) if o.followed >= years]
    if not known:
        return Calibration(years, 0, *(float("nan"),) * 4)
    holds = np.array([outcomes[i].years > years or not outcomes[i].ended for i in known])
    chance = np.stack([survival(law, np.array([float(years)]), design[i])[:, 0] for i in known], axis=1)
    counts = (np.random.default_rng(LUCK).random(chance.shape) < chance).mean(axis=1)
    low, high = (float(q) for q in np.quantile(counts, [0.05, 0.95]))
    return Calibration(years, len(known), float(chance.mean()), float(holds.mean()), low, high)


def _ratios(law: Hazard, features: Sequence[str]) -> dict[str, tuple[float, float, float]]:
    points = np.exp(np.quantile(law.log_hr, [0.5, 0.05, 0.95], axis=0))
    return {name: (float(points[0, k]), float(points[1, k]), float(points[2, k])) for k, name in enumerate(features)}


def summary(scores: DurationScores) -> dict[str, float]:
    """Return the mean scores, the numbers that are reported."""
    return {"log": float(scores.log.mean()), "crps": float(scores.crps.mean())}


def better_by(
    model: DurationScores, other: DurationScores, *, of: Callable[[DurationScores], Float]
) -> tuple[float, float]:
    """Return by how much the model's score is lower on average, and the standard error of paired agreements."""
    difference = of(other) - of(model)
    return float(difference.mean()), float(difference.std() / np.sqrt(difference.size))


def document(test: Backtest) -> dict[str, object]:
    """Return the JSON document of a backtest; a share that nothing speaks of is null."""
    return {
        "n": len(test.names),
        "model": summary(test.model),
        "baselines": {name: summary(test.baselines[name]) for name in BASELINES},
        "calibration": [_plain(c) for c in test.calibration],
    }


def _plain(line: Calibration) -> dict[str, float | None]:
    return {k: None if np.isnan(v) else v for k, v in asdict(line).items()}
