"""An evidence preview of a whole board, next to a static Bayesian network of the same shape answering once.

The preview: 21 questions by 7 deadlines and 10 scenarios, from 200,000 stored futures at 64 readings and 32 spread
columns, with bands from a part of the draws as the form shows them. The rival: `pgmpy` on the shipped board's questions
and edges as a static network of yes/no variables (edges that would close a loop left out), one parameter set, 21
virtual findings, 21 marginals: no time, no deadlines, no uncertainty about parameters.
"""

import csv
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from forecasts.detail_evidence import subset
from forecasts.preview import BAND_DRAWS
from models.evidence import Items, design, prior_belief, tables
from models.precision import assess, bands, column_variance
from models.weighing import Sample, prepare, weigh
from models.world import NEVER

EDGES = Path(__file__).resolve().parents[1] / "data" / "boards" / "indivisible-security" / "edges.csv"
QUESTIONS, SCENARIOS, FUTURES, PER_DRAW = 21, 10, 200_000, 4
READINGS, SPREAD, EFFECTS = 64, 32, 120
GRID = np.array([319, 684, 1049, 1415, 1780, 2145, 3971])
KNOWN = 501
THREADS = 2


def stored() -> Sample:
    """Return futures in which questions happen as often as on a real board: 5 to 60 % of them by the horizon."""
    rng = np.random.default_rng(1)
    happens = rng.random((FUTURES, QUESTIONS)) < np.linspace(0.05, 0.6, QUESTIONS)
    day = np.where(happens, rng.integers(KNOWN + 1, GRID[-1] + 1, happens.shape), NEVER)
    draw = np.arange(FUTURES, dtype=np.int32) // PER_DRAW
    marks = rng.random((FUTURES, SCENARIOS)) < 0.2
    history = np.repeat(rng.normal(0, 0.5, FUTURES // PER_DRAW), PER_DRAW)
    return prepare(day.astype(np.int16), history, draw=draw, grid=GRID, marks=marks)


def evidence() -> Items:
    """Return as many effects as the shipped board has, in 60 stories, on every question."""
    rng = np.random.default_rng(2)
    every = np.arange(EFFECTS)
    return Items(
        key=every.astype(np.uint64),
        question=every % QUESTIONS,
        day=GRID[rng.integers(2, 7, EFFECTS)],
        log_lr=rng.normal(0, 0.25, EFFECTS),
        log_lr_sd=np.full(EFFECTS, 0.2),
        age_days=rng.uniform(0, 500, EFFECTS),
        half_life=np.where(rng.random(EFFECTS) < 0.5, np.inf, 180.0),
        forecaster=np.zeros(EFFECTS, np.int64),
        letter=rng.integers(0, 6, EFFECTS),
        digit=rng.integers(0, 6, EFFECTS),
        content_basis=rng.random(EFFECTS) < 0.5,
        thread=rng.integers(0, 60, EFFECTS),
        entry=every,
        exempt=np.zeros(EFFECTS, bool),
    )


def timed(action: Callable[[], object], repeats: int) -> float:
    """Return the best wall time of an action in seconds, after one run that compiles and fills caches."""
    action()
    found = []
    for _ in range(repeats):
        begin = time.perf_counter()
        action()
        found.append(time.perf_counter() - begin)
    return min(found)


def preview(sample: Sample, items: Items) -> object:
    """Do everything between a new item and the numbers on the form."""
    columns = design(prior_belief(1), np.array([3], np.uint64), readings=READINGS, spread=SPREAD)
    table = tables(items, columns, grid=GRID, questions=QUESTIONS, known=KNOWN)
    weighed = weigh(sample, table, points=columns.points, threads=THREADS)
    rows = sample.draw % (FUTURES // PER_DRAW // BAND_DRAWS) == 0
    part = replace(weighed, weight=weighed.weight[rows] / weighed.weight[rows].sum())
    precise = assess(subset(sample, rows), part, threads=THREADS)
    questions = bands(weighed.probability, precise.question, column_variance(weighed.share, READINGS))
    scenarios = bands(weighed.scenario, precise.scenario, column_variance(weighed.scenario_share, READINGS))
    return questions, scenarios


def static_edges() -> list[tuple[str, str]]:
    """Return the shipped board's edges, in the table's order, without those that would close a loop."""
    above: dict[str, set[str]] = {}
    kept: dict[tuple[str, str], None] = {}
    for row in csv.DictReader(EDGES.read_text(encoding="utf-8").splitlines()):
        for parent in row["parents"].split(";"):
            child = row["child"]
            if parent != child and child not in above.get(parent, set()):
                kept[parent, child] = None
                up = {parent, *above.get(parent, set())}
                for node in [child, *(n for n, a in above.items() if child in a)]:
                    above.setdefault(node, set()).update(up)
    return list(kept)


def static_net() -> tuple[object, list[str], list[object]]:
    """Return a pgmpy network of the edges with random tables, its nodes, and one virtual finding for each."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pgmpy.factors.discrete import TabularCPD
        from pgmpy.models import DiscreteBayesianNetwork
    rng = np.random.default_rng(3)
    edges = static_edges()
    nodes = list(dict.fromkeys(n for edge in edges for n in edge))
    nodes += [f"lone_{i}" for i in range(QUESTIONS - len(nodes))]
    net = DiscreteBayesianNetwork(edges)
    net.add_nodes_from(nodes)
    for node in nodes:
        parents = [a for a, b in edges if b == node]
        yes = rng.uniform(0.05, 0.6, 2 ** len(parents))
        net.add_cpds(TabularCPD(node, 2, np.stack([1 - yes, yes]), parents, [2] * len(parents)))
    findings = [TabularCPD(n, 2, [[1.0], [float(np.exp(rng.normal(0, 0.25)))]]) for n in nodes]
    for finding in findings:
        finding.normalize()
    return net, nodes, findings


def rival() -> float:
    """Return the seconds that pgmpy takes for all marginals by variable elimination, its fastest way here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pgmpy.inference import VariableElimination

        net, nodes, findings = static_net()
        ask = {"virtual_evidence": findings, "joint": False, "show_progress": False}
        return timed(lambda: VariableElimination(net).query(nodes, **ask), 5)


def rows() -> list[dict[str, object]]:
    """Return the figures: each with name, value, unit, bar, and whether the bar is met."""
    sample, items = stored(), evidence()
    ours = timed(lambda: preview(sample, items), 7)
    table = tables(
        items,
        design(prior_belief(1), np.array([3], np.uint64), readings=READINGS, spread=0),
        grid=GRID,
        questions=QUESTIONS,
        known=KNOWN,
    )
    only = timed(lambda: weigh(sample, table, points=READINGS, threads=THREADS), 7)
    whole = weigh(sample, table, points=READINGS, threads=THREADS)
    errors = timed(lambda: assess(sample, whole, threads=THREADS), 7)
    best = rival()
    return [
        row("preview of a board, 200,000 futures, 64 readings, with bands", ours * 1e3, "ms", 200.0, ok=ours < 0.2),
        row("of which probabilities alone, without spread columns", only * 1e3, "ms"),
        row("Monte Carlo errors and variances of a publication, all draws", errors * 1e3, "ms"),
        row("pgmpy, static net of the same shape, 21 marginals", best * 1e3, "ms"),
        row("preview: times faster than pgmpy", best / ours, "x", 1.0, ok=best > ours),
    ]


def row(name: str, value: float, unit: str, bar: float | None = None, *, ok: bool | None = None) -> dict[str, object]:
    """Return one line of the record."""
    return {"name": name, "value": value, "unit": unit, "bar": bar, "ok": ok}


def main() -> None:
    """Print the figures."""
    for line in rows():
        print(f"{line['name']:<64} {line['value']:>10.4g} {line['unit']}")


if __name__ == "__main__":
    main()
