"""Pools of resolved questions: by hand, and that the recalibrated one never sees the question that it forecasts."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from forecasts import pools
from forecasts.pools import SCALE, cross_validated, fit_scale, pool


def logit(p):
    return np.log(p / (1 - p))


def pooled(question, p, y=None):
    question = np.array(question)
    y = np.zeros(question.size) if y is None else np.array(y, float)
    return pool(question, np.array(p, float), outcome=y, cluster=question)


# .2 .4 .9: median .4, mean .5, odds 1/4 2/3 9: geometric mean (1.5)^(1/3) = 1.14471 -> .533737
def test_plain_pools_by_hand():
    found = pooled([0, 0, 0, 1], [0.2, 0.4, 0.9, 0.7])
    assert found.question.tolist() == [0, 1]
    assert found.probability["median"] == pytest.approx([0.4, 0.7])
    assert found.probability["mean"] == pytest.approx([0.5, 0.7])
    assert found.probability["geo_odds"] == pytest.approx([0.533737, 0.7], abs=1e-6)


def test_certainty_is_clipped_before_odds_are_taken():
    found = pooled([0, 0], [0.0, 1.0])
    assert found.probability["geo_odds"] == pytest.approx([0.5])
    assert found.probability["mean"] == pytest.approx([0.5])


def test_without_questions_the_factor_is_its_prior():
    scale, base = fit_scale(np.array([]), np.array([]))
    assert (scale, base) == pytest.approx((SCALE[0], 0.0))


@pytest.mark.parametrize(("stretch", "seed"), [(0.4, 1), (1.0, 2), (2.5, 3)])
def test_the_factor_is_the_posterior_mode(stretch, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(-0.5, 1.5, 300)
    y = (rng.random(300) < 1 / (1 + np.exp(-stretch * x))).astype(float)
    scale, base = fit_scale(x, y)
    assert base == pytest.approx(logit((y.sum() + 0.5) / 301))

    def loss(log_a: float) -> float:
        eta = base + np.exp(log_a) * (x - base)
        return -float((y * eta - np.logaddexp(0, eta)).sum()) + (log_a - np.log(SCALE[0])) ** 2 / (2 * SCALE[1] ** 2)

    best = minimize_scalar(loss, bounds=(-3, 3), method="bounded", options={"xatol": 1e-10})
    assert np.log(scale) == pytest.approx(best.x, abs=1e-5)


def test_a_timid_crowd_is_made_bolder_and_a_bold_one_tamed():
    rng = np.random.default_rng(4)
    truth = rng.normal(0, 1.5, 2000)
    y = (rng.random(2000) < 1 / (1 + np.exp(-truth))).astype(float)
    assert fit_scale(truth / 2, y)[0] > 1.6
    assert fit_scale(truth * 2, y)[0] < 0.7


def test_a_questions_own_outcome_never_moves_its_pool():
    rng = np.random.default_rng(5)
    x, cluster = rng.normal(0, 1, 40), np.arange(40)
    y = (rng.random(40) < 0.5).astype(float)
    before = cross_validated(x, y, cluster=cluster)
    for i in (0, 7, 39):
        turned = y.copy()
        turned[i] = 1 - turned[i]
        after = cross_validated(x, turned, cluster=cluster)
        assert after[i] == before[i]
        assert not np.array_equal(after, before), "the other questions learn from it"


def test_deadlines_of_one_question_stay_in_one_fold():
    x, y = np.linspace(-2, 2, 60), np.tile([0.0, 1.0], 30)
    cluster = np.repeat(np.arange(20), 3)
    before = cross_validated(x, y, cluster=cluster)
    turned = y.copy()
    turned[3:6] = 1 - turned[3:6]
    assert cross_validated(x, turned, cluster=cluster)[3:6].tolist() == before[3:6].tolist()


def test_few_questions_leave_one_out():
    found = cross_validated(np.array([1.0, -1.0, 0.5]), np.array([1.0, 0.0, 1.0]), cluster=np.array([4, 9, 2]))
    assert np.isfinite(found).all()
    assert ((found > 0) & (found < 1)).all()
    assert pools.FOLDS == 10
