"""Calibration by simulation of the spending panel: scales, common changes, turbulence, likelihood of the data."""

from functools import lru_cache
from typing import Any

import numpy as np
import pymc as pm
import pytest

from models.sampling import SamplerSettings
from models.spending import build
from models.spending_panel import PARAMETERS, SINGLE, Panel, design
from models.spending_paths import common_law, log_likelihood
from tests.models.spending_panels import SETTING, empty_panel, simulated
from tests.simulation_based import Calibration, Refitter, Study

EMPTY = empty_panel(countries=8, years=8)
"""2014 to 2021: a break in 2017, a slump in 2019, a pledge on both sides."""
SETTINGS = SamplerSettings(chains=4, draws=800, tune=500, target_accept=0.9, seed=11)
SEED = 20140905
TABLE = 20_000
"""Prior draws to take from: two simulations hardly ever share one."""


@lru_cache
def prior() -> tuple[dict[str, Any], Refitter]:
    """Return draws from the prior, and the one compiled model."""
    model = build(EMPTY, SETTING)
    names = [name for name in PARAMETERS if name != "moved"]
    drawn = pm.draw([model[name] for name in names], draws=TABLE, random_seed=SEED)
    return dict(zip(names, drawn, strict=True)), Refitter(model, SETTINGS, keep=("single", "moved", "turbulence"))


def simulate(rng: np.random.Generator) -> tuple[dict[str, Any], Panel]:
    """Draw parameters from the prior and a panel from them."""
    drawn, _ = prior()
    k = int(rng.integers(TABLE))
    truth = {name: v[k : k + 1] for name, v in drawn.items()}
    truth["moved"] = common_law(design(EMPTY, SETTING), truth).draw(rng)
    panel = simulated(EMPTY, SETTING, truth, seed=int(rng.integers(2**32)))
    return quantities(truth, panel, first=True), panel


def fit(panel: Panel) -> dict[str, Any]:
    """Fit one panel with the one compiled model."""
    _, refit = prior()
    shape = design(panel, SETTING)
    middle = {"middle_change": np.median(panel.changes, axis=0), "middle_pace": np.median(shape.pace, axis=0)}
    found = refit({"changes": panel.changes, "pace": shape.pace} | middle)
    single = dict(zip(SINGLE, found["single"].T, strict=True))
    return quantities({"moved": found["moved"], "turbulence": found["turbulence"]} | single, panel)


def quantities(drawn: dict[str, Any], panel: Panel, *, first: bool = False) -> dict[str, Any]:
    """Return what is ranked: scales, common changes around the break, one turbulence, the likelihood of the data."""
    ranked = {name: drawn[name] for name in SINGLE}
    ranked |= {"moved": drawn["moved"][:, [0, 3, -1]], "turbulence": drawn["turbulence"][:, -1]}
    ranked["log_lik"] = log_likelihood(panel, SETTING, drawn).sum(axis=1)
    return {name: v[0] for name, v in ranked.items()} if first else ranked


STUDY = Study(
    model="spending",
    sources=("models/spending.py", "models/spending_panel.py"),
    simulations=100,
    seed=SEED,
    simulate=simulate,
    fit=fit,
)


@pytest.mark.nightly
def test_calibration_by_simulation() -> None:
    STUDY.record()


@pytest.mark.slow
def test_a_few_simulations() -> None:
    found = STUDY.run(simulations=4)
    assert found.refused <= 1  # one in a hundred is, by the luck of R-hat over seventy quantities
    Calibration(found.ranks, found.draws, 0).judge(STUDY.model)


def test_the_recorded_calibration() -> None:
    STUDY.check()
