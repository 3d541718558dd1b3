"""Probabilities against exact enumeration, by a slow and separate reading of METHODS 4."""

import math
from itertools import pairwise, product

import numpy as np
import pytest

from models.evidence import Design, Items
from models.weighing import (
    Sample,
    bucket,
    prepare,
    shares,
    stack_columns,
    weigh,
)
from models.world import NEVER
from tests.models.evidence_cases import GRID, items, judged, plain, random_sample, ratio, table, varied

DAYS = (50, 150, 250, NEVER)


def slow_contribution(evidence: Items, columns: Design, j: int, days: tuple[int, ...]) -> float:
    """Return the log weight of one future in one reading: a direct transcription, item by item."""
    centre, told = {}, {}
    for i in range(evidence.count):
        fade = 2 ** (-evidence.age_days[i] / evidence.half_life[i])
        grade = (evidence.letter[i], evidence.digit[i])
        shrunk = evidence.content_basis[i]
        f = evidence.forecaster[i]
        centre[i] = columns.median_kappa[f] * (columns.median_reliability[grade] if shrunk else 1) * fade
        told[i] = columns.kappa[j, f] * (columns.reliability[j][grade] if shrunk else 1) * fade * evidence.log_lr[i]
        centre[i] *= evidence.log_lr[i]
    total = 0.0
    for thread, q in {(evidence.thread[i], evidence.question[i]) for i in range(evidence.count)}:
        capped = 0.0
        for sign in (1, -1):
            mine = [
                i
                for i in range(evidence.count)
                if (evidence.thread[i], evidence.question[i]) == (thread, q) and sign * centre[i] > 0
            ]
            for i in mine:
                stronger = sum(abs(centre[k]) > abs(centre[i]) * (1 + 1e-9) for k in mine)
                equal = sum(math.isclose(centre[k], centre[i], rel_tol=1e-9) for k in mine)
                ranks = range(stronger, stronger + equal)
                factor = math.fsum((1 - columns.repetition[j]) ** r for r in ranks) / equal
                llr = told[i] * factor
                if not evidence.exempt[i]:
                    llr = max(-math.log(20), min(math.log(20), llr))
                if days[q] <= evidence.day[i]:
                    capped += 0.0 if evidence.exempt[i] else llr
                    total += llr if evidence.exempt[i] else 0.0
        total += max(-math.log(50), min(math.log(50), capped))
    return total


def random_items(seed: int, count: int, questions: int) -> Items:
    """Return strong and weak items in few threads, so that ranks, ties, fading and both caps all matter."""
    rng = np.random.default_rng(seed)
    ratios = [1.0, 1.2, 1.2, 2.0, 0.5, 0.5, 6.0, 30.0, 0.04]
    return items(
        *(
            ratio(
                rng.choice(ratios),
                question=int(rng.integers(questions)),
                day=int(rng.choice(GRID)),
                thread=int(rng.integers(3)),
                age_days=float(rng.choice([0, 90, 365])),
                half_life=float(rng.choice([np.inf, 180.0])),
                letter=int(rng.integers(6)),
                digit=int(rng.integers(6)),
                content_basis=bool(rng.integers(2)),
                exempt=bool(rng.random() < 0.1),
            )
            for _ in range(count)
        )
    )


