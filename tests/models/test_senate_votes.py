"""A coming vote: two thirds of those voting, shocks that members share, groups that stand for members."""

from dataclasses import replace

import numpy as np
import pytest

from models import senate_votes
from models.senate_chamber import consent_of, count_law
from models.senate_votes import Coming, Direction, Groups, SenateDraws

ROWS = 400


def population(**values: float) -> SenateDraws:
    """Return draws that are all alike: a chamber without spread unless asked for."""
    plain = dict.fromkeys(senate_votes.POPULATION, 0.0) | {"contested": 1.0, "absent": -30.0} | values
    return SenateDraws(**{name: np.full(ROWS, value) for name, value in plain.items()})


def luck(count: int, *, seed: int = 1) -> senate_votes.Luck:
    rng = np.random.default_rng(seed)
    return senate_votes.luck(lambda name: rng.standard_normal(count), ROWS, name="vote")


def chamber(republicans: int = 53, *, seed: int = 3) -> Groups:
    rng = np.random.default_rng(seed)
    side = np.where(np.arange(100) < republicans, 0.5, -0.5)
    return senate_votes.members(np.where(side > 0, 0.5, -0.35) + rng.normal(0, 0.15, 100), side)


def exact(coming: Coming, groups: Groups) -> np.ndarray:
    """Return each draw's probability of consent by dynamic programming over nays and absences."""
    each = senate_votes.probabilities(coming, groups)
    one = np.ones(1)
    passing = [consent_of(count_law(1 - p[None], a[None], one)) for p, a in zip(each, coming.absent, strict=True)]
    return 1 - coming.contested * (1 - np.array(passing))


@pytest.mark.parametrize("absent", [-30.0, -4.2, -2.5], ids=["all vote", "1.5 % away", "8 % away"])
def test_the_gate_is_the_exact_law_within_two_thousandths(absent: float) -> None:
    draws = population(middle=1.0, slope=-2.0, slope_sd=2.5, copartisan=1.0, treaty_sd=0.8, party_sd=0.9,
                       senator_sd=0.8, absent=absent, absent_sd=0.3, contested=0.9)  # fmt: skip
    coming = senate_votes.coming_vote(draws, luck(300), president=1.0, direction=None)
    error = senate_votes.gate(coming, chamber()) - exact(coming, chamber())
    assert np.abs(error).max() < 0.002
    assert np.ptp(senate_votes.gate(coming, chamber())) > 0.8  # the comparison spans sure losses and sure wins


@pytest.mark.parametrize(("yeas", "nays", "absent", "consents"), [
    (67, 33, 0, True),  # 67 x 3 >= 100 x 2
    (66, 34, 0, False),
    (66, 33, 1, True),  # of 99 voting 66 are enough
    (64, 33, 3, False),  # of 97 voting 65 are needed (the test ban treaty's arithmetic)
    (65, 32, 3, True),
    (51, 0, 49, True),
    (50, 0, 50, False),  # no quorum
])  # fmt: skip
def test_two_thirds_of_those_voting_with_a_quorum(yeas: int, nays: int, absent: int, consents: bool) -> None:
    counts = np.zeros((101, 101))
    counts[nays, absent] = 1.0
    assert yeas + nays + absent == 100
    assert consent_of(counts) == float(consents)


@pytest.mark.parametrize(("treaty_sd", "expected"), [(0.0, 0.01), (1.0, 0.33)])
def test_correlation_is_everything(treaty_sd: float, expected: float) -> None:
    """At .55 per senator: 1 % if independent, 33 % with a common shock of one logit (METHODS 5).

    The shock keeps the mean at .55: its log-odds are scaled up by sqrt(1 + pi / 8) (MacKay 1992).
    """
    middle = np.log(0.55 / 0.45) * np.sqrt(1 + np.pi * treaty_sd**2 / 8)
    draws = population(middle=float(middle), treaty_sd=treaty_sd)
    coming = senate_votes.coming_vote(draws, luck(40_000), president=0.0, direction=None)
    assert senate_votes.gate(coming, chamber()).mean() == pytest.approx(expected, abs=0.02)
    assert senate_votes.probabilities(coming, chamber()).mean() == pytest.approx(0.55, abs=0.01)


@pytest.mark.parametrize("points", [3, 4, 5])
def test_a_rule_of_n_points_has_the_partys_first_moments(points: int) -> None:
    body = chamber()
    few = senate_votes.party_points(body.ideal_point, body.side, points=points)
    for side in (-0.5, 0.5):
        where, mine = body.ideal_point[body.side == side], few.side == side
        for power in range(2 * points):
            assert np.sum(few.seats[0, mine] * few.ideal_point[mine] ** power) == pytest.approx(np.sum(where**power))


