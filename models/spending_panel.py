"""The arrays of a panel of defence shares, what was known of the world beside the table, and the model's constants.

Axes: C countries, T years of the panel, N = T - 1 yearly changes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

SINGLE = (
    "damping", "compliance", "resolve", "persistence", "level_sd", "break_sd", "slope_sd", "printed_sd",
    "revision_sd", "common_sd", "lasting_sd", "transitory_sd", "spread_sd", "turbulence_sd",
)  # fmt: skip
"""Quantities with one value for the panel, each (D,) in draws."""
PARAMETERS = ("moved", "turbulence", *SINGLE)
"""All of a fit's quantities; `moved` and `turbulence` are (D, N)."""

FREEDOM = 4.0
"""Degrees of freedom of the innovations: outliers are real (METHODS 6)."""
FIRST_SLOPE = 0.01
"""Prior mean of the common slope in the panel's first year; its standard deviation is that of a jump."""
JUMP = (0.05, 0.05)
"""Mean and standard deviation of what a break adds to the common slope, log growth a year."""
AT_ONCE = 0.05
"""Standard deviation of what a break moves all shares by at once, neither to go on nor to be taken back."""
SLUMP = (0.06, 0.03)
"""Mean and standard deviation of what a slump of output adds to the log share of its year."""


@dataclass(frozen=True, slots=True)
class Pledge:
    """A share that was promised by a year."""

    announced: int
    """Year; it pulls on the changes of later years."""
    deadline: int
    share: float
    """Percent of GDP."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What was known of the world besides the table."""

    breaks: tuple[int, ...]
    """Years after which slopes are drawn anew."""
    slumps: tuple[int, ...]
    """Years whose output fell and was expected to come back: the share is too high for one year."""
    pledges: tuple[Pledge, ...]
    """By year of announcement; the latest announced before a year pulls in it."""
    phase: int
    """Years over which a budget closes a gap at the least, however near the deadline."""
    break_rate: float
    """Chance of another break in each coming year, as counted over `models.spending_paths.COUNTED` years."""
    break_up: float
    """Chance that it raises the common slope; otherwise it lowers it by as much."""
    slump_rate: float
    """Chance of a slump in each coming year, as counted over as many years."""

    def until(self, year: int) -> "Setting":
        """Return what of it was known at the end of a year."""
        return Setting(
            tuple(b for b in self.breaks if b <= year),
            tuple(s for s in self.slumps if s <= year),
            tuple(p for p in self.pledges if p.announced <= year),
            self.phase,
            self.break_rate,
            self.break_up,
            self.slump_rate,
        )

    def pace(self, log_share: Float, year: int) -> Float:
        """Return the log growth in `year` that would keep to the pledge, from log shares (percent) the year before."""
        known = [p for p in self.pledges if p.announced < year]
        if not known:
            return np.zeros_like(log_share)
        left = max(known[-1].deadline - (year - 1), self.phase)
        return np.asarray(np.maximum(np.log(known[-1].share) - log_share, 0.0) / left, float)


@dataclass(frozen=True, slots=True)
class Panel:
    """Log shares without gaps."""

    countries: tuple[str, ...]
    """(C,)"""
    years: tuple[int, ...]
    """(T,) consecutive."""
    log_share: Float
    """(C, T) log of the percentage of GDP."""
    provisional: Float
    """(T,) 1 where a year's values are estimates still to be revised, else 0."""

    def __post_init__(self) -> None:
        shape = (len(self.countries), len(self.years))
        if self.log_share.shape != shape or self.provisional.shape != shape[1:]:
            found = f"log_share {self.log_share.shape}, provisional {self.provisional.shape}"
            raise ValueError(f"{found}: {shape} and {shape[1:]} are needed")
        if shape[0] < 2 or shape[1] < 3:
            raise ValueError(f"{shape[0]} countries and {shape[1]} years: at least 2 and 3 are needed")
        if [*self.years] != [*range(self.years[0], self.years[0] + shape[1])]:
            raise ValueError(f"years {self.years}: consecutive ones are needed")
        if not np.isfinite(self.log_share).all():
            raise ValueError("log_share: finite numbers are needed")

    @property
    def changes(self) -> Float:
        """Yearly log changes, (C, N)."""
        return np.diff(self.log_share, axis=1)


@dataclass(frozen=True, slots=True)
class Design:
    """What the likelihood reads besides the changes; N = T - 1."""

    pace: Float
    """(C, N) growth that would keep to the pledge."""
    anew: Float
    """(N,) 1 in the first year and in the year after a break."""
    after: Float
    """(N,) 1 in every year after the first break."""
    slump: Float
    """(T,) 1 in a slump."""
    exponent: Float
    """(N, N) years between two changes, 0 above the diagonal."""
    lower: Float
    """(N, N) ones on and below the diagonal."""
    difference: Float
    """(N, T) what an error in each year does to each change."""


def design(panel: Panel, setting: Setting) -> Design:
    """Return the design of a panel."""
    later = np.array(panel.years[1:])
    steps = later.size
    gap = np.subtract.outer(later, later)
    anew = np.isin(later - 1, setting.breaks).astype(float)
    anew[0] = 1.0
    pace = [setting.pace(panel.log_share[:, i], int(year)) for i, year in enumerate(later)]
    return Design(
        np.stack(pace, axis=1),
        anew,
        (later > min(setting.breaks, default=later[-1])).astype(float),
        np.isin(panel.years, setting.slumps).astype(float),
        np.maximum(gap, 0).astype(float),
        (gap >= 0).astype(float),
        np.eye(steps, steps + 1, 1) - np.eye(steps, steps + 1),
    )
