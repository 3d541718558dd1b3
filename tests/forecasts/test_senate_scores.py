"""Scores of forecast votes by hand, and the sceptics against what they must be."""

import numpy as np
import pytest

from forecasts import senate_encode, senate_sceptics, senate_scores, senate_tables
from forecasts.senate_sceptics import Voters
from forecasts.senate_scores import Issued, Outcome
from tests.forecasts.senate_rolls import record


def test_crps_of_a_number_by_hand() -> None:
    """Law .2, .5, .3 on 0, 1, 2; 1 came: (.2 - 0)^2 + (.7 - 1)^2 + (1 - 1)^2 = .13."""
    assert senate_scores.crps(np.array([0.2, 0.5, 0.3]), 1) == pytest.approx(0.13)
    assert senate_scores.crps(np.array([0.0, 1.0]), 1) == 0.0


def issued(p: float, law: list[float], member: list[float]) -> Issued:
    return Issued(p, np.array(law), np.array(member))


def test_scores_by_hand() -> None:
    forecasts = [issued(0.9, [0.1, 0.9], [0.8]), issued(0.9999, [0.5, 0.5], [0.5, 0.25])]
    outcomes = [Outcome(True, 1, np.array([True]), 0), Outcome(False, 0, np.array([False, False]), 1)]
    found = senate_scores.score(forecasts, outcomes)
    assert found.brier == pytest.approx([0.01, 0.9999**2])
    assert found.log == pytest.approx([-np.log(0.9), -np.log(0.001)])  # .9999 is clipped to .999
    assert found.clipped == 1
    assert found.crps == pytest.approx([0.01, 0.25])
    assert found.below == pytest.approx(np.array([[0.1, 1.0], [0.0, 0.5]]))
    assert found.covered == pytest.approx([0.85 / 0.9, 0.45 / 0.5])
    assert found.senator_log_loss == pytest.approx(-(np.log(0.8) + np.log(0.5) + np.log(0.75)) / 3)


def calibrated(count: int, *, seed: int, shift: float = 0.0) -> tuple[list[Issued], list[Outcome]]:
    """Return forecasts of numbers of yeas that are right (or shifted by so many yeas), two votes a day."""
    rng = np.random.default_rng(seed)
    forecasts, outcomes = [], []
    for v in range(count):
        mean = rng.uniform(60, 95)
        weight = np.exp(-0.5 * ((np.arange(101) - mean) / 6) ** 2)
        law = weight / weight.sum()
        came = int(np.clip(rng.choice(101, p=law) + shift, 0, 100))
        forecasts.append(Issued(0.9, law, np.array([0.5])))
        outcomes.append(Outcome(True, came, np.array([True]), v // 2))
    return forecasts, outcomes


@pytest.mark.parametrize(("shift", "rejected"), [(0.0, False), (-14.0, True)])
def test_coverage_rejects_what_is_wrong_and_nothing_else(shift: float, rejected: bool) -> None:
    found = []
    for seed in range(20):
        forecasts, outcomes = calibrated(30, seed=seed, shift=shift)
        scores = senate_scores.score(forecasts, outcomes)
        days = np.array([o.cluster for o in outcomes])
        laws = [f.yeas for f in forecasts]
        found.append(senate_scores.coverage(scores, laws, days, rng=np.random.default_rng(seed)))
    both = np.array([[c.p_share, c.p_uniform] for c in found])
    rate = (both < 0.05).mean(axis=0)
    assert np.all(rate > 0.9) if rejected else np.all(rate <= 0.15)


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    votes, people = record(tmp_path_factory.mktemp("senate"), before=24, after=1)
    calls, _ = senate_tables.read_senators(people, senate_tables.read_votes(votes)[0])
    return senate_encode.history(calls)


def test_the_party_line_is_the_parties_shares(history) -> None:
    m = history.members
    cast = m.vote >= 0
    ours = (np.sign(m.side) * history.president[:, None] > 0) & cast
    share = (m.vote[ours] == 1).mean()
    side = np.array([0.5, -0.5])
    vote = Voters(1.0, np.array([0.3, -0.3]), side, np.array([True, True]))
    found = senate_sceptics.forecasts(history, [vote])["party_line"][0]
    other = (m.vote[cast & ~ours] == 1).mean()
    assert found.member == pytest.approx([share, other], abs=1e-4)
    assert set(senate_sceptics.forecasts(history, [vote])) == set(senate_sceptics.NAMES)


def test_the_base_rate_is_the_record(history) -> None:
    vote = Voters(1.0, np.zeros(14), np.full(14, 0.5), np.ones(14, np.bool_))
    found = senate_sceptics.forecasts(history, [vote])["base_rate"][0]
    passed = np.sum(history.voting - history.nays >= 2 * history.nays)
    assert found.two_thirds == pytest.approx((passed + 1) / (len(history.votes) + 2))
    assert found.member == pytest.approx(np.full(14, 1 - history.nays.sum() / history.voting.sum()))
    assert found.yeas.sum() == pytest.approx(1.0)
    assert found.yeas.size == 15


def test_every_sceptics_law_agrees_with_its_senators(history) -> None:
    side = np.where(np.arange(14) < 3, -0.5, 0.5)
    vote = Voters(1.0, np.where(side > 0, 0.3, -0.3), side, np.ones(14, np.bool_))
    absent = float(((history.seats - history.voting) / history.seats)[-senate_sceptics.RECENT :].mean())
    for name in ("party_line", "logistic"):
        found = senate_sceptics.forecasts(history, [vote])[name][0]
        assert found.yeas @ np.arange(15) == pytest.approx(found.member.sum() * (1 - absent), rel=1e-3)
