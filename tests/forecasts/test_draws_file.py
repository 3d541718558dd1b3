"""The draws file: what goes in comes out, other tools can open it, and damage is one clear error."""

import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasts.draws_file import MOST_BITS, Constant, DrawsFile, DrawsFileError, Variable, from_bytes, to_bytes

RECEIPT = {"gate": [{"name": "divergences", "value": 0.0, "ok": True}], "note": "ä ≤ ü"}
LABELS = st.lists(st.text("abcxyz_é", min_size=1), min_size=1, max_size=6, unique=True)


def drawn(chains: int = 4, draws: int = 50, countries: tuple[str, ...] = ("a", "b_2", "é")) -> DrawsFile:
    """Return a file with a quantity by country and year, and one without axes of its own."""
    rng = np.random.default_rng(1)
    coords = {"country": countries, "year": (2014, 2015)}
    shares = rng.normal(size=(chains, draws, len(countries), 2)).astype(np.float32)
    variables = {
        "share": Variable(("country", "year"), shares, "log of percent of GDP"),
        "damping": Variable((), rng.beta(8, 2, (chains, draws)).astype(np.float32), "1"),
    }
    return DrawsFile("spending", "ab" * 32, coords, variables, RECEIPT)


def same(after: DrawsFile, before: DrawsFile) -> bool:
    """Tell whether two files hold the same, to the bit."""
    texts = [(f.model, f.input_hash, dict(f.coords), dict(f.receipt)) for f in (after, before)]
    pairs = [(after.variables[n], v) for n, v in before.variables.items()]
    equal = [
        (a.dims, a.units, a.derived, a.values.tobytes()) == (b.dims, b.units, b.derived, b.values.tobytes())
        for a, b in pairs
    ]
    return texts[0] == texts[1] and set(after.variables) == set(before.variables) and all(equal)


def test_what_goes_in_comes_out_to_the_bit() -> None:
    after = from_bytes(to_bytes(drawn(), bits=MOST_BITS))
    assert same(after, drawn())
    assert after.variables["share"].values.dtype == np.float32
    assert (after.chains, after.rows) == (4, 200)


def with_constants(**changes: Any) -> DrawsFile:
    """Return a file with what is the same in all draws: on an axis of its own, and a bare number."""
    knots = Constant(("knot",), np.array([0.1, 1 / 3, 2.0]), "log share")
    constants = {"printed": knots, "damping_in_all": Constant((), np.array(1 / 7), "1")} | changes
    return replace(drawn(), coords=dict(drawn().coords) | {"knot": (0, 1, 2)}, constants=constants)


def test_what_was_derived_stays_apart_from_what_was_sampled() -> None:
    values = np.ones((4, 50, 3), np.float32)
    before = replace(drawn(), variables=drawn().variables | {"law": Variable(("country",), values, "1", derived=True)})
    after = from_bytes(to_bytes(before, bits=MOST_BITS))
    assert same(after, before)
    assert set(after.sampled) == {"share", "damping"}


@pytest.mark.parametrize("bits", [4, MOST_BITS])
def test_what_is_the_same_in_all_draws_is_kept_whole(bits: int) -> None:
    before = with_constants()
    after = from_bytes(to_bytes(before, bits=bits))
    assert after.coords == before.coords
    for name, constant in before.constants.items():
        found = after.constants[name]
        assert (found.dims, found.units) == (constant.dims, constant.units)
        assert found.values.tolist() == constant.values.tolist(), "not rounded"
    assert from_bytes(to_bytes(drawn(), bits=bits)).constants == {}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (Constant(("knot",), np.array([0.1, np.nan, 2.0]), "1"), "not a finite number"),
        (Constant(("knot",), np.array([0.1, 2.0]), "1"), r"shape \(2,\), needed: \(3,\) for \(knot\)"),
        (Constant(("note",), np.array([0.1]), "1"), "axis 'note' has no labels"),
    ],
)
def test_constants_that_are_not_whole_are_refused(wrong: Constant, said: str) -> None:
    with pytest.raises(DrawsFileError, match=said):
        with_constants(printed=wrong)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 4), st.integers(1, 9), LABELS)
