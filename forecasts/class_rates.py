"""Draws of the class rates, as they are kept: one slim netCDF file that names what it was sampled from.

The file holds what ArviZ would call the group `posterior` (float32, by chain, draw and question), so any netCDF tool
opens it, and text attributes: input hash, sampler settings, the gate's lines, versions. It is read with netCDF4 alone.
"""

import json
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SCHEMA = "twixt class rates 1"
_GROUP = "posterior"
_ONE_AT_A_TIME = threading.Lock()
"""The netCDF library is not safe for threads: two reads at once end the process."""


class DrawsFileError(ValueError):
    """The bytes are not a draws file of this schema; the message says what was found."""


@dataclass(frozen=True, slots=True)
class ClassRates:
    """Posterior draws of the rate of each event question's reference class."""

    questions: tuple[str, ...]
    rate: NDArray[np.float32]
    """Events per year, (chain, draw, question); on an own clock: cumulative hazard of the first year."""
    input_hash: str
    """Of the cases, the model's code and the sampler's settings."""
    receipt: Mapping[str, Any]
    """Plain JSON values: sampler settings, gate lines, attempts, versions, and for each question the probability of
    cases as unlike each other as its class if one rate held for all (`models.reference_class.heterogeneity`)."""

    @property
    def rows(self) -> int:
        """Number of draws R over all chains."""
        return int(self.rate.shape[0] * self.rate.shape[1])

    def of(self, question: str) -> NDArray[np.float64]:
        """Return one question's (R,) draws, chain after chain; raises KeyError for a question without a class."""
        if question not in self.questions:
            raise KeyError(f"no class rate for {question!r}; there are: {', '.join(self.questions)}")
        return self.rate[:, :, self.questions.index(question)].astype(np.float64).ravel()


def to_bytes(rates: ClassRates) -> bytes:
    """Return the draws as a netCDF-4 file (a temporary one first: in memory the library pads it by up to 256 kB)."""
    import netCDF4

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "draws.nc")
        with _ONE_AT_A_TIME, netCDF4.Dataset(path, "w") as file:
            _fill(file, rates)
        return path.read_bytes()


def _fill(file: Any, rates: ClassRates) -> None:
    file.setncatts({"schema": SCHEMA, "input_hash": rates.input_hash, "receipt": json.dumps(rates.receipt)})
    group = file.createGroup(_GROUP)
    for name, size in zip(("chain", "draw", "question"), rates.rate.shape, strict=True):
        group.createDimension(name, size)
        labels = np.array(rates.questions, object) if name == "question" else np.arange(size)
        group.createVariable(name, str if name == "question" else "i8", (name,))[:] = labels
    variable = group.createVariable("rate", "f4", ("chain", "draw", "question"), zlib=True, shuffle=True)
    variable.units = "events per year"
    variable[:] = rates.rate


def from_bytes(data: bytes) -> ClassRates:
    """Read a draws file.

    Raises
    ------
    DrawsFileError
        When the bytes are not netCDF, another schema, or hold a rate that is not a finite number above 0.
    """
    with _ONE_AT_A_TIME:
        questions, rate, input_hash, receipt = _parts(data)
    return _checked(questions, rate, input_hash, receipt)


def _parts(data: bytes) -> tuple[list[str], NDArray[np.float32], str, Mapping[str, Any]]:
    import netCDF4

    try:
        file = netCDF4.Dataset("draws.nc", "r", memory=data)
    except OSError as error:
        raise DrawsFileError(f"not a netCDF file ({len(data)} bytes)") from error
    with file:
        if getattr(file, "schema", None) != SCHEMA:
            raise DrawsFileError(f"schema {getattr(file, 'schema', None)!r}, needed: {SCHEMA!r}")
        try:
            group = file.groups[_GROUP]
            questions, rate = group["question"][:], np.ma.filled(group["rate"][:], np.nan)
            return questions.tolist(), rate, str(file.input_hash), json.loads(file.receipt)
        except (KeyError, IndexError, AttributeError, RuntimeError, OSError, ValueError) as error:
            raise DrawsFileError(f"a part of the draws is missing or damaged: {error}") from error


def _checked(
    questions: Sequence[str], rate: NDArray[np.float32], input_hash: str, receipt: Mapping[str, Any]
) -> ClassRates:
    if rate.ndim != 3 or rate.shape[2] != len(questions) or not rate.size:
        raise DrawsFileError(
            f"rates of shape {rate.shape} for {len(questions)} questions; (chain, draw, question) needed"
        )
    if not np.all(np.isfinite(rate) & (rate > 0)):
        raise DrawsFileError("a rate is not a finite number above 0")
    return ClassRates(tuple(questions), rate.astype(np.float32), input_hash, receipt)
