"""What a fitted model's draws are sampled from, and the one way to get them: kept, shipped, or sampled now.

Draws are artefacts: sampled once for each hash of their inputs (data, the model's code, the sampler's settings) and
read from then on, because a sampler does not repeat to the bit. Only sampling imports PyMC.

A fitted model describes itself by a function `recipe(...) -> Recipe` in `forecasts/<model>_fit.py`; `catalogue` says
which recipes a board needs. The draws of the shipped boards come with twixt (`shipped`).
"""

import hashlib
import io
import tokenize
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from forecasts import draws_file
from forecasts.draws_file import DrawsFile, DrawsFileError, Variable
from forecasts.errors import CorruptArtefactError
from forecasts.receipts import ROOT, digest
from forecasts.shipped import SHIPPED, Shipped

if TYPE_CHECKING:
    import pymc as pm

    from forecasts.artefacts import Artefacts
    from models.kept import KeptModels
    from models.sampling import Fit

_kept_models: ContextVar["Callable[[], KeptModels] | None"] = ContextVar("kept_models", default=None)
"""Makes or returns the models that this process keeps compiled; None where it keeps none."""

_SAMPLED_WITH = ("pymc", "pytensor", "numpy", "numba", "arviz-stats", "nutpie")
_NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.ENCODING}
_BEFORE_A_STATEMENT = {tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}

type Progress = Callable[[int, int], None]
"""Called with (transitions done, transitions in all)."""

type Origin = Literal["kept", "shipped", "sampled"]


class ParametersRefusedError(RuntimeError):
    """A parameter model's fit did not pass its gate; the message names every line that is not in order."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the draws of one fitted model come about; whatever decides them is in its hash."""

    model: str
    """Name of the model, such as `senate`."""
    variant: str
    """For people, where a model is fitted to several data sets, such as the day of an edition; else empty."""
    inputs: object
    """The data, as anything with canonical text: numbers, texts, lists, mappings, records, arrays (NaN: missing)."""
    sources: tuple[str, ...]
    """Files whose code decides the draws, relative to the project, such as `models/senate.py`."""
    sampler: Mapping[str, Any]
    """Fields of `models.sampling.SamplerSettings`."""
    build: Callable[[], "pm.Model"]
    """Returns the model with its data; imports PyMC, so it is called only to sample."""
    units: Mapping[str, str]
    """Variables of the posterior that are kept, each with its unit."""
    bits: int
    """Bits of a mantissa that are kept (`draws_file.to_bytes`): 8 to 11 are plenty."""
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Labels of an axis that are kept, where not all are needed."""
    report: Callable[[DrawsFile], Mapping[str, Any]] | None = None
    """Further lines of the receipt, computed from the draws, such as posterior predictive checks."""
    derive: Callable[[DrawsFile], DrawsFile] | None = None
    """What is kept instead of the draws themselves, computed from all of them; its code and data are in the hash."""

    @property
    def name(self) -> str:
        """The model with its variant, for people and for the names of shipped files."""
        return f"{self.model}-{self.variant}" if self.variant else self.model

    @property
    def input_hash(self) -> str:
        """The hash of all that decides the draws: data, code (without comments and docstrings), settings, rounding."""
        code = {source: code_digest(source) for source in self.sources}
        sampled = [dict(self.sampler), dict(self.units), self.bits]
        sampled += [dict(self.only)] if self.only else []
        return digest([draws_file.SCHEMA, self.model, self.inputs, code, sampled])

    def sample(self, progress: Progress | None = None) -> DrawsFile:
        """Sample, check the gate, and return what is kept of the draws; raises as `fit`."""
        return self.file_of(self.fit(progress))

    def fit(self, progress: Progress | None = None) -> "Fit":
        """Sample and check the gate.

        Raises
        ------
        ParametersRefusedError
            When the fit was refused twice.
        """
        from models import sampling

        settings, model, models = sampling.SamplerSettings(**self.sampler), self.build(), _kept_models.get()
        nuts = None if models is None else models().ready(model)
        try:
            return sampling.sample(model, settings, progress=progress, nuts=nuts)
        except sampling.GateRefusedError as refusal:
            raise ParametersRefusedError(f"{self.name}: {refusal}") from refusal

    def sampled(self, progress: Progress | None = None) -> bytes:
        """Sample, check the gate, and return the bytes of the draws file; raises as `sample`."""
        return draws_file.to_bytes(self.sample(progress), bits=self.bits)

    def file_of(self, fit: "Fit") -> DrawsFile:
        """Return what is kept of a gated fit, with its receipt."""
        kept = {axis: list(labels) for axis, labels in self.only.items()}
        posterior = fit.tree["posterior"].dataset[list(self.units)].sel(kept).transpose("chain", "draw", ...)
        variables = {
            name: Variable(tuple(posterior[name].dims[2:]), posterior[name].values.astype(np.float32), unit)
            for name, unit in self.units.items()
        }
        coords = {d: tuple(posterior[d].values.tolist()) for v in variables.values() for d in v.dims}
        receipt = {
            "model": self.model,
            "variant": self.variant,
            "sampler": asdict(fit.settings),
            "attempts": fit.attempts,
            "made_by": fit.made_by,
            "gate": [asdict(check) for check in fit.gate.checks],
            "versions": {name: version(name) for name in _SAMPLED_WITH},
        }
        file = DrawsFile(self.model, self.input_hash, coords, variables, receipt)
        if self.report is not None:
            file = replace(file, receipt=receipt | dict(self.report(file)))
        return file if self.derive is None else self.derive(file)


@dataclass(frozen=True, slots=True)
class Kept:
    """Draws at hand, and where they came from."""

    file: DrawsFile
    artefact: str
    """Hash of the draws file among a home's artefacts."""
    origin: Origin
    """`kept` in the home, `shipped` with twixt, or `sampled` just now."""
    note: str
    """What a receipt must say, for example that a damaged file was replaced; usually empty."""

    @property
    def sampled(self) -> bool:
        """Whether they were sampled just now."""
        return self.origin == "sampled"


