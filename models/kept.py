"""Models that stay compiled from one fit to the next: a long-lived process fits new data without compiling anything.

The sampler is nutpie's NUTS, whose transitions need no Python. It compiles its functions anew in every process, which
takes longer than PyMC's NUTS needs for a whole fit; so it pays only where a process fits more than once, and
`models.sampling.draw` remains the sampler of all others.

A kept model answers for another one when both are the same but for the values of their `pm.Data`. That is not taken on
trust: names, types and shapes of the data are compared, and the graphs of the density and of everything that is stored,
node by node and constant by constant. A model that differs in anything else is compiled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import nutpie  # type: ignore[import-untyped]
import pymc as pm
import xarray as xr
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import equal_computations

from models.sampling import DEPTH, HOPELESS, REPORT_EVERY, Progress, SamplerSettings, hopeless

MOST = 8
"""Compiled models that are kept: every fit of one board and then some. The least recently used goes first."""
LOOK_EVERY = 0.1
"""Seconds between two looks at a running sampler."""
STATISTICS = {"diverging": "diverging", "energy": "energy", "reached_max_treedepth": "maxdepth_reached"}
"""What the gate reads, by its name, as the library calls it."""
MOST_STEPS = 2**DEPTH - 1
"""Steps of a saturated tree; any other has at most half of them."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A compiled model with its data: a `models.sampling.Nuts`."""

    compiled: Any
    made_by: str
    """For the receipt."""

    def draw(self, model: pm.Model, settings: SamplerSettings, *, progress: Progress | None = None) -> Any:
        """Run NUTS once, as `models.sampling.draw` does; `model` is the one that this was made ready for.

        Raises
        ------
        GateRefusedError
            When it was given up (`models.sampling.HOPELESS`).
        RuntimeError
            When the sampler could not start; the message is its own.
        """
        return _as_judged(_sampled(self.compiled, settings, progress), model)


class KeptModels:
    """Compiled models of this process, at most `MOST`."""

    def __init__(self) -> None:
        self._kept: list[_Kept] = []
        """The most recently used one last."""

    def ready(self, model: pm.Model) -> Ready:
        """Return a model compiled, with its data: a kept one where it is the same but for the data, else a new one."""
        wanted = _Described(model)
        found = next((one for one in self._kept if one.described.same(wanted)), None)
        if found is None:
            kept = _Kept(wanted, nutpie.compile_pymc_model(model, backend="numba"))
            self._kept = [*self._kept, kept][-MOST:]
            return Ready(kept.compiled, "nutpie")
        self._kept = [*(one for one in self._kept if one is not found), found]
        return Ready(found.with_data_of(wanted), "nutpie, model kept")


class _Described:
    """What decides the compiled code of a model: its graphs, and of its data all but the values."""

    def __init__(self, model: pm.Model) -> None:
        self.model = model
        lengths: list[Any] = [v for v in model.dim_lengths.values() if isinstance(v, SharedVariable)]
        self.inputs = [*model.data_vars, *lengths, *model.value_vars]
        self.outputs = [model.logp(), *model.unobserved_value_vars]
        self.form = (
            [(v.name, v.type, v.get_value(borrow=True).shape) for v in model.data_vars],
            [(v.name, int(v.get_value())) for v in lengths],
            [(v.name, v.type) for v in model.value_vars],
            [v.name for v in model.unobserved_value_vars],
            dict(model.named_vars_to_dims),
        )

    def same(self, other: "_Described") -> bool:
        """Return whether the other one compiles to the same code."""
        return self.form == other.form and equal_computations(self.outputs, other.outputs, self.inputs, other.inputs)


@dataclass(frozen=True, slots=True)
class _Kept:
    described: _Described
    compiled: Any

    def with_data_of(self, wanted: _Described) -> Any:
        """Return the compiled model with the data of another one."""
        values = {v.name: v.get_value() for v in wanted.model.data_vars}
        for held in self.described.model.data_vars:  # what chooses a chain's start reads them there
            held.set_value(values[held.name])
        read = {v.name for v in self.compiled.shared_var_keys}
        return self.compiled.with_data(**{name: value for name, value in values.items() if name in read})


def _sampled(compiled: Any, settings: SamplerSettings, progress: Progress | None) -> Any:
    """Return what the library gives for all chains, each in a thread of its own as far as there are processors."""
    watch = _Watch(settings, progress)
    running = nutpie.sample(
        compiled,
        draws=settings.draws,
        tune=settings.tune,
        chains=settings.chains,
        seed=settings.seed,
        target_accept=settings.target_accept,
        maxdepth=DEPTH,
        save_warmup=False,
        progress_bar=False,
        blocking=False,
        progress_callback=watch.see,
        progress_rate=round(1000 * LOOK_EVERY),
    )
    try:
        tree = _ended(running, watch)
    except BaseException:
        running.cancel()
        raise
    watch.tell(watch.total)
    return tree


def _ended(running: Any, watch: "_Watch") -> Any:
    while True:
        try:
            return running.wait(timeout=LOOK_EVERY)
        except TimeoutError:
            watch.look()
        except RuntimeError as error:  # followed by a trace of addresses
            raise RuntimeError(f"the sampler failed: {str(error).strip().splitlines()[0]}") from None


def _as_judged(tree: Any, model: pm.Model) -> xr.DataTree:
    """Return draws and the statistics that the gate reads, with the labels of this model's axes."""
    posterior, statistics = tree["posterior"].dataset, tree["sample_stats"].dataset
    labels = {name: list(at) for name, at in model.coords.items() if at is not None and name in posterior.dims}
    told = {theirs: ours for ours, theirs in STATISTICS.items() if theirs in statistics}
    judged = statistics[list(told)].rename(told)
    return xr.DataTree.from_dict({"posterior": posterior.assign_coords(labels), "sample_stats": judged})


class _Watch:
    """Looks at the chains of a running sampler: tells how far they are, and gives up what is hopeless."""

    def __init__(self, settings: SamplerSettings, progress: Progress | None) -> None:
        self.total = settings.chains * (settings.tune + settings.draws)
        self._progress = progress
        self._told = 0
        self._seen = self._looked_at = np.zeros((settings.chains, 2))
        """Trees and steps of each chain, (chain, 2)."""
        self._saturated = np.zeros(settings.chains)

    def see(self, chains: Sequence[Any]) -> None:
        """Note how far the chains are; called from a thread of the sampler's, where nothing may be raised."""
        self._seen = np.array([(chain.finished_draws, chain.total_num_steps) for chain in chains], float)

    def look(self) -> None:
        """Tell what was noted; raises GateRefusedError where a chain is hopeless."""
        seen = self._seen
        self.tell(int(seen[:, 0].sum()))
        trees, steps = (seen - self._looked_at).T
        self._looked_at = seen
        half = MOST_STEPS // 2
        saturated = (steps - half * trees) / (MOST_STEPS - half)  # at least so many: all others at their longest
        self._saturated = np.maximum(self._saturated + 2 * saturated - trees, 0)
        if self._saturated.max() >= HOPELESS:
            raise hopeless()

    def tell(self, done: int) -> None:
        """Tell a person about every `REPORT_EVERY` transitions, and the last."""
        if (
            self._progress is not None
            and self._told < done
            and (done - self._told >= REPORT_EVERY or done == self.total)
        ):
            self._told = done
            self._progress(done, self.total)
