"""Rolling origins on the shipped table: the model beside every sceptic, with the bars it is held to."""

import numpy as np
import pytest

from forecasts.backtest_spending import Backtest, document, pooled, rolling
from forecasts.spending_scores import Scores
from forecasts.spending_table import read
from tests.forecasts.spending_reference import EDITION, TABLE


def made(origin: int, *, arima: bool) -> Backtest:
    scores = Scores(np.array([0.1, 0.3]), np.array([0.5, 0.99]))
    baselines = {"rw": scores, "rw_pooled": scores, "drift_pooled": scores} | ({"arima": scores} if arima else {})
    return Backtest(origin, 1, ("A", "B"), scores, baselines, {"ets": "too few years"})


def test_the_document_by_hand() -> None:
    found = document(made(2020, arima=True))
    assert found["n"] == 2
    assert found["model"] == {"crps": pytest.approx(0.2), "coverage50": 0.5, "coverage90": 0.5}
    assert list(found["baselines"]) == ["rw", "rw_pooled", "drift_pooled", "arima", "ets"]
    assert found["baselines"]["ets"] is None


def test_a_baseline_absent_once_is_absent_from_the_whole() -> None:
    found = pooled([made(2020, arima=True), made(2021, arima=False)])
    assert set(found) == {"model", "rw", "rw_pooled", "drift_pooled"}
    assert found["model"].crps.tolist() == [0.1, 0.3, 0.1, 0.3]


@pytest.mark.nightly
def test_the_model_is_better_than_every_sceptic_at_rolling_origins() -> None:
    values, problems = read(TABLE, edition=EDITION)
    assert not problems
    tests = list(rolling(values, origins=range(2017, 2024), horizons=(1, 2)))
    bars = {1: (217, 0.082, 0.079, 0.073, 0.103), 2: (186, 0.130, 0.123, 0.118, 0.156)}
    for horizon, (count, walk, *others) in bars.items():
        model = pooled([t for t in tests if t.horizon == horizon])["model"]
        assert model.crps.size == count
        mean = float(model.crps.mean())
        assert mean < min(others)
        assert mean < 0.85 * walk
        assert 0.85 <= model.coverage(0.9) <= 0.95
