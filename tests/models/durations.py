"""Small tables of durations for the tests: by hand, and drawn from a known law."""

import numpy as np

from models.durability import Prior
from models.durability_curves import Durations, Hazard, days_known, replicate

PRIOR = Prior((np.log(0.45), 0.5), (np.log(0.6), 0.4), np.array([[-0.3, 0.5], [0.2, 0.4]]), None)
"""Level and shape as the model's docstring states them; two effects like those of edges."""


def by_hand() -> Durations:
    """Return four cases: ended on a day, ended early, in force, in force with the effect."""
    lower, upper = days_known(
        np.array([3.0, 0.01, 7.0, 12.0]), ended=np.array([True, True, False, False]), coarse=30 / 365.25
    )
    return Durations(("force",), lower, upper, np.array([[0.0], [1.0], [0.0], [1.0]]), np.array([1.0, 0.5, 0.25, 1.0]))


def law(**changes) -> Hazard:
    """Return one draw of a Weibull law with a falling hazard; effects halve and raise it by half."""
    values = {"log_level": [-0.5], "shape": [0.6], "log_hr": [np.log([0.5, 1.5])], "settling": None} | changes
    return Hazard(**{k: v if v is None else np.asarray(v, float) for k, v in values.items()})


def simulated(truth: Hazard, *, cases: int, seed: int, coarse: float = 0.0, followed: float = 25.0) -> Durations:
    """Return cases drawn from one draw of a law, each watched for up to `followed` years."""
    rng = np.random.default_rng(seed)
    effects = truth.log_hr.shape[1]
    design = (rng.random((cases, effects)) < 0.4).astype(float)
    watched = rng.uniform(2.0, followed, cases)
    whole = Durations(
        tuple(f"effect {k}" for k in range(effects)),
        np.full(cases, 1.0),
        np.full(cases, np.inf),
        design,
        np.ones(cases),
    )
    years = replicate(truth, whole, observed=watched, rng=rng)[0]
    ended = years < watched
    days = np.ceil(years * 365.25) / 365.25  # records know the day
    lower, upper = days_known(np.where(ended, days, watched), ended=ended, coarse=coarse)
    return Durations(whole.effects, lower, upper, design, whole.weight)
