"""The kernel's law of an aggregate: recovered where the futures follow it, as near as it can be where they do not."""

import numpy as np
import pytest

from models.futures import simulate
from models.spending_kernel import kernel_law
from tests.models.boards import YEAR, L, make_draws, make_start, make_world

ROWS, YEARS = 40_000, 6


def walked(law, *, publications=YEARS, draws=None, per_draw=1):
    """Return log shares (N, Y) that the compiled kernel walks under a law."""
    world = make_world([L], levels=[(0, 0, 1e6)], publications=[[round(YEAR * y) for y in range(1, publications + 1)]])
    rows = slice(draws)
    values = {n: getattr(law, n)[rows, None] for n in ("log_share", "growth", "damping", "growth_sd", "noise_sd")}
    made = make_draws(world, law.growth[rows].size, rate=0.0, **values)
    days = round(YEAR * publications) + 1
    found = simulate(world, made, make_start(world), horizon=days, per_draw=per_draw, seed=3, threads=2)
    return np.log(found.share[:, 0, :].astype(float))


def own_law(rng, *, damping=0.8):
    """Return futures of the kernel's own law, whose growth and sizes hang on two quantities."""
    quantities = rng.standard_normal((ROWS, 2))
    growth = 0.06 + 0.02 * quantities[:, 0]
    size = np.exp(0.3 * quantities[:, 1])
    size /= np.sqrt((size**2).mean())
    x, out = np.zeros(ROWS), []
    slope = growth.copy()
    for _ in range(YEARS):
        slope = slope + 0.02 * size * rng.standard_normal(ROWS)
        x = x + slope + 0.01 * size * rng.standard_normal(ROWS)
        slope = damping * slope
        out.append(x)
    return quantities, growth, size, np.stack(out, axis=1)


def test_a_law_of_its_own_kind_is_recovered() -> None:
    quantities, growth, size, ahead = own_law(np.random.default_rng(1))
    last = np.full(ROWS, np.log(2.0))
    law = kernel_law(last[:, None] + ahead, last, quantities)
    assert law.damping[0] == pytest.approx(0.8, abs=0.03)
    assert law.growth.mean() == pytest.approx(0.06, abs=0.002)
    assert np.corrcoef(law.growth, growth)[0, 1] > 0.999
    assert law.growth.std() == pytest.approx(0.02, rel=0.05)
    assert np.sqrt((law.growth_sd**2).mean()) == pytest.approx(0.02, rel=0.05)
    assert np.sqrt((law.noise_sd**2).mean()) == pytest.approx(0.01, rel=0.25)
    assert np.corrcoef(np.log(law.growth_sd), np.log(size))[0, 1] > 0.99
    assert np.log(law.growth_sd).std() == pytest.approx(0.3, rel=0.1)


def test_the_kernel_walks_the_moments_year_by_year() -> None:
    quantities, _, _, ahead = own_law(np.random.default_rng(2))
    last = np.full(ROWS, np.log(2.0))
    law = kernel_law(last[:, None] + ahead, last, quantities)
    x = walked(law) - np.log(2.0)
    assert x.mean(axis=0) == pytest.approx(ahead.mean(axis=0), abs=0.003)
    assert x.std(axis=0) == pytest.approx(ahead.std(axis=0), rel=0.04)
    for level in (0.05, 0.95):
        assert np.quantile(x, level, axis=0) == pytest.approx(np.quantile(ahead, level, axis=0), abs=0.006)
    changes, wanted = np.diff(x, axis=1), np.diff(ahead, axis=1)
    lagged = [np.corrcoef(c[:, 1], c[:, 2])[0, 1] for c in (changes, wanted)]
    assert lagged[0] == pytest.approx(lagged[1], abs=0.05), "years in a row hang together as much"


def test_luck_that_grows_like_a_random_walk_needs_no_turns() -> None:
    rng = np.random.default_rng(4)
    ahead = np.cumsum(0.03 + 0.05 * rng.standard_normal((ROWS, YEARS)), axis=1)
    law = kernel_law(ahead, np.zeros(ROWS), rng.standard_normal((ROWS, 1)))
    assert walked(law).std(axis=0) == pytest.approx(ahead.std(axis=0), rel=0.05)
    assert (law.growth_sd <= 0.006).all()
    assert law.growth.std() < 0.001, "quantities that say nothing move nothing"


def test_quantities_that_do_not_vary_are_left_out() -> None:
    rng = np.random.default_rng(5)
    ahead = np.cumsum(0.03 + 0.05 * rng.standard_normal((500, 3)), axis=1)
    law = kernel_law(ahead, np.zeros(500), np.full((500, 2), 7.0))
    assert np.ptp(law.growth) == 0
    assert np.isfinite(law.noise_sd).all()


@pytest.mark.parametrize(
    ("paths", "last", "quantities", "message"),
    [
        (np.zeros((50, 1)), np.zeros(50), np.zeros((50, 1)), r"\(R, H\)"),
        (np.zeros((50, 3)), np.zeros(49), np.zeros((50, 1)), r"last \(49,\)"),
        (np.zeros((50, 3)), np.zeros(50), np.zeros((50, 9)), "ten for each"),
        (np.full((50, 3), np.nan), np.zeros(50), np.zeros((50, 1)), "finite"),
    ],
)
def test_what_is_no_set_of_futures_is_refused(paths, last, quantities, message) -> None:
    with pytest.raises(ValueError, match=message):
        kernel_law(paths, last, quantities)
