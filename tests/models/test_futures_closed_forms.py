"""The kernel against closed forms: clocks, gates, votes, series, joins, scheduled days, known days, tilts.

Each case compares frequencies among N futures with their exact values: |z| <= 4.5.
"""

import numpy as np
import pytest
from scipy import integrate, stats

from models.futures import Forced, Futures, Tilt, simulate
from models.world import NEVER, World
from tests.models.boards import YEAR, E, L, V, make_draws, make_start, make_world

DRAWS, PER_DRAW = 400, 500
N = DRAWS * PER_DRAW
H = 3000


def run(world: World, *, rate, day: int = 0, occurred=None, clamped=None, forced=None, tilt=None, **values) -> Futures:
    draws = make_draws(world, DRAWS, rate=rate, **values)
    start = make_start(world, day, occurred=occurred, clamped=clamped)
    return simulate(world, draws, start, horizon=H, per_draw=PER_DRAW, seed=11, forced=forced, tilt=tilt)


def agrees(hit: np.ndarray, p: float) -> None:
    """Check a frequency against its probability, and that the case could fail."""
    assert 0.001 < p < 0.999
    z = (np.mean(hit) - p) / np.sqrt(p * (1.0 - p) / hit.size)
    assert abs(z) <= 4.5, (np.mean(hit), p, z)


def weighted_agrees(weight: np.ndarray, value: np.ndarray, exact: float) -> None:
    """Check a self-normalised weighted mean against its exact value."""
    mean = np.sum(weight * value) / np.sum(weight)
    error = np.sqrt(np.sum(weight**2 * (value - mean) ** 2)) / np.sum(weight)
    assert error > 0.0
    assert abs(mean - exact) <= 4.5 * error, (mean, exact, error)


def survival(rate: float, days: float) -> float:
    return float(np.exp(-rate * days / YEAR))


@pytest.mark.parametrize("h", [101, 200, 1500, H])
def test_one_event_is_exponential_from_the_known_day(h: int) -> None:
    f = run(make_world([E]), rate=0.4, day=100)
    assert f.day.min() == 101
    agrees(f.day[:, 0] <= h, 1.0 - survival(0.4, h - 100))


def test_day_k_is_the_interval_that_ends_with_it() -> None:
    f = run(make_world([E]), rate=30.0)
    for k in (1, 2, 5, 20):
        agrees(f.day[:, 0] == k, survival(30.0, k - 1) - survival(30.0, k))


@pytest.mark.parametrize("h", [300, 1000, H])
def test_a_parent_multiplies_the_pace_from_its_instant(h: int) -> None:
    # S(h) = e^{-a t} e^{-b t} + int_0^t a e^{-a s} e^{-b s} e^{-4 b (t - s)} ds
    a, b, t = 0.5, 0.2, h / YEAR
    f = run(make_world([E, E], edges=[(0, 1, -1)]), rate=[a, b], log_hr=np.log(4.0))
    late = a * np.exp(-4 * b * t) * (np.exp((3 * b - a) * t) - 1.0) / (3 * b - a)
    agrees(f.day[:, 1] <= h, 1.0 - np.exp(-(a + b) * t) - late)


def test_until_ends_the_effect() -> None:
    # parent in force on day 0; the end comes at rate u; child at 3 b before it and b after
    u, b, t = 0.8, 0.3, 900 / YEAR
    world = make_world([E, E, E], edges=[(0, 1, 2)])
    f = run(world, rate=[1.0, b, u], log_hr=np.log(3.0), occurred={0: 0})
    alive = np.exp(-(u + 3 * b) * t) + u * np.exp(-b * t) * (1.0 - np.exp(-(u + 2 * b) * t)) / (u + 2 * b)
    agrees(f.day[:, 1] <= 900, 1.0 - alive)