def test_any_shape_comes_out(chains: int, draws: int, names: list[str]) -> None:
    before = drawn(chains, draws, tuple(names))
    assert same(from_bytes(to_bytes(before, bits=MOST_BITS)), before)


@pytest.mark.parametrize(("bits", "error"), [(4, 2**-5), (8, 2**-9), (11, 2**-12), (16, 2**-17)])
def test_rounding_keeps_what_it_promises_and_rounds_to_the_nearest(bits: int, error: float) -> None:
    before = drawn(4, 2000)
    data = to_bytes(before, bits=bits)
    after = from_bytes(data)
    off = after.of("share") / before.of("share") - 1
    assert error / 2 < np.abs(off).max() <= error
    # errors are about even in [-error, error]: standard error of their mean error / sqrt(3 * 48000)
    assert abs(off.mean()) < 4.5 * error / np.sqrt(3 * off.size)
    assert to_bytes(after, bits=bits) == data, "rounding again changes nothing"
    assert len(data) < len(to_bytes(before, bits=MOST_BITS))


@pytest.mark.parametrize("bits", [0, 24, -1])
def test_bits_that_a_mantissa_does_not_have_are_refused(bits: int) -> None:
    with pytest.raises(ValueError, match=f"bits {bits}: 1 to 23"):
        to_bytes(drawn(), bits=bits)


def test_draws_are_read_chain_after_chain() -> None:
    found = drawn()
    np.testing.assert_array_equal(found.of("share")[50:100], found.variables["share"].values[1].astype(np.float64))
    assert found.of("damping").shape == (200,)
    with pytest.raises(KeyError, match="'d' of the model spending; there are: share, damping"):
        found.of("d")


def test_the_file_is_slim() -> None:
    whole = drawn(4, 2000, tuple(f"c{i}" for i in range(9)))
    numbers = 4 * 2000 * (9 * 2 + 1)
    assert len(to_bytes(whole, bits=MOST_BITS)) <= 4 * numbers  # no larger than its float32 numbers
    assert len(to_bytes(whole, bits=8)) <= 2 * numbers


def test_any_netcdf_reader_finds_the_posterior(tmp_path) -> None:
    xr = pytest.importorskip("xarray")
    path = tmp_path / "draws.nc"
    path.write_bytes(to_bytes(drawn(), bits=MOST_BITS))
    with xr.open_dataset(path, group="posterior", engine="netcdf4") as data:
        assert dict(data.sizes) == {"chain": 4, "draw": 50, "country": 3, "year": 2}
        assert data["country"].values.tolist() == ["a", "b_2", "é"]
        assert data["share"].attrs["units"] == "log of percent of GDP"
        np.testing.assert_array_equal(data["share"].values, drawn().variables["share"].values)


def changed(name: str = "share", **changes: Any) -> DrawsFile:
    file = drawn()
    return replace(file, variables={**file.variables, name: replace(file.variables[name], **changes)})


def with_draw(value: float) -> DrawsFile:
    values = drawn().variables["share"].values.copy()
    values[1, 2, 0, 1] = value
    return changed(values=values)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: with_draw(float("nan")), "share: a draw is not a finite number"),
        (lambda: with_draw(float("-inf")), "share: a draw is not a finite number"),
        (lambda: changed(dims=("country", "month")), "share: axis 'month' has no labels; there are: country, year"),
        (lambda: changed(dims=("year", "country")), r"share: shape \(4, 50, 3, 2\), needed: \(4, 50, 2, 3\)"),
        (lambda: changed("damping", values=np.ones((4, 49), np.float32)), r"damping: shape \(4, 49\), needed"),
        (lambda: changed("damping", values=np.ones(200, np.float32)), r"damping: shape \(200,\), needed"),
        (lambda: replace(drawn(), variables={}), "no variable"),
        (lambda: drawn(0), "shape"),
    ],
)
def test_draws_that_are_not_whole_are_refused(make, message: str) -> None:
    with pytest.raises(DrawsFileError, match=message):
        make()


