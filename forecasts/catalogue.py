"""Which fitted model answers for which kind of question, and where its draws are kept.

| question | model | state |
|---|---|---|
| `event` | `models.reference_class`: class rate; times the board's adjustment (`encode_rates`) | class rate fitted |
| `vote` | gate by period, president's party and class of terms (`encode_votes`) | elicited |
| `threshold` | one path of the series per future (`encode_series`) | elicited |

Draws are artefacts: sampled once for each hash of their inputs (cases, the model's code, the sampler's settings) and
read from then on, because a sampler does not repeat to the bit. Only sampling imports PyMC.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from forecasts import class_rates
from forecasts.class_rates import ClassRates, DrawsFileError
from forecasts.definition import Board, QuestionKind
from forecasts.encode_clock import PRIOR_EXPOSURE, class_exposure
from forecasts.errors import CorruptArtefactError
from forecasts.parameters import Parameters
from forecasts.receipts import ROOT, digest

if TYPE_CHECKING:
    from forecasts.artefacts import Artefacts
    from models.sampling import Fit

LABELS: Mapping[QuestionKind, str] = {
    "event": "fitted class rate x elicited",
    "vote": "elicited",
    "threshold": "elicited",
}
"""What stands beside a question's numbers wherever their origin is shown."""

SAMPLER: Mapping[str, Any] = {"chains": 4, "draws": 3000, "tune": 1000, "target_accept": 0.9, "seed": 20250215}
"""12,000 draws: a run of 50,000 parameter draws reuses each four or five times, and its error counts them as one."""
_MODEL_FILES = ("models/reference_class.py",)
_SAMPLED_WITH = ("pymc", "pytensor", "numpy", "numba", "arviz-stats")

type Progress = Callable[[int, int], None]
"""Called with (transitions done, transitions in all)."""


class ParametersRefusedError(RuntimeError):
    """A parameter model's fit did not pass its gate; the message names every line that is not in order."""


@dataclass(frozen=True, slots=True)
class ParameterDraws:
    """The class rates that a run uses, and where they come from."""

    rates: ClassRates
    artefact: str
    """Hash of the draws file; empty for a board that has no cases."""
    sampled: bool
    """True when they were sampled just now, False when they were read."""
    note: str
    """What a receipt must say, for example that a damaged file was replaced; usually empty."""

    @property
    def all(self) -> Parameters:
        """Draws of every fitted model."""
        return Parameters(self.rates)


def parameter_draws(
    board: Board, artefacts: "Artefacts", *, resample: bool = False, progress: Progress | None = None
) -> ParameterDraws:
    """Return the draws of a board's class rates, sampling them only when none are at hand for these inputs.

    Parameters
    ----------
    board, artefacts
        The definition, and where draws are kept.
    resample
        Sample even when draws are at hand; from then on the new ones are used.
    progress
        Called while sampling.

    Raises
    ------
    ParametersRefusedError
        When the fit was refused twice; nothing is kept.
    ValueError
        When a case has an exposure, count or weight that no rate can be fitted to.
    """
    wanted = input_hash(board)
    if not board.cases:
        return ParameterDraws(ClassRates((), np.zeros((1, 1, 0), np.float32), wanted, {}), "", sampled=False, note="")
    note = ""
    if not resample:
        try:
            kept = artefacts.bound(wanted)
            if kept:
                return ParameterDraws(_read(artefacts, kept, wanted), kept, sampled=False, note="")
        except (CorruptArtefactError, DrawsFileError) as error:
            note = f"kept draws could not be read and were sampled again: {error}"
    rates = _sampled(board, wanted, progress)
    kept = artefacts.put(class_rates.to_bytes(rates))
    artefacts.bind(wanted, kept)
    return ParameterDraws(class_rates.from_bytes(artefacts.get(kept)), kept, sampled=True, note=note)


def input_hash(board: Board) -> str:
    """Return the hash of all that the class rates are sampled from: cases, code, prior and sampler settings."""
    cases = [[c.question, class_exposure(board, c), c.events, c.comparability] for c in board.cases]
    code = [hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in _MODEL_FILES]
    return digest(["class rates", class_rates.SCHEMA, cases, code, PRIOR_EXPOSURE, dict(SAMPLER)])


def _read(artefacts: "Artefacts", artefact: str, wanted: str) -> ClassRates:
    rates = class_rates.from_bytes(artefacts.get(artefact))
    if rates.input_hash != wanted:
        raise DrawsFileError(f"draws of inputs {rates.input_hash[:12]} where {wanted[:12]} are needed")
    return rates


def _sampled(board: Board, wanted: str, progress: Progress | None) -> ClassRates:
    from models import reference_class, sampling

    questions = tuple(dict.fromkeys(c.question for c in board.cases))
    cases = reference_class.Cases(
        questions,
        np.array([questions.index(c.question) for c in board.cases], np.int64),
        np.array([class_exposure(board, c) for c in board.cases], float),
        np.array([c.events for c in board.cases], float),
        np.array([c.comparability for c in board.cases], float),
    )
    model = reference_class.build(cases, prior_exposure=PRIOR_EXPOSURE)
    try:
        fit = sampling.sample(model, sampling.SamplerSettings(**SAMPLER), progress=progress)
    except sampling.GateRefusedError as refusal:
        raise ParametersRefusedError(f"{board.id}, class rates: {refusal}") from refusal
    rate = np.asarray(fit.tree["posterior"]["rate"].transpose("chain", "draw", "question").values)
    luck = np.random.default_rng(SAMPLER["seed"])
    tails = reference_class.heterogeneity(rate.reshape(-1, len(questions)), cases, rng=luck)
    alike = {q: round(float(p), 4) for q, p in zip(questions, tails, strict=True)}
    return ClassRates(questions, rate.astype(np.float32), wanted, _receipt(fit, alike))


def _receipt(fit: "Fit", alike: Mapping[str, float]) -> dict[str, Any]:
    return {
        "model": "reference_class",
        "sampler": asdict(fit.settings),
        "prior_exposure": PRIOR_EXPOSURE,
        "attempts": fit.attempts,
        "gate": [asdict(c) for c in fit.gate.checks],
        "cases_alike": alike,
        "versions": {name: version(name) for name in _SAMPLED_WITH},
    }