def test_an_edge_whose_end_has_already_come_never_acts() -> None:
    world = make_world([E, E, E], edges=[(0, 1, 2)])
    f = run(world, rate=[5.0, 0.3, 1.0], log_hr=np.log(9.0), occurred={2: -5})
    agrees(f.day[:, 1] <= 900, 1.0 - survival(0.3, 900))


def test_requires_one_of_several_and_all_groups() -> None:
    # child waits for (0 or 1) and 2: the wait is max(Exp(a + b), Exp(c)), then Exp(d)
    world = make_world([E, E, E, E], requires=[(3, (0, 1)), (3, (2,))])
    f = run(world, rate=[0.3, 0.4, 0.9, 2.0])
    grid = np.linspace(0.0, 1500 / YEAR, 20001)
    ready = (1.0 - np.exp(-0.7 * grid)) * (1.0 - np.exp(-0.9 * grid))
    density = np.gradient(ready, grid)
    agrees(f.day[:, 3] <= 1500, float(integrate.simpson(density * (1.0 - np.exp(-2.0 * (grid[-1] - grid))), x=grid)))


def test_ends_stops_the_child_for_good() -> None:
    # competing risks: child before its end, P = b / (a + b) * (1 - e^{-(a + b) t})
    f = run(make_world([E, E], ends=[(0, 1)]), rate=[0.5, 0.7])
    agrees(f.day[:, 1] <= 1000, 0.7 / 1.2 * (1.0 - np.exp(-1.2 * 1000 / YEAR)))


@pytest.mark.parametrize("shape", [0.45, 1.0, 1.7])
def test_own_clock_in_the_past(shape: float) -> None:
    # enabled on day 40, known through day 100: S(h) = exp(-r ((h - 40)^k - 60^k)), times the ratio of a parent in force
    world = make_world([E, E, E], own_clock=[1], requires=[(1, (0,))], edges=[(2, 1, -1)])
    f = run(world, rate=[1.0, 0.25, 1.0], shape=[1.0, shape, 1.0], day=100, occurred={0: 40, 2: 60}, log_hr=np.log(1.5))
    for h in (130, 700, 1300):
        used = ((h - 40) / YEAR) ** shape - (60 / YEAR) ** shape
        agrees(f.day[:, 1] <= h, 1.0 - np.exp(-0.25 * 1.5 * used))


@pytest.mark.parametrize("shape", [0.45, 1.6])
def test_own_clock_starts_with_what_enables_it(shape: float) -> None:
    world = make_world([E, E], own_clock=[1], requires=[(1, (0,))])
    f = run(world, rate=[0.6, 0.5], shape=[1.0, shape])
    t = 1200 / YEAR
    reached = integrate.quad(lambda s: 0.6 * np.exp(-0.6 * s) * (1.0 - np.exp(-0.5 * (t - s) ** shape)), 0.0, t)[0]
    agrees(f.day[:, 1] <= 1200, float(reached))


def test_own_clock_keeps_running_when_its_pace_changes() -> None:
    # Weibull from day 0; a parent forced on day 365 halves the hazard from then on
    world = make_world([E, E, E], own_clock=[2], requires=[(2, (0,))], edges=[(1, 2, -1)])
    forced = Forced(np.array([1]), np.full((1, N), 365, dtype=np.int16))
    f = run(world, rate=[1, 1, 0.5], shape=[1, 1, 0.5], occurred={0: 0}, log_hr=np.log(0.5), forced=forced)
    one, two = (365 / YEAR) ** 0.5, (1500 / YEAR) ** 0.5
    agrees(f.day[:, 2] <= 1500, 1.0 - np.exp(-0.5 * (one + 0.5 * (two - one))))


def test_calendar_clock_with_a_shape_counts_from_the_opening() -> None:
    f = run(make_world([E]), rate=0.3, shape=2.0, day=200)
    agrees(f.day[:, 0] <= 900, 1.0 - np.exp(-0.3 * ((900 / YEAR) ** 2 - (200 / YEAR) ** 2)))