@pytest.mark.parametrize("seed", range(40))
def test_every_probability_equals_the_enumeration(seed: int) -> None:
    rng = np.random.default_rng(seed)
    questions = int(rng.integers(1, 4))
    cells = list(product(DAYS, repeat=questions))
    prior = rng.dirichlet(np.ones(len(cells)))
    mark = rng.random((len(cells), 2)) < 0.4
    evidence, columns = random_items(seed, int(rng.integers(1, 12)), questions), varied(5, 0)

    expected, scenario, mass = np.zeros((questions, 3)), np.zeros(2), np.zeros(len(cells))
    for j in range(5):
        weights = [p * math.exp(slow_contribution(evidence, columns, j, c)) for p, c in zip(prior, cells, strict=True)]
        total = math.fsum(weights)
        for n, cell in enumerate(cells):
            mass[n] += weights[n] / total / 5
            scenario += mark[n] * weights[n] / total / 5
            for q, (g, day) in product(range(questions), enumerate(GRID)):
                expected[q, g] += (cell[q] <= day) * weights[n] / total / 5

    sample = prepare(
        np.array(cells, np.int16), np.log(prior), draw=np.zeros(len(cells), np.int32), grid=GRID, marks=mark
    )
    got = judged(sample, evidence, columns)
    np.testing.assert_allclose(got.probability, expected, rtol=1e-12)
    np.testing.assert_allclose(got.scenario, scenario, rtol=1e-12)
    np.testing.assert_allclose(got.weight, mass, rtol=1e-12)


def test_two_questions_by_hand() -> None:
    # P(A) = .5, P(B | A) = .8, P(B | not A) = .2; LR 3 on A: odds 3, P(A) = .75, P(B) = .75 * .8 + .25 * .2 = .65
    day = np.array([[50, 50], [50, NEVER], [NEVER, 50], [NEVER, NEVER]], np.int16)
    sample = prepare(day, np.log([0.4, 0.1, 0.1, 0.4]), draw=np.zeros(4, np.int32), grid=GRID)
    got = judged(sample, items(ratio(3)), plain())
    assert got.probability == pytest.approx(np.array([[0.75] * 3, [0.65] * 3]))


def test_extreme_evidence_is_weighed_without_overflow() -> None:
    # twenty official records of LR e^50 for A and twenty against B: log weights of +-1000
    rows = [{"log_lr": 50.0, "exempt": True}] * 20 + [{"log_lr": -50.0, "exempt": True, "question": 1}] * 20
    day = np.array([[50, 50], [50, NEVER], [NEVER, 50], [NEVER, NEVER]], np.int16)
    sample = prepare(day, np.log([0.4, 0.1, 0.1, 0.4]), draw=np.zeros(4, np.int32), grid=GRID)
    got = judged(sample, items(*rows), plain())
    assert got.weight.tolist() == [0, 1, 0, 0]
    assert got.probability[:, 0].tolist() == [1, 0]
    balanced = judged(sample, items(*rows[:20], *({**r, "question": 0} for r in rows[20:])), plain())
    assert balanced.probability[0, 0] == pytest.approx(0.5)


def test_both_ways_of_weighing_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    sample, evidence = random_sample(3), random_items(3, 12, 3)
    fast = judged(sample, evidence, varied())
    monkeypatch.setattr("models.weighing.PRODUCT_RANGE", 0.0)
    careful = judged(sample, evidence, varied())
    np.testing.assert_allclose(fast.share, careful.share, rtol=1e-12)
    np.testing.assert_allclose(fast.weight, careful.weight, rtol=1e-12)


def test_few_targets_in_many_columns_equal_the_whole_weighing() -> None:
    sample, evidence = random_sample(4), random_items(4, 6, 3)
    columns = varied(3, 0)
    prefixes = np.tri(7, 6, -1, dtype=bool)
    stack = np.stack([table(evidence.where(k), columns) for k in prefixes])
    got = shares(sample, stack_columns(stack), np.array([2, 3]), threads=2).reshape(2, 3, 7, 3)
    for k in range(7):
        whole = weigh(sample, stack[k], points=3, threads=1)
        np.testing.assert_allclose(got[0, :, k], whole.share[2], rtol=1e-14)
        np.testing.assert_allclose(got[1, 0, k], whole.scenario_share[0], rtol=1e-14)


