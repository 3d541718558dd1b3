"""What came of it: after an outcome, which evidence pointed the right way and by how many bits, by story and by judge.

An item's bits are its weight of evidence for what then happened (Good 1950, Probability and the Weighing of Evidence):
log2 of its likelihood ratio as it was read when its deadline was settled, counted for YES or for NO. A report of ratio
2 for what happened is worth +1 bit, one against it -1. Forecasters' bits are what their forecasts gained over the
outside view, averaged over the time in which both stood before the outcome.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import log, log2
from typing import Any

import numpy as np
import polars as pl

from forecasts import encode
from forecasts.definition import Board
from forecasts.domain import Effect, Evidence, LedgerView
from forecasts.outcomes import Decided, decided
from forecasts.scored_rows import BASE_RATE
from forecasts.scoring import CLIP
from models.evidence import THREAD_CAP, Items, design, discounts, prior_belief, strength


class NoOutcomeError(LookupError):
    """The question has no outcome by that deadline yet; the message says what there is."""


@dataclass(frozen=True, slots=True)
class ItemReview:
    """One evidence item after the outcome."""

    entry: str
    thread: str
    forecaster: str
    """Who judged it."""
    published_on: date
    statement: str
    deadline: date
    """By which date it spoke of the question."""
    lr: float
    """As judged."""
    read: float
    """Likelihood ratio as it was read when the question was settled: grade, fading and repetition applied."""
    bits: float
    """For what happened; 0 for one that came too late."""
    late: bool
    """Published on the day of the outcome or after it: it says nothing and is not counted."""

    @property
    def right(self) -> bool | None:
        """Whether it pointed at what happened; None where it pointed nowhere or came too late."""
        return None if self.bits == 0 else self.bits > 0


@dataclass(frozen=True, slots=True)
class Sum:
    """Bits of several items together."""

    name: str
    bits: float
    items: int
    right: int
    """How many of them pointed the right way."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A forecaster after the outcome."""

    forecaster: str
    mode: str
    first: float
    last: float
    """The first and last probability before the outcome."""
    bits: float | None
    """Mean gain over the outside view while it stood; None where there is no outside view."""
    share: float
    """Part of the scheduled life in which a forecast stood."""


@dataclass(frozen=True, slots=True)
class PostMortem:
    """Everything that is said of a decided question and deadline."""

    decided: Decided
    items: tuple[ItemReview, ...]
    """The strongest first, late ones last."""
    threads: tuple[Sum, ...]
    judges: tuple[Sum, ...]
    voices: tuple[Voice, ...]


def post_mortem(board: Board, view: LedgerView, rows: pl.DataFrame, *, question: str, deadline: date) -> PostMortem:
    """Return what came of a question by a deadline.

    Parameters
    ----------
    board, view
        The definition and the records in force.
    rows
        The track record (`track_record`): forecasts, outside view.
    question, deadline
        A decided pair of the board.

    Raises
    ------
    NoOutcomeError
        When it is not decided, or was annulled or judged ambiguous.
    """
    known = decided(board, view)
    found = known.get((question, deadline))
    if found is None or not found.scored:
        others = ", ".join(f"{d}" for (q, d), one in known.items() if one.scored and q == question) or "none"
        why = "has no outcome yet" if found is None else f"is {found.outcome}: nobody is judged by it"
        raise NoOutcomeError(f"{question} by {deadline} {why}; its decided deadlines: {others}")
    settled = {d: one for (q, d), one in known.items() if q == question and one.scored}
    if found.outcome == "no":
        settled = {d: one for d, one in settled.items() if d <= deadline}
    items = _items(board, view.records(Evidence), settled)
    counted = [i for i in items if not i.late]
    return PostMortem(
        found,
        tuple(sorted(items, key=lambda i: (i.late, -abs(i.bits), i.entry))),
        _threads(counted),
        _sums(counted, "forecaster"),
        _voices(rows.filter(pl.col("question") == f"{question} by {deadline}"), yes=found.outcome == "yes"),
    )


def _items(board: Board, evidence: tuple[Evidence, ...], settled: Mapping[date, Decided]) -> list[ItemReview]:
    """Return the reviews of all effects on the question, each judged by the outcome of its own deadline."""
    reviews = []
    for deadline, found in settled.items():
        pairs = [(e, f) for e in evidence for f in e.effects if (f.question, f.deadline) == (found.question, deadline)]
        on_time = tuple(e for e, _ in pairs if e.published_on < _end(found))
        ratios = _read(board, on_time, found)
        reviews += [_review(e, f, found, ratios.get(e.id, 0.0)) for e, f in pairs]
    return reviews


