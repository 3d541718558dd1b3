"""Convergence of kept draws: the numbers are ArviZ's own, a stuck or shifted chain fails, plots obey laws."""

from pathlib import Path

import arviz_stats
import numpy as np
import pytest
import xarray

from forecasts import convergence, draws_file
from forecasts.draws_file import DrawsFile, Variable

DRAWS = Path(__file__).resolve().parents[2] / "data" / "draws"


def file_of(values, **more) -> DrawsFile:
    """Return a draws file of one scalar `a` and one variable `b` by two labels, from (chain, draw, 3) values."""
    values = np.asarray(values, np.float32)
    variables = {"a": Variable((), values[..., 0], "1"), "b": Variable(("side",), values[..., 1:], "per year")}
    return DrawsFile("toy", "0" * 64, {"side": ("left", "right")}, variables, more)


def normal(chains: int = 4, draws: int = 600, seed: int = 3):
    return np.random.default_rng(seed).normal(size=(chains, draws, 3))


def lines(values) -> dict[str, dict]:
    """Return the measures by name, after the draws went through the file that is kept."""
    kept = draws_file.from_bytes(draws_file.to_bytes(file_of(values), bits=8))
    return {line["name"]: line for line in convergence.measures(convergence.chains(kept))}


@pytest.mark.parametrize("name", ["durability-resumption.nc", "senate.nc"])
def test_measures_of_shipped_draws_are_those_of_arviz(name):
    file = draws_file.from_bytes((DRAWS / name).read_bytes())
    found = {line["name"]: line for line in convergence.measures(convergence.chains(file))}
    coords = {axis: list(labels) for axis, labels in file.coords.items()}
    whole = xarray.Dataset(
        {n: (("chain", "draw", *v.dims), v.values.astype(float)) for n, v in file.variables.items()}, coords=coords
    )
    table = arviz_stats.summary(whole, kind="all", round_to="none")
    checked = 0
    for row, line in zip(table.itertuples(), found.values(), strict=True):
        assert row.Index == line["name"]
        assert line["rhat"] == pytest.approx(row.r_hat, rel=1e-5)
        assert line["ess_bulk"] == pytest.approx(row.ess_bulk, rel=1e-5)
        assert line["ess_tail"] == pytest.approx(row.ess_tail, rel=1e-5)
        assert line["mcse"] == pytest.approx(row.mcse_mean, rel=1e-5)
        assert line["mean"] == pytest.approx(row.mean, rel=1e-5)
        checked += not line["wrong"]
    assert checked == len(found) > 5, "shipped draws are in order"


def test_every_single_number_has_a_name():
    file = file_of(normal())
    assert convergence.quantities(file) == {"a": ("a", ""), "b[left]": ("b", "left"), "b[right]": ("b", "right")}
    assert (convergence.chains(file)["b[right]"] == file.variables["b"].values[..., 1]).all()


def test_independent_draws_pass():
    found = lines(normal())
    assert [line["wrong"] for line in found.values()] == [[], [], []]
    assert all(0.99 < line["rhat"] < 1.01 for line in found.values())
    assert found["a"]["ess_bulk"] == pytest.approx(2400, rel=0.15)


def test_a_stuck_chain_fails():
    values = normal()
    values[2, :, 1] = 0.25
    found = lines(values)
    assert found["a"]["wrong"] == []
    assert found["b[left]"]["wrong"][0] == "constant in 1 of 4 chains"
    assert any("R-hat" in text for text in found["b[left]"]["wrong"])


def test_a_quantity_that_never_moves_has_no_number_and_fails():
    values = normal()
    values[:, :, 0] = 1.5
    line = lines(values)["a"]
    assert line["wrong"][0] == "constant in 4 of 4 chains"
    assert not any(isinstance(line[key], float) and not np.isfinite(line[key]) for key in ("rhat", "ess_bulk", "mcse"))


def test_a_shifted_chain_fails_and_its_ranks_say_so():
    values = normal()
    values[0, :, 0] += 1.0
    draws = convergence.chains(file_of(values))
    line = convergence.measures(draws)[0]
    ranked = convergence.rank_lines(draws)
    assert any(text.startswith("R-hat") for text in line["wrong"])
    assert ranked["a"]["p"] < convergence.RANK_P < ranked["b[left]"]["p"]
    assert min(ranked["a"]["chains"][0]) < -0.2, "a chain that lies higher has fewer draws of low rank"
    assert ranked["a"]["furthest"][0] == pytest.approx(min(ranked["a"]["chains"][0]), abs=0.02)


def test_sticky_chains_fail_by_effective_size():
    luck, values = np.random.default_rng(5), np.zeros((4, 600, 3))
    for t in range(1, 600):
        values[:, t] = 0.98 * values[:, t - 1] + luck.normal(size=(4, 3))
    assert any("bulk ESS" in text for text in lines(values)["a"]["wrong"])


def test_fewer_than_four_chains_fail():
    assert lines(normal(chains=2))["a"]["wrong"][0] == "2 chains, at least 4 are needed"


def test_rank_lines_of_all_chains_cancel():
    """Ranks are taken over all chains together: at each rank the shares below are x on average."""
    for found in convergence.rank_lines(convergence.chains(file_of(normal()))).values():
        assert len(found["chains"]) == 4
        assert np.abs(np.mean(found["chains"], axis=0)).max() < 2 / 600
        assert found["x"][0] == 0
        assert found["x"][-1] == 1


def test_traces_are_the_draws():
    values = normal(draws=600)
    found = convergence.trace_lines(convergence.chains(file_of(values)))["a"]
    assert found["x"][:3] == [0, 3, 6], "evenly spaced, at most 250"
    assert found["chains"][1] == pytest.approx(values[1, ::3, 0], rel=1e-4)
    assert found["means"] == pytest.approx(values[..., 0].mean(axis=1), rel=1e-4), "of all draws"
    assert found["sds"] == pytest.approx(values[..., 0].std(axis=1), rel=1e-4)


@pytest.mark.parametrize(("most", "numbers"), [(10, [0, 1, 2, 3, 4]), (5, [0, 1, 2, 3, 4]), (4, [0, 2, 4]), (1, [0])])
def test_thinning_is_even(most, numbers):
    found, values = convergence.thinned(np.arange(10.0).reshape(2, 5), most)
    assert found.tolist() == numbers
    assert values[1].tolist() == [5 + n for n in numbers]


def test_the_bounds_are_those_of_the_gate():
    from models import sampling

    assert (convergence.RHAT_MAX, convergence.ESS_MIN, convergence.CHAINS_MIN) == (
        sampling.RHAT_MAX,
        sampling.ESS_MIN,
        sampling.CHAINS_MIN,
    )


def test_no_picture_library_is_needed(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    assert convergence.trace_lines(convergence.chains(file_of(normal(draws=20))))["a"]["x"]
