"""Calibration by simulation: do intervals hold as often as they say, when the model itself makes the data?

Parameters are drawn from the prior, data from the parameters, posterior draws from the data: the rank of the true value
among the draws is uniform if, and for the quantities looked at only if, prior, likelihood and sampler agree (Cook,
Gelman and Rubin 2006; Talts and others 2018, arXiv 1804.06788). Uniformity is judged by the whole empirical
distribution of the ranks with a simultaneous band (Sailynoja, Burkner and Vehtari 2022, Statistics and Computing 32:32,
algorithm 1), and by chi-square on ten bins. Ranks of parameters alone cannot see a posterior that ignores its data:
look at the joint log likelihood of the data as one more quantity (Modrak and others 2023, arXiv 2211.02383).

How a model uses it, in `tests/models/test_<model>_calibration.py`:

    STUDY = Study(
        model="spending",                                # names the record: tests/records/spending.json and .svg
        sources=("models/spending.py",),                 # whose code the record must match (comments do not count)
        simulate=simulate,                               # rng -> ({"damping": .8, "level": [...], "log_lik": -3}, data)
        fit=fit,                                         # data -> {"damping": (R,), "level": (R, n), "log_lik": (R,)}
        simulations=200,
        seed=1,
    )

    @pytest.mark.nightly
    def test_calibration_by_simulation() -> None:        # `make test-nightly` writes the record
        STUDY.record()

    @pytest.mark.slow
    def test_a_few_simulations() -> None:                # the same code still runs, and is not far off
        STUDY.run(simulations=8).judge(STUDY.model)

    def test_the_recorded_calibration() -> None:         # fast: right code, enough simulations, uniform ranks
        STUDY.check()

`fit` is quick when it keeps one compiled model and exchanges its data, which are all in `pm.Data`: build the model
once, then `Refitter(model, settings)({"changes": data, ...})`; a fit costs .3 s beside its sampling. A data set whose
fit the gate refuses twice is left out and counted; more than 3 % of them fail the study.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Self
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from forecasts.recipe import code_digest

Int = NDArray[np.int64]
Values = Mapping[str, Any]
"""Numbers or arrays by name; of draws, axis 0 is the draw."""

RECORDS = Path(__file__).resolve().parent / "records"
DRAWS = 99
"""Posterior draws that a true value is ranked among, taken evenly from all: ranks are 0 to 99."""
MOST_REFUSED = 0.03
LEVEL = 0.01
"""A study fails when so small a share of calibrated studies would look as bad, over all its quantities (Bonferroni)."""
_NULL = 20_000
_LOG = logging.getLogger(__name__)
"""One line for each data set: `pytest --log-cli-level=INFO`."""


@dataclass(frozen=True)
class Calibration:
    """Ranks of true values among posterior draws."""

    ranks: Mapping[str, Sequence[int]]
    """By quantity, one rank of 0 to `draws` for each simulation."""
    draws: int
    refused: int
    """Data sets whose fit was refused; they have no rank."""

    @classmethod
    def of(cls, truth: Mapping[str, Any], drawn: Mapping[str, Any]) -> Self:
        """Return the calibration of simulations fitted side by side: (N,) true values, (R, N) draws."""
        return cls({k: rank(truth[k], drawn[k]).tolist() for k in truth}, DRAWS, 0)

    @property
    def simulations(self) -> int:
        return max(map(len, self.ranks.values()), default=0) + self.refused

    def p_values(self) -> dict[str, tuple[float, float]]:
        """Return, by quantity, how often uniform ranks look as odd: by their distribution function, by chi-square."""
        return {
            k: (band_p(np.asarray(r), self.draws), chi2_p(np.asarray(r), self.draws)) for k, r in self.ranks.items()
        }

    def judge(self, name: str, *, level: float = LEVEL) -> None:
        """Fail when ranks are not uniform, or too many data sets could not be fitted."""
        assert self.refused <= MOST_REFUSED * self.simulations, f"{name}: {self.refused} of {self.simulations} refused"
        found = self.p_values()
        bound = level / (2 * len(found))
        odd = {k: p for k, p in found.items() if not min(p) > bound}
        assert found, f"{name}: no quantity was looked at"
        assert not odd, f"{name}: ranks not uniform (each p must be above {bound:.2g}): {odd}"


@dataclass(frozen=True)
class Recorded:
    """A calibration whose ranks and figure are kept in the repository."""

    model: str
    """Names the record."""
    sources: tuple[str, ...]
    """Files whose code the record must match."""
    simulations: int
    seed: int

    @property
    def code(self) -> dict[str, str]:
        return {source: code_digest(source) for source in self.sources}

    def keep(self, found: Calibration) -> None:
        """Write ranks and figure; fails, after writing, when what was found is not calibrated."""
        RECORDS.mkdir(exist_ok=True)
        head = {"model": self.model, "code": self.code, "seed": self.seed, "draws": found.draws}
        ranks = ",\n".join(f" {json.dumps(k)}: {json.dumps(list(r))}" for k, r in found.ranks.items())
        text = f'{json.dumps(head | {"refused": found.refused})[:-1]}, "ranks": {{\n{ranks}\n}}}}\n'
        (RECORDS / f"{self.model}.json").write_text(text, encoding="utf-8")
        (RECORDS / f"{self.model}.svg").write_text(figure(self.model, found), encoding="utf-8")
        found.judge(self.model)

    def check(self) -> None:
        """Fail unless the record is that of this code, as large as it should be, and calibrated."""
        kept = json.loads((RECORDS / f"{self.model}.json").read_text(encoding="utf-8"))
        assert kept["code"] == self.code, f"{self.model}: the record is of other code; run `make test-nightly`"
        found = Calibration(kept["ranks"], kept["draws"], kept["refused"])
        sizes = {len(r) for r in found.ranks.values()}
        assert sizes == {self.simulations - found.refused}, f"{self.model}: {sizes} ranks for {self.simulations}"
        found.judge(self.model)
        drawn = (RECORDS / f"{self.model}.svg").read_text(encoding="utf-8")
        assert drawn == figure(self.model, found), f"{self.model}: other ranks are drawn; python -m {__name__}"


@dataclass(frozen=True)
class Study(Recorded):
    """Which model is calibrated, and how: one fit for each data set."""

    simulate: Callable[[np.random.Generator], tuple[Values, Any]]
    """Returns true values (drawn from the prior) and data drawn from them."""
    fit: Callable[[Any], Values]
    """Returns posterior draws of the same names; raises GateRefusedError when the fit was refused."""

    def run(self, *, simulations: int | None = None) -> Calibration:
        """Simulate and fit; each data set has luck of its own, so a longer study begins like a shorter one."""
        from models.sampling import GateRefusedError

        ranks: dict[str, list[int]] = {}
        refused = 0
        for k in range(simulations or self.simulations):
            truth, data = self.simulate(np.random.default_rng([self.seed, k]))
            try:
                drawn = self.fit(data)
            except GateRefusedError:
                refused += 1
                continue
            for name, value in flat(truth, drawn).items():
                ranks.setdefault(name, []).append(value)
            _LOG.info("%s: %d data sets, %d refused", self.model, k + 1, refused)
        return Calibration(ranks, DRAWS, refused)

    def record(self) -> None:
        """Run the study and keep what it found."""
        self.keep(self.run())


@dataclass
class Refitter:
    """One compiled model that is fitted to data set after data set."""

    model: Any
    settings: Any
    keep: tuple[str, ...] = field(default=())
    """Variables of the posterior; all by default."""

    def __call__(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Exchange the arrays of the model's `pm.Data` and return gated draws by name, (R, ...)."""
        import pymc as pm

        from models import sampling

        with self.model:
            pm.set_data(dict(data))
        posterior = sampling.sample(self.model, self.settings).tree["posterior"].dataset
        posterior = posterior.transpose("chain", "draw", ...)
        names = self.keep or tuple(posterior.data_vars)
        return {n: posterior[n].values.reshape(-1, *posterior[n].shape[2:]) for n in names}


