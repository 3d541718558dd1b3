"""Draws of a fitted model, as they are kept: one slim netCDF file that names what it was sampled from.

The file holds what ArviZ would call the group `posterior` (float32, by chain, draw and the model's own axes), so any
netCDF tool opens it, where there are any the group `constant_data` (float64, what is the same in all draws), and text
attributes: the model, the hash of its inputs, and the receipt (sampler settings, the gate's lines, versions). Of each
number's mantissa only some bits are kept (BitRound: Klower and others 2021, Nature Computational Science 1:713); what
is dropped is less than a posterior's own scatter by orders of magnitude, and the rest compresses. It is read with
netCDF4 alone.
"""

import json
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SCHEMA = "twixt draws 1"
MOST_BITS = 23
"""Bits of a float32's mantissa: nothing is dropped."""
_GROUP = "posterior"
_CONSTANT = "constant_data"
_FIRST = ("chain", "draw")
_ONE_AT_A_TIME = threading.Lock()
"""The netCDF library is not safe for threads: two reads at once end the process."""


class DrawsFileError(ValueError):
    """The draws, or the bytes they are read from, are not whole; the message says what was found."""


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """Draws of one quantity of a model."""

    dims: tuple[str, ...]
    """Its own axes, after chain and draw."""
    values: NDArray[np.float32]
    """(chain, draw, ...), all finite."""
    units: str
    """In words, such as `events per year`; `1` for a bare number."""
    derived: bool = False
    """Computed from what was sampled: convergence is judged and priors are told of the other variables."""


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """A quantity that is computed from all draws together."""

    dims: tuple[str, ...]
    values: NDArray[np.float64]
    """(...), all finite."""
    units: str


@dataclass(frozen=True, slots=True, eq=False)
class DrawsFile:
    """Gated posterior draws of one fitted model, and what they were sampled from.

    Raises
    ------
    DrawsFileError
        When there are no draws, a number is not finite, or a shape is not that of its axes.
    """

    model: str
    """Name of the model, such as `senate`."""
    input_hash: str
    """Of the data, the model's code and the sampler's settings (`recipe.Recipe.input_hash`)."""
    coords: Mapping[str, tuple[str, ...] | tuple[int, ...]]
    """Labels of each axis but chain and draw."""
    variables: Mapping[str, Variable]
    receipt: Mapping[str, Any]
    """Plain JSON values: sampler settings, gate lines, attempts, versions, and what the model's own checks found."""
    constants: Mapping[str, Constant] = field(default_factory=dict)
    """What is the same in all draws, by name."""

    def __post_init__(self) -> None:
        if not self.variables:
            raise DrawsFileError("no variable")
        first = next(iter(self.variables.values())).values.shape[:2]
        for name, variable in self.variables.items():
            if len(first) != len(_FIRST):
                raise DrawsFileError(f"{name}: shape {variable.values.shape} does not begin with chain and draw")
            self._check(name, variable, dict(zip(_FIRST, first, strict=True)))
        for name, constant in self.constants.items():
            self._check(name, constant, {})

    def _check(self, name: str, found: "Variable | Constant", first: Mapping[str, int]) -> None:
        if unknown := [d for d in found.dims if d not in self.coords]:
            raise DrawsFileError(f"{name}: axis {unknown[0]!r} has no labels; there are: {', '.join(self.coords)}")
        shape = (*first.values(), *(len(self.coords[d]) for d in found.dims))
        if found.values.shape != shape or not found.values.size:
            axes = ", ".join((*first, *found.dims))
            raise DrawsFileError(f"{name}: shape {found.values.shape}, needed: {shape} for ({axes})")
        if not np.isfinite(found.values).all():
            raise DrawsFileError(f"{name}: a draw is not a finite number")

    @property
    def chains(self) -> int:
        """Number of chains."""
        return int(next(iter(self.variables.values())).values.shape[0])

    @property
    def rows(self) -> int:
        """Number of draws R over all chains."""
        return self.chains * int(next(iter(self.variables.values())).values.shape[1])

    @property
    def sampled(self) -> dict[str, Variable]:
        """The variables that the sampler drew, by name."""
        return {name: variable for name, variable in self.variables.items() if not variable.derived}

    def of(self, name: str) -> NDArray[np.float64]:
        """Return a variable's (R, ...) draws, chain after chain; raises KeyError for one that is not kept."""
        if name not in self.variables:
            raise KeyError(f"no draws of {name!r} of the model {self.model}; there are: {', '.join(self.variables)}")
        values = self.variables[name].values
        return values.reshape(-1, *values.shape[2:]).astype(np.float64)


