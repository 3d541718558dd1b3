"""Whether a person's own forecasts can all be true at once; shown to them, never repaired.

What happens by a date has happened by every later one; what requires another question cannot be likelier than that
question (than the sum, where any one of several is enough); a series is at its higher level only when it is at its
lower one. Each such fact is `p(less) <= sum of p(more)`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice, pairwise, product
from typing import Literal

from forecasts.definition import Board
from forecasts.people_forecasts import Pair

TOLERANCE = 1e-9
"""Rounding that is no contradiction."""

Kind = Literal["deadline", "requires", "level"]


@dataclass(frozen=True, slots=True)
class Rule:
    """The first pair cannot be likelier than the others together."""

    kind: Kind
    less: Pair
    more: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A rule that a person's forecasts break."""

    rule: Rule
    claimed: float
    """What they say of the pair that cannot be likelier."""
    allowed: float
    """What they say of the others together, at most 1."""

    def __str__(self) -> str:
        return f"{spoken(self.rule.less)} at {self.claimed:.1%} is above {_together(self.rule)} at {self.allowed:.1%}"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where a forecast must lie so that it fits a person's other ones."""

    low: float
    high: float
    """Below `low` when their other forecasts contradict each other already."""
    low_from: Rule | None
    high_from: Rule | None

    @property
    def binding(self) -> bool:
        """Whether the other forecasts say anything at all."""
        return self.low_from is not None or self.high_from is not None


def conflicts(board: Board, said: Mapping[Pair, float]) -> tuple[Conflict, ...]:
    """Return the rules that a person's forecasts break, for each pair and kind the worst, the largest excess first.

    Parameters
    ----------
    board
        The definition: `requires` edges and levels of series.
    said
        One person's forecasts in force: question and deadline -> probability.
    """
    found = []
    for rule in rules(board, said):
        claimed, allowed = said[rule.less], min(1.0, sum(said[p] for p in rule.more))
        if claimed > allowed + TOLERANCE:
            found.append(Conflict(rule, claimed, allowed))
    found.sort(key=lambda c: (c.allowed - c.claimed, c.rule.less, c.rule.more))
    worst: dict[tuple[Kind, Pair], Conflict] = {}
    for conflict in found:
        worst.setdefault((conflict.rule.kind, conflict.rule.less), conflict)
    return tuple(worst.values())


def bounds(board: Board, said: Mapping[Pair, float], pair: Pair) -> Bounds:
    """Return the range of a pair's probability that fits a person's other forecasts, with the rules at its ends."""
    low, high, low_from, high_from = 0.0, 1.0, None, None
    others = {p: v for p, v in said.items() if p != pair}
    for rule in rules(board, [*others, pair]):
        if rule.less == pair and (top := sum(others[p] for p in rule.more)) < high:
            high, high_from = top, rule
        if pair in rule.more and rule.less != pair:
            rest = others[rule.less] - sum(others[p] for p in rule.more if p != pair)
            if rest > low:
                low, low_from = rest, rule
    return Bounds(low, high, low_from, high_from)


def rules(board: Board, pairs: Iterable[Pair]) -> Iterator[Rule]:
    """Give the rules between the pairs of a set.

    Deadlines of one question are compared with the next one only; a requirement also by what it requires itself.
    """
    days: dict[str, list[Pair]] = {}
    for pair in sorted(set(pairs)):
        days.setdefault(pair[0], []).append(pair)
    for own in days.values():
        yield from (Rule("deadline", early, (late,)) for early, late in pairwise(own))
    for edge in board.edges:
        if edge.kind == "requires":
            yield from _bound_by(board, "requires", days.get(edge.child, []), edge.parents, days)
    for series in board.series:
        levels = sorted(series.levels, key=lambda level: level.value)
        for i, higher in enumerate(levels):
            lower = tuple(level.question for level in reversed(levels[:i]))
            for pair in days.get(higher.question, []):
                found = (_first(days.get(name, []), pair[1]) for name in lower)
                yield from (Rule("level", pair, (more,)) for more in islice(filter(None, found), 1))


def _bound_by(
    board: Board, kind: Kind, less: Iterable[Pair], parents: tuple[str, ...], days: Mapping[str, list[Pair]]
) -> Iterator[Rule]:
    for pair in less:
        yield from (Rule(kind, pair, more) for more in _any_of(board, parents, pair[1], days))


def _any_of(board: Board, parents: tuple[str, ...], day: date, days: Mapping[str, list[Pair]]) -> set[tuple[Pair, ...]]:
    """Return every set of pairs that is at least as likely as that any parent has happened by a day; none if one lacks.

    A parent is bounded by its own first pair that is not before the day, and by what it requires itself.
    """
    reaches = []
    for parent in parents:
        own = _first(days.get(parent, []), day)
        above = [e.parents for e in board.edges if e.kind == "requires" and e.child == parent]
        found = {(own,)} if own else set()
        reaches.append(found.union(*(_any_of(board, further, day, days) for further in above)))
    return {tuple(sorted({pair for part in parts for pair in part})) for parts in product(*reaches)}


def _first(own: Iterable[Pair], day: date) -> Pair | None:
    """Return the first of a question's pairs that is not before a day."""
    return next((pair for pair in own if pair[1] >= day), None)


def spoken(pair: Pair) -> str:
    """Return a pair in words: `ceasefire by 2026-12-31`."""
    return f"{pair[0]} by {pair[1]}"


def _together(rule: Rule) -> str:
    why = {"deadline": "the later", "requires": "what it requires,", "level": "the lower level,"}[rule.kind]
    return f"{why} {' plus '.join(map(spoken, rule.more))}"
