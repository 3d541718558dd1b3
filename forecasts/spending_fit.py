"""Fit the spending panel: what was known of the world beside the table, the sampler's settings, the gated draws."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecasts.draws_file import DrawsFile
from forecasts.recipe import Progress, Recipe
from models.spending_panel import SINGLE, Panel, Pledge, Setting, design

if TYPE_CHECKING:
    import pymc as pm

Float = NDArray[np.float64]

WORLD = Setting(
    breaks=(2022, 2024),
    slumps=(2020,),
    pledges=(Pledge(2014, 2024, 2.0), Pledge(2025, 2035, 3.5)),
    phase=1,
    break_rate=0.1,
    break_up=0.75,
    slump_rate=0.07,
)
"""The invasion of 2022 and the American election of November 2024 (supplementary budgets of 2025 answered it, so its
year is not 2025); the pandemic; the pledges of Wales (September 2014, 2 % by 2024) and The Hague (June 2025, 3.5 % for
core defence by 2035), whose overdue gap is asked to be closed within the year. The break of 2014 is the beginning of
NATO's table. Coming years: the alliance's spending turned about four times in the forty years before 2025 (1990 down,
2001, 2014 and 2022 up), and output fell by 4 % or more in two of thirty (2009, 2020)."""

SAMPLER: Mapping[str, Any] = {"chains": 4, "draws": 1000, "tune": 1000, "target_accept": 0.9, "seed": 20140905}
"""4,000 draws: the class rates' 12,000 are a whole number of times as many (`parameters.Parameters`)."""
BITS = 6
"""An error of .8 % at the most, in quantities that are known to ten percent at best."""
SOURCES = ("models/spending.py", "models/spending_panel.py")
UNITS: Mapping[str, str] = {"single": "1", "moved": "log share per year", "turbulence": "log of a factor"}


@dataclass(frozen=True, slots=True)
class SpendingFit:
    """Gated draws of the panel's quantities."""

    panel: Panel
    setting: Setting
    """What was known in the panel's last year."""
    parameters: Mapping[str, Float]
    """By name of `models.spending_paths.PARAMETERS`, axis 0 = draw."""
    receipt: Mapping[str, Any]


def recipe(panel: Panel, world: Setting, *, variant: str) -> Recipe:
    """Return what the draws of a panel are sampled from.

    Parameters
    ----------
    panel
        Log shares as they were in force.
    world
        What was known of the world; nothing after the panel's last year is read.
    variant
        Tells the fits of several panels apart, such as the day of the edition.
    """
    setting = world.until(panel.years[-1])

    def build() -> "pm.Model":
        from models import spending

        return spending.build(panel, setting)

    inputs = {
        "countries": panel.countries,
        "years": panel.years,
        "log_share": panel.log_share.tolist(),
        "provisional": panel.provisional.tolist(),
        "breaks": setting.breaks,
        "slumps": setting.slumps,
        "pace": design(panel, setting).pace.tolist(),
    }
    return Recipe(
        model="spending",
        variant=variant,
        inputs=inputs,
        sources=SOURCES,
        sampler=SAMPLER,
        build=build,
        units=UNITS,
        bits=BITS,
    )


def parameters(file: DrawsFile) -> dict[str, Float]:
    """Return the draws of each quantity of `models.spending_paths.PARAMETERS`, axis 0 = draw."""
    single = dict(zip(SINGLE, file.of("single").T, strict=True))
    return {"moved": file.of("moved"), "turbulence": file.of("turbulence"), **single}


def fit(panel: Panel, *, world: Setting = WORLD, progress: Progress | None = None) -> SpendingFit:
    """Sample the panel given what was known in its last year.

    Raises
    ------
    ParametersRefusedError
        When the gate refused the fit twice.
    """
    file = recipe(panel, world, variant=f"through {panel.years[-1]}").sample(progress)
    return SpendingFit(panel, world.until(panel.years[-1]), parameters(file), file.receipt)
