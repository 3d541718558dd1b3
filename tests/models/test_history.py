"""The history likelihood against closed forms, worked by hand, and against the share of simulated histories."""

import numpy as np
import pytest

from models.futures import simulate
from models.history import clock_start, history_log_likelihood
from models.structure import same_day_order
from models.world import World
from tests.models.boards import YEAR, E, L, V, make_draws, make_start, make_world

A, B = 0.3, 0.5


def log_likelihood(world: World, *, rate, day: int, occurred=None, **values) -> float:
    draws = make_draws(world, 2, rate=rate, **values)
    result = history_log_likelihood(world, draws, make_start(world, day, occurred=occurred))
    assert result.shape == (2,)
    assert result[0] == result[1]
    return float(result[0])


@pytest.mark.parametrize(
    ("occurred", "expected"),
    [
        # nothing by day 400: -(a + b) 400 / 365.25
        ({}, -(A + B) * 400 / YEAR),
        # parent on day 100, child not: log a - a 100 - b 100 - 3 b 300
        ({0: 100}, np.log(A) - (A * 100 + B * 100 + 3 * B * 300) / YEAR),
        # parent on 100, child on 250
        ({0: 100, 1: 250}, np.log(A) + np.log(3 * B) - (A * 100 + B * 100 + 3 * B * 150) / YEAR),
        # child first: its pace is still its own
        ({0: 250, 1: 100}, np.log(A) + np.log(B) - (A * 250 + B * 100) / YEAR),
        # one day: the parent comes first
        ({0: 250, 1: 250}, np.log(A) + np.log(3 * B) - (A * 250 + B * 250) / YEAR),
        # before the opening: known, no data; its effect is in force from day 0
        ({0: -30}, -3 * B * 400 / YEAR),
        ({0: 0}, -3 * B * 400 / YEAR),
    ],
)
def test_two_events_by_hand(occurred: dict[int, int], expected: float) -> None:
    world = make_world([E, E], edges=[(0, 1, -1)])
    found = log_likelihood(world, rate=[A, B], log_hr=np.log(3.0), day=400, occurred=occurred)
    assert found == pytest.approx(expected, rel=1e-12)


def test_on_one_day_a_parent_that_stands_later_on_the_board_still_comes_first() -> None:
    world = make_world([E, E], edges=[(1, 0, -1)])
    found = log_likelihood(world, rate=[A, B], log_hr=np.log(3.0), day=400, occurred={0: 250, 1: 250})
    assert found == pytest.approx(np.log(3 * A) + np.log(B) - (A + B) * 250 / YEAR, rel=1e-12)


def test_until_ends_the_effect() -> None:
    # edge 0 -> 1 in force from day 50 to day 120
    world = make_world([E, E, E], edges=[(0, 1, 2)])
    found = log_likelihood(world, rate=[A, B, 0.7], log_hr=np.log(3.0), day=400, occurred={0: 50, 2: 120})
    used = A * 50 + 0.7 * 120 + B * (50 + 3 * 70 + 280)
    assert found == pytest.approx(np.log(A) + np.log(0.7) - used / YEAR, rel=1e-12)


def test_own_clock_by_hand() -> None:
    # enabled on day 60 by either of two; H = r age^k, hazard r k age^(k - 1)
    world = make_world([E, E, E], own_clock=[2], requires=[(2, (0, 1))])
    values = {"rate": [A, B, 0.2], "shape": [1.0, 1.0, 0.45], "day": 400}
    open_part = np.log(A) - (A * 60 + B * 400) / YEAR
    assert log_likelihood(world, occurred={0: 60}, **values) == pytest.approx(open_part - 0.2 * (340 / YEAR) ** 0.45)
    age = 90 / YEAR
    density = np.log(0.2 * 0.45 * age**-0.55) - 0.2 * age**0.45
    assert log_likelihood(world, occurred={0: 60, 2: 150}, **values) == pytest.approx(open_part + density)
    # on the day that enabled it: half a day old, nothing used
    half = np.log(0.2 * 0.45 * (0.5 / YEAR) ** -0.55)
    assert log_likelihood(world, occurred={0: 60, 2: 60}, **values) == pytest.approx(open_part + half)


