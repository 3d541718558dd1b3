"""The spending panel at rolling origins, beside the sceptics: `python -m benchmarks.spending_origins [OUT.json]`.

Protocol: settled years (2014 to 2024) of the edition of August 2025, allies only; origins 2017 to 2023, the years one
and two ahead; CRPS and coverage on log share. Pseudo-real-time: one edition. Each origin is one gated fit.
"""

import json
import os
import sys
import time
from pathlib import Path

from forecasts.settings import Home, prepare_caches

ROOT = Path(__file__).resolve().parents[1]
EDITION = "NATO Aug-2025 series"


def main() -> None:
    prepare_caches(Home.from_environment(os.environ), os.environ)
    from forecasts import backtest_spending, spending_fit, spending_table
    from forecasts.recipe import code_digest

    values, problems = spending_table.read(ROOT / "data" / "reference" / "nato_spending.csv", edition=EDITION)
    if problems:
        sys.exit(str(problems[0]))
    began, tests = time.perf_counter(), []
    for test in backtest_spending.rolling(values, origins=range(2017, 2024), horizons=(1, 2)):
        tests.append(test)
        line = "  ".join(
            f"{n} {s.crps.mean():.4f} {s.coverage(0.9):.2f}"
            for n, s in [("model", test.model), *test.baselines.items()]
        )
        print(f"{test.train_through}+{test.horizon}  {line}  ({time.perf_counter() - began:.0f} s)", flush=True)
    code = {source: code_digest(source) for source in spending_fit.SOURCES}
    record: dict[str, object] = {"edition": EDITION, "sampler": dict(spending_fit.SAMPLER), "code": code}
    for horizon in (1, 2):
        scores = backtest_spending.pooled([t for t in tests if t.horizon == horizon])
        fifths = scores["model"].pit_counts(5).tolist()
        record[f"{horizon} ahead"] = {
            "n": scores["model"].crps.size,
            "pit_fifths": fifths,
            **{name: backtest_spending.summary(s) for name, s in scores.items()},
        }
    print(json.dumps(record, indent=1))
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
