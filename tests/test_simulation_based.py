"""The calibration harness finds what is wrong, and leaves alone what is right."""

from xml.etree import ElementTree as ET

import numpy as np
import pytest
from scipy import stats

from models.sampling import Check, Gate, GateRefusedError
from tests import simulation_based
from tests.simulation_based import Calibration, Study, band_p, chi2_p, oddness, rank


def study(*, widened: float = 1.0, shifted: float = 0.0, ignores_data: bool = False, **changes) -> Study:
    """Return a study of x ~ N(0, 1), five y ~ N(x, 1), whose exact posterior is N(sum y / 6, 1 / 6)."""

    def simulate(rng):
        x = rng.normal()
        y = rng.normal(x, 1, 5)
        return {"x": x, "log_lik": -0.5 * np.sum((y - x) ** 2)}, y

    def fit(y):
        rng = np.random.default_rng(abs(int(1e9 * y[0])))
        mean, sd = (0.0, 1.0) if ignores_data else (y.sum() / 6 + shifted, widened / np.sqrt(6))
        x = rng.normal(mean, sd, 400)
        return {"x": x, "log_lik": -0.5 * np.sum((y[:, None] - x) ** 2, axis=0)}

    values = {"model": "toy", "sources": ("tests/simulation_based.py",), "simulations": 300, "seed": 4}
    return Study(**values | {"simulate": simulate, "fit": fit} | changes)


def test_exact_posteriors_pass() -> None:
    study().run().judge("toy")


@pytest.mark.parametrize(
    ("fault", "quantity"),
    [({"widened": 0.6}, "x"), ({"widened": 1.7}, "x"), ({"shifted": 0.25}, "x"), ({"ignores_data": True}, "log_lik")],
)
def test_a_wrong_posterior_is_found(fault, quantity: str) -> None:
    with pytest.raises(AssertionError, match=f"toy: ranks not uniform.*'{quantity}'"):
        study(**fault).run().judge("toy")


def test_ranks_alone_do_not_see_a_posterior_that_ignores_its_data() -> None:
    found = study(ignores_data=True).run()
    assert min(found.p_values()["x"]) > 0.01
    assert max(found.p_values()["log_lik"]) < 1e-4


def test_the_band_holds_as_often_as_it_says() -> None:
    # 2,000 uniform samples of 80 ranks: standard error of a share of .05 is .005
    rng = np.random.default_rng(9)
    p = np.array([band_p(r, 99) for r in rng.integers(0, 100, (2000, 80))])
    assert np.mean(p < 0.05) == pytest.approx(0.05, abs=0.015)


def test_oddness_worked_by_hand() -> None:
    # two ranks among one draw: P(rank < 1) = 1/2. None below 1: P(X <= 0) = 1/4, so gamma 1/2; one below: 1
    assert oddness(np.array([1, 1]), 1) == pytest.approx(0.5)
    assert oddness(np.array([0, 1]), 1) == pytest.approx(1.5)  # 2 P(X <= 1) = 2 * 3/4, a tail on either side


def test_chi_square_is_the_librarys() -> None:
    ranks = np.repeat(np.arange(10), [3, 5, 2, 8, 4, 6, 7, 1, 9, 5]) * 10
    assert chi2_p(ranks, 99) == pytest.approx(stats.chisquare([3, 5, 2, 8, 4, 6, 7, 1, 9, 5]).pvalue)


def test_ranks_count_the_draws_below() -> None:
    drawn = np.stack([np.arange(99.0), np.arange(99.0) + 50], axis=1)
    assert rank([49.5, 49.5], drawn).tolist() == [50, 0]
    with pytest.raises(ValueError, match="98 posterior draws; at least 99"):
        rank(0.0, np.zeros(98))
    with pytest.raises(ValueError, match="not a finite number"):
        rank(np.nan, np.zeros(99))


def test_simulations_side_by_side_are_the_same_thing() -> None:
    rng = np.random.default_rng(3)
    truth, drawn = rng.normal(size=200), rng.normal(size=(500, 200))
    found = Calibration.of({"x": truth}, {"x": drawn})
    assert found.simulations == 200
    assert list(found.ranks["x"]) == [rank(truth[k], drawn[:, k]).item() for k in range(200)]


def test_refused_fits_are_counted_and_too_many_fail() -> None:
    def refuse(_data):
        raise GateRefusedError(Gate((Check("divergences", 1.0, "none", ok=False),)))

    with pytest.raises(AssertionError, match="toy: 5 of 5 refused"):
        study(fit=refuse, simulations=5).run().judge("toy")


def test_a_record_is_checked_for_code_size_and_uniformity(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation_based, "RECORDS", tmp_path)
    study().record()
    study().check()
    with pytest.raises(AssertionError, match=r"toy: \{300\} ranks for 301"):
        study(simulations=301).check()
    with pytest.raises(AssertionError, match="toy: the record is of other code"):
        study(sources=("tests/conftest.py",)).check()
    path = tmp_path / "toy.json"
    path.write_text(path.read_text().replace('"x": [', '"x": [' + "0, " * 60).replace(", 0" * 60, ""))
    with pytest.raises(AssertionError):
        study().check()
    with pytest.raises(AssertionError, match="not uniform"):
        study(widened=0.5).record()


def test_the_figure_has_a_panel_for_each_quantity() -> None:
    found = study().run(simulations=30)
    root = ET.fromstring(simulation_based.figure("toy", found))
    panels = [g for g in root if g.tag.endswith("}g")]
    assert [g[-1].text.partition(",")[0] for g in panels] == ["x", "log_lik"]
    assert all(len(g[2].get("points").split()) == 99 for g in panels)