def test_vote_gate_by_period_president_and_terms() -> None:
    # trigger forced on day 50 or 150; terms member 2 has happened in half of the futures, by day 10
    world = make_world([E, V, E], votes=[(1, 0, (-3, 100), (2,))])
    gate = np.array([[[0.1, 0.2], [0.3, 0.4]], [[0.5, 0.6], [0.7, 0.8]]])[None]
    half = np.arange(N) % 2 == 0
    terms = np.where(np.arange(N) % 4 < 2, 10, NEVER)
    forced = Forced(np.array([0, 2]), np.array([np.where(half, 50, 150), terms], dtype=np.int16))
    f = run(world, rate=0.0, gate=gate, president=[[0, 1]], forced=forced)
    for early, known, p in [(1, 1, 0.2), (1, 0, 0.1), (0, 1, 0.8), (0, 0, 0.7)]:
        rows = (half == bool(early)) & ((terms == 10) == bool(known))
        agrees(f.day[rows, 1] == (50 if early else 150), p)


def test_a_second_vote_follows_a_failure_at_its_own_gate() -> None:
    # fails on day 100 with .4; the second comes at .8 a year, gate .6 before day 500 and .9 from it
    world = make_world([E, V], votes=[(1, 0, (0, 500), ())])
    forced = Forced(np.array([0]), np.full((1, N), 100, dtype=np.int16))
    gate = np.array([[[0.6], [0.6]], [[0.9], [0.9]]])[None]
    f = run(world, rate=0.0, gate=gate, second_vote_rate=0.8, forced=forced)
    agrees(f.day[:, 1] == 100, 0.6)
    before, total = 1.0 - survival(0.8, 399), 1.0 - survival(0.8, 900)
    agrees(f.day[:, 1] <= 1000, 0.6 + 0.4 * (0.6 * before + 0.9 * (total - before)))


def test_a_vote_that_failed_in_the_past_may_be_held_again_once() -> None:
    world = make_world([E, V], votes=[(1, 0, (0,), ())])
    f = run(world, rate=1.0, gate=0.7, second_vote_rate=0.5, day=200, occurred={0: 150})
    agrees(f.day[:, 1] <= 1000, 0.7 * (1.0 - survival(0.5, 800)))


def test_without_a_second_vote_a_failure_is_final() -> None:
    f = run(make_world([E, V], votes=[(1, 0, (0,), ())]), rate=[3.0, 0.0], gate=0.7)
    held = f.day[:, 0] < NEVER
    assert np.all(f.day[held, 1][f.day[held, 1] < NEVER] == f.day[held, 0][f.day[held, 1] < NEVER])
    agrees(f.day[held, 1] < NEVER, 0.7)


def test_with_children_share_the_day_and_its_probability() -> None:
    f = run(make_world([E, E, E], joins=[(0, 1), (0, 2)]), rate=[1.0, 0.0, 0.0], with_probability=[0.3, 0.8])
    happened = f.day[:, 0] < NEVER
    one, two = (f.day[happened, q] == f.day[happened, 0] for q in (1, 2))
    agrees(one, 0.3)
    agrees(two, 0.8)
    agrees(one & two, 0.24)
    assert np.all(f.day[happened, 1][~one] == NEVER)
    assert np.all(f.day[~happened, 1:] == NEVER)


def test_with_children_bring_their_own() -> None:
    f = run(make_world([E, E, E], joins=[(0, 1), (1, 2)]), rate=[3.0, 0.0, 0.0], with_probability=[0.5, 0.4])
    happened = f.day[:, 0] < NEVER
    agrees(f.day[happened, 2] == f.day[happened, 0], 0.2)