def _review(item: Evidence, effect: Effect, found: Decided, read: float) -> ItemReview:
    return ItemReview(
        entry=item.id,
        thread=item.thread,
        forecaster=item.forecaster,
        published_on=item.published_on,
        statement=item.statement,
        deadline=effect.deadline,
        lr=effect.lr,
        read=float(np.exp(read)),
        bits=(1 if found.outcome == "yes" else -1) * read / log(2),
        late=item.published_on >= _end(found),
    )


def _end(found: Decided) -> date:
    """Return the first day on which a report says nothing any more: of the event, or after the deadline."""
    return found.on if found.outcome == "yes" else found.deadline + timedelta(days=1)


def _read(board: Board, evidence: tuple[Evidence, ...], found: Decided) -> Mapping[str, float]:
    """Return the log ratio of each item on the pair as it was read at the end, at the centre of the prior's design."""
    items, labels = encode.items(board, evidence, as_of=min(found.on, _end(found)))
    plan = design(prior_belief(len(labels.forecasters)), labels.forecaster_key, readings=1, spread=0).centre()
    read = central(items, plan)
    keys = [(e.id, (f.question, f.deadline)) for e in evidence for f in e.effects]
    pair = (found.question, found.deadline)
    return {e: float(r) for (e, about), r in zip(keys, read, strict=True) if about == pair}


def central(items: Items, plan: Any) -> Any:
    """Return (I,) log likelihood ratios at the centre of a design: reaction, grade, fading, repetition."""
    grade = np.where(items.content_basis, plan.median_reliability[items.letter, items.digit], 1.0)
    return strength(items) * plan.median_kappa[items.forecaster] * grade * discounts(items, plan)[:, 0]


def _threads(items: Iterable[ItemReview]) -> tuple[Sum, ...]:
    """Return the sums by story; a story's bits are capped as they are when a board is weighed."""
    limit = THREAD_CAP / log(2)
    return tuple(Sum(s.name, max(-limit, min(limit, s.bits)), s.items, s.right) for s in _sums(items, "thread"))


def _sums(items: Iterable[ItemReview], field: str) -> tuple[Sum, ...]:
    groups: dict[str, list[ItemReview]] = {}
    for item in items:
        groups.setdefault(getattr(item, field), []).append(item)
    sums = [Sum(n, sum(i.bits for i in g), len(g), sum(i.right is True for i in g)) for n, g in groups.items()]
    return tuple(sorted(sums, key=lambda s: (-abs(s.bits), s.name)))


def _voices(rows: pl.DataFrame, *, yes: bool) -> tuple[Voice, ...]:
    """Return every forecaster's gain over the outside view, by mode, if they spoke before the outcome."""
    voices = []
    for (mode, forecaster), own in rows.group_by(["mode", "forecaster"], maintain_order=True):
        outside = rows.filter((pl.col("mode") == mode) & (pl.col("forecaster") == BASE_RATE))
        before = own.filter(pl.col("at") < pl.col("resolved_at")).sort("at")
        said = before.drop_nulls("probability")
        if said.height:
            gain, share = _gain(before, outside.filter(pl.col("at") < pl.col("resolved_at")).sort("at"), yes=yes)
            first, last = said["probability"][0], said["probability"][-1]
            voices.append(Voice(str(forecaster), str(mode), first, last, gain, share))
    return tuple(sorted(voices, key=lambda v: (v.mode, -(v.bits or 0.0), v.forecaster)))


def _gain(own: pl.DataFrame, outside: pl.DataFrame, *, yes: bool) -> tuple[float | None, float]:
    """Return the mean of log2 p / base while both stood, and the share of the life in which the forecast stood."""
    opened, closes, ended = own["opened_at"][0], own["closes_at"][0], own["resolved_at"][0]
    times = sorted({*own["at"], *outside["at"], ended})
    stood = covered = gained = 0.0
    for begin, end in pairwise(times):
        p, base = (_standing(f, begin) for f in (own, outside))
        length = (end - begin) / (closes - opened)
        stood += length * (p is not None)
        if p is not None and base is not None:
            covered += length
            gained += length * log2(_given(p, yes=yes) / _given(base, yes=yes))
    return (gained / covered if covered else None), stood


def _standing(rows: pl.DataFrame, at: datetime) -> float | None:
    """Return the probability that stood at an instant; None before the first and after a withdrawal."""
    past = rows.filter(pl.col("at") <= at)
    return past["probability"][-1] if past.height else None


def _given(p: float, *, yes: bool) -> float:
    safe = min(max(p, CLIP[0]), CLIP[1])
    return safe if yes else 1 - safe
