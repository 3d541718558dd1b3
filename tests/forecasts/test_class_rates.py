"""The draws file: what goes in comes out, other tools can open it, and damage is one clear error."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasts.class_rates import ClassRates, DrawsFileError, from_bytes, to_bytes
from forecasts.encode_clock import at_shape, class_exposure
from tests.forecasts.small_board import BOARD, class_rates

NAMES = st.lists(st.text("abcxyz_é", min_size=1), min_size=1, max_size=6, unique=True)
RECEIPT = {"gate": [{"name": "divergences", "value": 0.0, "ok": True}], "note": "ä ≤ ü"}


def rates(chains: int = 4, draws: int = 50, questions: tuple[str, ...] = ("a", "b_2", "c")) -> ClassRates:
    drawn = np.random.default_rng(1).gamma(2.0, 0.1, (chains, draws, len(questions))).astype(np.float32)
    return ClassRates(questions, drawn, "ab" * 32, RECEIPT)


def test_what_goes_in_comes_out_to_the_bit() -> None:
    before = rates()
    after = from_bytes(to_bytes(before))
    assert after.rate.tobytes() == before.rate.tobytes()
    assert after.rate.dtype == np.float32
    assert (after.questions, after.input_hash, after.receipt) == (before.questions, before.input_hash, before.receipt)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 4), st.integers(1, 9), st.lists(st.text("abcxyz_é", min_size=1), min_size=1, max_size=6, unique=True)
)
def test_any_shape_comes_out(chains: int, draws: int, names: list[str]) -> None:
    before = rates(chains, draws, tuple(names))
    after = from_bytes(to_bytes(before))
    assert (after.questions, after.rate.tobytes()) == (before.questions, before.rate.tobytes())


def test_one_question_is_read_chain_after_chain() -> None:
    found = rates()
    assert found.rows == 200
    np.testing.assert_array_equal(found.of("b_2")[50:100], found.rate[1, :, 1].astype(np.float64))
    with pytest.raises(KeyError, match="'d'; there are: a, b_2, c"):
        found.of("d")


def test_the_file_is_slim() -> None:
    whole = rates(4, 2000, tuple(f"q{i}" for i in range(18)))
    assert len(to_bytes(whole)) <= 4 * 4 * 2000 * 18  # no larger than its float32 numbers


def test_any_netcdf_reader_finds_the_posterior(tmp_path) -> None:
    xr = pytest.importorskip("xarray")
    path = tmp_path / "draws.nc"
    path.write_bytes(to_bytes(rates()))
    with xr.open_dataset(path, group="posterior", engine="netcdf4") as data:
        assert dict(data.sizes) == {"chain": 4, "draw": 50, "question": 3}
        assert data["question"].values.tolist() == ["a", "b_2", "c"]
        np.testing.assert_array_equal(data["rate"].values, rates().rate)


def with_rate(value: float) -> bytes:
    bad = rates()
    bad.rate[1, 2, 0] = value
    return to_bytes(bad)


def other_schema() -> bytes:
    import netCDF4

    file = netCDF4.Dataset("x.nc", "w", memory=1024)
    file.schema = "something else"
    return bytes(file.close())


def nothing_inside() -> bytes:
    import netCDF4

    file = netCDF4.Dataset("x.nc", "w", memory=1024)
    file.setncatts({"schema": "twixt class rates 1", "input_hash": "", "receipt": json.dumps({})})
    return bytes(file.close())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a netCDF file"),
        (b"not netCDF at all", "not a netCDF file"),
        (to_bytes(rates())[:3000], "not a netCDF file|damaged"),
        (other_schema(), "schema 'something else', needed: 'twixt class rates 1'"),
        (nothing_inside(), "missing or damaged"),
        (with_rate(float("nan")), "finite number above 0"),
        (with_rate(float("inf")), "finite number above 0"),
        (with_rate(0.0), "finite number above 0"),
        (with_rate(-0.1), "finite number above 0"),
    ],
)
def test_damage_is_one_clear_error(data: bytes, message: str) -> None:
    with pytest.raises(DrawsFileError, match=message):
        from_bytes(data)


def test_reading_needs_neither_the_sampler_nor_arviz(tmp_path) -> None:
    path = tmp_path / "draws.nc"
    path.write_bytes(to_bytes(rates()))
    code = (
        "import sys, pathlib; from forecasts import catalogue, class_rates, encode; "
        f"class_rates.from_bytes(pathlib.Path({str(path)!r}).read_bytes()); "
        "slow = {'pymc', 'pytensor', 'arviz', 'arviz_stats', 'xarray', 'pandas', 'scipy'}; "
        "print(sorted(slow & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_exposure_is_counted_on_the_questions_clock() -> None:
    assert [class_exposure(BOARD, c) for c in BOARD.cases] == [10.0, 8.0, 20.0, 6.0, 2.0, 3.0, 12.0]  # 4^.5 and 9^.5
    relapse = BOARD.question("relapse")
    calendar = replace(BOARD, questions=tuple(replace(q, clock="calendar") for q in BOARD.questions))
    assert class_exposure(calendar, BOARD.cases[4]) == 4.0
    rate, shape = np.array([0.2, 0.2]), np.array([0.5, 1.0])
    # at k = 1: .01 + 4 + .5 * 9 = 8.51 where k = 1/2 has .01 + 2 + .5 * 3 = 3.51
    np.testing.assert_allclose(at_shape(BOARD, relapse, rate, shape), [0.2, 0.2 * 3.51 / 8.51])
    np.testing.assert_array_equal(at_shape(BOARD, BOARD.question("truce"), rate, shape), rate)


def test_draws_carried_to_another_shape_follow_that_shapes_posterior() -> None:
    from scipy import stats

    rate = class_rates(rows=20_000).of("relapse")
    moved = at_shape(BOARD, BOARD.question("relapse"), rate, np.full(rate.size, 0.9))
    exact = stats.gamma(1.5, scale=1 / (0.01 + 4**0.9 + 0.5 * 9**0.9))
    assert stats.kstest(moved, exact.cdf).pvalue > 0.001


def test_many_threads_read_and_write_at_once() -> None:
    """The netCDF library ends the process when two threads use it at once, so the check has a process of its own."""
    code = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from forecasts.class_rates import from_bytes, to_bytes\n"
        "from tests.forecasts.test_class_rates import rates\n"
        "data = to_bytes(rates(4, 3000))\n"
        "with ThreadPoolExecutor(8) as pool:\n"
        "    found = list(pool.map(lambda _: to_bytes(from_bytes(data)) == data, range(64)))\n"
        "print(sum(found))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert (run.returncode, run.stdout.strip()) == (0, "64"), run.stderr[-2000:]