def test_own_clock_that_ran_before_the_opening() -> None:
    world = make_world([E, E], own_clock=[1], requires=[(1, (0,))])
    found = log_likelihood(world, rate=[A, 0.2], shape=[1.0, 0.5], day=300, occurred={0: -65})
    assert found == pytest.approx(-0.2 * ((365 / YEAR) ** 0.5 - (65 / YEAR) ** 0.5))


@pytest.mark.parametrize(("occurred", "expected"), [({}, np.inf), ({0: 60}, np.inf), ({0: 60, 1: 90, 2: 70}, 90.0)])
def test_clock_start_is_when_all_groups_are_met(occurred: dict[int, int], expected: float) -> None:
    world = make_world([E, E, E, E], own_clock=[3], requires=[(3, (0, 2)), (3, (1,))])
    assert clock_start(world, make_start(world, 100, occurred=occurred), 3) == expected


def test_ends_and_requires_shut_the_gate() -> None:
    world = make_world([E, E, E], requires=[(1, (0,))], ends=[(2, 1)])
    found = log_likelihood(world, rate=[A, B, 0.7], day=400, occurred={0: 100, 2: 220})
    assert found == pytest.approx(np.log(A) + np.log(0.7) - (A * 100 + 0.7 * 220 + B * 120) / YEAR, rel=1e-12)


def test_with_children_by_hand() -> None:
    world = make_world([E, E], joins=[(0, 1)])
    values = {"rate": [A, B], "with_probability": 0.25, "day": 400}
    apart = np.log(A) + np.log(0.75) - (A * 100 + B * 400) / YEAR
    assert log_likelihood(world, occurred={0: 100}, **values) == pytest.approx(apart, rel=1e-12)
    together = np.log(A) + np.log(0.25 * YEAR + 0.75 * B) - (A + B) * 100 / YEAR
    assert log_likelihood(world, occurred={0: 100, 1: 100}, **values) == pytest.approx(together, rel=1e-12)
    before = np.log(A) + np.log(B) - (A * 100 + B * 40) / YEAR
    assert log_likelihood(world, occurred={0: 100, 1: 40}, **values) == pytest.approx(before, rel=1e-12)


def test_votes_and_levels_do_not_enter() -> None:
    kinds, votes = [E, V, L], [(1, 0, (0,), ())]
    world = make_world(kinds, votes=votes, levels=[(2, 0, 3.0)], publications=[[500]])
    found = log_likelihood(world, rate=[A, 0.0, 0.0], day=400, occurred={0: 100, 1: 100, 2: 200})
    assert found == pytest.approx(np.log(A) - A * 100 / YEAR, rel=1e-12)


def test_a_draw_that_rules_the_history_out_weighs_nothing() -> None:
    world = make_world([E, E])
    draws = make_draws(world, 2, rate=[[0.0, 1.0], [0.5, 1.0]])
    found = history_log_likelihood(world, draws, make_start(world, 100, occurred={0: 50}))
    assert np.isneginf(found[0])
    assert found[1] == pytest.approx(np.log(0.5) - (0.5 * 50 + 100) / YEAR)


@pytest.mark.parametrize(
    ("world", "occurred", "question"),
    [
        (make_world([E, E], requires=[(1, (0,))]), {1: 50}, 1),
        (make_world([E, E], requires=[(1, (0,))]), {0: 60, 1: 50}, 1),
        (make_world([E, E], ends=[(0, 1)]), {0: 40, 1: 50}, 1),
        (make_world([E, E]), {0: 40}, 0),
    ],
)
def test_a_history_that_no_draw_allows_is_refused(world: World, occurred: dict[int, int], question: int) -> None:
    rate = [0.0, 1.0] if question == 0 else [1.0, 1.0]
    with pytest.raises(ValueError, match=f"question {question} happened on day"):
        history_log_likelihood(world, make_draws(world, 3, rate=rate), make_start(world, 100, occurred=occurred))


