"""Fit the Senate model to past votes: their arrays, the sampler's settings, and what is kept of the draws."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from forecasts import senate_encode, senate_tables
from forecasts.definition import FittedVote
from forecasts.draws_file import DrawsFile
from forecasts.recipe import Recipe
from models import senate_votes
from models.senate_history import History
from models.senate_votes import SenateDraws

if TYPE_CHECKING:
    import pymc as pm

MODEL = "senate"
SAMPLER: Mapping[str, Any] = {"chains": 4, "draws": 1000, "tune": 700, "target_accept": 0.9, "seed": 19991013}
"""4,000 draws: the class rates' 8,000 are a whole number of times as many (`parameters.Parameters`)."""
BITS = 6
"""An error of .8 % at the most, in quantities that are known to 20 % at best."""
SOURCES = ("models/senate.py", "models/senate_history.py", "models/senate_kernels.py")
UNITS: Mapping[str, str] = {
    **dict.fromkeys(("type_contested", "type_middle", "copartisan", "practice_now", "absence_now"), "log-odds"),
    **dict.fromkeys(("treaty_sd", "party_sd", "senator_sd", "absence_contested", "absence_sd"), "log-odds"),
    **dict.fromkeys(("practice_step", "absence_step"), "log-odds per root of a spell of ten years"),
    **dict.fromkeys(("type_slope", "slope_sd"), "log-odds per unit of ideal point"),
}
AHEAD = 1.0
"""Spells of ten years from the middle of the last one seen to a coming vote."""


def recipe(fitted: FittedVote, *, variant: str = "") -> Recipe:
    """Return what the model of a vote is sampled from.

    Parameters
    ----------
    fitted
        The vote's history; other parts of the vote do not touch the fit.
    variant
        For people, where a board has several fitted votes.

    Raises
    ------
    ValueError
        When the history is empty, or the vote's type is not among the history's.
    """
    if fitted.type not in {call.type for call in fitted.history}:
        raise ValueError(f"type {fitted.type!r} is not in the history: {sorted({c.type for c in fitted.history})}")
    calls = senate_tables.en_bloc(senate_tables.from_board(call, fitted.parties) for call in fitted.history)
    inputs = [list(fitted.parties), list(fitted.history)]
    return of_history(senate_encode.history(calls), inputs=inputs, variant=variant, types=(fitted.type,))


def of_history(history: History, *, inputs: object, variant: str = "", types: tuple[str, ...] = ()) -> Recipe:
    """Return what the model of a history is sampled from.

    `inputs` is the data that decide the arrays; of the `types` of treaties only these are kept, all by default.
    """

    def build() -> "pm.Model":
        from models import senate

        return senate.build(history)

    return Recipe(
        model=MODEL,
        variant=variant,
        inputs=inputs,
        sources=SOURCES,
        sampler=SAMPLER,
        build=build,
        units=UNITS,
        bits=BITS,
        only={"type": types} if types else {},
    )


def population(file: DrawsFile, kind: str) -> SenateDraws:
    """Return what the draws of a fit say of coming votes on treaties of one type.

    Raises
    ------
    ValueError
        When no treaty of the history was of that type.
    """
    types: Sequence[object] = file.coords["type"]
    if kind not in types:
        raise ValueError(f"type {kind!r} is not in the history: {', '.join(map(str, types))}")
    parameters = {name: np.asarray(file.of(name), float) for name in senate_votes.PARAMETERS}
    return senate_votes.population(parameters, types.index(kind), ahead=AHEAD)
