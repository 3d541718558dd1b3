"""Calibration by simulation of both clocks: the large run of the board's is kept in tests/records."""

import numpy as np
import pytest

from models.durability import Prior, arrays, build
from models.durability_curves import Durations, Hazard, log_likelihood
from models.sampling import SamplerSettings
from tests.models.durations import PRIOR, law, simulated
from tests.simulation_based import Refitter, Study

CASES = 60
SOURCES = ("models/durability.py", "models/durability_curves.py")
SETTINGS = SamplerSettings(chains=4, draws=500, tune=600, target_accept=0.95, seed=7)


def study(name: str, prior: Prior, *, seed: int) -> Study:
    """Return the study of one clock: 60 cases with two effects, watched for 2 to 25 years, all weights one."""
    refit: list[Refitter] = []

    def simulate(rng: np.random.Generator) -> tuple[dict[str, object], Durations]:
        settling = None if prior.log_settling is None else np.exp(rng.normal(*prior.log_settling, 1))
        truth = Hazard(
            rng.normal(*prior.log_level, 1),
            np.exp(rng.normal(*prior.log_shape, 1)),
            rng.normal(prior.effect[:, 0], prior.effect[:, 1])[None],
            settling,
        )
        data = simulated(truth, cases=CASES, seed=int(rng.integers(2**31)), coarse=30 / 365.25)
        return quantities(truth, data, row=0), data

    def fit(data: Durations) -> dict[str, object]:
        if not refit:
            refit.append(Refitter(build(data, prior), SETTINGS))
        drawn = refit[0](arrays(data))
        settling = drawn.get("settling")
        return quantities(Hazard(drawn["log_level"], drawn["shape"], drawn["log_hr"], settling), data)

    return Study(model=name, sources=SOURCES, simulate=simulate, fit=fit, simulations=200, seed=seed)


def quantities(drawn: Hazard, data: Durations, *, row: int | None = None) -> dict[str, object]:
    """Return what is ranked: every quantity of the law, and the log likelihood of the data under it."""
    found = {"log_level": drawn.log_level, "shape": drawn.shape, "log_hr": drawn.log_hr}
    found |= {} if drawn.settling is None else {"settling": drawn.settling}
    found["log_lik"] = log_likelihood(drawn, data).sum(axis=1)
    return found if row is None else {name: values[row] for name, values in found.items()}


STUDY = study("durability", PRIOR, seed=11)
BOUNDED = study(
    "durability_bounded", Prior(PRIOR.log_level, PRIOR.log_shape, PRIOR.effect, (np.log(10.0), 1.0)), seed=12
)


@pytest.mark.nightly
def test_calibration_by_simulation() -> None:
    STUDY.record()


@pytest.mark.nightly
def test_calibration_of_the_bounded_clock() -> None:
    BOUNDED.run(simulations=100).judge(BOUNDED.model)


@pytest.mark.slow
@pytest.mark.parametrize("study", [STUDY, BOUNDED], ids=lambda s: s.model)
def test_a_few_simulations(study: Study) -> None:
    study.run(simulations=5).judge(study.model)


def test_the_recorded_calibration() -> None:
    STUDY.check()


def test_a_wrong_law_would_be_noticed() -> None:
    """The log likelihood tells data of one law from data of another, so ranks of it can fail."""
    data = simulated(law(), cases=CASES, seed=1)
    assert quantities(law(), data, row=0)["log_lik"] > quantities(law(log_level=[2.0]), data, row=0)["log_lik"] + 5
