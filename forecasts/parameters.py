"""Draws of all fitted models of a board: what a run reads, and what names them in a receipt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from forecasts.class_rates import ClassRates


@dataclass(frozen=True, slots=True)
class Parameters:
    """Class rates of the event questions, and the draws of every other fitted model."""

    rates: ClassRates
    fits: Mapping[str, Any] = field(default_factory=dict)
    """Draws by what they are of: the question of a vote, the id of a series, or a question with covariates of its own.
    What is not here is drawn from elicited numbers."""
