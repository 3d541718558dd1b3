"""How a model is sampled, and the gate that a fit must pass before anybody sees its numbers.

The sampler is PyMC's own NUTS compiled by Numba, always named: `pm.sample` takes another one by itself when that is
installed. Only a process that fits again and again has another one (`models.kept`), behind the same gate. Chains run
one after the other in this process (for these models as fast as in two processes, and nothing is forked beneath a
server's threads). Draws repeat exactly only with the same state of the compile cache, so they are kept as artefacts;
what is fixed by the seed is the distribution.

The gate is that of Vehtari, Gelman, Simpson, Carpenter and Burkner (2021, Bayesian Analysis 16:667) with bulk and tail
effective sample sizes, and of Betancourt (2016, arXiv 1604.00695) for the energy. It first asks what the library's own
`diagnose` does not: are all values finite, are there four chains, does every quantity vary, are the sampler's
statistics there at all?
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

import arviz_stats
import numpy as np
import pymc as pm
from numpy.typing import NDArray

RHAT_MAX = 1.01
ESS_MIN = 400.0
BFMI_MIN = 0.3
CHAINS_MIN = 4
STATISTICS = ("diverging", "energy", "reached_max_treedepth")
"""What the sampler must have recorded for a fit to be judged."""
MADE_BY = "pymc"
"""What a receipt calls the sampler of `draw`."""
RETRY_ACCEPT = 0.98
"""Acceptance target of the one second attempt."""
REPORT_EVERY = 200
"""Transitions between two calls of `Progress`."""
DEPTH = 10
"""Doublings of a trajectory at which the library stops: a thousand gradients."""
HOPELESS = 150
"""So many trees of that depth more than others, tuning included, and a fit is given up: its steps cannot cross the
posterior. Healthy fits have a few dozen at most, before they are tuned."""

type Progress = Callable[[int, int], None]
"""Called with (transitions done, transitions in all)."""


@dataclass(frozen=True, slots=True)
class SamplerSettings:
    """How a model is sampled; nothing here is left to a library's default."""

    chains: int
    draws: int
    """Kept draws of one chain."""
    tune: int
    """Adaptation steps of one chain, thrown away."""
    target_accept: float
    seed: int

    def __post_init__(self) -> None:
        if self.chains < 1 or self.draws < 1 or self.tune < 1:
            raise ValueError(f"chains {self.chains}, draws {self.draws}, tune {self.tune}: each must be at least 1")
        if not 0 < self.target_accept < 1:
            raise ValueError(f"target_accept {self.target_accept}: a number between 0 and 1 is needed")


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the gate."""

    name: str
    value: float
    """Worst value found; NaN where it could not be computed."""
    bound: str
    """What is allowed, in words."""
    ok: bool

    def __str__(self) -> str:
        return f"{self.name} {self.value:.4g} ({self.bound}): {'ok' if self.ok else 'refused'}"


@dataclass(frozen=True, slots=True)
class Gate:
    """All lines of the gate, always the same ones in the same order."""

    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether every line is in order."""
        return all(c.ok for c in self.checks)

    @property
    def refusals(self) -> tuple[str, ...]:
        """The lines that are not in order, in words."""
        return tuple(str(c) for c in self.checks if not c.ok)


@dataclass(frozen=True, slots=True)
class Fit:
    """Draws that have passed the gate."""

    tree: Any
    """xarray DataTree with the groups `posterior` and `sample_stats`."""
    gate: Gate
    settings: SamplerSettings
    """As used in the attempt that passed."""
    attempts: int
    made_by: str
    """The sampler, for the receipt."""


class Nuts(Protocol):
    """Another way to run NUTS than `draw`: one that holds the model compiled (`models.kept`)."""

    @property
    def made_by(self) -> str:
        """The sampler, for the receipt."""

    def draw(self, model: pm.Model, settings: SamplerSettings, *, progress: Progress | None = None) -> Any:
        """Run NUTS once, as the function `draw` does."""


class GateRefusedError(RuntimeError):
    """No attempt passed the gate; `gate` is that of the last one (of one that was given up, the line that did it)."""

    def __init__(self, gate: Gate) -> None:
        super().__init__(f"the fit was refused: {'; '.join(gate.refusals)}")
        self.gate = gate


