"""The law of the yea count against exact enumeration, and where its spread comes from."""

from dataclasses import replace

import numpy as np
import pytest

from models import senate_chamber, senate_votes, yea_counts
from models.senate_votes import Coming

LUCK = np.random.default_rng(5)
DRAWS = 300
PLACE = np.concatenate([LUCK.normal(-0.4, 0.1, 47), LUCK.normal(0.5, 0.15, 53)])
SIDE = np.repeat([-0.5, 0.5], [47, 53])
BODY = senate_votes.members(PLACE, SIDE)


def coming(**changes: np.ndarray) -> Coming:
    each = {
        "middle": LUCK.normal(1.5, 1.0, DRAWS),
        "slope": LUCK.normal(-1.0, 1.5, DRAWS),
        "gap": LUCK.normal(0.5, 1.0, DRAWS),
        "spread": np.full(DRAWS, 0.7),
        "contested": np.full(DRAWS, 0.8),
        "absent": np.full(DRAWS, 0.04),
    }
    return Coming(**(each | changes))


def test_the_law_is_the_exact_one_within_a_thousandth() -> None:
    vote = coming()
    exact = senate_chamber.joint_counts(senate_votes.probabilities(vote, BODY), vote)
    nays, absences = np.meshgrid(np.arange(exact.shape[0]), np.arange(exact.shape[1]), indexing="ij")
    yeas = 100 - nays - absences
    law = np.bincount(yeas[yeas >= 0], weights=exact[yeas >= 0], minlength=101)
    found = yea_counts.yea_law(vote, BODY)
    assert found.sum() == pytest.approx(1)
    assert np.abs(np.cumsum(found) - np.cumsum(law / law.sum())).max() < 0.002
    assert np.abs(found - law / law.sum()).max() < 0.001


def test_a_vote_that_is_not_contested_loses_only_those_who_are_away() -> None:
    """Binomial(100, .96): mean 96, variance 3.84."""
    law = yea_counts.yea_law(coming(contested=np.zeros(DRAWS)), BODY)
    counts = np.arange(101)
    assert law @ counts == pytest.approx(96)
    assert law @ (counts - 96) ** 2 == pytest.approx(3.84)


def test_the_parts_of_the_spread_add_up_to_the_variance_of_the_count() -> None:
    vote = coming()
    seats = LUCK.multinomial(100, np.full(100, 0.01), size=DRAWS).astype(float)
    body = replace(BODY, seats=seats)
    parts = yea_counts.spread(vote, body)
    law, counts = yea_counts.yea_law(vote, body), np.arange(101)
    variance = law @ (counts - law @ counts) ** 2
    assert parts.seats + parts.treaty + parts.members == pytest.approx(variance, rel=0.01)


def test_who_sits_is_worth_nothing_where_it_is_known_or_all_are_alike() -> None:
    assert yea_counts.spread(coming(), BODY).seats == 0.0
    alike = coming(slope=np.zeros(DRAWS), gap=np.zeros(DRAWS))
    seats = LUCK.multinomial(100, np.full(100, 0.01), size=DRAWS).astype(float)
    assert yea_counts.spread(alike, replace(BODY, seats=seats)).seats == pytest.approx(0, abs=1e-9)


def test_who_sits_is_worth_the_variance_of_what_the_parties_say() -> None:
    """Without shocks each seat of party 1 rather than 0 adds the same: the variance of seats times its square."""
    still = {name: np.full(DRAWS, value) for name, value in (("middle", 1.0), ("slope", 0.0), ("gap", 2.0))}
    vote = coming(**still, contested=np.ones(DRAWS), absent=np.zeros(DRAWS))
    points = senate_votes.Groups(np.zeros(2), np.array([-0.5, 0.5]), np.zeros(2), np.ones((1, 2)))
    of_one = LUCK.integers(40, 61, DRAWS).astype(float)
    body = replace(points, seats=np.column_stack([100 - of_one, of_one]))
    low, high = senate_votes.probabilities(vote, points)[0]
    parts = yea_counts.spread(vote, body)
    assert parts.seats == pytest.approx(np.var(of_one) * (high - low) ** 2)
    assert parts.treaty == pytest.approx(0, abs=1e-9)