def test_more_columns_than_one_block() -> None:
    sample, columns = random_sample(5), plain()
    factor = np.linspace(-2, 2, 300)
    many = table(items(ratio(np.e)), columns) * factor
    got = shares(sample, many, np.array([0]), threads=1)[0]
    for c in (0, 127, 128, 299):
        one = weigh(sample, np.ascontiguousarray(many[:, :, c : c + 1]), points=1, threads=1)
        np.testing.assert_allclose(got[:, c], one.probability[0], rtol=1e-13)


class TestConditioning:
    def test_seeing_is_dividing_by_the_probability_of_what_was_seen(self) -> None:
        sample = random_sample(6)
        hit = sample.codes[:, 0] <= 1
        whole = weigh(sample, table(items(), plain()), points=1, threads=1)
        joint = whole.weight[hit & (sample.codes[:, 2] == 0)].sum()
        given = weigh(sample.given(hit), table(items(), plain()), points=1, threads=1)
        assert given.probability[2, 0] == pytest.approx(joint / whole.probability[0, 1], rel=1e-12)
        assert given.probability[0, 1] == 1.0

    def test_what_no_future_meets_is_refused(self) -> None:
        sample = random_sample(6)
        with pytest.raises(ValueError, match="no stored future"):
            sample.given(np.zeros(sample.count, bool))


class TestRefusals:
    def test_buckets(self) -> None:
        day = np.array([[-32768, 0, 100], [101, 300, 301], [NEVER, 32766, 200]], np.int16)
        assert bucket(day, GRID).tolist() == [[0, 0, 0], [1, 2, 3], [3, 3, 1]]

    @pytest.mark.parametrize("grid", [[], [5, 5], [7, 3]])
    def test_a_grid_must_rise(self, grid: list[int]) -> None:
        with pytest.raises(ValueError, match="rising days"):
            bucket(np.zeros((1, 1), np.int16), np.array(grid))

    @pytest.mark.parametrize(
        ("log_prior", "message"),
        [
            ([0.0, np.nan], "future 1 has log weight nan"),
            ([np.inf, 0.0], "future 0 has log weight inf"),
            ([-np.inf, -np.inf], "all are -inf"),
            ([0.0], "disagree"),
        ],
    )
    def test_weights_before_evidence(self, log_prior: list[float], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            prepare(np.zeros((2, 1), np.int16), np.array(log_prior), draw=np.zeros(2, np.int32), grid=GRID)

    @pytest.mark.parametrize("draw", [[1, 0], [-1, 0]])
    def test_draws_out_of_order(self, draw: list[int]) -> None:
        with pytest.raises(ValueError, match="must not fall"):
            prepare(np.zeros((2, 1), np.int16), np.zeros(2), draw=np.array(draw, np.int32), grid=GRID)

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_tables_with_anything_but_numbers(self, value: float) -> None:
        broken = np.zeros((3, 4, 2))
        broken[1, 2, 0] = value
        with pytest.raises(ValueError, match=r"question, bucket, column \[1, 2, 0\]"):
            weigh(random_sample(1), broken, points=2, threads=1)

    def test_tables_of_another_board(self) -> None:
        with pytest.raises(ValueError, match=r"shape \(2, 4, 1\); this sample needs \(3, 4, columns\)"):
            weigh(random_sample(1), np.zeros((2, 4, 1)), points=1, threads=1)

    @pytest.mark.parametrize("points", [0, 3])
    def test_point_columns(self, points: int) -> None:
        with pytest.raises(ValueError, match="point columns of 2"):
            weigh(random_sample(1), np.zeros((3, 4, 2)), points=points, threads=1)

    def test_unknown_targets(self) -> None:
        with pytest.raises(ValueError, match=r"targets must be in 0\.\.6"):
            shares(random_sample(1), np.zeros((3, 4, 2)), np.array([7]), threads=1)


def test_the_sample_counts_its_futures() -> None:
    assert isinstance(random_sample(1), Sample)
    assert random_sample(1).count == 400
    assert all(a <= b for a, b in pairwise(random_sample(1).draw.tolist()))