LOOP = make_world([E, E, E], edges=[(0, 1, 2), (1, 0, -1), (1, 2, -1)], requires=[(2, (0, 1))], own_clock=[2])
JOINED = make_world([E, E, E], edges=[(2, 0, -1)], joins=[(0, 1), (1, 2)], ends=[(2, 1)])


@pytest.mark.parametrize(
    ("world", "occurred"),
    [
        (LOOP, {}),
        (LOOP, {0: 20}),
        (LOOP, {1: 30, 2: 60}),
        (LOOP, {1: 12, 0: 40}),
        (JOINED, {}),
        (JOINED, {0: 25, 1: 25}),
        (JOINED, {0: 25}),
        (JOINED, {2: 45}),
    ],
)
def test_against_the_share_of_simulated_histories(world: World, occurred: dict[int, int]) -> None:
    """The likelihood, times one day per occurrence, is the share of futures from day 0 with that history.

    For power, an occurrence may lie up to five days from its day, and the likelihood is added up over those days.
    """
    known, wide = 80, 5
    values = {"rate": [2.0, 1.5, 1.0], "log_hr": np.log(1.6), "shape": [1.0, 1.0, 0.7], "with_probability": 0.4}
    draws = make_draws(world, 400, **values)
    futures = simulate(world, draws, make_start(world), horizon=known, per_draw=5000, seed=21)
    one = make_draws(world, 1, **values)
    shifts = np.arange(-wide, wide + 1)
    hit = np.ones(futures.count, dtype=bool)
    for q in range(world.questions):
        if q in occurred:
            hit &= np.abs(futures.day[:, q] - occurred[q]) <= wide
        else:
            hit &= futures.day[:, q] > known
    together = len(occurred) == 2 and len(set(occurred.values())) == 1
    if together:
        hit &= futures.day[:, 0] == futures.day[:, 1]
    expected = 0.0
    for shift in np.ndindex(*[shifts.size] * (1 if together else len(occurred))):
        moves = [shifts[i] for i in shift] * (2 if together else 1)
        days = {q: day + int(move) for (q, day), move in zip(occurred.items(), moves, strict=True)}
        part = history_log_likelihood(world, one, make_start(world, known, occurred=days))[0]
        expected += float(np.exp(part)) / YEAR ** len(occurred)
    share = float(np.mean(hit))
    assert np.sum(hit) >= 100
    # a day is short but not nothing: hazards of at most 8 a year change by at most 8 / 365.25 within one
    assert abs(share - expected) <= 4.5 * np.sqrt(expected / futures.count) + 8 / YEAR * expected


@pytest.mark.parametrize(
    ("world", "expected"),
    [
        (make_world([E, E, E], edges=[(2, 0, -1), (0, 1, -1)]), [2, 0, 1]),
        (make_world([E, E, E], edges=[(0, 1, -1), (1, 0, -1)]), [2, 0, 1]),
        (make_world([E, E, E], edges=[(1, 0, -1), (2, 0, -1)], requires=[(2, (0,))]), [1, 0, 2]),
        (make_world([E, V], votes=[(1, 0, (0,), ())]), [0, 1]),
        (make_world([V, E], votes=[(0, 1, (0,), ())]), [1, 0]),
        (make_world([E, E], ends=[(1, 0)]), [1, 0]),
        (make_world([E, E, E], edges=[(0, 1, 2)]), [0, 2, 1]),
    ],
)
def test_same_day_order(world: World, expected: list[int]) -> None:
    assert same_day_order(world).tolist() == expected