def rank(truth: Any, drawn: Any, *, draws: int = DRAWS) -> Int:
    """Return how many of `draws` posterior draws, taken evenly from (R, ...), lie below the (...) true values."""
    drawn = np.asarray(drawn, float)
    if len(drawn) < draws:
        raise ValueError(f"{len(drawn)} posterior draws; at least {draws} are needed")
    if not (np.isfinite(drawn).all() and np.isfinite(truth).all()):
        raise ValueError("a true value or a draw is not a finite number")
    taken = drawn[np.linspace(0, len(drawn) - 1, draws).round().astype(int)]
    return np.asarray((taken < np.asarray(truth)).sum(axis=0), np.int64)


def flat(truth: Values, drawn: Values) -> dict[str, int]:
    """Return the rank of every single quantity, named `scale`, `level[0]`, `level[1,2]`."""
    if missing := sorted(set(truth) - set(drawn)):
        raise KeyError(f"no draws of {missing}; there are: {sorted(drawn)}")
    found = {}
    for name, value in truth.items():
        for place, one in np.ndenumerate(rank(value, drawn[name])):
            found[f"{name}[{','.join(map(str, place))}]" if place else name] = int(one)
    return found


def oddness(ranks: Int, draws: int) -> NDArray[np.float64]:
    """Return gamma of (..., N) ranks: twice the smallest binomial tail that their counts below 1, 2, ... lie in."""
    count = ranks.shape[-1]
    steps = np.arange(1, draws + 1)
    below = np.stack([(ranks < s).sum(axis=-1) for s in steps], axis=-1)
    lower, upper = _tails(count, draws)
    return np.asarray(2 * np.minimum(lower[steps - 1, below], upper[steps - 1, below]).min(axis=-1))


