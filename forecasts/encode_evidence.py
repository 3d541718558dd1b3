"""Judgement evidence in force, as the rows that the weighing reads."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from forecasts.definition import Board
from forecasts.domain import Effect, Evidence
from forecasts.encode_chance import stable_key
from forecasts.encode_world import day_number
from models.evidence import DIGITS, LETTERS, Items, lr_sd
from models.world import Key


@dataclass(frozen=True, slots=True)
class Labels:
    """What the index columns of `Items` stand for, in the order of the indices."""

    entries: tuple[str, ...]
    """Evidence ids."""
    threads: tuple[str, ...]
    forecasters: tuple[str, ...]
    """Opaque ids; never empty, so that a design always has a column."""

    @property
    def forecaster_key(self) -> Key:
        """(F,) stable keys of the forecasters' readings."""
        return np.array([stable_key("forecaster", f) for f in self.forecasters], np.uint64)


def items(board: Board, evidence: tuple[Evidence, ...], *, as_of: date) -> tuple[Items, Labels]:
    """Return one row for each effect of each evidence item on one question by one deadline, and what indices mean.

    What a fitted panel has heard already as a promise is left out. The age of an item counts from its occurrence to
    `as_of`. Items whose deadline has passed stay in: they are inert, but keep their rank in their story.

    Raises
    ------
    KeyError
        When an effect names a question that is not on the board.
    ValueError
        When a grade is not on the Admiralty scale.
    """
    labels = Labels(
        tuple(e.id for e in evidence),
        tuple(sorted({e.thread for e in evidence})),
        tuple(sorted({e.forecaster for e in evidence})) or ("",),
    )
    told = told_by_panels(board)
    pairs = [(n, e, f) for n, e in enumerate(evidence) for f in e.effects if (e.id, f.question) not in told]
    return Items(**_judged(board, pairs), **_sourced(pairs, labels, as_of)), labels


def told_by_panels(board: Board) -> frozenset[tuple[str, str]]:
    """Return (evidence id, question) of what a series' fitted panel has heard already, as a promise: it counts once."""
    return frozenset(
        (promise.evidence, level.question)
        for series in board.series
        if series.panel is not None
        for promise in series.panel.promises
        for level in series.levels
        if promise.evidence
    )


type _Pairs = list[tuple[int, Evidence, Effect]]


def _judged(board: Board, pairs: _Pairs) -> dict[str, Any]:
    low = np.array([f.low for _, _, f in pairs], float)
    high = np.array([f.high for _, _, f in pairs], float)
    return {
        "key": np.array([stable_key("effect", e.id, f.question, str(f.deadline)) for _, e, f in pairs], np.uint64),
        "question": np.array([board.index(f.question) for _, _, f in pairs], np.int64),
        "day": np.array([day_number(f.deadline, board) for _, _, f in pairs], np.int64),
        "log_lr": np.log(np.array([f.lr for _, _, f in pairs], float)),
        "log_lr_sd": lr_sd(low, high),
    }


def _sourced(pairs: _Pairs, labels: Labels, as_of: date) -> dict[str, Any]:
    half_lives = [e.half_life_days if e.kind == "intent" else None for _, e, _ in pairs]
    return {
        "age_days": np.array([(as_of - e.occurred_on).days for _, e, _ in pairs], float),
        "half_life": np.array([np.inf if h is None else h for h in half_lives], float),
        "forecaster": np.array([labels.forecasters.index(e.forecaster) for _, e, _ in pairs], np.int64),
        "letter": np.array([_grade(LETTERS, e.grade_source, e.id) for _, e, _ in pairs], np.int64),
        "digit": np.array([_grade(DIGITS, e.grade_info, e.id) for _, e, _ in pairs], np.int64),
        "content_basis": np.array([e.lr_basis == "content" for _, e, _ in pairs], bool),
        "thread": np.array([labels.threads.index(e.thread) for _, e, _ in pairs], np.int64),
        "entry": np.array([n for n, _, _ in pairs], np.int64),
        "exempt": np.array([e.official for _, e, _ in pairs], bool),
    }


def _grade(scale: str, value: str, entry: str) -> int:
    if len(value) != 1 or value not in scale:
        raise ValueError(f"{entry}: grade {value!r}; allowed: {', '.join(scale)}")
    return scale.index(value)
