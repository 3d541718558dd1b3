"""The arithmetic of the spending panel without a sampler: its arrays, and the paths of the coming years.

`models.spending` tells the story and has the priors; names and axes are the same here. Axes: D draws, C countries, T
years of the panel, N = T - 1 yearly changes, H coming years, K points of the countries' spreads.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Int = NDArray[np.int64]

SINGLE = (
    "damping", "compliance", "level_sd", "break_sd", "slope_sd", "printed_sd", "revision_sd", "common_sd",
    "transitory_sd", "spread_sd", "turbulence_sd",
)  # fmt: skip
"""Quantities with one value for the panel, each (D,) in draws."""
PARAMETERS = ("common", "transitory", "turbulence", *SINGLE)
"""All of a fit's quantities; `common` and `turbulence` are (D, N), `transitory` is (D, T)."""

FREEDOM = 4.0
"""Degrees of freedom of the innovations: outliers are real (METHODS 6)."""
JUMP = (0.05, 0.05)
"""Mean and standard deviation of what a break adds to the common slope, log growth a year."""
SLUMP = (0.06, 0.03)
"""Mean and standard deviation of what a slump of output adds to the log share of its year."""
_POINTS = 15

type Parameters = Mapping[str, Float]


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
    """Chance of another break in each coming year."""
    break_up: float
    """Chance that it raises the common slope; otherwise it lowers it by as much."""
    slump_rate: float
    """Chance of a slump in each coming year."""

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
        np.isin(panel.years, setting.slumps).astype(float),
        np.maximum(gap, 0).astype(float),
        (gap >= 0).astype(float),
        np.eye(steps, steps + 1, 1) - np.eye(steps, steps + 1),
    )


def expected_changes(panel: Panel, setting: Setting, parameters: Parameters) -> Float:
    """Return the common part of every country's changes, (D, C, N)."""
    pull = parameters["compliance"][:, None, None] * design(panel, setting).pace
    return (parameters["common"] + np.diff(parameters["transitory"], axis=1))[:, None, :] + pull


def factor(parameters: Parameters, anew: NDArray[np.bool_], provisional: Float) -> Float:
    """Return the lower Cholesky factor of a country's changes, for every draw.

    Parameters
    ----------
    parameters
        Draws; (D,) each of `SINGLE`.
    anew
        (D, N) whether slopes are drawn anew for that change.
    provisional
        (N + 1,) 1 where a year's values will still be revised.

    Returns
    -------
    Float
        (D, N, N); its leading part does not depend on the later years.
    """
    steps = anew.shape[1]
    gap = np.subtract.outer(np.arange(steps), np.arange(steps))
    memory = np.where(gap >= 0, parameters["damping"][:, None, None] ** np.maximum(gap, 0), 0.0)
    fresh = np.where(anew, parameters["break_sd"][:, None], parameters["slope_sd"][:, None]) ** 2
    printed = parameters["printed_sd"][:, None] ** 2 + provisional * parameters["revision_sd"][:, None] ** 2
    difference = np.eye(steps, steps + 1, 1) - np.eye(steps, steps + 1)
    slopes = (memory * fresh[:, None, :]) @ memory.transpose(0, 2, 1)
    errors = (difference * printed[:, None, :]) @ difference.T
    return np.linalg.cholesky(slopes + errors + parameters["level_sd"][:, None, None] ** 2 * np.eye(steps))


def spread_points() -> tuple[Float, Float]:
    """Return the points of a standard normal law and their log weights, both (K,): Gauss and Hermite's rule."""
    points, weights = np.polynomial.hermite_e.hermegauss(_POINTS)
    return points, np.log(weights / weights.sum())


def _spreads(panel: Panel, setting: Setting, parameters: Parameters, root: Float) -> tuple[Float, Float, Float]:
    """Return innovations so far (D, C, N), points of the log spreads (D, K), log weight of each point (D, C, K)."""
    residual = panel.changes - expected_changes(panel, setting, parameters)
    white = np.linalg.solve(root, residual.transpose(0, 2, 1)).transpose(0, 2, 1)
    points, log_weights = spread_points()
    log_spread = parameters["spread_sd"][:, None] * points
    calmed = white * np.exp(-parameters["turbulence"])[:, None, :]
    scaled = calmed[:, :, None, :] * np.exp(-log_spread)[:, None, :, None]
    tails = (FREEDOM + 1) / 2 * np.log1p(scaled**2 / FREEDOM).sum(axis=-1)
    return white, log_spread, log_weights - white.shape[2] * log_spread[:, None] - tails


def log_likelihood(panel: Panel, setting: Setting, parameters: Parameters) -> Float:
    """Return the log density of each country's changes, (D, C)."""
    from scipy.special import gammaln, logsumexp

    steps = panel.changes.shape[1]
    anew = np.broadcast_to(design(panel, setting).anew > 0, (parameters["damping"].size, steps))
    root = factor(parameters, anew, panel.provisional)
    _, _, log = _spreads(panel, setting, parameters, root)
    constant = gammaln((FREEDOM + 1) / 2) - gammaln(FREEDOM / 2) - np.log(FREEDOM * np.pi) / 2
    diagonal = np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
    return np.asarray(
        logsumexp(log, axis=2) - (diagonal + parameters["turbulence"].sum(axis=1))[:, None] + steps * constant, float
    )