def test_a_scheduled_event_happens_on_its_day_or_by_its_hazard() -> None:
    world = make_world([E], scheduled=[(0, 400)])
    f = run(world, rate=0.2, scheduled_probability=0.35)
    agrees(f.day[:, 0] == 400, survival(0.2, 399) - survival(0.2, 400) + survival(0.2, 400) * 0.35)
    agrees(f.day[:, 0] <= 1000, 1.0 - survival(0.2, 1000) * 0.65)


def test_a_scheduled_event_waits_for_what_it_requires() -> None:
    f = run(make_world([E, E], scheduled=[(1, 400)], requires=[(1, (0,))]), rate=[0.9, 0.0], scheduled_probability=0.5)
    agrees(f.day[:, 1] == 400, 0.5 * (1.0 - survival(0.9, 400)))


def test_share_path_moments() -> None:
    # x1 = x0 + g t1 + s z1; x2 = x1 + d g t2 + s z2
    world = make_world([L], levels=[(0, 0, 3.0)], publications=[[300, 700]], last_publication=[-60])
    f = run(world, rate=0.0, log_share=np.log(2.5), growth=0.06, damping=0.8, noise_sd=0.04)
    x = np.log(f.share[:, 0, :].astype(float))
    means = np.log(2.5) + np.cumsum([0.06 * 360 / YEAR, 0.8 * 0.06 * 400 / YEAR])
    for i in range(2):
        assert abs(x[:, i].mean() - means[i]) <= 4.5 * 0.04 * np.sqrt((i + 1) / N)
        assert x[:, i].std() == pytest.approx(0.04 * np.sqrt(i + 1), rel=4.5 / np.sqrt(2 * N))
    assert np.corrcoef(x[:, 0], x[:, 1])[0, 1] == pytest.approx(np.sqrt(0.5), abs=4.5 / np.sqrt(N))
    agrees(f.day[:, 0] == 300, stats.norm.sf((np.log(3.0) - means[0]) / 0.04))
    assert np.array_equal(f.day[:, 0] == 300, x[:, 0] >= np.log(np.float32(3.0)))


def test_turns_of_the_growth_stay_in_the_path() -> None:
    # growth g + u1 until day 300, then d (g + u1) + u2; u ~ N(0, s): years t1 = 360 / 365.25, t2 = 400 / 365.25
    world = make_world([L], levels=[(0, 0, 3.0)], publications=[[300, 700]], last_publication=[-60])
    f = run(world, rate=0.0, log_share=np.log(2.5), growth=0.06, damping=0.8, growth_sd=0.03)
    x, t1, t2 = np.log(f.share[:, 0, :].astype(float)), 360 / YEAR, 400 / YEAR
    deviations = 0.03 * np.array([t1, np.hypot(t1 + 0.8 * t2, t2)])
    assert x.std(axis=0) == pytest.approx(deviations, rel=4.5 / np.sqrt(2 * N))
    means = np.log(2.5) + 0.06 * np.array([t1, t1 + 0.8 * t2])
    assert np.all(np.abs(x.mean(axis=0) - means) <= 4.5 * deviations / np.sqrt(N))
    correlation = (t1 + 0.8 * t2) / np.hypot(t1 + 0.8 * t2, t2)
    assert np.corrcoef(x[:, 0], x[:, 1])[0, 1] == pytest.approx(correlation, abs=4.5 / np.sqrt(N))


def test_edges_push_the_growth_of_a_series_while_in_force() -> None:
    # last publication on day 0, known through 100; edge 0 in force from day 40 until day 250, edge 1 from day 400 on
    world = make_world(
        [L, L, E, E, E],
        edges=[(2, 0, 3), (4, 0, -1)],
        levels=[(0, 0, 3.0), (1, 0, 3.5)],
        publications=[[300, 600]],
    )
    forced = Forced(np.array([3, 4]), np.stack([np.full(N, 250), np.full(N, 400)]).astype(np.int16))
    values = {"log_share": 1.0, "growth": 0.05, "damping": 0.5, "response": 0.02, "log_hr": [1.5, -2.0]}
    f = run(world, rate=0.0, day=100, occurred={2: 40}, forced=forced, **values)
    first = 1.0 + 0.05 * 300 / YEAR + 0.02 * 1.5 * 210 / YEAR
    second = first + 0.025 * 300 / YEAR - 0.02 * 2.0 * 200 / YEAR
    assert np.log(f.share[0, 0]) == pytest.approx([first, second], abs=1e-6)
    assert np.all(f.share == f.share[0])


