"""Statements move who makes them, and through the shared shocks everybody else."""

from dataclasses import replace

import numpy as np
import pytest

from models import senate_statements, senate_votes
from models.senate_statements import Heard, informed
from models.senate_votes import SAID, Groups
from tests.models.test_senate_votes import chamber, luck, population

DRAWS = 20_000
SHOCKED = {"middle": 0.5, "treaty_sd": 1.0, "party_sd": 0.7, "slope": -1.0, "slope_sd": 1.5, "senator_sd": 0.8}


def speaking(stances: dict[int, str]) -> Groups:
    body = chamber()
    said = np.zeros(100)
    for member, stance in stances.items():
        said[member] = SAID[stance]
    return replace(body, said=said)


def heard(groups: Groups) -> Heard:
    return Heard(groups, 1.0, (None,), (1.0,))


def after(stances: dict[int, str], **values: float) -> tuple[np.ndarray, float]:
    """Return each member's probability and P(two thirds) given statements."""
    draws, groups = population(**(SHOCKED | values)), speaking(stances)
    found = informed(draws, luck(DRAWS), heard(groups), rng=np.random.default_rng(5))
    coming = senate_votes.coming_vote(draws, found.luck, president=1.0, direction=None)
    coming = senate_statements.with_contested(coming, found)
    return senate_votes.probabilities(coming, groups).mean(axis=0), float(senate_votes.gate(coming, groups).mean())


def weighted(stances: dict[int, str], **values: float) -> tuple[np.ndarray, float]:
    """Return the same by plain weights on many draws: Bayes's rule without resampling."""
    draws, groups = population(**(SHOCKED | values)), speaking(stances)
    coming = senate_votes.coming_vote(draws, luck(200_000, seed=9), president=1.0, direction=None)
    quiet = senate_votes.probabilities(coming, senate_votes.without_statements(groups))
    spoken = np.flatnonzero(groups.said)
    true = 1 / (1 + np.exp(-groups.said[spoken]))
    weight = np.prod(quiet[:, spoken] * true + (1 - quiet[:, spoken]) * (1 - true), axis=1)
    each = senate_votes.probabilities(coming, groups)
    return np.average(each, axis=0, weights=weight), float(
        np.average(senate_votes.gate(coming, groups), weights=weight)
    )


@pytest.mark.parametrize("stances", [
    {0: "for_firm"},
    {0: "against_lean", 60: "for_lean"},
    dict.fromkeys(range(12), "against_firm"),
    dict.fromkeys(range(30), "for_firm") | dict.fromkeys(range(60, 70), "against_firm"),
], ids=["one", "two", "a dozen", "forty that part by party"])  # fmt: skip
def test_resampling_is_bayes_rule(stances: dict[int, str]) -> None:
    members, passing = after(stances)
    expected, chance = weighted(stances)
    assert np.abs(members - expected).max() < 0.015
    assert passing == pytest.approx(chance, abs=0.02)


def test_a_lone_member_moves_by_the_confusion_matrix() -> None:
    """Without shared shocks: posterior odds = prior odds x 19, x 4, x 1, and nobody else moves."""
    alone = {"treaty_sd": 0.0, "party_sd": 0.0, "slope_sd": 0.0}
    before, _ = after({}, **alone)
    for stance, ratio in (("for_firm", 19.0), ("for_lean", 4.0), ("undecided", 1.0), ("against_firm", 1 / 19)):
        found, _ = after({7: stance}, **alone)
        odds = before[7] / (1 - before[7]) * ratio
        assert found[7] == pytest.approx(odds / (1 + odds), abs=1e-9)
        assert np.delete(found, 7) == pytest.approx(np.delete(before, 7))


def test_others_move_with_the_speaker_and_firm_words_move_more() -> None:
    """Nothing but the treaty's and the parties' shocks; a member's word on the terms' side may cost the other end."""
    before, passing = after({}, slope_sd=0.0)
    lean, lean_passing = after({0: "for_lean"}, slope_sd=0.0)
    firm, firm_passing = after({0: "for_firm"}, slope_sd=0.0)
    assert np.all(lean[1:] > before[1:])
    assert np.all(firm[1:] > lean[1:])
    assert passing < lean_passing < firm_passing
    against, _ = after({0: "against_firm"}, slope_sd=0.0)
    assert np.all(against[1:] < before[1:])
    side = chamber().side
    assert (before - against)[1:][side[1:] > 0].mean() > (before - against)[1:][side[1:] < 0].mean()  # own party more


def test_nothing_said_and_undecided_change_no_bit() -> None:
    shocks = luck(100)
    for stances in ({}, {3: "undecided"}):
        found = informed(population(**SHOCKED), shocks, heard(speaking(stances)), rng=np.random.default_rng(1))
        assert found.luck is shocks
        assert found.steps == 0
        assert not found.log_odds_contested.any()


def test_opposition_says_that_the_vote_is_contested() -> None:
    """One senator firmly against: a formality has likelihood .05, a contested vote p .05 + (1 - p) .95."""
    draws = population(middle=1.0, contested=0.5)
    found = informed(draws, luck(50), heard(speaking({0: "against_firm"})), rng=np.random.default_rng(1))
    coming = senate_votes.coming_vote(draws, found.luck, president=0.0, direction=None)
    p = 1 / (1 + np.exp(-1.0))
    ratio = (p * 0.05 + (1 - p) * 0.95) / 0.05
    assert senate_statements.with_contested(coming, found).contested == pytest.approx(ratio / (1 + ratio))
    assert np.exp(found.log_evidence) == pytest.approx((0.05 + p * 0.05 + (1 - p) * 0.95) / 2 / 0.5)


def test_classes_of_terms_are_summed_out() -> None:
    """Two classes with opposite directions: a member on the right who is for says that the terms favour the right."""
    draws = population(middle=0.0)
    directions = (senate_votes.Direction(4.0, 0.0), senate_votes.Direction(-4.0, 0.0))
    told = Heard(speaking({0: "for_firm"}), 0.0, directions, (0.5, 0.5))
    found = informed(draws, luck(50), told, rng=np.random.default_rng(1))
    place = chamber().ideal_point[0]
    p = 1 / (1 + np.exp(-4.0 * place))
    mean = (p * 0.95 + (1 - p) * 0.05 + (1 - p) * 0.95 + p * 0.05) / 2
    assert np.exp(found.log_evidence) == pytest.approx(mean / 0.5)