def written(schema: str = "twixt draws 1", **attributes: str) -> bytes:
    """Return a netCDF file with attributes and nothing inside."""
    import netCDF4

    file = netCDF4.Dataset("x.nc", "w", memory=1024)
    file.setncatts({"schema": schema, "model": "m", "input_hash": "", "receipt": "{}"} | attributes)
    return bytes(file.close())


def with_nan() -> bytes:
    """Return a file written by another program, with a missing draw."""
    import netCDF4

    file = netCDF4.Dataset("x.nc", "w", memory=1024)
    file.setncatts({"schema": "twixt draws 1", "model": "m", "input_hash": "", "receipt": "{}"})
    group = file.createGroup("posterior")
    group.createDimension("chain", 4)
    group.createDimension("draw", 2)
    group.createVariable("x", "f4", ("chain", "draw")).units = "1"  # never filled: all values are missing
    return bytes(file.close())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a netCDF file"),
        (b"not netCDF at all", "not a netCDF file"),
        (to_bytes(drawn(), bits=8)[:3000], "not a netCDF file|damaged"),
        (written("something else"), "schema 'something else', needed: 'twixt draws 1'"),
        (written(), "missing or damaged"),
        (with_nan(), "x: a draw is not a finite number"),
    ],
)
def test_damage_is_one_clear_error(data: bytes, message: str) -> None:
    with pytest.raises(DrawsFileError, match=message) as error:
        from_bytes(data)
    assert "\n" not in str(error.value)


def test_a_harmed_byte_never_gives_draws_that_are_not_whole() -> None:
    """Wrong numbers are found by the hash of the bytes, before they are read; this is about what reading survives."""
    data, before = to_bytes(drawn(4, 20), bits=8), from_bytes(to_bytes(drawn(4, 20), bits=8))
    for place in range(0, len(data), max(len(data) // 200, 1)):
        harmed = bytearray(data)
        harmed[place] ^= 0xFF
        try:
            found = from_bytes(bytes(harmed))
        except DrawsFileError:
            continue
        for name, variable in found.variables.items():
            assert np.isfinite(variable.values).all()
            assert variable.values.shape[:2] == before.variables[name].values.shape[:2]


def test_the_receipt_is_an_object() -> None:
    with pytest.raises(DrawsFileError, match="missing or damaged"):
        from_bytes(written(receipt=json.dumps([1])))


def test_reading_needs_neither_the_sampler_nor_arviz(tmp_path) -> None:
    path = tmp_path / "draws.nc"
    path.write_bytes(to_bytes(drawn(), bits=8))
    code = (
        "import sys, pathlib; from forecasts import draws_file, recipe; "
        f"draws_file.from_bytes(pathlib.Path({str(path)!r}).read_bytes()); "
        "slow = {'pymc', 'pytensor', 'arviz', 'arviz_stats', 'xarray', 'pandas', 'scipy'}; "
        "print(sorted(slow & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_many_threads_read_and_write_at_once() -> None:
    """The netCDF library ends the process when two threads use it at once, so the check has a process of its own."""
    code = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from forecasts.draws_file import from_bytes, to_bytes\n"
        "from tests.forecasts.test_draws_file import drawn\n"
        "data = to_bytes(drawn(4, 1000), bits=8)\n"
        "with ThreadPoolExecutor(8) as pool:\n"
        "    found = list(pool.map(lambda _: to_bytes(from_bytes(data), bits=8) == data, range(48)))\n"
        "print(sum(found))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert (run.returncode, run.stdout.strip()) == (0, "48"), run.stderr[-2000:]
