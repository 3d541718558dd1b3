"""Monte Carlo errors, effective sizes, noise-corrected variances, bands and gates against cases with known answers."""

import numpy as np
import pytest

from models.precision import (
    Spread,
    assess,
    bands,
    column_variance,
    ess,
    khat_bound,
    mcse,
)
from models.precision_kernels import FLOOR, GROUPS
from models.weighing import Sample, Weighed, prepare, weigh
from models.world import NEVER
from tests.models.evidence_cases import GRID, items, judged, random_sample, ratio, table, varied

NOTHING = np.zeros((1, 4, 1))


def coins(
    rate: np.ndarray, per_draw: int, rng: np.random.Generator, log_weight: float = 0.0, log_spread: float = 0.0
) -> tuple[Sample, Weighed]:
    """Return futures that happen by day 100 at each draw's rate, hits weighing exp(log_weight) times as much."""
    hit = rng.random((rate.size, per_draw)) < rate[:, None]
    prior = log_spread * rng.normal(size=hit.size)
    sample = prepare(
        np.where(hit.reshape(-1, 1), 50, NEVER).astype(np.int16),
        prior,
        draw=np.repeat(np.arange(rate.size, dtype=np.int32), per_draw),
        grid=GRID,
    )
    evidence = NOTHING.copy()
    evidence[0, 0] = log_weight
    return sample, weigh(sample, evidence, points=1, threads=1)


class TestMonteCarloError:
    def test_by_hand(self) -> None:
        # two draws of mass 1/2 with shares 1/4 and 3/4, p = 1/2: sqrt(1/4 * 1/16 + 1/4 * 1/16) = sqrt(1/32)
        hit = np.array([1, 0, 0, 0, 1, 1, 1, 0], bool)
        assert mcse(np.ones(8), np.repeat([0, 1], 4), hit) == pytest.approx(np.sqrt(1 / 32))

    def test_weights_by_hand(self) -> None:
        # masses 3/4 and 1/4, shares 1/3 and 1; p = 1/2: sqrt(9/16 * 1/36 + 1/16 * 1/4) = sqrt(1/32)
        weight, draw, hit = np.array([1.0, 2, 1]), np.array([0, 0, 1]), np.array([True, False, True])
        assert mcse(weight, draw, hit) == pytest.approx(np.sqrt(1 / 32))

    def test_means_by_hand(self) -> None:
        # draws of equal mass with means 2 and 4: sqrt(1/4 + 1/4)
        assert mcse(np.ones(4), np.array([0, 0, 1, 1]), np.array([1.0, 3, 4, 4])) == pytest.approx(np.sqrt(1 / 2))

    def test_what_is_certain_has_no_error(self) -> None:
        assert mcse(np.ones(6), np.repeat([0, 1], 3), np.ones(6, bool)) == pytest.approx(0, abs=1e-15)

    def test_it_is_the_spread_over_replications(self) -> None:
        rng = np.random.default_rng(1)
        found = []
        for _ in range(300):
            sample, weighed = coins(rng.beta(2, 5, 200), 10, rng, log_weight=0.7, log_spread=0.5)
            found.append((weighed.probability[0, 0], assess(sample, weighed, threads=1).question.mcse[0, 0]))
        probability, error = np.array(found).T
        # a standard deviation of 300 numbers is known within 4 %
        assert error.mean() == pytest.approx(probability.std(), rel=0.12)

    def test_shared_parameters_are_one_cluster(self) -> None:
        rng = np.random.default_rng(2)
        alone, together, found = [], [], []
        for _ in range(300):
            sample, weighed = coins(np.repeat(rng.beta(2, 5, 50), 4), 10, rng)
            found.append(weighed.probability[0, 0])
            alone.append(assess(sample, weighed, threads=1).question.mcse[0, 0])
            cluster = np.arange(200) // 4
            together.append(assess(sample, weighed, threads=1, cluster=cluster).question.mcse[0, 0])
        assert np.mean(together) == pytest.approx(np.std(found), rel=0.12)
        assert np.mean(alone) < 0.7 * np.std(found)

    def test_every_target_agrees_with_the_plain_function(self) -> None:
        sample = random_sample(12)
        weighed = judged(sample, items(ratio(2), ratio(0.4, question=1)), varied())
        got = assess(sample, weighed, threads=1)
        for q in range(3):
            for g in range(3):
                plain = mcse(weighed.weight, sample.draw, sample.codes[:, q] <= g)
                assert got.question.mcse[q, g] == pytest.approx(plain, rel=1e-9)
        for s in range(4):
            plain = mcse(weighed.weight, sample.draw, sample.codes[:, 3 + s] == 0)
            assert got.scenario.mcse[s] == pytest.approx(plain, rel=1e-9)
        assert (got.ess_futures, got.ess_draws) == pytest.approx(ess(weighed.weight, sample.draw))

    @pytest.mark.parametrize("weight", [[np.nan, 1], [np.inf, 1], [-1, 2], [0, 0]])
    def test_impossible_weights_are_refused(self, weight: list[float]) -> None:
        with pytest.raises(ValueError, match="weights must be finite"):
            mcse(np.array(weight), np.array([0, 1]), np.array([True, False]))
        with pytest.raises(ValueError, match="weights must be finite"):
            ess(np.array(weight), np.array([0, 1]))


