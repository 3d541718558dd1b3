"""Builders of small evidence sets and samples for the tests of weighing."""

from dataclasses import fields

import numpy as np

from models.evidence import Belief, Design, Items, design, prior_belief, tables
from models.weighing import Sample, Weighed, prepare, weigh
from models.world import NEVER

GRID = np.array([100, 200, 300])
FORECASTER = np.array([11], np.uint64)
DEFAULTS: dict[str, object] = {
    "question": 0,
    "day": 200,
    "log_lr": 0.0,
    "log_lr_sd": 0.0,
    "age_days": 0.0,
    "half_life": np.inf,
    "forecaster": 0,
    "letter": 0,
    "digit": 0,
    "content_basis": False,
    "exempt": False,
}
TYPES = {"key": np.uint64, "content_basis": bool, "exempt": bool} | dict.fromkeys(
    ("log_lr", "log_lr_sd", "age_days", "half_life"), np.float64
)


def items(*rows: dict[str, object]) -> Items:
    """Return one item per row; left out: a fact, reported, on question 0 by day 200, in its own thread."""
    filled = [{"key": 1000 + 7 * i, "thread": i, "entry": i} | DEFAULTS | row for i, row in enumerate(rows)]
    return Items(**{f.name: np.array([r[f.name] for r in filled], TYPES.get(f.name, np.int64)) for f in fields(Items)})


def ratio(lr: float, **others: object) -> dict[str, object]:
    """Return the row of an item with a likelihood ratio."""
    return {"log_lr": float(np.log(lr))} | others


def plain(repetition: float = 0.5, forecasters: int = 1) -> Design:
    """Return a design with one reading: kappa 1, the table's grades, a given repetition."""
    belief = prior_belief(forecasters)
    grades = belief.letter[:, None] * belief.digit
    one = np.ones(forecasters)
    return Design(1, one[None], grades[None], np.array([repetition]), one, grades, repetition)


def varied(readings: int = 8, spread: int = 4, belief: Belief | None = None) -> Design:
    """Return a real design of a few readings and spread columns for one forecaster."""
    return design(belief or prior_belief(1), FORECASTER, readings=readings, spread=spread)


def table(evidence: Items, columns: Design, questions: int = 3, known: int = 0) -> np.ndarray:
    """Return the evidence's table on the small grid."""
    return tables(evidence, columns, grid=GRID, questions=questions, known=known)


def random_sample(seed: int, draws: int = 40, per_draw: int = 10, questions: int = 3, scenarios: int = 4) -> Sample:
    """Return random futures on the small grid with a partition as scenarios and uneven weights."""
    rng = np.random.default_rng(seed)
    count = draws * per_draw
    day = np.where(rng.random((count, questions)) < 0.6, rng.integers(1, 400, (count, questions)), NEVER)
    part = rng.integers(0, scenarios, count)
    return prepare(
        day.astype(np.int16),
        rng.normal(0, 0.5, count),
        draw=np.repeat(np.arange(draws, dtype=np.int32), per_draw),
        grid=GRID,
        marks=part[:, None] == np.arange(scenarios),
    )


def judged(sample: Sample, evidence: Items, columns: Design) -> Weighed:
    """Weigh a sample by evidence."""
    return weigh(sample, table(evidence, columns, sample.questions), points=columns.points, threads=1)