def paths(panel: Panel, setting: Setting, parameters: Parameters, *, horizon: int, rng: np.random.Generator) -> Float:
    """Draw the log shares that will be printed for the coming years.

    Parameters
    ----------
    panel, setting
        What was known in the last year of the panel.
    parameters
        Posterior draws.
    horizon
        H, years.
    rng
        Luck of spreads and coming years; common shocks, breaks and slumps are shared by the countries of a draw.

    Returns
    -------
    Float
        (D, C, H) log of percent of GDP.
    """
    count, steps = parameters["common"].shape
    broken = rng.random((count, horizon)) < setting.break_rate  # in a coming year, felt from the next
    coming = np.concatenate([np.full((count, 1), panel.years[-1] in setting.breaks), broken[:, :-1]], axis=1)
    so_far = np.broadcast_to(design(panel, setting).anew > 0, (count, steps))
    provisional = np.concatenate([panel.provisional, np.zeros(horizon)])
    root = factor(parameters, np.concatenate([so_far, coming], axis=1), provisional)
    white, log_spread, weight = _spreads(panel, setting, parameters, root[:, :steps, :steps])
    chosen = np.argmax(weight + rng.gumbel(size=weight.shape), axis=2)  # a draw by weight (Gumbel and maximum)
    spread = np.exp(np.take_along_axis(log_spread, chosen, axis=1))
    turbulence = parameters["turbulence_sd"][:, None] * rng.standard_normal((count, horizon))
    size = spread[..., None] * np.exp(turbulence)[:, None, :]
    fresh = size * rng.standard_t(FREEDOM, (*spread.shape, horizon))
    own = np.concatenate([white, fresh], axis=2) @ root[:, steps:].transpose(0, 2, 1)  # (D, C, H)
    together = _common_changes(setting, parameters, coming=coming, known=panel.years[-1] in setting.breaks, rng=rng)
    result = np.empty_like(own)
    printed = np.broadcast_to(panel.log_share[:, -1], spread.shape)
    for ahead in range(horizon):
        pull = parameters["compliance"][:, None] * setting.pace(printed, panel.years[-1] + 1 + ahead)
        printed = printed + together[:, ahead, None] + pull + own[..., ahead]
        result[..., ahead] = printed
    return result


def _common_changes(
    setting: Setting, parameters: Parameters, *, coming: NDArray[np.bool_], known: bool, rng: np.random.Generator
) -> Float:
    """Return the changes that the countries of a draw have in common in the coming years, (D, H)."""
    up = rng.random(coming.shape) < setting.break_up
    up[:, 0] |= known
    jump = np.where(up, 1.0, -1.0) * (JUMP[0] + JUMP[1] * rng.standard_normal(coming.shape))
    shock = parameters["common_sd"][:, None] * rng.standard_normal(coming.shape) + np.where(coming, jump, 0.0)
    slump = rng.random(coming.shape) < setting.slump_rate
    passing = parameters["transitory_sd"][:, None] * rng.standard_normal(coming.shape)
    passing = np.where(slump, SLUMP[0] + SLUMP[1] * rng.standard_normal(coming.shape), passing)
    growth, slope = np.empty_like(shock), parameters["common"][:, -1]
    for ahead in range(coming.shape[1]):
        slope = parameters["damping"] * slope + shock[:, ahead]
        growth[:, ahead] = slope
    return growth + np.diff(np.concatenate([parameters["transitory"][:, -1:], passing], axis=1), axis=1)


def replicate(panel: Panel, setting: Setting, parameters: Parameters, *, rng: np.random.Generator) -> Float:
    """Draw whole panels as the story tells it, from the first year's log shares: (D, C, T).

    Parameters
    ----------
    panel
        Gives countries, years, first values and which years are provisional; its later values are not read.
    setting
        What is known of the world in those years.
    parameters
        From the prior (prior predictive) or the posterior (posterior predictive).
    """
    count, steps = parameters["common"].shape
    anew = np.broadcast_to(design(panel, setting).anew > 0, (count, steps))
    root = factor(parameters, anew, panel.provisional)
    size = (count, len(panel.countries))
    points, weights = spread_points()
    chosen = rng.choice(points.size, size=size, p=np.exp(weights))
    spread = np.exp(parameters["spread_sd"][:, None] * points[chosen])
    wide = spread[..., None] * np.exp(parameters["turbulence"])[:, None, :]
    own = (wide * rng.standard_t(FREEDOM, (*size, steps))) @ root.transpose(0, 2, 1)
    together = parameters["common"] + np.diff(parameters["transitory"], axis=1)
    result = np.empty((*size, steps + 1))
    result[..., 0] = panel.log_share[:, 0]
    for i, year in enumerate(panel.years[1:]):
        pull = parameters["compliance"][:, None] * setting.pace(result[..., i], year)
        result[..., i + 1] = result[..., i] + together[:, i, None] + pull + own[..., i]
    return result
