"""Fit the spending panel: what was known of the world beside the table, the sampler's settings, the gated draws."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecasts.draws_file import Constant, DrawsFile, Variable
from forecasts.panel_futures import Whole, aggregate_law
from forecasts.recipe import Progress, Recipe
from models.spending_kernel import KernelLaw, Printing
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
LAW_SAMPLER: Mapping[str, Any] = {**SAMPLER, "draws": 2000}
"""8,000 draws, as many as of the class rates: their number, not that of the futures, limits how precisely the levels of
rearmament are known."""
THIN = 4
"""Every fourth draw is kept whole, for the pages; of every draw the law of the aggregate is."""
BITS = 5
"""An error of 1.6 % at the most, in quantities that are known to ten percent at best."""
SOURCES = ("models/spending.py", "models/spending_panel.py")
LAW_SOURCES = (
    "forecasts/panel_futures.py",
    "models/spending_kernel.py",
    "models/spending_paths.py",
    "models/spending_summaries.py",
)
UNITS: Mapping[str, str] = {"single": "1", "moved": "log share per year", "turbulence": "log of a factor"}
LAW = ("growth", "size")
"""Of each draw: the growth that is expected of the first coming year, and the factor on the spread of its luck."""
COMMON = ("damping", "growth_sd", "noise_sd")
"""Of all draws together."""


@dataclass(frozen=True, slots=True)
class SpendingFit:
    """Gated draws of the panel's quantities."""

    panel: Panel
    setting: Setting
    """What was known in the panel's last year."""
    parameters: Mapping[str, Float]
    """By name of `models.spending_paths.PARAMETERS`, axis 0 = draw."""
    receipt: Mapping[str, Any]


def recipe(panel: Panel, world: Setting, *, variant: str, whole: Whole | None = None) -> Recipe:
    """Return what the draws of a panel are sampled from.

    Parameters
    ----------
    panel
        Log shares as they were in force.
    world
        What was known of the world; nothing after the panel's last year is read.
    variant
        Tells the fits of several panels apart, such as the day of the edition.
    whole
        How the members make up a series that a board asks about: then its law is kept, and draws thinned.
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
        inputs=inputs if whole is None else inputs | {"whole": whole.inputs},
        sources=SOURCES if whole is None else (*SOURCES, *LAW_SOURCES),
        sampler=SAMPLER if whole is None else LAW_SAMPLER,
        build=build,
        units=UNITS,
        bits=BITS,
        derive=None if whole is None else lambda file: with_law(file, whole),
    )


def with_law(file: DrawsFile, whole: Whole) -> DrawsFile:
    """Return what is kept of the draws of a panel: the law of the aggregate of all, and every `THIN`-th whole."""
    found, marks = aggregate_law(whole, parameters(file))
    growth_sd, noise_sd = float(found.growth_sd.mean()), float(found.noise_sd.mean())
    size = found.growth_sd / growth_sd if growth_sd else found.noise_sd / noise_sd
    per_draw = np.stack([found.growth, size], axis=1).astype(np.float32).reshape(file.chains, -1, THIN, len(LAW))
    thinned = {name: replace(v, values=v.values[:, ::THIN]) for name, v in file.variables.items()}
    common = np.array([found.damping[0], growth_sd, noise_sd])
    return replace(
        file,
        coords=dict(file.coords)
        | {"thinned": tuple(range(THIN)), "law": LAW, "common": COMMON}
        | {"ahead": tuple(range(1, whole.years + 1)), "knot": tuple(range(marks.walked.shape[1]))},
        variables=thinned
        | {"per_draw": Variable(("thinned", "law"), per_draw, "log share per year; a factor", derived=True)},
        constants={
            "in_all": Constant(("common",), common, "1; log share per year; log share"),
            "walked": Constant(("ahead", "knot"), marks.walked, "log percent of GDP"),
            "printed": Constant(("ahead", "knot"), marks.printed, "log percent of GDP"),
        },
    )


def law(file: DrawsFile, *, last: float) -> KernelLaw:
    """Return the kernel's law of the aggregate in each draw of the fit, (D,); `last` is its log in the last year."""
    growth, size = file.of("per_draw").reshape(-1, len(LAW)).T
    damping, growth_sd, noise_sd = file.constants["in_all"].values.tolist()
    level, kept = np.full(growth.size, last), np.full(growth.size, damping)
    return KernelLaw(level, growth, kept, growth_sd * size, noise_sd * size)


def printed(file: DrawsFile) -> Printing:
    """Return what is printed where the kernel walks, in each coming year."""
    return Printing(file.constants["walked"].values, file.constants["printed"].values)


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
