"""What a fit says of a vote before it is held, senator by senator: for tests on votes whose outcome is known.

Where `models.senate_votes` knows a coming body in groups, this knows each senator, with the effect that the fit found
for who voted before and a fresh one for who did not. Axes: D draws of the fit, G senators, A absences, V votes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.senate_chamber import consent_of, count_law, yea_law
from models.senate_history import MOST_TOKEN, SPELL
from models.world import Float, Int

PARAMETERS = (
    *("middle", "type_middle_sd", "type_middle", "slope", "type_slope_sd", "type_slope", "slope_sd"),
    *("contested", "type_contested_sd", "type_contested", "copartisan", "treaty_sd", "party_sd"),
    *("senator_sd", "z_senator", "practice_now", "practice_step", "token"),
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
    """(D, G) probability of a nay of each senator who votes in a contested vote, not yet given that enough do."""
    contested: Float
    """(D,) probability that the vote is contested."""
    absent: Float
    """(D, 2) probability that a senator does not vote: in a formality, and in a contested vote."""
    token: Float
    """(D, K) probability of 0, 1, .. nays in a formality."""


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
    middle = middle + p["treaty_sd"] * _normals(count, rng)
    slope = slope + p["slope_sd"] * _normals(count, rng)
    own_party = p["party_sd"][:, None] * np.stack([_normals(count, rng), _normals(count, rng)], axis=1)
    pull = own_party + held.president * p["copartisan"][:, None] * np.array([-0.5, 0.5])
    log_odds = middle[:, None] + slope[:, None] * held.ideal_point + _effects(p, held, rng)
    log_odds += pull[:, :1] * (0.5 - held.side) + pull[:, 1:] * (0.5 + held.side)
    ahead = (held.years + SPELL / 2) / SPELL
    odds = odds + p["practice_now"] + p["practice_step"] * np.sqrt(ahead) * _normals(count, rng)
    spread = np.sqrt(p["absence_sd"] ** 2 + ahead * p["absence_step"] ** 2)
    level = p["absence_now"] + spread * _normals(count, rng)
    absent = np.stack([level, level + p["absence_contested"]], axis=1)
    return Ballots(_expit(-log_odds), _expit(odds), _expit(absent), p["token"])


def yeas(forecast: Ballots) -> tuple[Float, float]:
    """Return the law of the number of yeas, (G + 1,), and the probability that two thirds consent."""
    draws, size = forecast.nay.shape
    votes = (1 - forecast.absent[:, 1:]) * forecast.nay
    weight = forecast.contested / enough_nays(votes) / draws
    counts = count_law(forecast.nay, forecast.absent[:, 1], weight)
    counts[: MOST_TOKEN + 1] = 0.0
    calm = count_law(np.zeros((draws, size)), forecast.absent[:, 0], (1 - forecast.contested) / draws)[0]
    wide = np.zeros((size + 1, max(counts.shape[1], calm.size)))
    wide[:, : counts.shape[1]] += counts
    token = np.average(forecast.token, weights=1 - forecast.contested + 1e-12, axis=0)
    wide[: token.size, : calm.size] += token[:, None] * calm
    return yea_law(wide), consent_of(wide)


def members(forecast: Ballots) -> Float:
    """Return each senator's probability of a yea if they and all others vote, (G,)."""
    odds = _odds(forecast.nay)
    none, symmetric = _few_nays(odds)
    before, others = np.ones_like(odds), np.ones_like(odds)
    for k in range(1, MOST_TOKEN):  # symmetric polynomials of everybody else's odds
        before = symmetric[k][:, None] - odds * before
        others = others + before
    rest = np.maximum(1 - none[:, None] * (1 + odds) * others, 1e-12)  # P(enough nays among the others)
    nay = np.minimum(forecast.nay * rest / enough_nays(forecast.nay)[:, None], 1.0)
    tokens = forecast.token @ np.arange(forecast.token.shape[1]) / odds.shape[1]
    said_no = forecast.contested[:, None] * nay + ((1 - forecast.contested) * tokens)[:, None]
    return np.asarray(1 - said_no.mean(axis=0))


def enough_nays(nay: Float) -> Float:
    """Return the probability of more than `MOST_TOKEN` nays, (D,), at least 1e-9, of independent ones (D, G)."""
    none, symmetric = _few_nays(_odds(nay))
    return np.asarray(np.maximum(1 - none * np.sum(symmetric, axis=0), 1e-9))


def _odds(nay: Float) -> Float:
    return nay / np.maximum(1 - nay, 1e-12)


def _few_nays(odds: Float) -> tuple[Float, list[Float]]:
    """Return P(no nay) and the elementary symmetric polynomials of the odds up to `MOST_TOKEN`, each (D,).

    Their products are the probabilities of 0, 1, .. nays; Newton's identities give them from power sums.
    """
    power = [np.sum(odds**j, axis=1) for j in range(1, MOST_TOKEN + 1)]
    symmetric = [np.ones(odds.shape[0])]
    for k in range(1, MOST_TOKEN + 1):
        terms = [(-1) ** (j - 1) * symmetric[k - j] * power[j - 1] for j in range(1, k + 1)]
        symmetric.append(np.sum(terms, axis=0) / k)
    return np.exp(-np.sum(np.log1p(odds), axis=1)), symmetric


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
        contested = rng.random(copies) < forecast.contested[draw]
        nay = forecast.nay[np.ix_(draw, np.flatnonzero(there))]
        no = np.where(contested[:, None], contested_nays(nay, rng=rng), token_nays(forecast.token[draw], nay, rng=rng))
        found.append(~no)
    return found


def contested_nays(nay: Float, *, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Draw the nays of contested votes, (D, G): independent ones given that there are more than `MOST_TOKEN`.

    By rejection; where so many nays hardly ever come, the last try gets them at the most likely places.
    """
    no = rng.random(nay.shape) < nay
    for _ in range(_TRIES):
        again = no.sum(axis=1) <= MOST_TOKEN
        no[again] = rng.random((int(again.sum()), nay.shape[1])) < nay[again]
    for row in np.flatnonzero(no.sum(axis=1) <= MOST_TOKEN):
        no[row, np.argsort(-nay[row] / rng.exponential(size=nay.shape[1]))[: MOST_TOKEN + 1]] = True
    return no


def token_nays(token: Float, like: Float, *, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Draw the nays of formalities, (D, G): as many as `token` (D, K) says, whoever they are."""
    uniform = rng.random((token.shape[0], 1))
    count = np.sum(uniform > np.cumsum(token, axis=1)[:, :-1], axis=1, keepdims=True)
    return np.asarray(np.argsort(rng.random(like.shape), axis=1).argsort(axis=1) < count)


def _normals(count: int, rng: np.random.Generator) -> Float:
    """Return standard normal draws, one in each of as many equally likely strata: averages over them err less."""
    from scipy.special import ndtri

    return np.asarray(ndtri((rng.permutation(count) + rng.random(count)) / count))


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
