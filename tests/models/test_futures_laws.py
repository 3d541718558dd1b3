"""Laws of the futures, on random boards with everything that the kernel knows."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.futures import Forced, Futures, Tilt, simulate
from models.history import history_log_likelihood
from models.world import NEVER, World
from tests.models.boards import E, make_draws, make_start, make_world
from tests.models.rich_boards import HORIZON, Case, days_before, descendants, rich_board, some_draws

boards = st.builds(rich_board, st.integers(0, 10**6), events=st.integers(2, 6))
few = settings(max_examples=40, deadline=None)


def run(case: Case, **options) -> Futures:
    options = {"per_draw": 20, "seed": 9, "threads": 1} | options
    return simulate(case.world, case.draws, case.start, horizon=HORIZON, **options)


def same(one: Futures, two: Futures) -> bool:
    return all(getattr(one, name).tobytes() == getattr(two, name).tobytes() for name in Futures.__slots__)


def tilt_of(world: World, seed: int) -> Tilt:
    rng = np.random.default_rng(seed)
    return Tilt(rng.uniform(-2.0, 2.0, world.questions), rng.integers(200, HORIZON, world.questions))


@few
@given(case=boards, threads=st.integers(2, 5), tilted=st.booleans())
def test_bytes_do_not_depend_on_threads(case: Case, threads: int, tilted: bool) -> None:
    tilt = tilt_of(case.world, 1) if tilted else None
    assert same(run(case, tilt=tilt), run(case, tilt=tilt, threads=threads))


@few
@given(case=boards)
def test_a_draw_keeps_its_futures_whatever_stands_behind_it(case: Case) -> None:
    whole, part = run(case), run(Case(case.world, some_draws(case.draws, slice(0, 5)), case.start))
    assert np.array_equal(whole.day[:100], part.day)
    assert whole.share[:100].tobytes() == part.share.tobytes()


@few
@given(case=boards)
def test_another_seed_gives_other_futures(case: Case) -> None:
    assert not np.array_equal(run(case).day, run(case, seed=10).day)


@few
@given(case=boards)
def test_every_day_is_after_the_start_and_by_the_horizon_or_never(case: Case) -> None:
    f = run(case)
    past = case.start.occurred != NEVER
    assert np.all(f.day[:, past] == case.start.occurred[past])
    rest = f.day[:, ~past]
    assert np.all((rest > case.start.day) & ((rest <= HORIZON) | (rest == NEVER)))
    known = case.start.clamped != NEVER
    assert np.all(f.day[:, known] == case.start.clamped[known])
    assert not np.any(np.isnan(f.log_clamp))
    assert np.all(f.log_clamp < np.inf)
    assert np.all(f.log_tilt == 0.0)
    assert np.array_equal(f.draw, np.repeat(np.arange(12), 20))
    assert np.all(np.isfinite(f.share[:, :, :6]) & (f.share[:, :, :6] > 0.0))
    assert np.all(np.isnan(f.share[:, :, 6]))


@few
@given(case=boards)
def test_levels_are_ordered_and_read_off_the_share(case: Case) -> None:
    f = run(case)
    low, high = (days_before(f.day[:, q]) for q in case.world.level_question)
    assert np.all(low <= high)
    crossed = np.log(f.share[:, 0, :6].astype(float)) >= np.log(3.0)
    first = np.where(crossed.any(axis=1), case.world.publication_day[0, crossed.argmax(axis=1)], NEVER)
    # the share is stored in single precision: leave out what lies within its rounding of the level
    clear = np.all(np.abs(f.share[:, 0, :6] - 3.0) > 1e-5, axis=1)
    assert np.array_equal(f.day[clear, case.world.level_question[0]], first[clear])


@few
@given(case=boards)
def test_a_child_waits_for_one_of_each_group_that_it_requires(case: Case) -> None:
    f, world = run(case), case.world
    for g, child in enumerate(world.requires_child):
        if case.start.occurred[child] != NEVER or case.start.clamped[child] != NEVER:
            continue
        members = world.requires_member[world.requires_start[g] : world.requires_start[g + 1]]
        assert np.all(days_before(f.day[:, members]).min(axis=1) <= days_before(f.day[:, child]))


@few
@given(case=boards)
def test_nothing_happens_after_what_ends_it(case: Case) -> None:
    f = run(case)
    for parent, child in zip(case.world.ends_parent, case.world.ends_child, strict=True):
        if case.start.clamped[child] == NEVER and case.start.occurred[child] == NEVER:
            happened = f.day[:, child] != NEVER
            assert np.all(f.day[happened, child] <= days_before(f.day[happened, parent]))


@few
@given(case=boards, pick=st.integers(0, 10**6), never=st.booleans())
def test_do_leaves_everything_that_does_not_descend_to_the_byte(case: Case, pick: int, never: bool) -> None:
    open_questions = np.flatnonzero(case.start.occurred == NEVER)
    question = int(open_questions[pick % open_questions.size])
    rng = np.random.default_rng(pick)
    days = np.full(240, NEVER) if never else rng.integers(case.start.day + 1, HORIZON, 240)
    factual, done = run(case), run(case, forced=Forced(np.array([question]), days[None].astype(np.int16)))
    assert np.array_equal(done.day[:, question], days)
    reached = descendants(case.world, {question})
    rest = [q for q in range(case.world.questions) if q not in reached]
    assert done.day[:, rest].tobytes() == factual.day[:, rest].tobytes()
    if int(case.world.level_question[0]) not in reached:
        assert done.share.tobytes() == factual.share.tobytes()


@few
@given(case=boards, pick=st.integers(0, 10**6))
def test_do_on_the_factual_never_changes_nothing_else(case: Case, pick: int) -> None:
    """Where a question does not happen anyway, keeping it from happening changes no byte of that future."""
    open_questions = np.flatnonzero((case.start.occurred == NEVER) & (case.start.clamped == NEVER))
    question = int(open_questions[pick % open_questions.size])
    factual = run(case)
    done = run(case, forced=Forced(np.array([question]), np.full((1, 240), NEVER, dtype=np.int16)))
    absent = factual.day[:, question] == NEVER
    # a level that is held back would hold a higher one that the path never reached either
    assert np.array_equal(done.day[absent], factual.day[absent])


@few
@given(case=boards, seed=st.integers(0, 1000), per_draw=st.integers(1, 30))
def test_tilt_weights_are_finite_bounded_and_leave_the_first_third_alone(case: Case, seed: int, per_draw: int) -> None:
    f = run(case, tilt=tilt_of(case.world, seed), per_draw=per_draw)
    plain = run(case, per_draw=per_draw)
    assert np.all(np.isfinite(f.log_tilt))
    assert np.all(f.log_tilt <= np.log(1.0 / 0.3) + 1e-12)
    untilted = np.arange(f.count) % per_draw < np.ceil(0.3 * per_draw)
    assert np.array_equal(f.day[untilted], plain.day[untilted])
    assert not np.any(np.isnan(f.log_clamp))


@few
@given(case=boards)
def test_a_tilt_of_nothing_is_no_tilt(case: Case) -> None:
    flat = Tilt(np.zeros(case.world.questions), np.full(case.world.questions, HORIZON))
    assert same(run(case), run(case, tilt=flat))


@few
@given(case=boards, scale=st.floats(1.0, 3.0))
def test_a_higher_rate_of_a_root_only_moves_it_earlier(case: Case, scale: float) -> None:
    world = case.world
    child = {*world.edge_child.tolist(), *world.requires_child.tolist(), *world.ends_child.tolist()}
    child |= {*world.with_child.tolist(), *world.scheduled_question.tolist()}
    roots = [q for q in range(world.questions - 3) if q not in child]
    faster = replace(case.draws, rate=case.draws.rate * scale)
    one, two = run(case), run(Case(world, faster, case.start))
    for q in roots:
        assert np.all(days_before(two.day[:, q]) <= days_before(one.day[:, q]))


@few
@given(case=boards)
def test_the_likelihood_of_nothing_having_happened_falls_with_time(case: Case) -> None:
    nothing = np.full(case.world.questions, NEVER, dtype=np.int16)
    early, late = (
        history_log_likelihood(case.world, case.draws, replace(case.start, day=day, occurred=nothing, clamped=nothing))
        for day in (100, 150)
    )
    assert np.all(np.isfinite(late))
    assert np.all(late <= early)
    assert np.all(early <= 0.0)
    gated = set(case.world.requires_child.tolist())
    if any(q not in gated for q in range(case.world.questions - 3)):
        assert np.all(late < early)


def test_a_question_that_joins_the_board_leaves_the_others_their_luck() -> None:
    small = make_world([E, E], keys=[5, 6], edges=[(0, 1, -1)])
    large = make_world([E, E, E, E], keys=[8, 5, 7, 6], edges=[(1, 3, -1), (3, 2, -1)])
    few_draws = make_draws(small, 30, rate=[0.4, 0.3], log_hr=np.log(2.0))
    many = make_draws(large, 30, rate=[0.9, 0.4, 0.2, 0.3], log_hr=np.log(2.0))
    one = simulate(small, few_draws, make_start(small), horizon=HORIZON, per_draw=20, seed=3)
    two = simulate(large, many, make_start(large), horizon=HORIZON, per_draw=20, seed=3)
    assert np.array_equal(one.day, two.day[:, [1, 3]])


def test_a_publication_keeps_its_luck_when_an_earlier_one_has_passed() -> None:
    from tests.models.boards import L

    worlds = [
        make_world([L], levels=[(0, 0, 9.0)], publications=[days], last_publication=[last])
        for days, last in (([300, 700], 0), ([700], 300))
    ]
    values = {"rate": 0.0, "log_share": 1.0, "growth": 0.0, "noise_sd": 0.1}
    shares = [
        simulate(w, make_draws(w, 4, **values), make_start(w, k), horizon=HORIZON, per_draw=5, seed=3).share
        for w, k in zip(worlds, (0, 300), strict=True)
    ]
    steps = np.diff(np.log(shares[0][:, 0]), axis=1)[:, 0], np.log(shares[1][:, 0, 0]) - 1.0
    assert steps[0] == pytest.approx(steps[1], abs=1e-6)
