"""What a fit says of a vote before it is held, senator by senator: for tests on votes whose outcome is known.

Where `models.senate_votes` knows a coming body in groups, this knows each senator, with the effect that the fit found
for who voted before and a fresh one for who did not. Axes: D draws of the fit, G senators, A absences, V votes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.senate_chamber import consent_of, count_law, yea_law
from models.senate_history import SPELL
from models.world import Float, Int

PARAMETERS = (
    *("middle", "type_middle_sd", "type_middle", "slope", "type_slope_sd", "type_slope", "slope_sd"),
    *("contested", "type_contested_sd", "type_contested", "copartisan", "treaty_sd", "party_sd"),
    *("senator_sd", "z_senator", "practice_now", "practice_step"),
    *("absence_now", "absence_step", "absence_contested", "absence_sd"),
)
"""Quantities of `models.senate` that are read; `z_senator` where votes were known by member."""
_TRIES = 50


@dataclass(frozen=True, slots=True)
class Held:
    """A vote that is to be forecast: what is known before it is held."""

    kind: int
    """Index of the treaty's type in the fit, -1 for a type that the fit has not seen."""
    president: float
    """+1 where the president is of party 1, -1 of party 0."""
    years: float
    """Years since the last vote of the fit."""
    ideal_point: Float
    """(G,) of the senators in office."""
    side: Float
    """(G,)."""
    person: Int
    """(G,) index of each among those of the fit, -1 for who was not."""


@dataclass(frozen=True, slots=True)
class Ballots:
    """A forecast of one vote in each draw; given the draw, senators vote independently."""

    nay: Float
    """(D, G) probability of a nay of each senator who votes in a contested vote, not yet given that there is one."""
    contested: Float
    """(D,) probability that the vote is contested."""
    absent: Float
    """(D, 2) probability that a senator does not vote: if nobody votes nay, and in a contested vote."""

    @property
    def some(self) -> Float:
        """(D,) probability that the law of contested votes brings a nay; a contested vote is one in which it does."""
        return 1 - np.prod(1 - (1 - self.absent[:, 1:]) * self.nay, axis=1)


def ballots(parameters: Mapping[str, Float], held: Held, *, rng: np.random.Generator) -> Ballots:
    """Return the forecast of a vote, one draw of its shocks for each draw of the fit.

    Parameters
    ----------
    parameters
        Draws by name of `PARAMETERS`, axis 0 = draw.
    held
        The vote.
    rng
        Luck of the shocks, of fresh senators, and of an unseen type.
    """
    p, count = parameters, parameters["senator_sd"].size
    middle, slope, odds = (_of_type(p, name, held.kind, rng) for name in ("middle", "slope", "contested"))
    middle = middle + p["treaty_sd"] * rng.standard_normal(count)
    slope = slope + p["slope_sd"] * rng.standard_normal(count)
    own_party = p["party_sd"][:, None] * rng.standard_normal((count, 2))
    pull = own_party + held.president * p["copartisan"][:, None] * np.array([-0.5, 0.5])
    log_odds = middle[:, None] + slope[:, None] * held.ideal_point + _effects(p, held, rng)
    log_odds += pull[:, :1] * (0.5 - held.side) + pull[:, 1:] * (0.5 + held.side)
    ahead = (held.years + SPELL / 2) / SPELL
    odds = odds + p["practice_now"] + p["practice_step"] * np.sqrt(ahead) * rng.standard_normal(count)
    spread = np.sqrt(p["absence_sd"] ** 2 + ahead * p["absence_step"] ** 2)
    level = p["absence_now"] + spread * rng.standard_normal(count)
    absent = np.stack([level, level + p["absence_contested"]], axis=1)
    return Ballots(_expit(-log_odds), _expit(odds), _expit(absent))


def yeas(forecast: Ballots) -> tuple[Float, float]:
    """Return the law of the number of yeas, (G + 1,), and the probability that two thirds consent."""
    draws, size = forecast.nay.shape
    weight = forecast.contested / np.maximum(forecast.some, 1e-12) / draws
    counts = count_law(forecast.nay, forecast.absent[:, 1], weight)
    counts[0] = 0.0  # contested: at least one nay
    quiet = count_law(np.zeros((draws, size)), forecast.absent[:, 0], (1 - forecast.contested) / draws)
    wide = np.zeros((size + 1, max(counts.shape[1], quiet.shape[1])))
    wide[:, : counts.shape[1]] += counts
    wide[:, : quiet.shape[1]] += quiet
    return yea_law(wide), consent_of(wide)


def members(forecast: Ballots) -> Float:
    """Return each senator's probability of a yea if they vote, (G,)."""
    nay = np.minimum(forecast.nay / np.maximum(forecast.some, 1e-12)[:, None], 1.0)
    return 1 - (forecast.contested[:, None] * nay).mean(axis=0)


def simulated(
    forecasts: Sequence[Ballots], voted: Sequence[NDArray[np.bool_]], *, copies: int, rng: np.random.Generator
) -> list[NDArray[np.bool_]]:
    """Return whole sets of votes as the fit would have them, each a (copies, number who voted) of yeas.

    In one copy all votes come of one draw of the fit: what is not known of the population is shared by them.

    Parameters
    ----------
    forecasts, voted
        The votes, and (G,) who voted in each.
    copies, rng
        How many sets, and their luck.
    """
    draw = rng.integers(forecasts[0].contested.size, size=copies)
    found = []
    for forecast, there in zip(forecasts, voted, strict=True):
        nay = forecast.nay[np.ix_(draw, np.flatnonzero(there))]
        no = rng.random(nay.shape) < nay
        for _ in range(_TRIES):
            again = ~no.any(axis=1)
            no[again] = rng.random((int(again.sum()), nay.shape[1])) < nay[again]
        calm = np.flatnonzero(~no.any(axis=1))
        no[calm, np.argmax(nay[calm] * rng.random((calm.size, nay.shape[1])), axis=1)] = True
        found.append(~(no & (rng.random(copies) < forecast.contested[draw])[:, None]))
    return found


def _of_type(p: Mapping[str, Float], name: str, kind: int, rng: np.random.Generator) -> Float:
    """Return a pooled quantity for a type, (D,); for an unseen type a draw from the types' population."""
    if kind >= 0:
        return p[f"type_{name}"][:, kind]
    return p[name] + p[f"type_{name}_sd"] * rng.standard_normal(p[name].size)


def _effects(p: Mapping[str, Float], held: Held, rng: np.random.Generator) -> Float:
    """Return senators' own effects, (D, G): those that the fit found, fresh ones for the others."""
    own = rng.standard_normal((p["senator_sd"].size, held.person.size))
    known = held.person >= 0
    if known.any():
        own[:, known] = p["z_senator"][:, held.person[known]]
    return p["senator_sd"][:, None] * own


def _expit(log_odds: Float) -> Float:
    return 1 / (1 + np.exp(-log_odds))
