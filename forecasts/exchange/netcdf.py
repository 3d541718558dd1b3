"""The parameter draws behind a snapshot as NetCDF files that ArviZ opens: `arviz.from_netcdf("class_rates.nc")`.

A file for each fitted model: the group `posterior` (chain, draw and the model's own axes) and, where there are any,
`constant_data`; every variable has its `units`. The root says in its attributes which board and snapshot read the
draws, of which model they are, and in `receipt` (JSON) how they were sampled and what the gate said. Numbers are those
that twixt reads, to the bit.
"""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecasts import draws_file
from forecasts.artefacts import Artefacts
from forecasts.draws_file import Constant, DrawsFile, Variable
from forecasts.forms import canonical
from forecasts.instants import to_text
from forecasts.snapshots import Snapshot

if TYPE_CHECKING:
    import xarray

AXES = ("chain", "draw")


class NoDrawsError(LookupError):
    """A snapshot reads no fitted model."""


def files(artefacts: Artefacts, snapshot: Snapshot) -> Iterator[tuple[str, bytes]]:
    """Give name and content of a file for each fit that a snapshot has read.

    Raises
    ------
    NoDrawsError
        When it has read none: everything in it was elicited.
    CorruptArtefactError, DrawsFileError
        When the draws are missing or damaged.
    """
    fits = snapshot.receipt.get("parameters", {})
    if not fits:
        raise NoDrawsError(
            f"{snapshot.board}: the snapshot as of {snapshot.as_of.isoformat()} reads no fitted model, so there are no "
            "draws: everything in it was elicited"
        )
    read = {"board": snapshot.board, "snapshot": snapshot.id, "as_of": to_text(snapshot.as_of)}
    for key, one in fits.items():
        drawn = draws_file.from_bytes(artefacts.get(one["artefact"]))
        yield f"{file_name(key)}.nc", to_bytes(drawn, read | {"fit": key})


def file_name(fit: str) -> str:
    """Return the name of a fit's file without its ending: letters, digits, `_`, `.` and `-`."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", fit)


def to_bytes(drawn: DrawsFile, attributes: dict[str, str]) -> bytes:
    """Return draws as a NetCDF-4 file in ArviZ's layout, the same bytes for the same draws and attributes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "draws.nc")
        packed = {"/posterior": {name: {"zlib": True, "complevel": 9, "shuffle": True} for name in drawn.variables}}
        tree(drawn, attributes).to_netcdf(path, engine="netcdf4", encoding=packed)
        return path.read_bytes()


def tree(drawn: DrawsFile, attributes: dict[str, str]) -> "xarray.DataTree":
    """Return draws as the tree of groups that ArviZ works on."""
    import xarray

    first = next(iter(drawn.variables.values())).values.shape
    axes = {name: np.arange(size) for name, size in zip(AXES, first, strict=False)}
    posterior = {n: _stored((*AXES, *v.dims), v) for n, v in drawn.variables.items()}
    groups = {"/posterior": xarray.Dataset(posterior, coords=axes | _labels(drawn, drawn.variables.values()))}
    if drawn.constants:
        constant = {n: _stored(c.dims, c) for n, c in drawn.constants.items()}
        groups["/constant_data"] = xarray.Dataset(constant, coords=_labels(drawn, drawn.constants.values()))
    found = xarray.DataTree.from_dict(groups)
    told = {"model": drawn.model, "input_hash": drawn.input_hash, "receipt": canonical(dict(drawn.receipt))}
    found.attrs = attributes | told
    return found


def _stored(dims: tuple[str, ...], found: Variable | Constant) -> tuple[tuple[str, ...], Any, dict[str, str]]:
    derived = isinstance(found, Variable) and found.derived
    return dims, found.values, {"units": found.units} | ({"derived": "yes"} if derived else {})


def _labels(drawn: DrawsFile, found: Any) -> dict[str, list[Any]]:
    wanted = {name for one in found for name in one.dims}
    return {name: list(labels) for name, labels in drawn.coords.items() if name in wanted}
