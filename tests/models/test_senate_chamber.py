"""The chamber: laws of counts against enumeration, who decides."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from models import senate_chamber, senate_votes
from tests.models.test_senate_votes import chamber, luck, population


def enumerated(nay: list[float], absent: float) -> np.ndarray:
    """Return P(nays, absences) of independent members by going through everything they can do."""
    size = len(nay)
    law = np.zeros((size + 1, size + 1))
    for cast in itertools.product("yna", repeat=size):
        chance = np.prod([{"y": (1 - absent) * (1 - q), "n": (1 - absent) * q, "a": absent}[c]
                          for c, q in zip(cast, nay, strict=True)])  # fmt: skip
        law[cast.count("n"), cast.count("a")] += chance
    return law


def test_counts_are_those_of_enumeration() -> None:
    nay = [0.1, 0.35, 0.9, 0.5, 0.02]
    found = senate_chamber.count_law(np.array([nay]), np.array([0.2]), np.ones(1))
    expected = enumerated(nay, 0.2)
    assert found == pytest.approx(expected[:, : found.shape[1]])
    yeas = senate_chamber.yea_law(found)
    by_hand = [sum(expected[n, a] for n in range(6) for a in range(6) if 5 - n - a == k) for k in range(6)]
    assert yeas == pytest.approx(by_hand)


def test_a_chamber_says_the_same_as_the_gate() -> None:
    draws = population(
        middle=1.0, slope_sd=2.0, treaty_sd=0.8, party_sd=0.9, senator_sd=0.8, absent=-4.0, contested=0.8
    )
    coming = senate_votes.coming_vote(draws, luck(400), president=1.0, direction=None)
    body = chamber()
    found = senate_chamber.chamber(coming, body, rng=np.random.default_rng(1))
    assert found.two_thirds == pytest.approx(senate_votes.gate(coming, body).mean(), abs=0.001)
    each = senate_votes.probabilities(coming, body)
    assert found.member == pytest.approx(1 - (0.8 * (1 - each)).mean(axis=0))
    present = 1 - coming.absent.mean()
    assert found.yeas @ np.arange(101) == pytest.approx(found.member.sum() * present, rel=1e-3)
    assert found.yeas.sum() == pytest.approx(1.0)


def test_who_decides_is_the_one_at_two_thirds() -> None:
    """Hundred members in a clear order of inclination, all voting: the 67th completes two thirds."""
    body = chamber()
    coming = senate_votes.coming_vote(population(middle=0.0), luck(50), president=0.0, direction=None)
    each = np.tile(1 / (1 + np.exp(-np.linspace(600, -600, 100))), (50, 1))
    found = senate_chamber.pivotal(np.clip(each, 1e-12, 1 - 1e-12), coming, rng=np.random.default_rng(1))
    assert found.sum() == pytest.approx(1.0)
    steep = np.tile(1 / (1 + np.exp(-np.linspace(25, -25, 100))), (4000, 1))
    long = replace(coming, absent=np.zeros(4000), contested=np.ones(4000))
    near = senate_chamber.pivotal(steep, long, rng=np.random.default_rng(1))
    assert abs(near @ np.arange(100) - 66) < 1.0
    assert np.argmax(near) in range(60, 73)
    alike = senate_chamber.pivotal(np.full((20_000, 100), 0.7), replace(coming, absent=np.zeros(20_000),
                                   contested=np.ones(20_000)), rng=np.random.default_rng(2))  # fmt: skip
    assert np.abs(alike - 0.01).max() < 0.004  # nobody stands out among equals
    assert body.ideal_point.size == 100


def test_groups_are_no_members() -> None:
    coming = senate_votes.coming_vote(population(), luck(5), president=0.0, direction=None)
    body = chamber()
    few = senate_votes.party_points(body.ideal_point, body.side)
    with pytest.raises(ValueError, match="single members"):
        senate_chamber.chamber(coming, few, rng=np.random.default_rng(1))
