"""Forecasts of votes of known members against enumeration and simulation."""

import itertools

import numpy as np
import pytest

from models import senate_predictive
from models.senate_history import MOST_TOKEN
from models.senate_predictive import Ballots


def few(nay: list[list[float]], *, contested: float, absent: float = 1e-9) -> Ballots:
    draws = len(nay)
    token = np.tile([0.7, 0.2, 0.1, 0.0], (draws, 1))
    return Ballots(np.array(nay), np.full(draws, contested), np.full((draws, 2), absent), token)


def enumerated(nay: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Return, of independent nays given more than `MOST_TOKEN`, the law of their number and each one's probability."""
    law, each = np.zeros(len(nay) + 1), np.zeros(len(nay))
    for cast in itertools.product((0, 1), repeat=len(nay)):
        if sum(cast) > MOST_TOKEN:
            chance = np.prod([q if c else 1 - q for c, q in zip(cast, nay, strict=True)])
            law[sum(cast)] += chance
            each += chance * np.array(cast)
    return law / law.sum(), each / law.sum()


NAY = [0.3, 0.05, 0.6, 0.9, 0.45, 0.2, 0.5, 0.7]


def test_contested_votes_have_more_than_token_nays() -> None:
    law, each = enumerated(NAY)
    forecast = few([NAY], contested=1.0)
    yeas, two_thirds = senate_predictive.yeas(forecast)
    assert yeas[::-1] == pytest.approx(law, abs=1e-6)
    assert two_thirds == pytest.approx(law[: 8 // 3 + 1].sum(), abs=1e-6)
    assert senate_predictive.members(forecast) == pytest.approx(1 - each, abs=1e-9)
    votes = np.prod([1 - q for q in NAY])
    chance = senate_predictive.enough_nays(np.array([NAY]))
    assert chance == pytest.approx([1 - sum(_at(NAY, k) for k in range(MOST_TOKEN + 1))])
    assert votes == pytest.approx(_at(NAY, 0))


def _at(nay: list[float], count: int) -> float:
    return sum(
        np.prod([q if c else 1 - q for c, q in zip(cast, nay, strict=True)])
        for cast in itertools.product((0, 1), repeat=len(nay))
        if sum(cast) == count
    )


def test_formalities_have_their_tokens_whoever_they_are() -> None:
    forecast = few([NAY, NAY], contested=0.0)
    yeas, two_thirds = senate_predictive.yeas(forecast)
    assert yeas[::-1][:4] == pytest.approx([0.7, 0.2, 0.1, 0.0], abs=1e-6)
    assert two_thirds == pytest.approx(1.0)
    assert senate_predictive.members(forecast) == pytest.approx(np.full(8, 1 - 0.4 / 8))


def test_draws_and_laws_are_mixed() -> None:
    other = [0.8] * 8
    mixed = few([NAY, other], contested=0.4)
    single = [senate_predictive.yeas(few([q], contested=0.4))[0] for q in (NAY, other)]
    assert senate_predictive.yeas(mixed)[0] == pytest.approx(np.mean(single, axis=0), abs=1e-6)


def test_simulated_votes_follow_the_forecast() -> None:
    forecast = few([NAY, [0.8] * 8], contested=0.6)
    voted = np.array([True] * 8)
    (yea,) = senate_predictive.simulated([forecast], [voted], copies=40_000, rng=np.random.default_rng(1))
    law = np.bincount(yea.sum(axis=1), minlength=9) / 40_000
    assert np.abs(law - senate_predictive.yeas(forecast)[0]).max() < 0.01
    assert np.abs(yea.mean(axis=0) - senate_predictive.members(forecast)).max() < 0.01


def test_votes_of_one_copy_share_the_draw() -> None:
    """Two draws that are poles apart: two votes of one copy come of the same one."""
    forecast = few([[0.99] * 8, [0.55] * 8], contested=1.0)
    everybody = np.array([True] * 8)
    first, second = senate_predictive.simulated(
        [forecast, forecast], [everybody, everybody], copies=4000, rng=np.random.default_rng(1)
    )
    assert np.corrcoef(first.sum(axis=1), second.sum(axis=1))[0, 1] > 0.6


def test_nays_that_hardly_ever_come_still_come() -> None:
    rare = np.full((20, 10), 1e-4)
    no = senate_predictive.contested_nays(rare, rng=np.random.default_rng(1))
    assert np.all(no.sum(axis=1) == MOST_TOKEN + 1)