def test_publications_after_the_horizon_are_missing() -> None:
    f = run(make_world([L], levels=[(0, 0, 9.0)], publications=[[300, H + 1]]), rate=0.0, log_share=1.0)
    assert np.all(np.isfinite(f.share[:, 0, 0]))
    assert np.all(np.isnan(f.share[:, 0, 1]))


def test_a_known_day_conditions_its_parent() -> None:
    # P(parent by 300 | child on day 500), parent a, child b then 5 b: density of the child's day given the parent at s
    a, b, d = 0.5, 0.2, 500 / YEAR
    f = run(make_world([E, E], edges=[(0, 1, -1)]), rate=[a, b], log_hr=np.log(5.0), clamped={1: 500})
    assert np.all(f.day[:, 1] == 500)

    def joint(low: float, high: float) -> float:
        density = lambda s: a * np.exp(-a * s) * 5 * b * np.exp(-b * s - 5 * b * (d - s))  # noqa: E731
        return float(integrate.quad(density, low, high)[0])

    none = np.exp(-a * d) * b * np.exp(-b * d)
    exact = joint(0.0, 300 / YEAR) / (joint(0.0, d) + none)
    weighted_agrees(np.exp(f.log_clamp), f.day[:, 0] <= 300, exact)
    # the mean weight is the density of the day itself
    mean = np.exp(f.log_clamp)
    assert abs(mean.mean() - joint(0.0, d) - none) <= 4.5 * mean.std() / np.sqrt(N)


def test_a_known_day_behind_a_shut_gate_weighs_nothing() -> None:
    f = run(make_world([E, E], requires=[(1, (0,))]), rate=[0.5, 0.7], clamped={1: 500})
    impossible = f.day[:, 0] > 500
    assert np.all(np.isneginf(f.log_clamp[impossible]))
    assert np.all(np.isfinite(f.log_clamp[~impossible]))
    # weight .7 e^{-.7 (500 - T)}, T somewhere in its day
    days = (500 - f.day[~impossible, 0]) / YEAR
    exact = np.log(0.7) - 0.7 * days
    assert np.all(
        (f.log_clamp[~impossible] <= exact + 1e-12) & (f.log_clamp[~impossible] >= exact - 0.7 / YEAR - 1e-12)
    )


