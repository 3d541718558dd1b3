"""Draws of all fitted models of a board: what a run reads, and how its draws reuse those of the samplers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from forecasts.class_rates import ClassRates
from forecasts.draws_file import DrawsFile
from forecasts.encode_chance import Chance


@dataclass(frozen=True, slots=True)
class Parameters:
    """Class rates of the event questions, and the draws of every other fitted model.

    A run's draw takes row r of the longest fit and row r modulo its own number of rows of every other one, so that each
    row of each fit is used equally often.

    Raises
    ------
    ValueError
        When the number of rows of a fit does not divide that of the longest.
    """

    rates: ClassRates
    fits: Mapping[str, DrawsFile] = field(default_factory=dict)
    """Draws by what they are of: the question of a vote, the id of a series, or a question with covariates of its own.
    What is not here is drawn from elicited numbers."""
    pool: DrawsFile | None = None
    """Draws of the hierarchical pool of people's forecasts: beside the model's numbers, no part of them."""
    readings: DrawsFile | None = None
    """Draws of whom to believe, from resolved questions: how evidence is read, not how futures run."""

    def __post_init__(self) -> None:
        if wrong := [n for n in self._sizes() if self.rows % n]:
            raise ValueError(
                f"a fit of {wrong[0]} draws beside one of {self.rows}: it must go into it a whole number of times"
            )

    @property
    def rows(self) -> int:
        """Number of rows of the longest fit; 0 where nothing is fitted."""
        return max(self._sizes(), default=0)

    def _sizes(self) -> list[int]:
        own = [self.rates.rows] if self.rates.questions else []
        return own + [file.rows for file in self.fits.values()]

    def drawn(self, chance: Chance) -> NDArray[np.int64]:
        """Return (D,) rows that the draws of a run take, each equally often but for one, in shuffled order.

        For a fit of n rows it is these modulo n. Where nothing is fitted, each draw is a row of its own.
        """
        if not self.rows:
            return np.arange(chance.count)
        rounds = -(-chance.count // self.rows)
        orders = [chance.order(f"class rates: round {i}", self.rows) for i in range(rounds)]
        return np.concatenate(orders)[: chance.count]

    def clusters(self, chance: Chance) -> NDArray[np.int64]:
        """Return (D,) labels of draws that may share a row of any fit: one cluster each when an error is computed.

        Rows equal modulo n1 or modulo n2 are equal modulo their greatest common divisor.
        """
        return self.drawn(chance) % (math.gcd(*self._sizes()) or chance.count)
