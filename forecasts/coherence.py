"""Whether a person's own forecasts can all be true at once; shown to them, never repaired.

What happens by a date has happened by every later one; what requires another question cannot be likelier than that
question (than the sum, where any one of several is enough); a series is at its higher level only when it is at its
lower one. Each such fact is `p(less) <= sum of p(more)`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise, product
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
    """Return every rule that a person's forecasts break, the largest excess first.

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
    return tuple(sorted(found, key=lambda c: (c.allowed - c.claimed, c.rule.less, c.rule.more)))


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
    """Give every rule between the pairs of a set; deadlines of one question next to each other only."""
    days: dict[str, list[Pair]] = {}
    for pair in sorted(set(pairs)):
        days.setdefault(pair[0], []).append(pair)
    for own in days.values():
        yield from (Rule("deadline", early, (late,)) for early, late in pairwise(own))
    for edge in board.edges:
        if edge.kind == "requires":
            yield from _bound_by("requires", days.get(edge.child, []), [days.get(p, []) for p in edge.parents])
    for series in board.series:
        levels = sorted(series.levels, key=lambda level: level.value)
        for lower, higher in pairwise(levels):
            yield from _bound_by("level", days.get(higher.question, []), [days.get(lower.question, [])])


def _bound_by(kind: Kind, less: list[Pair], groups: list[list[Pair]]) -> Iterator[Rule]:
    """Give, for each pair, the tightest rules: of every group the deadlines that are not before its own."""
    for pair in less:
        reach = [next(([p] for p in group if p[1] >= pair[1]), []) for group in groups]
        yield from (Rule(kind, pair, more) for more in product(*reach))


def spoken(pair: Pair) -> str:
    """Return a pair in words: `ceasefire by 2026-12-31`."""
    return f"{pair[0]} by {pair[1]}"


def _together(rule: Rule) -> str:
    why = {"deadline": "the later", "requires": "what it requires,", "level": "the lower level,"}[rule.kind]
    return f"{why} {' plus '.join(map(spoken, rule.more))}"
