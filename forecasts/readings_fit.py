"""The fit of whom to believe: the arrays it is sampled from, its recipe, and the belief that its draws teach."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from forecasts import encode_evidence
from forecasts.definition import Board
from forecasts.draws_file import DrawsFile
from forecasts.readings_data import Lesson, ends
from forecasts.recipe import Recipe
from models.evidence import TIE, Belief, Items, prior_belief, strength
from models.reading_belief import UNITS, learned

if TYPE_CHECKING:
    import pymc as pm

SAMPLER: Mapping[str, Any] = {"chains": 4, "draws": 1000, "tune": 1000, "target_accept": 0.9, "seed": 20250215}
BITS = 10


def arrays(board: Board, lessons: Sequence[Lesson]) -> dict[str, Any]:
    """Return the fields of `models.readings.Resolved`, one question a lesson, in the order given."""
    forecasters = tuple(sorted({e.forecaster for one in lessons for e, _ in one.items}))
    prior = np.array([one.prior for one in lessons])
    columns: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
    for k, one in enumerate(lessons):
        for name, values in _rows(board, one, forecasters).items():
            columns[name] += values
        columns["question"] += [k] * len(one.items)
    flags = {"content_basis"}
    kinds = {"log_lr": float} | dict.fromkeys(flags, bool)
    return {
        "prior": np.log(prior / (1 - prior)),
        "outcome": np.array([float(one.decided.outcome == "yes") for one in lessons]),
        "weight": np.array([one.weight for one in lessons]),
        "forecasters": forecasters,
        **{name: np.array(values, kinds.get(name, np.int64)) for name, values in columns.items()},
    }


_COLUMNS = ("question", "log_lr", "forecaster", "letter", "digit", "content_basis", "rank", "ties")


def _rows(board: Board, one: Lesson, forecasters: tuple[str, ...]) -> dict[str, list[Any]]:
    """Return a lesson's items as they were read when it was settled, with their ranks in their stories."""
    evidence = tuple(e for e, _ in one.items)
    every, labels = encode_evidence.items(board, evidence, as_of=min(one.decided.on, ends(one.decided)))
    pairs = [(e.id, f.question, f.deadline) for e in evidence for f in e.effects]
    pair = (one.decided.question, one.decided.deadline)
    items = every.where(np.array([(q, d) == pair for _, q, d in pairs]))
    rank, ties = ranks(items)
    return {
        "log_lr": strength(items).tolist(),
        "forecaster": [forecasters.index(labels.forecasters[f]) for f in items.forecaster],
        "letter": items.letter.tolist(),
        "digit": items.digit.tolist(),
        "content_basis": items.content_basis.tolist(),
        "rank": rank,
        "ties": ties,
    }


def ranks(items: Items) -> tuple[list[int], list[int]]:
    """Return each item's rank in its story (thread and direction) by strength at the prior, and how many tie there."""
    prior = prior_belief(1)
    grade = np.where(items.content_basis, prior.letter[items.letter] * prior.digit[items.digit], 1.0)
    central = strength(items) * grade
    rank, ties = [], []
    for i, own in enumerate(central):
        story = [
            abs(c)
            for j, c in enumerate(central)
            if items.thread[j] == items.thread[i] and np.sign(c) == np.sign(own) and (own != 0 or j == i)
        ]
        stronger = [c for c in story if c * (1 - TIE) > abs(own)]
        weaker = [c for c in story if abs(own) * (1 - TIE) > c]
        rank.append(len(stronger))
        ties.append(len(story) - len(stronger) - len(weaker))
    return rank, ties


def recipe(board: Board, lessons: Sequence[Lesson]) -> Recipe:
    """Return how whom to believe is learned from lessons."""
    data = arrays(board, lessons)

    def build() -> "pm.Model":
        from models import readings

        return readings.build(readings.Resolved(**data))

    return Recipe(
        model="readings",
        variant="",
        inputs={k: v.tolist() if isinstance(v, np.ndarray) else list(v) for k, v in data.items()},
        sources=("models/readings.py", "models/evidence.py"),
        sampler=SAMPLER,
        build=build,
        units=UNITS,
        bits=BITS,
    )


def belief(file: DrawsFile | None, forecasters: tuple[str, ...]) -> Belief:
    """Return the belief of a design for forecasters in its order: learned where there is a fit, else the prior."""
    if file is None:
        return prior_belief(len(forecasters))
    known = tuple(str(name) for name in file.coords["forecaster"])
    return learned({name: file.of(name) for name in UNITS}, known, forecasters)
