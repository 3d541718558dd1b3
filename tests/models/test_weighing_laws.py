"""Laws of METHODS 11 that hold for any evidence, as properties; to the byte where the law says so."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.evidence import tables
from models.precision import assess, bands, column_variance
from models.weighing import Sample, Weighed, prepare, shares, weigh
from models.world import NEVER
from tests.models.evidence_cases import GRID, items, judged, plain, random_sample, ratio, table, varied

SAMPLE = random_sample(20)
COLUMNS = varied()

row = st.fixed_dictionaries(
    {
        "log_lr": st.sampled_from([-3.5, -1.0, -0.3, -0.3, 0.0, 0.1, 0.3, 0.3, 1.0, 3.5]),
        "log_lr_sd": st.sampled_from([0.0, 0.2, 1.0]),
        "question": st.integers(0, 2),
        "day": st.sampled_from(GRID.tolist()),
        "thread": st.integers(0, 2),
        "age_days": st.sampled_from([0.0, 30.0, 400.0]),
        "half_life": st.sampled_from([np.inf, 90.0]),
        "letter": st.integers(0, 5),
        "digit": st.integers(0, 5),
        "content_basis": st.booleans(),
        "exempt": st.booleans(),
    }
)
rows = st.lists(row, max_size=8)


def bits(weighed: Weighed) -> tuple[bytes, ...]:
    """Return everything that is published of a weighing, as bytes."""
    return tuple(x.tobytes() for x in (weighed.probability, weighed.scenario, weighed.weight))


def keyed(evidence: list[dict[str, object]]) -> list[dict[str, object]]:
    """Give each row a key of its own, as the encoder does."""
    return [{"key": 500 + i} | r for i, r in enumerate(evidence)]


@given(rows, row)
@settings(deadline=None, max_examples=60)
def test_a_ratio_of_one_changes_nothing_to_the_byte(
    evidence: list[dict[str, object]], extra: dict[str, object]
) -> None:
    neutral = extra | {"log_lr": 0.0, "log_lr_sd": 0.0}
    before, after = (judged(SAMPLE, items(*e), COLUMNS) for e in (evidence, [*evidence, neutral]))
    assert bits(before) == bits(after)
    assert before.share.tobytes() == after.share.tobytes()


@given(rows, row, st.floats(0.01, 3))
@settings(deadline=None, max_examples=60)
def test_a_ratio_of_median_one_with_any_range_changes_no_probability(
    evidence: list[dict[str, object]], extra: dict[str, object], sd: float
) -> None:
    vague = extra | {"log_lr": 0.0, "log_lr_sd": sd}
    before, after = (judged(SAMPLE, items(*e), COLUMNS) for e in (evidence, [*evidence, vague]))
    assert bits(before) == bits(after)


def test_but_its_range_widens_the_band() -> None:
    wide, narrow = (judged(SAMPLE, items(ratio(1.0, log_lr_sd=sd)), COLUMNS) for sd in (0.8, 0.0))
    assert column_variance(narrow.share, 8)[0, 1] == 0
    assert column_variance(wide.share, 8)[0, 1] > 0.01


@given(st.permutations(range(6)), st.lists(row, min_size=6, max_size=6), st.permutations(range(3)))
@settings(deadline=None, max_examples=60)
def test_order_of_entry_and_names_of_threads_do_not_matter_to_the_byte(
    order: list[int], evidence: list[dict[str, object]], names: list[int]
) -> None:
    named = keyed(evidence)
    renamed = [named[i] | {"thread": names[int(str(named[i]["thread"]))], "entry": 90 - i} for i in order]
    first, second = (judged(SAMPLE, items(*e), COLUMNS) for e in (named, renamed))
    assert bits(first) == bits(second)
    assert first.share.tobytes() == second.share.tobytes()


@given(st.lists(row, min_size=1, max_size=8), st.data())
@settings(deadline=None, max_examples=60)
def test_a_retraction_restores_the_former_numbers_exactly(
    evidence: list[dict[str, object]], data: st.DataObject
) -> None:
    gone = data.draw(st.integers(0, len(evidence) - 1))
    named = items(*keyed(evidence))
    keep = np.arange(named.count) != gone
    never_entered = judged(SAMPLE, named.where(keep), COLUMNS)
    retracted = tables(named, COLUMNS, grid=GRID, questions=3, known=0, keep=keep)
    assert bits(weigh(SAMPLE, retracted, points=8, threads=1)) == bits(never_entered)


def odds_moved(*rows_: dict[str, object]) -> float:
    """Return how far the log-odds of question 0 by day 200 move."""
    p0, p = (judged(SAMPLE, items(*e), COLUMNS).probability[0, 1] for e in ((), rows_))
    return float(np.log(p / (1 - p)) - np.log(p0 / (1 - p0)))


@pytest.mark.parametrize("lr", [1.3, 2.0, 1 / 3])
def test_copies_of_one_story_move_far_less_than_independent_reports(lr: float) -> None:
    one, copies = odds_moved(ratio(lr)), odds_moved(*[ratio(lr, thread=1)] * 5)
    independent = odds_moved(*(ratio(lr, thread=i) for i in range(5)))
    # log-odds of a mean over readings grow a little slower than their sum
    assert 4 * abs(one) < abs(independent) < 5 * abs(one)
    # rho averages 1/2: copies add 1 + 1/2 + 1/4 + ..., a little over 2
    assert 1.5 * abs(one) < abs(copies) < 0.5 * abs(independent)


@given(st.lists(st.floats(0.05, 2), min_size=1, max_size=5), st.floats(0.01, 2))
@settings(deadline=None, max_examples=60)
def test_a_repeat_never_weakens_a_story(strengths: list[float], repeat: float) -> None:
    story = [{"log_lr": s, "thread": 1} for s in strengths]
    before, after = (table(items(*e), COLUMNS)[0, 0] for e in (story, [*story, {"log_lr": repeat, "thread": 1}]))
    assert (after >= before - 1e-12).all()


def test_a_ratio_of_one_repeats_nothing() -> None:
    vague = {"log_lr_sd": 0.8, "thread": 1}
    one, two = (judged(SAMPLE, items(*e), COLUMNS) for e in ([vague], [vague, {"thread": 1}]))
    assert one.share.tobytes() == two.share.tobytes()


def test_a_denial_counts_in_full() -> None:
    story = [ratio(2, thread=1)] * 4
    denied = odds_moved(*story, ratio(1 / 3, thread=1))
    assert denied - odds_moved(*story) == pytest.approx(odds_moved(ratio(1 / 3)), rel=0.05)


@given(rows)
@settings(deadline=None, max_examples=60)
def test_coherence(evidence: list[dict[str, object]]) -> None:
    got = judged(SAMPLE, items(*evidence), COLUMNS)
    assert (np.diff(got.probability, axis=1) >= 0).all()
    assert (got.probability >= 0).all()
    assert (got.probability <= 1).all()
    assert got.scenario.sum() == pytest.approx(1, abs=1e-12)
    assert got.weight.sum() == pytest.approx(1, abs=1e-12)
    hits = SAMPLE.codes[:, :3, None] <= np.arange(3)
    np.testing.assert_allclose(got.probability, np.einsum("n,nqg->qg", got.weight, hits), rtol=1e-11)


@given(rows)
@settings(deadline=None, max_examples=60)
def test_a_child_is_no_likelier_than_what_it_requires(evidence: list[dict[str, object]]) -> None:
    rng = np.random.default_rng(2)
    parent = np.where(rng.random(600) < 0.6, rng.integers(1, 350, 600), NEVER)
    child = np.where((parent < NEVER) & (rng.random(600) < 0.7), parent + rng.integers(0, 100, 600), NEVER)
    day = np.stack([parent, child, child], axis=1).astype(np.int16)
    sample = prepare(day, np.zeros(600), draw=np.arange(600, dtype=np.int32) // 10, grid=GRID)
    got = judged(sample, items(*evidence), COLUMNS).probability
    assert (got[1] <= got[0] + 1e-15).all()


@given(rows)
@settings(deadline=None, max_examples=30)
def test_a_question_that_has_happened_stays_certain_and_one_that_cannot_impossible(
    evidence: list[dict[str, object]],
) -> None:
    day = np.stack([np.full(300, 40), np.full(300, NEVER), np.arange(300) + 1], axis=1).astype(np.int16)
    sample = prepare(day, np.linspace(-1, 0, 300), draw=np.arange(300, dtype=np.int32) // 3, grid=GRID)
    got = judged(sample, items(*evidence), COLUMNS).probability
    assert got[0].tolist() == [1, 1, 1]
    assert got[1].tolist() == [0, 0, 0]


def test_the_readings_are_not_updated_by_unresolved_evidence() -> None:
    # the second reading believes twice as much; it explains a sure event twice as well and gains no weight by it
    sample = random_sample(8)
    single = table(items(ratio(3)), plain())
    doubled = np.concatenate([single, 2 * single], axis=2)
    both = weigh(sample, doubled, points=2, threads=1).probability
    apart = [weigh(sample, t, points=1, threads=1).probability for t in (single, 2 * single)]
    np.testing.assert_allclose(both, np.mean(apart, axis=0), rtol=1e-13)
    shifted = doubled + np.array([0.0, 5.0])
    np.testing.assert_allclose(weigh(sample, shifted, points=2, threads=1).probability, both, rtol=1e-12)


def many(threads: int, sample: Sample) -> tuple[bytes, ...]:
    """Return all results of a big weighing as bytes."""
    evidence = items(ratio(2), ratio(0.4, question=1, log_lr_sd=0.3), ratio(1.5, question=2, day=300))
    columns = varied(12, 6)
    got = weigh(sample, table(evidence, columns), points=12, threads=threads)
    some = shares(sample, table(evidence, columns), np.array([1, 3]), threads=threads)
    precise = assess(sample, got, threads=threads)
    spread = [getattr(s, n) for s in (precise.question, precise.scenario) for n in ("mcse", "between", "between_se")]
    return (*bits(got), got.share.tobytes(), some.tobytes(), *(x.tobytes() for x in spread))


@pytest.mark.parametrize("log_range", [600.0, 0.0])
def test_bytes_do_not_depend_on_the_number_of_threads(log_range: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.weighing.PRODUCT_RANGE", log_range)
    sample = random_sample(9, draws=1500)
    one = many(1, sample)
    assert all(many(threads, sample) == one for threads in (2, 3, 7))


def test_a_few_readings_stand_for_all_of_them() -> None:
    """64 stratified readings give what 20,000 random ones give, at the strength of a board's evidence."""
    sample = random_sample(10, draws=200)
    evidence = items(
        *(ratio(1.3, question=i % 3, thread=i // 2, content_basis=True, letter=i % 5, digit=i % 4) for i in range(12)),
        ratio(0.6, question=1, thread=3),
    )
    design64 = varied(64, 0)
    rng = np.random.default_rng(4)
    count, letter, digit = 20_000, [0.9, 0.8, 0.65, 0.5, 0.3, 0.5], [1.0, 0.9, 0.75, 0.5, 0.25, 0.75]
    a, b = (np.stack([draw(rng, m, count) for m in means], axis=1) for means in (letter, digit))
    a[:, 5], b[:, 5] = a[:, 3], b[:, 2]
    kappa = np.exp(0.2 * rng.normal(size=count) + 0.3 * rng.normal(size=count))
    free = type(design64)(
        count,
        kappa[:, None],
        a[:, :, None] * b[:, None],
        rng.beta(4, 4, count),
        design64.median_kappa,
        design64.median_reliability,
        0.5,
    )
    every = shares(sample, table(evidence, free), np.arange(3), threads=2).mean(axis=2)
    np.testing.assert_allclose(judged(sample, evidence, design64).probability, every, atol=0.0015)


def draw(rng: np.random.Generator, mean: float, count: int) -> np.ndarray:
    """Draw a grade's part: Beta of concentration 20, certain where the mean is 1."""
    return np.ones(count) if mean == 1 else rng.beta(20 * mean, 20 * (1 - mean), count)


def banded(evidence: list[dict[str, object]], columns: Callable[..., object] = varied) -> np.ndarray:
    """Return the upper 90 % limits of question 0."""
    sample = random_sample(11, draws=400)
    got = judged(sample, items(*evidence), columns(16, 16))
    spread = column_variance(got.share, got.points)
    return bands(got.probability, assess(sample, got, threads=1).question, spread).high90[0]


def test_an_uncertain_ratio_widens_the_published_band() -> None:
    assert (banded([ratio(2, log_lr_sd=1.0)])[:2] > banded([ratio(2)])[:2]).all()