def test_four_points_a_party_stand_for_a_hundred_members() -> None:
    draws = population(middle=1.0, slope=-2.0, slope_sd=2.5, party_sd=0.9, senator_sd=0.8, absent=-4.0)
    coming = senate_votes.coming_vote(draws, luck(2000), president=1.0, direction=None)
    body = chamber()
    few = senate_votes.party_points(body.ideal_point, body.side, points=4)
    error = senate_votes.gate(coming, few) - senate_votes.gate(coming, body)
    assert np.abs(error).max() < 0.01
    assert abs(error.mean()) < 1e-3


def test_threads_change_no_bit() -> None:
    draws = population(middle=1.0, treaty_sd=0.8, senator_sd=0.8, absent=-4.0)
    coming = senate_votes.coming_vote(draws, luck(1001), president=1.0, direction=None)
    assert np.array_equal(senate_votes.gate(coming, chamber()), senate_votes.gate(coming, chamber(), threads=3))


def test_the_presidents_party_is_readier_and_terms_move_their_side() -> None:
    draws = population(middle=1.0, copartisan=1.0)
    body = chamber()
    under = {p: senate_votes.coming_vote(draws, luck(10), president=p, direction=None) for p in (-1.0, 1.0)}
    yea = {p: senate_votes.probabilities(c, body)[0] for p, c in under.items()}
    ours = body.side > 0
    assert np.all(yea[1.0][ours] > yea[-1.0][ours])
    assert np.all(yea[1.0][~ours] < yea[-1.0][~ours])
    right = senate_votes.coming_vote(draws, luck(10), president=0.0, direction=Direction(2.0, 0.0))
    order = np.argsort(body.ideal_point)
    assert np.all(np.diff(senate_votes.probabilities(right, body)[0][order]) >= 0)


def test_a_formality_passes_and_a_states_row_is_its_draws() -> None:
    draws = population(middle=-9.0, contested=0.25)
    coming = senate_votes.coming_vote(draws, luck(2), president=0.0, direction=None)
    assert senate_votes.gate(coming, chamber()) == pytest.approx([0.75, 0.75])
    split = Groups(np.array([0.5, -0.5]), np.array([0.5, -0.5]), np.zeros(2), np.array([[60.0, 40.0], [80.0, 20.0]]))
    sided = replace(coming, middle=np.zeros(2), gap=np.full(2, 40.0), contested=np.ones(2))  # parties vote as one
    assert senate_votes.gate(sided, split) == pytest.approx([0.0, 1.0])


def test_what_comes_is_drawn_from_what_was_fitted() -> None:
    rng = np.random.default_rng(2)
    scalars = {n: rng.normal(1, 0.1, ROWS) for n in senate_votes.PARAMETERS if not n.startswith("type_")}
    by_type = {n: rng.normal(0, 1, (ROWS, 3)) for n in senate_votes.PARAMETERS if n.startswith("type_")}
    found = senate_votes.population(scalars | by_type, 2, ahead=0.0)
    assert np.array_equal(found.middle, by_type["type_middle"][:, 2])
    odds = by_type["type_contested"][:, 2] + scalars["practice_now"]
    assert found.contested == pytest.approx(1 / (1 + np.exp(-odds)))
    assert found.absent == pytest.approx(scalars["absence_now"] + scalars["absence_contested"])
    later = senate_votes.population(scalars | by_type, 2, ahead=4.0)
    assert np.std(np.log(later.contested / (1 - later.contested)) - odds) == pytest.approx(2.0, rel=0.15)


@pytest.mark.parametrize(("change", "message"), [
    ({"said": np.zeros(3)}, "shape"),
    ({"seats": np.ones((1, 3))}, "seats"),
    ({"seats": -np.ones((1, 100))}, "seats"),
    ({"side": np.ones(100)}, "side"),
    ({"ideal_point": np.full(100, np.nan)}, "ideal point"),
])  # fmt: skip
def test_groups_that_are_no_body_are_refused(change: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(chamber(), **change)


def test_draws_that_are_not_whole_are_refused() -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        replace(population(), middle=np.full(ROWS, np.nan))
    with pytest.raises(ValueError, match="one shape"):
        replace(population(), middle=np.zeros(3))
    coming = senate_votes.coming_vote(population(), luck(5), president=0.0, direction=None)
    with pytest.raises(ValueError, match="3 states of the composition for 5 draws"):
        senate_votes.gate(coming, replace(chamber(), seats=np.ones((3, 100))))
    with pytest.raises(ValueError, match="direction"):
        Direction(np.nan, 1.0)