def to_bytes(file: DrawsFile, *, bits: int) -> bytes:
    """Return the draws as a netCDF-4 file, the same bytes for the same draws.

    Parameters
    ----------
    file
        Whole draws.
    bits
        Bits of each mantissa that are kept, 1 to 23: the error relative to the number is at most 2^-(bits + 1), .2 %
        for 8 bits, 0 for 23.

    Raises
    ------
    ValueError
        When `bits` lies outside.
    """
    import netCDF4

    if not 1 <= bits <= MOST_BITS:
        raise ValueError(f"bits {bits}: 1 to {MOST_BITS} can be kept of a mantissa")
    with tempfile.TemporaryDirectory() as folder:  # in memory the library pads a file by up to 256 kB
        path = Path(folder, "draws.nc")
        with _ONE_AT_A_TIME, netCDF4.Dataset(path, "w") as written:
            _fill(written, file, bits)
        return path.read_bytes()


def _fill(written: Any, file: DrawsFile, bits: int) -> None:
    receipt = json.dumps(dict(file.receipt), sort_keys=True)
    written.setncatts({"schema": SCHEMA, "model": file.model, "input_hash": file.input_hash, "receipt": receipt})
    group = written.createGroup(_GROUP)
    count = next(iter(file.variables.values())).values.shape[:2]
    for name, size in zip(_FIRST, count, strict=True):
        group.createDimension(name, size)
    _fill_axes(group, file, file.variables)
    if file.constants:
        constants = written.createGroup(_CONSTANT)
        _fill_axes(constants, file, file.constants)
        for name, constant in file.constants.items():
            stored = constants.createVariable(name, "f8", constant.dims, zlib=bool(constant.dims), complevel=9)
            stored.units = constant.units
            stored[...] = constant.values
    rounded = {} if bits == MOST_BITS else {"significant_digits": bits, "quantize_mode": "BitRound"}
    for name, variable in file.variables.items():
        axes = (*_FIRST, *variable.dims)
        kept = group.createVariable(name, "f4", axes, zlib=True, complevel=9, shuffle=True, **rounded)
        kept.units = variable.units
        if variable.derived:
            kept.derived = "yes"
        kept[:] = variable.values


def _fill_axes(group: Any, file: DrawsFile, found: "Mapping[str, Variable] | Mapping[str, Constant]") -> None:
    for name in [d for d in file.coords if any(d in one.dims for one in found.values())]:
        labels = file.coords[name]
        group.createDimension(name, len(labels))
        text = all(isinstance(label, str) for label in labels)
        values = np.array(labels, object) if text else np.array(labels, np.int64)
        group.createVariable(name, str if text else "i8", (name,))[:] = values


def from_bytes(data: bytes) -> DrawsFile:
    """Read a draws file.

    Raises
    ------
    DrawsFileError
        When the bytes are not netCDF, of another schema, damaged, or hold draws that are not whole.
    """
    with _ONE_AT_A_TIME:
        parts = _parts(data)
    return DrawsFile(*parts)


type _Parts = tuple[str, str, dict[str, tuple[Any, ...]], dict[str, Variable], dict[str, Any], dict[str, Constant]]


def _parts(data: bytes) -> _Parts:
    import netCDF4

    try:
        with netCDF4.Dataset("draws.nc", "r", memory=data) as file:
            return _read(file)
    except DrawsFileError:
        raise
    except OSError as error:
        raise DrawsFileError(f"not a netCDF file ({len(data)} bytes)") from error
    except (KeyError, IndexError, AttributeError, RuntimeError, ValueError) as error:
        raise DrawsFileError(f"a part of the draws is missing or damaged: {error}") from error


def _read(file: Any) -> _Parts:
    if (schema := getattr(file, "schema", None)) != SCHEMA:
        raise DrawsFileError(f"schema {schema!r}, needed: {SCHEMA!r}")
    group = file.groups[_GROUP]
    coords = {n: tuple(group[n][:].tolist()) for n in group.dimensions if n not in _FIRST}
    variables = {n: _variable(group[n]) for n in group.variables if n not in coords}
    constants: dict[str, Constant] = {}
    if (others := file.groups.get(_CONSTANT)) is not None:
        own = {n: tuple(others[n][:].tolist()) for n in others.dimensions}
        constants = {n: _constant(others[n]) for n in others.variables if n not in own}
        coords |= own
    return str(file.model), str(file.input_hash), coords, variables, _receipt(file.receipt), constants


def _constant(stored: Any) -> Constant:
    values = np.ma.filled(np.ma.asarray(stored[...]), np.nan).astype(np.float64)
    return Constant(tuple(stored.dimensions), values, str(stored.units))


def _variable(stored: Any) -> Variable:
    if stored.dimensions[:2] != _FIRST:
        raise DrawsFileError(f"{stored.name}: axes {stored.dimensions} where chain and draw come first")
    values = np.ma.filled(stored[:], np.nan).astype(np.float32)
    return Variable(tuple(stored.dimensions[2:]), values, str(stored.units), getattr(stored, "derived", "") == "yes")


def _receipt(text: str) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise DrawsFileError(f"the receipt is no JSON object but {text[:40]!r}")
    return found
