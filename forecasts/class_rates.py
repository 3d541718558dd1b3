"""Draws of the class rates: how often events of each question's class happen, a view of a draws file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasts.draws_file import DrawsFile, DrawsFileError, Variable

MODEL = "class_rates"
UNITS = {"rate": "events per year"}


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


NO_RATES = ClassRates((), np.zeros((1, 1, 0), np.float32), "", {})
"""Of a board without cases."""


def read(file: DrawsFile) -> ClassRates:
    """Return the class rates of a draws file.

    Raises
    ------
    DrawsFileError
        When the file is of another model or holds a rate that is not above 0.
    """
    if file.model != MODEL or set(file.variables) != set(UNITS):
        raise DrawsFileError(f"draws of {file.model} with {', '.join(file.variables)}; class rates are needed")
    rate = file.variables["rate"].values
    if not np.all(rate > 0):
        raise DrawsFileError("a class rate is not above 0")
    return ClassRates(tuple(map(str, file.coords["question"])), rate, file.input_hash, file.receipt)


def file_of(rates: ClassRates) -> DrawsFile:
    """Return the draws file that holds the class rates."""
    variables = {"rate": Variable(("question",), rates.rate, UNITS["rate"])}
    return DrawsFile(MODEL, rates.input_hash, {"question": rates.questions}, variables, rates.receipt)