@contextmanager
def models_kept() -> Iterator[None]:
    """Keep the models that are compiled within from one fit to the next; a process that fits once is slower with it.

    Nothing is imported before a fit is sampled.
    """

    def made() -> "KeptModels":
        from models.kept import KeptModels

        return KeptModels()

    token = _kept_models.set(cache(made))
    try:
        yield
    finally:
        _kept_models.reset(token)


def models_are_kept() -> bool:
    """Return whether this process keeps its compiled models."""
    return _kept_models.get() is not None


def at_hand(recipe: Recipe, artefacts: "Artefacts", *, shipped: Shipped = SHIPPED) -> tuple[Kept | None, str]:
    """Return draws that are kept or shipped, or None; and a note of those that were damaged."""
    wanted = recipe.input_hash
    notes: list[str] = []
    origins: dict[Origin, Callable[[str], bytes | None]] = {"kept": _kept_bytes(artefacts), "shipped": shipped.find}
    for origin, find in origins.items():
        try:
            if (data := find(wanted)) is not None:
                file = _whole(data, wanted)
                return Kept(file, _bound(artefacts, wanted, data), origin, _told(notes)), ""
        except (CorruptArtefactError, DrawsFileError) as error:
            notes.append(f"{origin} draws could not be read: {error}")
    return None, _told(notes)


def keep(recipe: Recipe, artefacts: "Artefacts", data: bytes, *, note: str) -> Kept:
    """Keep draws that were sampled just now, from then on the ones in use."""
    wanted = recipe.input_hash
    return Kept(_whole(data, wanted), _bound(artefacts, wanted, data), "sampled", note)


def _kept_bytes(artefacts: "Artefacts") -> Callable[[str], bytes | None]:
    def find(wanted: str) -> bytes | None:
        kept = artefacts.bound(wanted)
        return artefacts.get(kept) if kept else None

    return find


def _bound(artefacts: "Artefacts", wanted: str, data: bytes) -> str:
    name = artefacts.put(data)
    artefacts.bind(wanted, name)
    return name


def _whole(data: bytes, wanted: str) -> DrawsFile:
    file = draws_file.from_bytes(data)
    if file.input_hash != wanted:
        raise DrawsFileError(f"draws of inputs {file.input_hash[:12]} where {wanted[:12]} are needed")
    return file


def _told(notes: list[str]) -> str:
    return "; ".join(notes)


@cache
def code_digest(source: str) -> str:
    """Return the SHA-256 of a Python file's code: comments, docstrings, blank lines and line endings do not count."""
    text = (ROOT / source).read_text(encoding="utf-8")
    return hashlib.sha256("\0".join(_code(text)).encode("utf-8")).hexdigest()


def _code(text: str) -> Iterator[str]:
    """Return the tokens of a source text; a string that is a statement by itself is a docstring."""
    tokens = [t for t in tokenize.generate_tokens(io.StringIO(text).readline) if t.type not in _NO_CODE]
    before = tokenize.NEWLINE
    for token, after in zip(tokens, [*tokens[1:], tokens[-1]], strict=True):
        begins = before in _BEFORE_A_STATEMENT
        docstring = begins and token.type == tokenize.STRING and after.type == tokenize.NEWLINE
        if not docstring and not (begins and token.type == tokenize.NEWLINE):
            yield f"{tokenize.tok_name[token.type]} {token.string.strip()}"
            before = token.type