@lru_cache
def _tails(count: int, draws: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return P(X <= x) and P(X >= x) of Binomial(count, s / (draws + 1)), (s, x)."""
    share = (np.arange(1, draws + 1) / (draws + 1))[:, None]
    seen = np.arange(count + 1)
    return stats.binom.cdf(seen, count, share), stats.binom.sf(seen - 1, count, share)


@lru_cache
def _null(count: int, draws: int) -> NDArray[np.float64]:
    """Return the sorted oddness of many samples of uniform ranks."""
    rng = np.random.default_rng(2022)
    parts = [oddness(rng.integers(0, draws + 1, (1000, count)), draws) for _ in range(_NULL // 1000)]
    return np.sort(np.concatenate(parts))


def band_p(ranks: Int, draws: int) -> float:
    """Return the share of uniform samples whose distribution function leaves the diagonal as far as this one."""
    null = _null(ranks.size, draws)
    return float((np.searchsorted(null, oddness(ranks, draws) * (1 + 1e-9), side="right") + 1) / (null.size + 1))


def chi2_p(ranks: Int, draws: int, *, bins: int = 10) -> float:
    """Return the p-value of chi-square on bins of about equally many ranks."""
    edges = np.linspace(0, draws + 1, bins + 1).round()
    seen, _ = np.histogram(ranks, edges)
    return float(stats.chisquare(seen, ranks.size * np.diff(edges) / (draws + 1)).pvalue)


def figure(model: str, found: Calibration, *, columns: int = 4) -> str:
    """Return an SVG: for each quantity the ranks' distribution function less the diagonal, in its 95 % band."""
    wide, high, names = 190, 120, list(found.ranks)
    rows = -(-len(names) // columns)
    count = found.simulations - found.refused
    panels = [
        f'<g transform="translate({10 + wide * (i % columns)} {50 + high * (i // columns)})">'
        f"{_panel(name, np.asarray(found.ranks[name]), found.draws)}</g>"
        for i, name in enumerate(names)
    ]
    title = f"{model}: ranks of true values in {count} simulations, distribution function less uniform, 95 % bands"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{20 + wide * columns}" height="{40 + high * rows}" '
        'font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="white"/>'
        f'<text x="10" y="20" font-size="13">{escape(title)}</text>\n' + "\n".join(panels) + "\n</svg>\n"
    )


def _panel(name: str, ranks: Int, draws: int, *, wide: float = 170, high: float = 90) -> str:
    count, share = ranks.size, np.arange(1, draws + 1) / (draws + 1)
    gamma = np.quantile(_null(count, draws), 0.05)
    low, top = (stats.binom.ppf(p, count, share) / count - share for p in (gamma / 2, 1 - gamma / 2))
    line = np.array([(ranks < s).sum() for s in range(1, draws + 1)]) / count - share
    most = 1.05 * max(np.abs(low).max(), np.abs(top).max(), np.abs(line).max())

    def path(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
        return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x * wide, (1 - y / most) * high / 2, strict=True))

    band = path(np.r_[share, share[::-1]], np.r_[low, top[::-1]])
    p = band_p(ranks, draws)
    return (
        f'<polygon points="{band}" fill="#dde5ee"/>'
        f'<line x1="0" x2="{wide:g}" y1="{high / 2:g}" y2="{high / 2:g}" stroke="#888888"/>'
        f'<polyline points="{path(share, line)}" fill="none" stroke="#1f4e79" stroke-width="1.5"/>'
        f'<text x="0" y="-4">{escape(name)}, p = {p:.2g}</text>'
    )


def redraw() -> None:
    """Draw the figure of every record anew, from its ranks."""
    for path in sorted(RECORDS.glob("*.json")):
        kept = json.loads(path.read_text(encoding="utf-8"))
        found = Calibration(kept["ranks"], kept["draws"], kept["refused"])
        path.with_suffix(".svg").write_text(figure(kept["model"], found), encoding="utf-8")


if __name__ == "__main__":
    redraw()