def test_effective_sizes_by_hand() -> None:
    assert ess(np.ones(6), np.array([0, 0, 1, 1, 2, 2])) == (6, 3)
    # futures: 36 / (16 + 1 + 1); draws of mass 5 and 1: 36 / 26
    assert ess(np.array([4.0, 1, 1]), np.array([0, 0, 1])) == pytest.approx((2, 36 / 26))


def slow_between(weight: np.ndarray, hit: np.ndarray, per_draw: int) -> float:
    """Return the corrected variance by its definition: products over pairs of groups, over the mass of the others."""
    weight, hit = weight.reshape(-1, per_draw), hit.reshape(-1, per_draw)
    p = (weight * hit).sum() / weight.sum()
    groups = [np.arange(g, per_draw, GROUPS) for g in range(min(GROUPS, per_draw))]
    total = 0.0
    for w, y in zip(weight / weight.sum(), hit, strict=True):
        products, scale = 0.0, 0.0
        for g in groups:
            for h in groups:
                if g is not h:
                    residuals = (w[g] * (y[g] - p)).sum() * (w[h] * (y[h] - p)).sum()
                    products += residuals / max(w.sum() - w[g].sum() - w[h].sum(), FLOOR * w.sum())
                    scale += g.size * h.size / (per_draw - g.size - h.size)
        total += products * per_draw / scale
    return total + float((((weight / weight.sum() * (hit - p)).sum(axis=1)) ** 2).sum())


