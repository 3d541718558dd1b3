"""The sceptics' forecasts: by hand, and their published score on the shipped table."""

from importlib.util import find_spec

import numpy as np
import pytest

from forecasts import spending_sceptics
from forecasts.spending_scores import score_normal
from forecasts.spending_table import panel, read
from tests.forecasts.spending_reference import EDITION, TABLE


def test_random_walks_worked_by_hand() -> None:
    # changes: .1, .3 and -.1, .1
    laws = spending_sceptics.simple(np.array([[0.0, 0.1, 0.4], [1.0, 0.9, 1.0]]), ahead=2)
    assert laws["rw"].mean.tolist() == [0.4, 1.0]
    assert laws["rw"].sd == pytest.approx(np.sqrt([(0.01 + 0.09) / 2 * 2, (0.01 + 0.01) / 2 * 2]))
    assert laws["rw_pooled"].sd == pytest.approx(np.sqrt([(0.01 + 0.09 + 0.01 + 0.01) / 4 * 2] * 2))
    assert laws["drift_pooled"].mean == pytest.approx([0.4 + 2 * 0.1, 1.0 + 2 * 0.1])


def test_a_country_that_never_moved_keeps_a_scale() -> None:
    laws = spending_sceptics.simple(np.array([[1.0, 1.0, 1.0], [1.0, 1.1, 1.0]]), ahead=1)
    assert laws["rw"].sd[0] == spending_sceptics.SMALLEST_SD


@pytest.mark.parametrize(
    ("name", "one_year", "two_years"),
    [("rw", 0.082, 0.130), ("rw_pooled", 0.079, 0.123), ("drift_pooled", 0.073, 0.118)],
)
def test_the_sceptics_stand_where_they_are_said_to_stand(name: str, one_year: float, two_years: float) -> None:
    values, problems = read(TABLE, edition=EDITION)
    assert not problems
    whole = panel(values, first=2014, last=2024)
    for ahead, published in ((1, one_year), (2, two_years)):
        scores = []
        for last in range(2017, 2025 - ahead):
            seen = last - 2014 + 1
            law = spending_sceptics.simple(whole.log_share[:, :seen], ahead=ahead)[name]
            scores.append(score_normal(law.mean, law.sd, whole.log_share[:, seen - 1 + ahead]).crps)
        assert np.mean(scores) == pytest.approx(published, abs=0.00051)


def test_without_the_library_two_are_absent_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "statsforecast", None)
    monkeypatch.setitem(sys.modules, "statsforecast.models", None)
    made, absent = spending_sceptics.automatic(np.zeros((2, 5)), ahead=1)
    assert made == {}
    assert set(absent) == {"arima", "ets"}
    assert all("not installed" in why for why in absent.values())


if find_spec("statsforecast"):  # belongs to the bench requirements

    def test_a_short_series_has_no_ets() -> None:
        made, absent = spending_sceptics.automatic(np.log([[1.0, 1.1, 1.2, 1.3], [2.0, 2.1, 2.0, 2.2]]), ahead=1)
        assert "arima" in made
        assert "ets" in absent
