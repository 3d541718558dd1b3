"""Calibration by simulation of the Senate model; the large run is kept in tests/records.

One compiled model serves data of one shape, so only data sets with `CONTESTED` contested votes are taken. That keeps
the test whole: truth and data are drawn together, and given any event of the data the truth is still a draw from its
posterior.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pymc as pm
import pytest

from models.sampling import SamplerSettings
from models.senate import POOLED, SCALES, build
from models.senate_history import History
from tests.models.senate_histories import TURNOVER, chambers, replicated
from tests.simulation_based import Refitter, Study

VOTES, PEOPLE, CONTESTED = 24, 40, 14
SOURCES = ("models/senate.py", "models/senate_history.py")
SETTINGS = SamplerSettings(chains=4, draws=700, tune=600, target_accept=0.95, seed=7)
RANKED = ("copartisan", *SCALES, *POOLED, *(f"type_{name}_sd" for name in POOLED), "absence_contested", "absence_now")
DRAWN = (*RANKED, "type_middle", "type_slope", "type_contested", "practice", "practice_now", "absence", "token")
_PRIOR_DRAWS = 4000


@cache
def prior() -> Mapping[str, np.ndarray]:
    """Return draws of the model's own prior by name, axis 0 = draw."""
    names, model = (*DRAWN, "z_senator"), build(some())
    return dict(zip(names, pm.draw([model[n] for n in names], draws=_PRIOR_DRAWS, random_seed=1), strict=True))


@cache
def some() -> History:
    """Return votes of the right shape, drawn from plain parameters."""
    walks = {"practice": np.full(3, 0.3), "absence": np.full(3, -2.5)}
    types = {"type_middle": np.full(2, 1.0), "type_slope": np.full(2, -1.0), "type_contested": np.zeros(2)}
    scales = {name: np.array(median) for name, (median, _) in SCALES.items()}
    rest = {"copartisan": np.array(1.0), "absence_contested": np.array(-0.3), "token": np.full(4, 0.25)}
    values = walks | types | scales | rest | {"z_senator": np.zeros(TURNOVER * PEOPLE)}
    rng = np.random.default_rng(3)
    while True:
        history = replicated(chambers(VOTES, types=2, people=PEOPLE), values, rng=rng)
        if history.contested.sum() == CONTESTED:
            return history


def simulate(rng: np.random.Generator) -> tuple[dict[str, Any], History]:
    """Return a draw of the prior and votes drawn from it, `CONTESTED` of them contested."""
    draws, skeleton = prior(), chambers(VOTES, types=2, people=PEOPLE)
    while True:
        row = int(rng.integers(_PRIOR_DRAWS))
        history = replicated(skeleton, {name: values[row] for name, values in draws.items()}, rng=rng)
        if history.contested.sum() == CONTESTED:
            return {name: draws[name][row] for name in RANKED}, history


@cache
def _refit() -> Refitter:
    return Refitter(build(some()), SETTINGS, RANKED)


def fit(history: History) -> dict[str, Any]:
    """Return gated draws of what is ranked."""
    arrays = build(history).data_vars
    return _refit()({variable.name: variable.get_value() for variable in arrays})


STUDY = Study(model="senate", sources=SOURCES, simulate=simulate, fit=fit, simulations=60, seed=21)


@pytest.mark.nightly
def test_calibration_by_simulation() -> None:
    STUDY.record()


@pytest.mark.slow
def test_a_few_simulations() -> None:
    STUDY.run(simulations=3).judge(STUDY.model)


@pytest.mark.slow
def test_data_sets_are_of_one_shape() -> None:
    truth, history = simulate(np.random.default_rng(1))
    assert history.contested.sum() == CONTESTED
    assert set(truth) == set(RANKED)
    assert np.all(history.voting <= history.seats)


def test_the_recorded_calibration() -> None:
    STUDY.check()