def sample(
    model: pm.Model, settings: SamplerSettings, *, progress: Progress | None = None, nuts: Nuts | None = None
) -> Fit:
    """Sample a model, check the gate, and try once more with smaller steps where it is refused.

    Parameters
    ----------
    model
        Model whose free variables are all continuous; its arrays are in `pm.Data`, so that other data need no
        compilation.
    settings
        How to sample; the seed of the second attempt is the next integer.
    progress
        Called about every 200 transitions.
    nuts
        Samples instead of `draw`.

    Returns
    -------
    Fit
        Draws by (chain, draw) that have passed.

    Raises
    ------
    GateRefusedError
        When the second attempt was refused as well, with every line that is not in order; at once when an attempt was
        given up (`HOPELESS`).
    """
    retry = replace(settings, target_accept=max(RETRY_ACCEPT, settings.target_accept), seed=settings.seed + 1)
    for attempt, used in enumerate((settings, retry), start=1):
        tree = (draw if nuts is None else nuts.draw)(model, used, progress=progress)
        gate = check_gate(tree)
        if gate.passed:
            return Fit(tree, gate, used, attempt, MADE_BY if nuts is None else nuts.made_by)
    raise GateRefusedError(gate)


def draw(model: pm.Model, settings: SamplerSettings, *, progress: Progress | None = None) -> Any:
    """Run NUTS once and return the DataTree of its draws and statistics, whatever they are worth.

    Raises
    ------
    KeyboardInterrupt
        When a person stopped it. The library itself would go on with the remaining chains and say nothing.
    GateRefusedError
        When it was given up (`HOPELESS`).
    """
    count = _Transitions(settings.chains * (settings.tune + settings.draws), progress)
    stopped = f"stopped before all {count.total} transitions were made"
    try:
        tree = _nuts(model, settings, count)
    except ValueError as error:  # nothing to build a trace from
        if "Not enough samples" not in str(error):
            raise
        raise KeyboardInterrupt(stopped) from error
    if count.done < count.total:
        raise KeyboardInterrupt(stopped)
    return tree


def hopeless() -> GateRefusedError:
    """Return what is raised of a fit that is given up (`HOPELESS`)."""
    bound = "given up: the steps are too small for this posterior"
    return GateRefusedError(Gate((Check("saturated trees, more than others", HOPELESS, bound, ok=False),)))


def _nuts(model: pm.Model, settings: SamplerSettings, count: "_Transitions") -> Any:
    with model, np.errstate(over="ignore"):  # a step out of range is a divergence, and the gate counts those
        return pm.sample(
            settings.draws,
            tune=settings.tune,
            chains=settings.chains,
            cores=1,
            random_seed=settings.seed,
            nuts_sampler="pymc",
            backend="numba",
            target_accept=settings.target_accept,
            quiet=True,
            compute_convergence_checks=False,
            callback=count,
        )


def check_gate(tree: Any) -> Gate:
    """Judge the draws of a fit; convergence is only computed on draws that are whole.

    Parameters
    ----------
    tree
        DataTree with the group `posterior` by (chain, draw, ...) and, if the fit is to pass, `sample_stats`.

    Returns
    -------
    Gate
        Ten lines: finite, chains, constant, statistics, divergences, tree depth, E-BFMI, R-hat, bulk and tail ESS. A
        value that could not be computed is NaN and refused.

    Raises
    ------
    ValueError
        When there is no posterior group, or it holds no draws.
    """
    posterior = _posterior(tree)
    structure = _structure(tree, posterior)
    whole = all(c.ok for c in structure)
    return Gate((*structure, *_sampler(tree), *_convergence(tree, whole)))


def _posterior(tree: Any) -> dict[str, NDArray[np.float64]]:
    """Return each variable as (chain, draw, elements)."""
    if "posterior" not in tree.children:
        raise ValueError(f"no group 'posterior' among {sorted(tree.children)}")
    data = tree["posterior"].dataset
    if not data.data_vars or any(not {"chain", "draw"} <= {*v.dims} or not v.size for v in data.data_vars.values()):
        raise ValueError("the posterior holds no draws by chain and draw")
    data = data.transpose("chain", "draw", ...)
    return {str(k): np.asarray(v.values, float).reshape(*v.shape[:2], -1) for k, v in data.data_vars.items()}


