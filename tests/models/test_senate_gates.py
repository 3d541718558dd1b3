"""Gates off tables are the gates of the model of votes, and move as they must."""

from dataclasses import replace

import numpy as np
import pytest

from models import senate_gates, senate_votes
from models.senate_votes import Coming, Groups, Luck, SenateDraws

ROWS, DRAWS = 40, 2_000
LUCK = np.random.default_rng(7)


def population(**means: float) -> SenateDraws:
    """Return draws about plausible values, none of them fitted."""
    values = {
        "contested": 0.8,
        "middle": 1.2,
        "slope": -0.5,
        "slope_sd": 1.5,
        "copartisan": 0.8,
        "treaty_sd": 1.0,
        "party_sd": 0.8,
        "senator_sd": 0.7,
        "absent": -3.0,
        "absent_sd": 0.6,
    }
    spread = np.random.default_rng(3).normal(1, 0.05, (len(values), ROWS))
    named = dict(zip(values, spread, strict=True))
    return SenateDraws(**{name: (values | means)[name] * named[name] for name in values})


POPULATION = population()
SHOCKS = senate_votes.luck(lambda name: np.random.default_rng(len(name)).normal(size=DRAWS), ROWS, name="consent")
PLACE = np.concatenate([LUCK.normal(-0.4, 0.1, 47), LUCK.normal(0.5, 0.15, 53)])
SIDE = np.repeat([-0.5, 0.5], [47, 53])
BODY = senate_votes.members(PLACE, SIDE)
TABLE = senate_gates.yea_table(POPULATION.senator_sd)


def coming(luck: Luck = SHOCKS, *, direction: float = 0.0, president: float = 1.0) -> Coming:
    towards = senate_votes.Direction(direction, 1.2)
    return senate_votes.coming_vote(POPULATION, luck, president=president, direction=towards)


def gates(vote: Coming, groups: Groups = BODY, *, threads: int = 1) -> np.ndarray:
    return senate_gates.gates([vote], groups, row=SHOCKS.row, table=TABLE, threads=threads)[:, 0]


@pytest.mark.parametrize("direction", [-2.0, 0.0, 2.0])
@pytest.mark.parametrize("president", [-1.0, 1.0])
def test_the_gate_is_that_of_the_model_of_votes(direction: float, president: float) -> None:
    vote = coming(direction=direction, president=president)
    assert np.abs(gates(vote) - senate_votes.gate(vote, BODY)).max() < 2e-4


def test_also_with_statements_and_with_seats_that_differ_between_draws() -> None:
    said = np.where(np.arange(100) % 7 == 0, 2.9, 0.0) - np.where(np.arange(100) % 11 == 0, 1.4, 0.0)
    seats = LUCK.multinomial(100, np.full(100, 0.01), size=DRAWS).astype(float)
    loud = replace(BODY, said=said, seats=seats)
    assert np.abs(gates(coming(), loud) - senate_votes.gate(coming(), loud)).max() < 2e-4


def test_several_classes_of_terms_are_those_one_by_one_for_any_number_of_threads() -> None:
    votes = [coming(direction=d) for d in (-1.0, 0.0, 1.5)]
    at_once = senate_gates.gates(votes, BODY, row=SHOCKS.row, table=TABLE, threads=2)
    assert np.array_equal(at_once, np.stack([gates(v) for v in votes], axis=1))


def test_a_gate_is_a_probability_and_more_willing_members_raise_it() -> None:
    low, high = coming(), replace(coming(), middle=coming().middle + 0.7)
    assert np.all((gates(low) >= 0) & (gates(low) <= 1))
    assert np.all(gates(high) >= gates(low) - 1e-9)
    assert gates(high).mean() > gates(low).mean() + 0.05


def test_more_seats_of_the_more_willing_party_raise_it() -> None:
    """Under a president of party 1 with a strong pull, ten seats more of party 1 help in the mean."""
    pulled = replace(coming(), gap=coming().gap + 3.0)
    points = senate_votes.party_points(PLACE, SIDE)
    share = np.where(points.side > 0, points.seats[0] / 53, points.seats[0] / 47)
    means = []
    for seats_1 in (43, 53, 63):
        counts = np.where(points.side > 0, share * seats_1, share * (100 - seats_1))
        means.append(gates(pulled, replace(points, seats=counts[None, :])).mean())
    assert means[0] < means[1] < means[2]


def test_a_vote_that_is_not_contested_passes() -> None:
    assert np.allclose(gates(replace(coming(), contested=np.zeros(DRAWS))), 1.0)


def test_the_table_ends_where_a_member_is_as_good_as_decided() -> None:
    sure = replace(coming(), middle=np.full(DRAWS, 40.0), slope=np.zeros(DRAWS), gap=np.zeros(DRAWS))
    assert np.all(gates(sure) > 1 - 1e-6)
    assert np.all(gates(replace(sure, middle=-sure.middle, contested=np.ones(DRAWS))) < 1e-6)