class TestBetweenDrawVariance:
    @pytest.mark.parametrize("per_draw", [3, 4, 7, 10, 14, 23])
    def test_every_target_agrees_with_the_definition(self, per_draw: int) -> None:
        sample = random_sample(13, draws=15, per_draw=per_draw)
        weighed = judged(sample, items(ratio(2), ratio(0.4, question=1)), varied())
        got = assess(sample, weighed, threads=1)
        for q in range(3):
            for g in range(3):
                slow = slow_between(weighed.weight, sample.codes[:, q] <= g, per_draw)
                assert got.question.between[q, g] == pytest.approx(slow, rel=1e-9, abs=1e-15)
        slow = slow_between(weighed.weight, sample.codes[:, 4] == 0, per_draw)
        assert got.scenario.between[1] == pytest.approx(slow, rel=1e-9, abs=1e-15)

    def test_without_weights_it_is_the_textbook_component_of_variance(self) -> None:
        # analysis of variance (Searle, Casella and McCulloch 1992): (MS between - MS within) / M
        rng = np.random.default_rng(3)
        sample, weighed = coins(rng.beta(2, 5, 500), 10, rng)
        hit = (sample.codes[:, 0] == 0).reshape(500, 10)
        within = hit.var(axis=1, ddof=1).mean() / 10
        textbook = hit.mean(axis=1).var(ddof=1) - within
        assert assess(sample, weighed, threads=1).question.between[0, 0] == pytest.approx(textbook, rel=0.003)

    @pytest.mark.parametrize("per_draw", [4, 10, 50])
    @pytest.mark.parametrize("rate", [0.03, 0.3])
    @pytest.mark.parametrize(("log_weight", "log_spread"), [(0.0, 0.0), (1.1, 0.0), (-1.1, 0.0), (0.7, 0.7)])
    def test_with_all_parameters_fixed_it_averages_to_zero(
        self, per_draw: int, rate: float, log_weight: float, log_spread: float
    ) -> None:
        rng = np.random.default_rng(4)
        found = []
        for _ in range(50):
            sample, weighed = coins(np.full(400, rate), per_draw, rng, log_weight, log_spread)
            found.append(assess(sample, weighed, threads=1).question.between[0, 0])
        assert abs(np.mean(found)) < 3 * np.std(found, ddof=1) / np.sqrt(50)

    def test_it_finds_a_known_variance_and_knows_how_well(self) -> None:
        # Beta(2, 5): variance 2 * 5 / (7^2 * 8)
        rng = np.random.default_rng(5)
        found = []
        for _ in range(200):
            sample, weighed = coins(rng.beta(2, 5, 400), 10, rng)
            question = assess(sample, weighed, threads=1).question
            found.append((question.between[0, 0], question.between_se[0, 0]))
        variance, error = np.array(found).T
        assert variance.mean() == pytest.approx(10 / 392, abs=4 * variance.std() / np.sqrt(200))
        assert error.mean() == pytest.approx(variance.std(), rel=0.15)

    @pytest.mark.parametrize(("log_weight", "log_spread"), [(1.1, 0.0), (-1.1, 0.0), (0.7, 0.5)])
    def test_evidence_moves_it_as_it_should(self, log_weight: float, log_spread: float) -> None:
        # draws at .2 or .6, hits weighing L: masses 1 + (L - 1) r, shares L r / mass
        lr, rate = np.exp(log_weight), np.array([0.2, 0.6])
        mass = 1 + (lr - 1) * rate
        share = lr * rate / mass
        p = (mass * share).sum() / mass.sum()
        expected = (mass * (share - p) ** 2).sum() / mass.sum()
        rng = np.random.default_rng(6)
        found = []
        for _ in range(100):
            sample, weighed = coins(rng.choice(rate, 400), 20, rng, log_weight, log_spread)
            found.append(assess(sample, weighed, threads=1).question.between[0, 0])
        assert np.mean(found) == pytest.approx(expected, rel=0.06)

    def test_two_futures_a_draw_cannot_tell_noise_from_parameters(self) -> None:
        sample, weighed = coins(np.full(20, 0.5), 2, np.random.default_rng(7))
        with pytest.raises(ValueError, match="draw 0 has 2 futures; the noise correction needs at least 3"):
            assess(sample, weighed, threads=1)

    def test_draws_without_weight_do_not_count(self) -> None:
        rng = np.random.default_rng(8)
        sample, _ = coins(np.full(60, 0.4), 10, rng)
        weighed = weigh(sample.given(sample.draw < 30), NOTHING, points=1, threads=1)
        half = prepare(
            np.where(sample.codes[:300] == 0, 50, NEVER).astype(np.int16),
            np.zeros(300),
            draw=sample.draw[:300],
            grid=GRID,
        )
        alone = assess(half, weigh(half, NOTHING, points=1, threads=1), threads=1)
        got = assess(sample, weighed, threads=1)
        assert got.question.between[0, 0] == pytest.approx(alone.question.between[0, 0], rel=1e-9)
        assert got.ess_draws == pytest.approx(30)


def spread(between: float, between_se: float) -> Spread:
    return Spread(np.zeros(1), np.array([between]), np.array([between_se]))


def logits(centre: float, sd: float) -> tuple[float, float]:
    """Return mean and variance of a probability whose logit is Normal(centre, sd)."""
    z = np.linspace(-9, 9, 20_001)
    p, w = 1 / (1 + np.exp(-(centre + sd * z))), np.exp(-z * z / 2)
    mean = (w * p).sum() / w.sum()
    return float(mean), float((w * p * p).sum() / w.sum() - mean**2)


def expit(x: float) -> float:
    return float(1 / (1 + np.exp(-x)))


