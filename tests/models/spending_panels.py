"""Small panels with known parameters."""

import numpy as np

from models.spending_paths import Panel, Pledge, Setting, replicate

SETTING = Setting(
    breaks=(2017,),
    slumps=(2019,),
    pledges=(Pledge(2013, 2024, 2.0),),
    phase=3,
    break_rate=0.1,
    break_up=0.75,
    slump_rate=0.05,
)
QUIET = Setting(breaks=(), slumps=(), pledges=(), phase=3, break_rate=0.0, break_up=0.5, slump_rate=0.0)
"""Nothing is known of the world, and nothing will happen in it."""


def parameters(*, years: int, draws: int = 1, **single: float) -> dict[str, np.ndarray]:
    """Return draws that are all alike; quantities that are not named have a middling value."""
    values = {
        "damping": 0.8,
        "compliance": 0.3,
        "resolve": 0.6,
        "persistence": 0.5,
        "level_sd": 0.04,
        "break_sd": 0.04,
        "slope_sd": 0.01,
        "printed_sd": 0.02,
        "revision_sd": 0.03,
        "common_sd": 0.01,
        "lasting_sd": 0.01,
        "transitory_sd": 0.01,
        "spread_sd": 0.4,
        "turbulence_sd": 0.0,
    } | single
    moved = 0.02 * 0.8 ** np.arange(years - 1)
    fixed = {name: np.full(draws, value) for name, value in values.items()}
    return {"moved": np.tile(moved, (draws, 1)), "turbulence": np.zeros((draws, years - 1)), **fixed}


def empty_panel(*, countries: int, years: int, first: int = 2014, seed: int = 1) -> Panel:
    """Return a panel whose first year is drawn around 1.4 % and whose later years stand still."""
    start = np.random.default_rng(seed).normal(np.log(1.4), 0.4, (countries, 1))
    names = tuple(f"c{i}" for i in range(countries))
    return Panel(names, tuple(range(first, first + years)), np.tile(start, years), np.zeros(years))


def simulated(panel: Panel, setting: Setting, drawn: dict[str, np.ndarray], *, seed: int) -> Panel:
    """Return the panel as the first draw would have it."""
    rng = np.random.default_rng(seed)
    logs = replicate(panel, setting, drawn, rng=rng)[0]
    return Panel(panel.countries, panel.years, logs, panel.provisional)
