"""What is printed where the kernel walks: the map, its inverse, and levels read off what is printed."""

from dataclasses import replace

import numpy as np
import pytest

from models.futures import simulate
from models.printing import mapped
from models.spending_kernel import PROBABILITIES, KernelLaw, printing
from tests.models.boards import YEAR, L, make_draws, make_start, make_world

WALKED, PRINTED = np.array([0.0, 1.0, 2.0]), np.array([0.1, 0.6, 2.6])


def test_the_map_is_linear_between_knots_and_keeps_its_distance_beyond() -> None:
    values = np.array([-1.0, 0.0, 0.5, 1.5, 2.0, 3.0, np.nan])
    # 0.5 lies half way to 0.6; 1.5 half way from 0.6 to 2.6; beyond the ends + 0.1 and + 0.6
    assert mapped(values, WALKED, PRINTED) == pytest.approx([-0.9, 0.1, 0.35, 1.6, 2.6, 3.6, np.nan], nan_ok=True)


def test_the_map_turned_round_is_its_inverse() -> None:
    values = np.linspace(-2, 5, 200)
    assert mapped(mapped(values, WALKED, PRINTED), PRINTED, WALKED) == pytest.approx(values)


def test_without_knots_what_is_walked_is_printed() -> None:
    assert mapped(1.5, np.zeros(0), np.zeros(0)) == 1.5


def skewed(rng, size: int) -> np.ndarray:
    """Return futures of two years with a long upper tail and a part that stops short at 1.1."""
    x = np.cumsum(rng.normal(0.05, 0.05, (size, 2)), axis=1) + 0.9
    return np.where(x > 1.1, 1.1 + 3 * (x - 1.1), np.where(x > 1.0, 1.0 + (x - 1.0) / 2, x))


def walked_world(marks, *, levels=(3.0, 3.5)):
    world = make_world(
        [L, L],
        levels=[(0, 0, levels[0]), (1, 0, levels[1])],
        publications=[[round(YEAR), round(2 * YEAR)]],
    )
    return replace(world, walked=marks.walked[None], printed=marks.printed[None])


def test_printed_futures_have_the_wanted_distribution_and_levels_are_read_off_them() -> None:
    rng = np.random.default_rng(1)
    futures = skewed(rng, 60_000)
    rows = np.full(500, 0.9)
    law = KernelLaw(rows, rng.normal(0.06, 0.01, 500), np.full(500, 0.9), np.full(500, 0.02), np.full(500, 0.04))
    marks = printing(law, np.zeros(500), futures)
    world = walked_world(marks)
    values = {n: np.tile(getattr(law, n), 80)[:, None] for n in ("log_share", "growth", "damping", "growth_sd")}
    draws = make_draws(world, 40_000, rate=0.0, noise_sd=np.tile(law.noise_sd, 80)[:, None], **values)
    found = simulate(world, draws, make_start(world), horizon=800, per_draw=2, seed=5, threads=2)
    logs = np.log(found.share[:, 0].astype(float))
    for year in range(2):
        assert np.quantile(logs[:, year], PROBABILITIES[4:-4]) == pytest.approx(
            np.quantile(futures[:, year], PROBABILITIES[4:-4]), abs=0.01
        )
    for level, q in ((3.0, 0), (3.5, 1)):
        reached = np.maximum.accumulate(logs, axis=1) >= np.log(level)
        days = np.array([round(YEAR), round(2 * YEAR)])
        first = np.where(reached.any(axis=1), days[reached.argmax(axis=1)], 32767)
        assert np.mean(first != found.day[:, q]) < 1e-4, "float32 on the edge of a level"
    assert np.all(found.day[:, 0] <= found.day[:, 1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"walked": np.zeros((1, 2, 3)) + np.arange(3)}, "printed has shape"),
        ({"walked": np.zeros((1, 2))}, "walked has shape"),
        ({"walked": np.zeros((1, 2, 2)), "printed": np.zeros((1, 2, 2))}, "walked must rise"),
        ({"walked": np.full((1, 2, 1), np.nan), "printed": np.zeros((1, 2, 1))}, "walked"),
    ],
)
def test_knots_that_are_no_map_are_refused(change, message) -> None:
    world = replace(make_world([L], levels=[(0, 0, 3.0)], publications=[[300, 700]]), **change)
    with pytest.raises(ValueError, match=message):
        simulate(world, make_draws(world, 1, rate=0.0), make_start(world), horizon=800, per_draw=1, seed=1)
