"""Time to agreement, and how long agreements last in name and in deed: `python -m benchmarks.agreement_times`.

One gated fit for each outcome of `security_agreements.csv`, beside Kaplan and Meier's estimate; the table of
docs/durability-model.md.
"""

import os
from pathlib import Path

import numpy as np

from forecasts.settings import Home, prepare_caches

ROOT = Path(__file__).resolve().parents[1]
YEARS = np.array([1.0, 2.0, 5.0, 10.0])


def main() -> None:
    prepare_caches(Home.from_environment(os.environ), os.environ)
    from forecasts import agreement_times
    from models import durability, sampling
    from models.durability_curves import Hazard, kaplan_meier, survival

    settings = sampling.SamplerSettings(chains=4, draws=1000, tune=1000, target_accept=0.9, seed=19470210)
    for name, history in agreement_times.read(ROOT / "data" / "reference" / "security_agreements.csv").items():
        cases = history.cases
        posterior = sampling.sample(
            durability.build(cases, durability.Prior(**agreement_times.prior(name))), settings
        ).tree["posterior"]
        level, shape = (posterior[n].values.ravel() for n in ("log_level", "shape"))
        law = Hazard(level, shape, posterior["log_hr"].values.reshape(level.size, -1), None)
        held = survival(law, YEARS, np.zeros(len(cases.effects)))
        times, values = kaplan_meier(cases.years, cases.ended)
        steps = np.concatenate([[1.0], values])[np.searchsorted(times, YEARS, "right")]
        print(f"{name}: {cases.years.size} cases, {int(cases.ended.sum())} ended; after {YEARS.tolist()} years")
        print(f"  model {held.mean(axis=0).round(2)}, 90 % {np.quantile(held, [0.05, 0.95], axis=0).round(2).tolist()}")
        print(f"  steps {steps.round(2)}; shape {np.quantile(shape, [0.5, 0.05, 0.95]).round(2)}")
        for k, feature in enumerate(cases.effects):
            print(f"  {feature}: {np.exp(np.quantile(law.log_hr[:, k], [0.5, 0.05, 0.95])).round(2)}")


if __name__ == "__main__":
    main()
