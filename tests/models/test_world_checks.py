"""Inputs that are not a board are refused, naming the array, the place, the value and what is allowed."""

from dataclasses import replace

import numpy as np
import pytest

from models.futures import Forced, Tilt, simulate
from models.world import NEVER
from models.world_checks import RANGES, check_inputs
from tests.models.rich_boards import HORIZON, Case, rich_board

CASE = rich_board(4, events=4, draws=3, clamps=False)
FREE = int(np.flatnonzero(CASE.start.occurred == NEVER)[0])


def run(case: Case = CASE, **options):
    options = {"horizon": HORIZON, "per_draw": 2, "seed": 1} | options
    return simulate(case.world, case.draws, case.start, **options)


def test_the_case_itself_is_accepted() -> None:
    check_inputs(CASE.world, CASE.draws, CASE.start)
    assert run().count == 6
    assert all(getattr(CASE.draws, name).size for name in RANGES)


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e12])
def test_draws_that_are_not_finite_or_out_of_range(name: str, value: float) -> None:
    array = getattr(CASE.draws, name)
    if array.dtype == np.int8:
        value = 2
    wrong = np.array(array)
    wrong.flat[wrong.size - 1] = value
    with pytest.raises(ValueError, match=rf"{name}\[.*\] is .*; allowed: finite, from"):
        run(replace(CASE, draws=replace(CASE.draws, **{name: wrong})))


@pytest.mark.parametrize("name", RANGES)
def test_draws_of_the_wrong_shape(name: str) -> None:
    wrong = getattr(CASE.draws, name)[:2]
    if name == "rate":
        wrong = CASE.draws.rate[:, :-1]
    with pytest.raises(ValueError, match=rf"{name} has shape .*; expected|shape has shape"):
        run(replace(CASE, draws=replace(CASE.draws, **{name: wrong})))


def test_negative_rates_are_refused_and_zero_never_happens() -> None:
    rate = CASE.draws.rate.copy()
    rate[1, 0] = -0.1
    with pytest.raises(ValueError, match=r"rate\[1, 0\] is -0.1"):
        run(replace(CASE, draws=replace(CASE.draws, rate=rate)))
    quiet = replace(CASE.draws, rate=np.zeros_like(rate))
    day = run(replace(CASE, draws=quiet)).day
    joined = set(CASE.world.with_child.tolist()) | set(CASE.world.scheduled_question.tolist())
    still = [q for q in range(4) if q not in joined and CASE.start.occurred[q] == NEVER]
    assert still
    assert np.all(day[:, still] == NEVER)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("kind", np.array([0, 0, 0, 9, 1, 2, 2], dtype=np.int8), r"kind\[3\] is 9"),
        ("edge_parent", "set 99", r"edge_parent\[0\] is 99.*from 0 to 6"),
        ("edge_until", "set -2", r"edge_until\[0\] is -2"),
        ("edge_child", "set 4", "of kind VOTE; allowed: EVENT or LEVEL"),
        ("requires_child", "set 7", r"requires_child\[0\] is 7"),
        ("requires_start", "set 1", "expected offsets that rise from 0"),
        ("vote_question", np.array([0]), "of kind EVENT; allowed: VOTE"),
        ("period_start", np.array([[5, 900]]), "first day that is not after day 0"),
        ("period_start", np.array([[0, -3]]), "must rise"),
        ("level_question", np.array([5, 5]), "each LEVEL question once"),
        ("level_log", np.array([1.0, np.nan]), r"level_log\[1\] is nan"),
        ("publication_day", np.array([[300, 300]]), "must rise along each row"),
        ("publication_day", np.array([[NEVER, 300]]), "must rise along each row"),
        ("scheduled_question", np.array([4]), "of kind VOTE; allowed: EVENT"),
        ("scheduled_day", np.array([100]), "scheduled_day 100 is not after the start day 150"),
        ("key", np.full(7, 3, dtype=np.uint64), "key has 6 repeated values"),
    ],
)
def test_a_structure_that_is_not_a_board(name: str, value, message: str) -> None:
    if isinstance(value, str):
        array = getattr(CASE.world, name).copy()
        array[0] = int(value.removeprefix("set "))
        value = array
    with pytest.raises(ValueError, match=message):
        run(replace(CASE, world=replace(CASE.world, **{name: value})))


@pytest.mark.parametrize(
    ("name", "day", "message"),
    [
        ("occurred", 151, r"occurred\[\d\] is 151, after the start day 150; clamp it instead"),
        ("clamped", 150, r"clamped\[\d\] is 150, not after the start day 150"),
        ("clamped", HORIZON + 1, f"after the horizon {HORIZON}"),
    ],
)
def test_days_on_the_wrong_side_of_the_start(name: str, day: int, message: str) -> None:
    days = getattr(CASE.start, name).copy()
    days[FREE] = day
    with pytest.raises(ValueError, match=message):
        run(replace(CASE, start=replace(CASE.start, **{name: days})))


def test_a_question_cannot_have_occurred_and_be_clamped() -> None:
    occurred, clamped = CASE.start.occurred.copy(), CASE.start.clamped.copy()
    occurred[FREE], clamped[FREE] = 20, 200
    with pytest.raises(ValueError, match="has both occurred"):
        run(replace(CASE, start=replace(CASE.start, occurred=occurred, clamped=clamped)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"horizon": 150}, "horizon is 150"),
        ({"horizon": NEVER}, f"horizon is {NEVER}"),
        ({"per_draw": 0}, "per_draw is 0"),
        ({"threads": 0}, "threads 0"),
        ({"seed": -1}, "seed is -1"),
        ({"tilt": Tilt(np.full(7, np.nan), np.full(7, 900))}, r"eta\[0\] is nan"),
        ({"tilt": Tilt(np.full(7, 2.1), np.full(7, 900))}, r"eta\[0\] is 2.1"),
        ({"tilt": Tilt(np.zeros(6), np.full(7, 900))}, "eta has shape"),
        ({"forced": Forced(np.array([9]), np.full((1, 6), 900, dtype=np.int16))}, r"forced.question\[0\] is 9"),
        ({"forced": Forced(np.array([FREE]), np.full((1, 5), 900, dtype=np.int16))}, "forced.day has shape"),
        ({"forced": Forced(np.array([FREE]), np.full((1, 6), 150, dtype=np.int16))}, r"forced.day\[0, 0\] is 150"),
        (
            {"forced": Forced(np.array([FREE, FREE]), np.full((2, 6), 900, dtype=np.int16))},
            "each question at most once",
        ),
        (
            {"forced": Forced(np.array([5, 6]), np.array([[NEVER] * 6, [900] * 6], dtype=np.int16))},
            "before the lower level 5",
        ),
    ],
)
def test_runs_that_make_no_sense(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        run(**options)


def test_what_has_occurred_cannot_be_forced() -> None:
    occurred = CASE.start.occurred.copy()
    occurred[FREE] = 20
    case = replace(CASE, start=replace(CASE.start, occurred=occurred))
    with pytest.raises(ValueError, match=f"question {FREE} has occurred on day 20"):
        run(case, forced=Forced(np.array([FREE]), np.full((1, 6), 900, dtype=np.int16)))


def test_ratios_that_multiply_beyond_all_reason_are_refused() -> None:
    log_hr = np.full_like(CASE.draws.log_hr, 49.0)
    children, counts = np.unique(CASE.world.edge_child, return_counts=True)
    if counts.max() < 5:
        log_hr = np.full_like(log_hr, 51.0)
    with pytest.raises(ValueError, match="log_hr"):
        run(replace(CASE, draws=replace(CASE.draws, log_hr=log_hr)))
    assert children.size