@pytest.mark.parametrize("case", ["vote", "with", "scheduled", "own clock"])
def test_a_known_day_equals_rejection(case: str) -> None:
    """Weighted clamped futures against the free futures in which the question happens on that day."""
    plain = {"rate": [4.0, 3.0, 2.5, 2.0]}
    world, values = {
        "vote": (
            make_world([E, E, V, E], votes=[(2, 0, (0,), (3,))], edges=[(1, 0, -1)]),
            {"gate": [[[0.3, 0.8], [0.3, 0.8]]], "second_vote_rate": 3.0, "rate": [4.0, 3.0, 0.0, 2.0]},
        ),
        "with": (
            make_world([E, E, E, E], joins=[(0, 2)], edges=[(1, 0, -1), (3, 2, -1)]),
            plain | {"with_probability": 0.4},
        ),
        "scheduled": (
            make_world([E, E, E, E], scheduled=[(2, 30), (2, 40)], edges=[(1, 2, -1), (3, 2, -1)]),
            plain | {"scheduled_probability": [0.2, 0.5]},
        ),
        "own clock": (
            make_world([E, E, E, E], own_clock=[2], requires=[(2, (0,))], edges=[(1, 2, 3)]),
            plain | {"shape": [1.0, 1.0, 0.6, 1.0]},
        ),
    }[case]
    q = 2
    draws = make_draws(world, DRAWS, log_hr=np.log(2.5), **values)
    free = simulate(world, draws, make_start(world), horizon=60, per_draw=5000, seed=3)
    known = simulate(world, draws, make_start(world, clamped={q: 40}), horizon=60, per_draw=500, seed=4)
    kept = free.day[:, q] == 40
    weight = np.exp(known.log_clamp)
    # equal to first order in the length of a day: hazards add up to less than 22 a year, so within 22 / 365.25 / 2
    p, error = kept.mean(), np.hypot(np.sqrt(kept.mean() / kept.size), weight.std() / YEAR / np.sqrt(N))
    assert abs(weight.mean() / YEAR - p) <= 4.5 * error + 0.03 * p
    for other in {0, 1, 3} - {q}:
        for h in (20, 39):
            rate = np.mean(free.day[kept, other] <= h)
            mean = np.sum(weight * (known.day[:, other] <= h)) / weight.sum()
            spread = np.sqrt(np.sum((weight * ((known.day[:, other] <= h) - mean)) ** 2)) / weight.sum()
            error = np.hypot(spread, np.sqrt(rate * (1.0 - rate) / kept.sum()))
            assert error > 0.0
            assert abs(rate - mean) <= 4.5 * error + 0.01, (other, h, rate, mean)


def test_tilted_futures_agree_with_untilted_ones() -> None:
    world = make_world([E, E, E], edges=[(0, 1, -1), (1, 0, 2)], own_clock=[2], requires=[(2, (0,))])
    tilt = Tilt(np.array([1.2, -0.9, 2.0]), np.array([800, 5000, 1500]))
    values = {"rate": [0.2, 0.3, 0.1], "shape": [1.0, 1.0, 0.5], "log_hr": np.log([3.0, 2.0])}
    plain, tilted = (run(world, tilt=t, **values) for t in (None, tilt))
    weight = np.exp(tilted.log_tilt)
    assert np.all(plain.log_tilt == 0.0)
    assert weight.max() <= 1.0 / 0.3 + 1e-12
    assert abs(weight.mean() - 1.0) <= 4.5 * weight.std() / np.sqrt(N)
    assert (tilted.day[:, 2] <= 1500).mean() > 2.0 * (plain.day[:, 2] <= 1500).mean()
    for q in range(3):
        for h in (400, 1500, H):
            weighted_agrees(weight, tilted.day[:, q] <= h, float((plain.day[:, q] <= h).mean()))


def test_the_untilted_share_is_untilted() -> None:
    world = make_world([E])
    draws, start = make_draws(world, 7, rate=0.3), make_start(world)
    tilt = Tilt(np.array([2.0]), np.array([H]))
    plain, tilted = (simulate(world, draws, start, horizon=H, per_draw=10, seed=2, tilt=t) for t in (None, tilt))
    first = np.arange(70) % 10 < 3
    assert np.array_equal(plain.day[first], tilted.day[first])
    assert np.all(tilted.day[~first] <= plain.day[~first])


@pytest.mark.parametrize("per_draw", [1, 2, 3, 10, 50])
def test_tilt_weight_of_one_event_by_hand(per_draw: int) -> None:
    # ratio of densities at t: e^eta exp(-(e^eta - 1) r t) if it happened by `until`, else exp(-(e^eta - 1) r until)
    world, eta, until = make_world([E]), 1.0, 700
    draws, start = make_draws(world, 50, rate=0.4), make_start(world)
    tilt = Tilt(np.array([eta]), np.array([until]))
    f = simulate(world, draws, start, horizon=H, per_draw=per_draw, seed=5, tilt=tilt)
    alpha = np.ceil(0.3 * per_draw) / per_draw
    happened = f.day[:, 0] <= until
    for days in (f.day[:, 0].astype(float), f.day[:, 0] - 1.0):
        used = np.where(happened, days, until) / YEAR * 0.4
        ratio = np.exp(eta * happened - np.expm1(eta) * used)
        exact = -np.log(alpha + (1.0 - alpha) * ratio)
        # the position within the day moves the log ratio by at most (e - 1) r / 365.25
        assert np.allclose(f.log_tilt, exact, atol=np.expm1(eta) * 0.4 / YEAR)