def _structure(tree: Any, posterior: dict[str, NDArray[np.float64]]) -> tuple[Check, ...]:
    bad = sum(int(np.count_nonzero(~np.isfinite(a))) for a in posterior.values())
    chains = min(a.shape[0] for a in posterior.values())
    with np.errstate(invalid="ignore"):
        constant = sum(int(np.count_nonzero(np.ptp(a, axis=1) == 0)) for a in posterior.values())
    recorded = sum(int(name in _statistics(tree)) for name in STATISTICS)
    return (
        Check("values not finite", bad, "none", bad == 0),
        Check("chains", chains, f"at least {CHAINS_MIN}", chains >= CHAINS_MIN),
        Check("quantities constant in a chain", constant, "none", constant == 0),
        Check("sampler statistics recorded", recorded, f"all of {', '.join(STATISTICS)}", recorded == len(STATISTICS)),
    )


def _sampler(tree: Any) -> tuple[Check, ...]:
    statistics = _statistics(tree)
    diverging = _count(statistics.get("diverging"))
    saturated = _count(statistics.get("reached_max_treedepth"))
    bfmi = _bfmi(statistics.get("energy"))
    return (
        Check("divergences", diverging, "none", diverging == 0),
        Check("saturated trees", saturated, "none", saturated == 0),
        Check("E-BFMI, lowest", bfmi, f"at least {BFMI_MIN}", bfmi >= BFMI_MIN),
    )


def _convergence(tree: Any, whole: bool) -> tuple[Check, ...]:
    data, statistics = tree["posterior"].dataset, cast("Any", arviz_stats)
    rhat = _worst(np.max, statistics.rhat(data, method="rank")) if whole else np.nan
    bulk = _worst(np.min, statistics.ess(data, method="bulk")) if whole else np.nan
    tail = _worst(np.min, statistics.ess(data, method="tail")) if whole else np.nan
    return (
        Check("R-hat, highest", rhat, f"at most {RHAT_MAX}", rhat <= RHAT_MAX),
        Check("bulk ESS, lowest", bulk, f"at least {ESS_MIN:.0f}", bulk >= ESS_MIN),
        Check("tail ESS, lowest", tail, f"at least {ESS_MIN:.0f}", tail >= ESS_MIN),
    )


def _statistics(tree: Any) -> dict[str, NDArray[Any]]:
    if "sample_stats" not in tree.children:
        return {}
    data = tree["sample_stats"].dataset.transpose("chain", "draw", ...)
    return {str(k): np.asarray(v.values) for k, v in data.data_vars.items()}


def _count(flags: NDArray[Any] | None) -> float:
    return np.nan if flags is None else float(np.count_nonzero(flags))


def _bfmi(energy: NDArray[Any] | None) -> float:
    """Return the lowest energy Bayesian fraction of missing information over the chains: E(dE^2) / Var(E)."""
    if energy is None:
        return np.nan
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(np.min(np.mean(np.square(np.diff(energy, axis=1)), axis=1) / np.var(energy, axis=1)))


def _worst(pick: Callable[[NDArray[np.float64]], Any], data: Any) -> float:
    """Return the worst value over all quantities; NaN stays NaN."""
    return float(pick(np.concatenate([np.ravel(v.values) for v in data.data_vars.values()])))


class _Transitions:
    """Counts the sampler's transitions and tells a person about every 200th and the last."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self.total = total
        self.done = 0
        self._saturated = 0
        self._progress = progress

    def __call__(self, *, draw: Any, **_: object) -> None:
        self.done += 1
        if self._progress is not None and (self.done % REPORT_EVERY == 0 or self.done == self.total):
            self._progress(self.done, self.total)
        saturated = any(statistics.get("depth", 0) >= DEPTH for statistics in draw.stats)  # flagged only after tuning
        self._saturated = max(self._saturated + (1 if saturated else -1), 0)
        if self._saturated == HOPELESS:
            raise hopeless()
