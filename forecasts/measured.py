"""What each evidence item measurably did to the board: read from the contributions in a snapshot's detail."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from forecasts.likelihood import shifted

SMALLEST = 0.0005
"""Moves below are shown as 0.0 points and not listed."""


class Move(NamedTuple):
    """What one item adds to one probability, measured by leaving it out while all others stay."""

    question: str
    deadline: date
    without: float
    """The probability without the item."""
    with_it: float

    @property
    def points(self) -> float:
        """What the item adds, as a difference of probabilities."""
        return self.with_it - self.without


def moves(contributions: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[Move, ...]]:
    """Return item id -> its moves, each question at the deadline where it moves most, the largest first.

    `contributions` is that table of a snapshot's detail: question -> ISO deadline -> list of `id, before,
    delta_log_odds`.
    """
    best: dict[str, dict[str, Move]] = {}
    for question, by_deadline in contributions.items():
        for day, listed in by_deadline.items():
            for c in listed:
                after = shifted(c["before"], c["delta_log_odds"]) if 0.0 < c["before"] < 1.0 else c["before"]
                move = Move(question, date.fromisoformat(day), c["before"], after)
                kept = best.setdefault(c["id"], {}).get(question)
                if kept is None or abs(move.points) > abs(kept.points):
                    best[c["id"]][question] = move
    return {
        entry: tuple(sorted((m for m in found.values() if abs(m.points) >= SMALLEST), key=lambda m: -abs(m.points)))
        for entry, found in best.items()
    }