class TestBands:
    def test_both_levels_come_from_all_variance(self) -> None:
        mean, variance = logits(-2, 0.8)
        got = bands(np.array([mean]), spread(variance / 3, 0.0001), np.array([2 * variance / 3]))
        expected = [expit(-2 + 0.8 * z) for z in (-1.644854, -0.674490, 0.674490, 1.644854)]
        assert (got.low90[0], got.low50[0], got.high50[0], got.high90[0]) == pytest.approx(expected, rel=1e-5)
        assert got.resolved.tolist() == [True]

    def test_not_resolved_means_at_most(self) -> None:
        # -.01 is within two standard errors of 0: the variance is at most 2 * .02 and that of the columns
        mean, variance = logits(0, 1.5)
        got = bands(np.array([mean]), spread(-0.01, 0.02), np.array([variance - 0.04]))
        assert got.resolved.tolist() == [False]
        assert got.low90[0] == pytest.approx(expit(-1.5 * 1.644854), rel=1e-5)

    def test_readings_alone_can_resolve_a_band(self) -> None:
        mean, variance = logits(1, 1)
        got = bands(np.array([mean]), spread(-0.0001, 0.001), np.array([variance]))
        assert got.resolved.tolist() == [True]
        assert got.low90[0] == pytest.approx(expit(1 - 1.644854), rel=1e-5)

    @pytest.mark.parametrize("p", [0.0, 1.0])
    def test_what_is_certain_has_no_band(self, p: float) -> None:
        got = bands(np.array([p]), spread(0, 0), np.zeros(1))
        assert (got.low90[0], got.high90[0], got.resolved[0]) == (p, p, True)

    def test_no_variance_at_all(self) -> None:
        got = bands(np.array([0.3]), spread(0, 0), np.zeros(1))
        assert (got.low90[0], got.high90[0]) == (0.3, 0.3)

    def test_more_variance_than_a_probability_can_have(self) -> None:
        got = bands(np.array([0.3]), spread(0.5, 0.01), np.zeros(1))
        assert got.low90[0] < 1e-3
        assert got.high90[0] > 0.99

    def test_limits_are_in_order_and_in_range(self) -> None:
        rng = np.random.default_rng(9)
        p = np.r_[rng.uniform(0, 1, 300), 10.0 ** -rng.uniform(2, 9, 100)]
        got = bands(p, Spread(p, p * (1 - p) * rng.uniform(-0.1, 1, 400), p * 0.01), np.zeros(400))
        limits = np.stack([got.low90, got.low50, got.high50, got.high90])
        assert (np.diff(limits, axis=0) >= 0).all()
        assert ((limits >= 0) & (limits <= 1)).all()

    def test_they_cover_what_they_claim(self) -> None:
        # parameters from a Beta: its own quantiles
        rng = np.random.default_rng(10)
        rate = rng.beta(3, 7, 20_000)
        sample, weighed = coins(rate, 10, rng)
        question = assess(sample, weighed, threads=2).question
        got = bands(weighed.probability, question, np.zeros((1, 3)))
        inside = [
            np.mean((rate > lo[0, 0]) & (rate < hi[0, 0]))
            for lo, hi in ((got.low50, got.high50), (got.low90, got.high90))
        ]
        assert inside == pytest.approx([0.5, 0.9], abs=0.01)

    @pytest.mark.parametrize(
        ("p", "between", "se", "columns", "message"),
        [
            (np.nan, 0.1, 0.1, 0.0, "probability is not finite"),
            (0.5, np.nan, 0.1, 0.0, "variance is not finite"),
            (0.5, 0.1, np.nan, 0.0, "se is not finite"),
            (0.5, 0.1, 0.1, np.nan, "variance is not finite"),
            (1.1, 0.1, 0.1, 0.0, r"must lie in \[0, 1\]"),
        ],
    )
    def test_nothing_is_drawn_from_what_is_no_number(
        self, p: float, between: float, se: float, columns: float, message: str
    ) -> None:
        with pytest.raises(ValueError, match=message):
            bands(np.array([p]), spread(between, se), np.array([columns]))

    def test_variance_over_columns(self) -> None:
        share = np.array([[0.1, 0.3, 0.2, 0.6]])
        assert column_variance(share, 4)[0] == pytest.approx(0.035)  # mean .3: (.04 + 0 + .01 + .09) / 4
        assert column_variance(share, 2)[0] == pytest.approx(0.04)  # the spread columns .2 and .6


@pytest.mark.parametrize(
    ("value", "count", "refused"),
    [
        (0.69, 10_000, False),
        (0.7, 10_000, True),
        (0.6, 500, False),  # 1 - 1 / log10(500) = .629
        (0.63, 500, True),
        (np.nan, 10_000, True),
        (-0.2, 10_000, False),
    ],
)
def test_khat_gate(value: float, count: int, refused: bool) -> None:
    assert (not value < khat_bound(count)) is refused


def test_assess_speaks_of_every_question_and_scenario() -> None:
    sample = random_sample(14)
    got = assess(sample, weigh(sample, table(items(), varied()), points=8, threads=1), threads=1)
    assert got.question.mcse.shape == got.question.between_se.shape == (3, 3)
    assert got.scenario.between.shape == (4,)
    assert np.isfinite(got.khat)
