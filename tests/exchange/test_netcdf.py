"""Draws as NetCDF: ArviZ opens the file, and every number in it is the one that twixt reads."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasts.artefacts import Artefacts
from forecasts.draws_file import MOST_BITS, Constant, DrawsFile, Variable
from forecasts.draws_file import to_bytes as kept_bytes
from forecasts.errors import CorruptArtefactError
from forecasts.exchange import netcdf
from forecasts.exchange.netcdf import NoDrawsError
from tests.forecasts.records import snapshot

RECEIPT = {"gate": [{"name": "divergences", "ok": True}], "note": "ä ≤ ü"}
ATTRIBUTES = {"board": "b", "fit": "class rates"}


@st.composite
def drawn(draw) -> DrawsFile:
    labels = st.lists(st.text("abcxyz_é", min_size=1, max_size=5), min_size=1, max_size=4, unique=True)
    coords = {"country": tuple(draw(labels)), "year": tuple(sorted(draw(st.sets(st.integers(1990, 2040), min_size=1))))}
    chains, count = draw(st.integers(1, 4)), draw(st.integers(1, 20))
    luck = np.random.default_rng(draw(st.integers(0, 2**32)))
    found = {}
    for name in draw(
        st.lists(st.from_regex("[a-z][a-z0-9_]{0,8}", fullmatch=True), min_size=1, max_size=3, unique=True)
    ):
        dims = tuple(draw(st.sets(st.sampled_from(["country", "year"]))))
        shape = (chains, count, *(len(coords[d]) for d in dims))
        values = (luck.normal(size=shape) * 10.0 ** luck.integers(-30, 30)).astype(np.float32)
        found[f"v_{name}"] = Variable(dims, values, draw(st.text("a %é", max_size=9)), draw(st.booleans()))
    own = {"knots": Constant(("year",), luck.normal(size=len(coords["year"])), "log share")}
    return DrawsFile("spending", "ab" * 32, coords, found, RECEIPT, own if draw(st.booleans()) else {})


def opened(content: bytes, folder):
    import arviz

    path = folder / "draws.nc"
    path.write_bytes(content)
    with arviz.from_netcdf(path) as tree:
        return tree.load()


@settings(max_examples=8)
@given(file=drawn())
def test_arviz_reads_what_was_drawn_to_the_bit(file, tmp_path_factory):
    content = netcdf.to_bytes(file, ATTRIBUTES)
    assert netcdf.to_bytes(file, ATTRIBUTES) == content
    tree = opened(content, tmp_path_factory.mktemp("read"))
    assert tree.attrs["model"] == "spending"
    assert tree.attrs["board"] == "b"
    assert json.loads(tree.attrs["receipt"]) == RECEIPT
    for name, variable in file.variables.items():
        read = tree.posterior[name]
        assert read.dims == ("chain", "draw", *variable.dims)
        assert read.dtype == np.float32
        assert read.values.tobytes() == variable.values.tobytes()
        assert read.attrs["units"] == variable.units
        assert ("derived" in read.attrs) == variable.derived
        assert all(list(read[d].values) == list(file.coords[d]) for d in variable.dims)
    for name, constant in file.constants.items():
        assert tree.constant_data[name].values.tobytes() == constant.values.tobytes()


def test_arviz_summarises_it(tmp_path):
    import arviz

    rates = np.random.default_rng(1).normal(3, 1, (4, 250, 2)).astype(np.float32)
    file = DrawsFile("m", "ab" * 32, {"case": ("a", "b")}, {"rate": Variable(("case",), rates, "a year")}, RECEIPT)
    summary = arviz.summary(opened(netcdf.to_bytes(file, ATTRIBUTES), tmp_path), round_to="none")
    assert list(summary.index) == ["rate[a]", "rate[b]"]
    assert summary["mean"].to_numpy() == pytest.approx(rates.mean(axis=(0, 1)), abs=1e-4)


def test_each_fit_of_a_snapshot_has_a_file(tmp_path):
    artefacts = Artefacts(tmp_path)
    values = np.ones((2, 5), np.float32)
    file = DrawsFile("m", "ab" * 32, {}, {"rate": Variable((), values, "a year")}, RECEIPT)
    name = artefacts.put(kept_bytes(file, bits=MOST_BITS))
    at = datetime(2026, 7, 1, tzinfo=UTC)
    fits = {"class rates": {"artefact": name}, "../../etc": {"artefact": name}}
    one = snapshot(as_of=at, receipt={"parameters": fits})
    found = dict(netcdf.files(artefacts, one))
    assert list(found) == ["class_rates.nc", ".._.._etc.nc"]
    tree = opened(found["class_rates.nc"], tmp_path)
    assert tree.attrs["fit"] == "class rates"
    assert tree.attrs["as_of"] == "2026-07-01T00:00:00.000000Z"
    artefacts.remove(name)
    with pytest.raises(CorruptArtefactError, match="is missing"):
        list(netcdf.files(artefacts, one))


def test_a_snapshot_without_fits_says_so(tmp_path):
    bare = replace(snapshot(as_of=datetime(2026, 7, 1, tzinfo=UTC)), receipt={"parameters": {}})
    with pytest.raises(NoDrawsError, match="reads no fitted model, so there are no draws"):
        list(netcdf.files(Artefacts(tmp_path), bare))