def test_do_on_a_root_equals_see() -> None:
    """With fixed parameters: force the days that were seen, in other futures, and compare with having seen them."""
    world = make_world([E, E, E], edges=[(0, 1, -1), (1, 2, -1), (2, 1, -1)])
    values = {"rate": [0.5, 0.15, 0.2], "log_hr": np.log([4.0, 0.5, 2.0])}
    seen = run(world, **values)
    days = seen.day[seen.day[:, 0] <= 800, 0]
    forced = Forced(np.array([0]), np.resize(np.random.default_rng(1).permutation(days), (1, N)).astype(np.int16))
    done = run(world, forced=forced, **values)
    assert np.array_equal(done.day[:, 0], forced.day[0])
    for q in (1, 2):
        for h in (500, 1500):
            see = np.mean(seen.day[seen.day[:, 0] <= 800, q] <= h)
            do = np.mean(done.day[:, q] <= h)
            error = np.sqrt(see * (1 - see) * (1 / days.size + 1 / N))
            # forced days begin to act at their ends, half a day later on average: at most .6 / 365.25 / 2 in hazard
            assert abs(see - do) <= 4.5 * error + 0.6 / YEAR / 2, (q, h)


def test_forcing_never_keeps_it_from_happening() -> None:
    world = make_world([E, E], requires=[(1, (0,))])
    f = run(world, rate=5.0, forced=Forced(np.array([0]), np.full((1, N), NEVER, dtype=np.int16)))
    assert np.all(f.day == NEVER)


def test_a_forced_day_needs_no_open_gate_and_ends_no_luck() -> None:
    world = make_world([E, E, E], requires=[(1, (0,))], ends=[(2, 1)], edges=[(1, 2, -1)])
    forced = Forced(np.array([1]), np.full((1, N), 600, dtype=np.int16))
    f = run(world, rate=[0.2, 0.0, 0.3], log_hr=0.0, forced=forced)
    assert np.all(f.day[:, 1] == 600)
    agrees(f.day[:, 2] <= 600, 1.0 - survival(0.3, 600))


def test_a_forced_level_brings_the_lower_ones() -> None:
    world = make_world([L, L, L], levels=[(0, 0, 3.0), (1, 0, 3.5), (2, 0, 4.0)], publications=[[300, 700]])
    forced = Forced(np.array([1]), np.full((1, N), 200, dtype=np.int16))
    f = run(world, rate=0.0, log_share=np.log(2.0), forced=forced)
    assert np.all(f.day[:, :2] == 200)
    assert np.all(f.day[:, 2] == NEVER)


def test_a_lower_level_that_is_held_back_holds_the_higher() -> None:
    world = make_world([L, L], levels=[(0, 0, 3.0), (1, 0, 3.5)], publications=[[300, 700]])
    forced = Forced(np.array([0]), np.full((1, N), NEVER, dtype=np.int16))
    f = run(world, rate=0.0, log_share=np.log(5.0), forced=forced)
    assert np.all(f.day == NEVER)


def test_a_level_that_is_known_lets_the_same_publication_reach_higher() -> None:
    world = make_world([L, L], levels=[(0, 0, 3.0), (1, 0, 3.5)], publications=[[300, 700]])
    f = run(world, rate=0.0, log_share=np.log(5.0), clamped={0: 300})
    assert np.all(f.day == 300)
    assert np.all(f.log_clamp == 0.0)
